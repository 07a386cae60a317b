//! The ledger as the next run would find it, for who only asks: nothing is registered, nothing written.

use jiff::Timestamp;

use super::client::{LedgerClient, OPENING};
use super::inspect::Records;
use super::people::People;
use super::{Postgres, Timing, schema};
use crate::ledger::{
    ClaimEntry, ContactStatus, Key, Ledger, LedgerError, LedgerOptions, OpenedLedger, Settlement,
};

/// Answers as a run is answered, and claims nobody.
pub struct PostgresView(People);

impl Postgres {
    /// Opens the ledger to foresee what a run would be told; gives nothing where there is none yet.
    ///
    /// # Errors
    /// Whenever a run could not be opened.
    pub async fn view(
        url: &str,
        options: &LedgerOptions,
        hash_key: Option<&str>,
    ) -> Result<Option<(PostgresView, OpenedLedger)>, LedgerError> {
        let client = LedgerClient::new(url, Timing::default())?;
        let mut session = client.first().await?;
        let found = async {
            let step = session.step().await?;
            let meta = schema::prepare(&step, hash_key, options).await?;
            step.roll_back().await?;
            Ok(meta)
        };
        let meta = client.within(OPENING, found).await?;
        client.keep(session).await;
        let schema::LedgerMeta { hasher, identity, clock, used: _, is_new } = meta;
        let opened = OpenedLedger { recovered_unknown: 0, hasher, identity, clock: Some(clock) };
        let view = PostgresView(People::new(Records { client }, options));
        Ok((!is_new).then_some((view, opened)))
    }
}

impl Ledger for PostgresView {
    async fn status_of(&self, keys: Vec<Key>, now: Timestamp) -> Result<Vec<ContactStatus>, LedgerError> {
        self.0.status_of(&keys, now).await
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        let mut statuses =
            self.0.status_of(&entries.iter().map(|entry| entry.key).collect::<Vec<_>>(), now).await?;
        if retake {
            let unknown =
                entries.iter().zip(&statuses).filter(|(_, status)| **status == ContactStatus::Unknown);
            let held = self.0.held(&unknown.map(|(entry, _)| entry).collect::<Vec<_>>()).await?;
            for (entry, status) in entries.iter().zip(&mut statuses) {
                *status = held.get(&entry.key).copied().unwrap_or(*status);
            }
        }
        Ok(statuses)
    }

    async fn settle(&self, _: Vec<(ClaimEntry, Settlement)>, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

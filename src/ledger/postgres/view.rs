//! The ledger as the next run would find it, for who only asks: nothing is registered, nothing written.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::client::{LedgerClient, OPENING};
use super::error::PostgresError;
use super::inspect::PostgresRecords;
use super::people::{People, twice};
use super::{Postgres, Timing, schema};
use crate::domain::contact::Campaign;
use crate::ledger::daily;
use crate::ledger::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, Ledger, LedgerError, LedgerOptions, OpenedLedger,
    PersonKeys, Settlement,
};

/// Answers as a run is answered, and claims nobody.
pub struct PostgresView {
    people: People,
    /// Places in the days of campaigns that whoever asks has taken: only here is it known.
    taken: Mutex<HashMap<String, u64>>,
}

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
            if let Some(why) = &meta.list_refusal {
                return Err(PostgresError::Unfit(why.clone()));
            }
            if meta.is_older {
                return Err(PostgresError::Unfit(
                    "the ledger is of an older version, and the next sync brings it forward; until then nothing can be foreseen by it".to_owned(),
                ));
            }
            Ok(meta)
        };
        let meta = client.within(OPENING, found).await?;
        client.keep(session).await;
        let schema::LedgerMeta { hasher, identity, clock, used: _, is_new, is_older: _, list_refusal } = meta;
        let opened =
            OpenedLedger { recovered_unknown: 0, hasher, identity, clock: Some(clock), list_refusal };
        let view = PostgresView {
            people: People::new(PostgresRecords { client }, options),
            taken: Mutex::default(),
        };
        Ok((!is_new).then_some((view, opened)))
    }
}

impl Ledger for PostgresView {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        self.people.status_of(&people, now).await
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        let people: Vec<_> = entries.iter().map(ClaimEntry::person).collect();
        let known = self.people.known(&people, now).await?;
        let mut statuses = known.of(&people);
        let twice: HashSet<_> = twice(&entries).collect();
        let unknown =
            entries.iter().zip(&statuses).filter(|(_, status)| retake && **status == ContactStatus::Unknown);
        let held = self.people.held(&unknown.map(|(entry, _)| entry).collect::<Vec<_>>()).await?;
        for (ClaimEntry { key, .. }, status) in entries.iter().zip(&mut statuses) {
            let is_kept_back = retake && *status == ContactStatus::Unknown && known.kept_back.contains(key);
            if let Some(held) = held.get(key) {
                *status = *held;
            } else if is_kept_back || twice.contains(key) {
                *status = ContactStatus::CoolingOff;
            }
        }
        Ok(statuses)
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        let day = limit.day(now);
        let fact = daily::fact(&self.people.account, &campaign, day);
        let by_others = self.people.n_taken(&fact).await?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(fact).or_default();
        let count = limit.max.saturating_sub(by_others.saturating_add(*own)).min(wanted);
        *own += count;
        Ok(DailyQuota { campaign, day, count })
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        let fact = daily::fact(&self.people.account, &places.campaign, places.day);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.entry(fact).and_modify(|own| *own = own.saturating_sub(places.count));
        Ok(())
    }

    async fn settle(&self, _: Vec<(ClaimEntry, Settlement)>, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

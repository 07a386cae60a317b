//! What a run asks about people, and who only wants to foresee one.

use std::collections::HashMap;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::batch::ClaimColumns;
use super::error::PostgresError;
use super::inspect::Records;
use super::queries::{HELD, LOOK_UP};
use super::query::Query;
use crate::ledger::daily;
use crate::ledger::{ClaimEntry, ContactStatus, Key, LedgerError, LedgerOptions};

/// Where people stand, for somebody who would send them in one way.
pub(super) struct People {
    pub(super) records: Records,
    /// How they would be sent.
    pub(super) route: String,
    /// By whose name places in a campaign's day are kept.
    pub(super) account: Box<str>,
    call_again_after: Option<SignedDuration>,
}

/// What is known of people who are not free.
#[derive(Default)]
pub(super) struct Known {
    pub(super) statuses: HashMap<Key, ContactStatus>,
    /// Runs that somebody's claim names and that are not there: their rows were deleted.
    pub(super) lost_runs: Vec<i64>,
}

impl People {
    pub(super) fn new(records: Records, options: &LedgerOptions) -> Self {
        let days = i64::from(options.call_again_after_days);
        let call_again_after = (days > 0).then(|| SignedDuration::from_hours(24 * days));
        Self { records, route: options.route(), account: daily::account(&options.identity), call_again_after }
    }

    /// Whoever was accepted at this time or before is free again.
    pub(super) fn free_before(&self, now: Timestamp) -> Option<SystemTime> {
        let before = now.checked_sub(self.call_again_after?);
        Some(before.unwrap_or(Timestamp::MIN).into())
    }

    /// What is known of people who are not free, and by which lost runs they are claimed.
    pub(super) async fn known(&self, keys: &[&[u8]], now: Timestamp) -> Result<Known, LedgerError> {
        let rows = self.records.client.rows(&LOOK_UP, &[&keys, &self.free_before(now)]).await?;
        let mut known = Known::default();
        for row in &rows {
            let (key, status, lost_run) = known_row(row).map_err(|fault| self.refuse(&fault, &LOOK_UP))?;
            known.statuses.insert(key, status);
            known.lost_runs.extend(lost_run.filter(|run| !known.lost_runs.contains(run)));
        }
        Ok(known)
    }

    /// Of people who are unknown, those who would be sent otherwise than before.
    pub(super) async fn held(
        &self,
        entries: &[&ClaimEntry],
    ) -> Result<HashMap<Key, ContactStatus>, LedgerError> {
        if entries.is_empty() {
            return Ok(HashMap::new());
        }
        let ClaimColumns { keys, campaigns, .. } = &ClaimColumns::new(entries.iter().copied());
        let rows = self.records.client.rows(&HELD, &[keys, campaigns, &self.route]).await?;
        let held = rows.iter().map(|row| Ok((key(row.try_get(0)?)?, ContactStatus::Held)));
        held.collect::<Result<_, _>>().map_err(|fault| self.refuse(&fault, &HELD))
    }

    /// One status for each key, in order.
    pub(super) async fn status_of(
        &self,
        keys: &[Key],
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let known = self.known(&wanted, now).await?;
        Ok(keys.iter().map(|key| known.statuses.get(key).copied().unwrap_or(ContactStatus::Free)).collect())
    }

    pub(super) fn refuse(&self, fault: &PostgresError, query: &Query) -> LedgerError {
        fault.at(self.records.client.place(), query.purpose)
    }
}

fn known_row(row: &tokio_postgres::Row) -> Result<(Key, ContactStatus, Option<i64>), PostgresError> {
    let status = match row.try_get(1)? {
        "accepted" => ContactStatus::Accepted,
        "claimed" => ContactStatus::Elsewhere,
        _ => ContactStatus::Unknown,
    };
    Ok((key(row.try_get(0)?)?, status, row.try_get(2)?))
}

pub(super) fn key(bytes: &[u8]) -> Result<Key, PostgresError> {
    let bytes =
        bytes.try_into().map_err(|_| PostgresError::Unfit("a contact's key has not 16 bytes".to_owned()))?;
    Ok(Key(bytes))
}

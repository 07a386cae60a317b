//! What a run asks about people, and who only wants to foresee one.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::batch::ClaimColumns;
use super::error::PostgresError;
use super::inspect::PostgresRecords;
use super::queries::{HELD, LOOK_UP};
use super::query::{Query, QueryParameter};
use crate::ledger::daily;
use crate::ledger::{ClaimEntry, ContactStatus, Key, LedgerError, LedgerOptions, ListOwner, PersonKeys};

/// Where people stand, for somebody who would send them in one way.
pub(super) struct People {
    pub(super) records: PostgresRecords,
    /// How they would be sent.
    pub(super) route: String,
    /// By whose name places in a campaign's day are kept.
    pub(super) account: Box<str>,
    call_again_after: Option<SignedDuration>,
    cooling_off: Option<SignedDuration>,
    pub(super) list_owner: Option<ListOwner>,
}

/// What is known of people who are not free.
#[derive(Default)]
pub(super) struct Known {
    pub(super) statuses: HashMap<Key, ContactStatus>,
    /// Runs that somebody's claim names and that are not there: their rows were deleted.
    pub(super) lost_runs: Vec<i64>,
    /// Who was handed over by another key a while ago that is too short.
    pub(super) kept_back: Vec<Key>,
}

impl Known {
    /// One status for each person, in order.
    pub(super) fn of(&self, people: &[PersonKeys]) -> Vec<ContactStatus> {
        let status = |person: &PersonKeys| self.statuses.get(&person.key).copied();
        people.iter().map(|person| status(person).unwrap_or(ContactStatus::Free)).collect()
    }
}

impl People {
    pub(super) fn new(records: PostgresRecords, options: &LedgerOptions) -> Self {
        let days = i64::from(options.call_again_after_days);
        let call_again_after = (days > 0).then(|| SignedDuration::from_hours(24 * days));
        Self {
            records,
            route: options.route(),
            account: daily::account(&options.identity),
            call_again_after,
            cooling_off: options.rules.cooling_off(),
            list_owner: options.rules.do_not_call.as_ref().map(|rule| rule.owner.clone()),
        }
    }

    /// Whoever was accepted at this time or before is free again.
    pub(super) fn free_before(&self, now: Timestamp) -> Option<SystemTime> {
        self.call_again_after.map(|time| before(now, time))
    }

    /// Whoever was handed over at this time or before need not wait any more.
    pub(super) fn cooled_before(&self, now: Timestamp) -> Option<SystemTime> {
        self.cooling_off.map(|time| before(now, time))
    }

    /// What is known of people who are not free, and by which lost runs they are claimed.
    pub(super) async fn known(&self, people: &[PersonKeys], now: Timestamp) -> Result<Known, LedgerError> {
        let keys: &Vec<&[u8]> = &people.iter().map(|person| person.key.0.as_slice()).collect();
        let listed: &Vec<_> = &people.iter().map(|person| bytes(person.rules.listed.as_ref())).collect();
        let cooling: &Vec<_> = &people.iter().map(|person| bytes(person.rules.cooling.as_ref())).collect();
        let (free_before, cooled_before) = (self.free_before(now), self.cooled_before(now));
        let owner = self.list_owner.as_ref().map(ListOwner::as_str);
        let parameters: [QueryParameter<'_>; 6] =
            [keys, listed, cooling, &free_before, &cooled_before, &owner];
        let rows = self.records.client.rows(&LOOK_UP, &parameters).await?;
        let mut known = Known::default();
        for row in &rows {
            let KnownRow { key, status, lost_run, is_kept_back } =
                known_row(row).map_err(|fault| self.refuse(&fault, &LOOK_UP))?;
            known.statuses.insert(key, status);
            known.lost_runs.extend(lost_run.filter(|run| !known.lost_runs.contains(run)));
            known.kept_back.extend(is_kept_back.then_some(key));
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

    /// One status for each person, in order.
    pub(super) async fn status_of(
        &self,
        people: &[PersonKeys],
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.known(people, now).await?.of(people))
    }

    pub(super) fn refuse(&self, fault: &PostgresError, query: &Query) -> LedgerError {
        fault.at(self.records.client.place(), query.purpose)
    }
}

/// Whom a claim has twice, each time by another key: only the first of them is anybody's.
pub(super) fn twice(entries: &[ClaimEntry]) -> impl Iterator<Item = Key> {
    let mut taken = HashSet::new();
    let is_again = move |entry: &&ClaimEntry| entry.rules.cooling.is_some_and(|person| !taken.insert(person));
    entries.iter().filter(is_again).map(|entry| entry.key)
}

struct KnownRow {
    key: Key,
    status: ContactStatus,
    lost_run: Option<i64>,
    is_kept_back: bool,
}

fn known_row(row: &tokio_postgres::Row) -> Result<KnownRow, PostgresError> {
    let status = match row.try_get(1)? {
        "accepted" => ContactStatus::Accepted,
        "claimed" => ContactStatus::Elsewhere,
        "cooling_off" => ContactStatus::CoolingOff,
        "do_not_call" => ContactStatus::DoNotCall,
        _ => ContactStatus::Unknown,
    };
    let (key, lost_run, is_kept_back) = (key(row.try_get(0)?)?, row.try_get(2)?, row.try_get(3)?);
    Ok(KnownRow { key, status, lost_run, is_kept_back })
}

/// So long ago, as the database counts time.
fn before(now: Timestamp, time: SignedDuration) -> SystemTime {
    now.checked_sub(time).unwrap_or(Timestamp::MIN).into()
}

fn bytes(key: Option<&Key>) -> Option<&[u8]> {
    key.map(|key| key.0.as_slice())
}

pub(super) fn key(bytes: &[u8]) -> Result<Key, PostgresError> {
    let bytes =
        bytes.try_into().map_err(|_| PostgresError::Unfit("a contact's key has not 16 bytes".to_owned()))?;
    Ok(Key(bytes))
}

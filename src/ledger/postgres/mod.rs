//! A database that many connectors share.
//!
//! A claim is one statement, so two connectors that hold the same person never both get it. A run
//! says that it lives by renewing a lease; the claims of one that stopped doing so are unknown.
//! Statements are written so that a lost answer is asked for again without harm.

mod address;
mod batch;
mod client;
mod daily;
mod do_not_call;
mod error;
mod forget;
#[cfg(test)]
mod harness;
mod inspect;
mod lease;
mod list;
mod people;
mod probe;
mod queries;
mod query;
mod rescope;
mod schema;
mod session;
#[cfg(test)]
mod tests;
mod timing;
mod tls;
mod view;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;

use super::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, Key, Ledger, LedgerError, LedgerIdentity,
    LedgerOptions, ListOwner, OpenedLedger, PersonKeys, Settlement,
};
use crate::domain::contact::Campaign;
use crate::ledger::list::{DoNotCallList, ListLoad, ListSource, Loaded};
use batch::{ClaimColumns, RuleColumns, SettleColumns};
use client::{LedgerClient, OPENING};
use error::PostgresError;
use lease::LeasedRun;
use people::{People, key, twice};
use queries::{CLAIM, HOLD_PEOPLE, MARK_USED, SETTLE, SETTLE_PEOPLE};
use query::QueryParameter;

pub use inspect::PostgresRecords;
pub use timing::Timing;
pub use view::PostgresView;

/// How often one claim is tried when people become free between the claim and the look-up.
const CLAIM_ROUNDS: usize = 3;

/// A run of a connector on a shared ledger.
pub struct Postgres {
    people: People,
    run: LeasedRun,
    claims: AtomicI64,
    is_marked_used: AtomicBool,
}

impl Postgres {
    /// Opens the ledger at a URL, makes its tables if there are none, and registers the run. Must be
    /// called within a tokio runtime, where the heartbeat stays.
    ///
    /// # Errors
    /// When the database cannot be reached or used, or the ledger in it is not the one that is meant.
    pub async fn open(
        url: &str,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        Self::open_with(url, options, hash_key, now, Timing::default()).await
    }

    /// Opens with other times than the usual ones.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_with(
        url: &str,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
        timing: Timing,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        let client = LedgerClient::new(url, timing)?;
        let mut session = client.first().await?;
        // A statement that waits for a lock must not hold up the heartbeat: it has its own connection,
        // which is made now, when somebody hears that there is none.
        let beside = client.beside();
        beside.keep(beside.first().await?).await;
        let prepared = async {
            let step = session.step().await?;
            let meta = schema::prepare(&step, hash_key, options).await?;
            if let Some(why) = &meta.list_refusal {
                return Err(PostgresError::Unfit(why.clone()));
            }
            let registered = lease::register(&step, (&options.run, &options.route()), now, timing).await?;
            step.commit().await?;
            Ok((meta, registered))
        };
        let (meta, registered) = client.within(OPENING, prepared).await?;
        client.keep(session).await;
        let (run, recovered_unknown) =
            (LeasedRun::live(beside, &registered, timing), registered.left_unknown);
        let postgres = Self {
            people: People::new(PostgresRecords { client }, options),
            run,
            claims: AtomicI64::new(0),
            is_marked_used: AtomicBool::new(meta.used),
        };
        let schema::LedgerMeta { hasher, identity, clock, list_refusal, .. } = meta;
        let clock = Some(clock);
        Ok((postgres, OpenedLedger { recovered_unknown, hasher, identity, clock, list_refusal }))
    }

    /// Opens a ledger that is there already, to read it and to decide in it: no run is registered,
    /// nothing is made.
    ///
    /// # Errors
    /// When there is no ledger, or it cannot be reached or used.
    pub async fn inspect(
        url: &str,
        identity: &LedgerIdentity,
        hash_key: Option<&str>,
    ) -> Result<(PostgresRecords, OpenedLedger), LedgerError> {
        let client = LedgerClient::new(url, Timing::default())?;
        let mut session = client.first().await?;
        let found = async {
            let step = session.step().await?;
            let meta = schema::inspect(&step, hash_key, identity).await?;
            step.roll_back().await?;
            Ok(meta)
        };
        let meta = client.within(OPENING, found).await?;
        client.keep(session).await;
        let schema::LedgerMeta { hasher, identity, clock, list_refusal, .. } = meta;
        let clock = Some(clock);
        Ok((
            PostgresRecords { client },
            OpenedLedger { recovered_unknown: 0, hasher, identity, clock, list_refusal },
        ))
    }

    /// Claims once; gives who is ours now, and whether they had been unknown.
    async fn take(
        &self,
        entries: &[&ClaimEntry],
        number: i64,
        retake: bool,
        lost_runs: &Vec<i64>,
        now: Timestamp,
    ) -> Result<HashMap<Key, ContactStatus>, LedgerError> {
        let refuse = |fault: PostgresError| self.people.refuse(&fault, &CLAIM);
        self.run.check().map_err(refuse)?;
        let ClaimColumns { keys, campaigns, streams, primary_keys } =
            &ClaimColumns::new(entries.iter().copied());
        let columns = RuleColumns::new(entries.iter().map(|entry| &entry.rules));
        let RuleColumns { listed, people } = &columns;
        let (free_before, cooled_before) = (self.people.free_before(now), self.people.cooled_before(now));
        let owner = self.people.list_owner.as_ref().map(ListOwner::as_str);
        let now = SystemTime::from(now);
        let parameters: [QueryParameter<'_>; 15] = [
            &self.run.id,
            &number,
            &now,
            &free_before,
            &retake,
            keys,
            campaigns,
            streams,
            primary_keys,
            &self.people.route,
            lost_runs,
            listed,
            people,
            &cooled_before,
            &owner,
        ];
        let client = &self.people.records.client;
        let rows = if columns.has_people() {
            client.rows_after((&HOLD_PEOPLE, &[people]), &CLAIM, &parameters).await?
        } else {
            client.rows(&CLAIM, &parameters).await?
        };
        // The answer may have taken longer than the lease: then the claim stands, and is nobody's.
        self.run.check().map_err(refuse)?;
        let Some(first) = rows.first() else { return Err(refuse(self.run.lost())) };
        if !first.try_get::<_, bool>(2).map_err(|error| refuse(error.into()))? {
            return Err(refuse(PostgresError::Unfit(
                "the do-not-call list is gone, or empty, since this sync began; load it again".to_owned(),
            )));
        }
        let taken = rows.iter().filter_map(|row| taken_row(row).transpose());
        taken.collect::<Result<_, _>>().map_err(refuse)
    }

    /// From the first claim on, an empty ledger is one that was lost.
    async fn mark_used(&self) -> Result<(), LedgerError> {
        if !self.is_marked_used.load(Ordering::Relaxed) {
            self.people.records.client.written(&MARK_USED, &[&schema::USED]).await?;
            self.is_marked_used.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Ledger for Postgres {
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
        let number = self.claims.fetch_add(1, Ordering::Relaxed);
        let mut statuses = HashMap::with_capacity(entries.len());
        let mut open: Vec<&ClaimEntry> = entries.iter().collect();
        let mut lost_runs = Vec::new();
        statuses.extend(twice(&entries).map(|key| (key, ContactStatus::CoolingOff)));
        open.retain(|entry| !statuses.contains_key(&entry.key));
        for _ in 0..CLAIM_ROUNDS {
            if open.is_empty() {
                break;
            }
            statuses.extend(self.take(&open, number, retake, &lost_runs, now).await?);
            open.retain(|entry| !statuses.contains_key(&entry.key));
            if open.is_empty() {
                break;
            }
            let left: Vec<_> = open.iter().map(|entry| entry.person()).collect();
            let known = self.people.known(&left, now).await?;
            lost_runs = known.lost_runs;
            // Who is free now was let go by somebody a moment ago, or by a run that is lost: the next round
            // is for them.
            let stands = |status: ContactStatus| status != ContactStatus::Unknown || !retake;
            statuses.extend(known.statuses.into_iter().filter(|(_, status)| stands(*status)));
            if retake {
                open.retain(|entry| !statuses.contains_key(&entry.key));
                statuses.extend(self.people.held(&open).await?);
                for key in known.kept_back {
                    statuses.entry(key).or_insert(ContactStatus::CoolingOff);
                }
            }
            open.retain(|entry| !statuses.contains_key(&entry.key));
        }
        if !entries.is_empty() {
            self.mark_used().await?;
        }
        Ok(entries
            .iter()
            .map(|entry| statuses.get(&entry.key).copied().unwrap_or(ContactStatus::Elsewhere))
            .collect())
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        self.reserve_quota(campaign, wanted, &limit, now).await
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        self.return_quota(&places).await
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if settlements.is_empty() {
            return Ok(());
        }
        let ClaimColumns { keys, campaigns, streams, primary_keys } =
            &ClaimColumns::new(settlements.iter().map(|(entry, _)| entry));
        let SettleColumns { outcomes, reasons, contact_ids } =
            &SettleColumns::new(settlements.iter().map(|(_, settlement)| settlement));
        let now = SystemTime::from(now);
        let parameters: [QueryParameter<'_>; 9] =
            [&self.run.id, &now, keys, campaigns, streams, primary_keys, outcomes, reasons, contact_ids];
        let columns = RuleColumns::new(settlements.iter().map(|(entry, _)| &entry.rules));
        let client = &self.people.records.client;
        if !columns.has_people() {
            return client.written(&SETTLE, &parameters).await.map(drop);
        }
        let of_people: [QueryParameter<'_>; 5] = [&self.run.id, &now, keys, outcomes, &columns.people];
        client.rows_after((&SETTLE_PEOPLE, &of_people), &SETTLE, &parameters).await.map(drop)
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.run.end(&self.people.records.client).await
    }
}

impl DoNotCallList for Postgres {
    async fn load_list(&self, load: ListLoad, now: Timestamp) -> Result<Loaded, LedgerError> {
        self.people.records.load_list(load, now).await
    }

    async fn list_sources(&self, owner: ListOwner) -> Result<Vec<ListSource>, LedgerError> {
        self.people.records.list_sources(owner).await
    }

    async fn find_listed(&self, owner: ListOwner, key: Key) -> Result<Vec<String>, LedgerError> {
        self.people.records.find_listed(owner, key).await
    }

    async fn remove_source(&self, owner: ListOwner, source: String) -> Result<Option<u64>, LedgerError> {
        self.people.records.remove_source(owner, source).await
    }
}

fn taken_row(row: &tokio_postgres::Row) -> Result<Option<(Key, ContactStatus)>, PostgresError> {
    let Some(bytes) = row.try_get::<_, Option<&[u8]>>(0)? else { return Ok(None) };
    let status = if row.try_get(1)? { ContactStatus::Unknown } else { ContactStatus::Free };
    Ok(Some((key(bytes)?, status)))
}

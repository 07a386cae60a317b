//! Where the ledgers of a scenario live: one in memory that several runs share, with leases, and the
//! real SQLite ledger, in memory and in a file.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use destination_ai_voice::domain::contact::Campaign;
use destination_ai_voice::ledger::sqlite::{Memory, Sqlite};
use destination_ai_voice::ledger::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, Inspect, Key, Ledger, LedgerError, LedgerRules,
    PersonKeys, Settlement,
};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::folder::Folder;
use crate::kept_rules::MayHaveList;
use crate::options::{HASH_KEY, options};
use crate::row::Row;
use crate::told::Told;

/// How long the people of a dead run are held.
const LEASE: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Shared {
    rows: HashMap<Key, Row>,
    /// What was known of those who are claimed.
    before: HashMap<Key, Row>,
    alive: HashSet<u64>,
    died: HashMap<u64, Instant>,
    /// What no ledger should be asked.
    violation: Option<&'static str>,
}

/// The database that all runs of a scenario share.
#[derive(Clone, Default)]
pub(crate) struct Database(Arc<Mutex<Shared>>);

/// One run's connection to it.
pub(crate) struct Connection {
    database: Database,
    run: u64,
}

impl Database {
    /// A run that panics must not take the ledger with it.
    fn locked(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the ledger was asked and should not have been.
    pub(crate) fn violation(&self) -> Option<&'static str> {
        self.locked().violation
    }

    pub(crate) fn connect(&self, run: u64) -> Connection {
        self.locked().alive.insert(run);
        Connection { database: self.clone(), run }
    }

    /// What the ledger would tell a person who asks.
    pub(crate) fn row(&self, key: Key) -> Option<Row> {
        self.locked().rows.get(&key).copied()
    }
}

impl Shared {
    fn status(&self, key: Key, own: u64) -> ContactStatus {
        match self.rows.get(&key) {
            None | Some(Row::Rejected) => ContactStatus::Free,
            Some(Row::Accepted) => ContactStatus::Accepted,
            Some(Row::Claimed { run }) if *run == own || self.holds(*run) => ContactStatus::Elsewhere,
            Some(Row::Unknown | Row::Claimed { .. }) => ContactStatus::Unknown,
        }
    }

    fn holds(&self, run: u64) -> bool {
        self.alive.contains(&run) || self.died.get(&run).is_some_and(|died| died.elapsed() < LEASE)
    }
}

impl Drop for Connection {
    /// A crash, as the database sees it.
    fn drop(&mut self) {
        let mut shared = self.database.locked();
        if shared.alive.remove(&self.run) {
            shared.died.insert(self.run, Instant::now());
        }
    }
}

impl Ledger for Connection {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        _: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        let shared = self.database.locked();
        Ok(people.into_iter().map(|person| shared.status(person.key, self.run)).collect())
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        _: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        let mut shared = self.database.locked();
        let run = self.run;
        let mut claim = |entry: ClaimEntry| {
            let status = shared.status(entry.key, run);
            let was_unknown = status == ContactStatus::Unknown;
            if status == ContactStatus::Free || (retake && was_unknown) {
                match shared.rows.insert(entry.key, Row::Claimed { run }) {
                    Some(before) => shared.before.insert(entry.key, before.without_claim()),
                    None => shared.before.remove(&entry.key),
                };
            }
            status
        };
        Ok(entries.into_iter().map(&mut claim).collect())
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        _: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut shared = self.database.locked();
        for (entry, settlement) in settlements {
            if shared.rows.get(&entry.key) != Some(&Row::Claimed { run: self.run }) {
                shared.violation = Some("a contact was settled that its run had not claimed");
                continue;
            }
            let row = match settlement {
                Settlement::Accepted { .. } => Some(Row::Accepted),
                Settlement::Rejected { .. } => Some(Row::Rejected),
                Settlement::Unknown => Some(Row::Unknown),
                Settlement::Released => shared.before.get(&entry.key).copied(),
            };
            match row {
                Some(row) => shared.rows.insert(entry.key, row),
                None => shared.rows.remove(&entry.key),
            };
        }
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.database.locked().alive.remove(&self.run);
        Ok(())
    }
}

/// Where a scenario's ledger lives.
#[derive(Clone)]
pub(crate) enum Store {
    /// Shared by any number of runs, with leases, as PostgreSQL is.
    Shared(Database),
    /// The real SQLite ledger, in memory: one run at a time.
    Sqlite(Memory),
    /// The real SQLite ledger, in a file that things happen to.
    File(Arc<Mutex<Folder>>),
}

/// One run's ledger.
pub(crate) enum SimulatedLedger {
    Shared(Connection),
    Sqlite(Arc<Sqlite>),
}

impl Store {
    /// Opens the ledger for a run.
    pub(crate) fn open(
        &self,
        run: u64,
        days: u32,
        rules: LedgerRules,
        now: Timestamp,
    ) -> Result<SimulatedLedger, LedgerError> {
        let options = options(run, days, rules);
        let sqlite = match self {
            Self::Shared(database) => return Ok(SimulatedLedger::Shared(database.connect(run))),
            Self::Sqlite(memory) => Sqlite::in_memory(memory, &options, Some(HASH_KEY), now)?.0,
            Self::File(folder) => folder.lock().unwrap().open(&options, now)?,
        };
        Ok(SimulatedLedger::Sqlite(Arc::new(sqlite)))
    }

    /// What people could ask while a run is under way. To ask a file would merge its journal each time.
    pub(crate) fn view(&self, ledger: &SimulatedLedger, run: u64, told: &Told) -> View {
        match (self, ledger) {
            (Self::Shared(database), _) => View::Shared(database.clone()),
            (Self::File(_), _) => View::Told(told.clone()),
            (Self::Sqlite(_), SimulatedLedger::Sqlite(sqlite)) => {
                View::Sqlite(Arc::clone(sqlite), run, Some(told.clone()))
            }
            (Self::Sqlite(_), SimulatedLedger::Shared(_)) => unreachable!("a store opens its own kind"),
        }
    }
}

impl MayHaveList for SimulatedLedger {
    fn list(&self) -> Option<&Sqlite> {
        if let Self::Sqlite(sqlite) = self { Some(sqlite) } else { None }
    }
}

impl SimulatedLedger {
    /// What it knows when nothing is under way.
    pub(crate) fn records(&self, store: &Store, run: u64) -> View {
        match (self, store) {
            (Self::Sqlite(sqlite), _) => View::Sqlite(Arc::clone(sqlite), run, None),
            (Self::Shared(_), Store::Shared(database)) => View::Shared(database.clone()),
            (Self::Shared(_), _) => unreachable!("a store opens its own kind"),
        }
    }

    /// Where these stand, whatever day it is. Writes nothing; a stand-in says nothing.
    pub(crate) fn statuses(&self, keys: Vec<Key>) -> Vec<(Key, ContactStatus)> {
        let Self::Sqlite(sqlite) = self else { return Vec::new() };
        let people = keys.iter().copied().map(PersonKeys::from).collect();
        let answer = sqlite.status_of(people, Timestamp::MIN).now_or_never();
        let answer = answer.expect("an inline ledger answers at once");
        keys.into_iter().zip(answer.unwrap_or_else(|error| panic!("{error}"))).collect()
    }
}

/// A look into the ledger from outside the run.
#[derive(Clone)]
pub(crate) enum View {
    Shared(Database),
    /// One run at a time has it, so every claim is that run's. What it was told stands for it once it is closed:
    /// states may wait longer for what is put.
    Sqlite(Arc<Sqlite>, u64, Option<Told>),
    /// What its runs told it.
    Told(Told),
}

impl View {
    pub(crate) fn row(&self, key: Key) -> Option<Row> {
        match self {
            Self::Shared(database) => database.row(key),
            Self::Told(told) => told.row(key),
            Self::Sqlite(sqlite, run, told) => {
                // In memory every answer is there at once.
                let found =
                    sqlite.find_contacts(vec![key]).now_or_never().expect("an inline ledger answers at once");
                let found = match (found, told) {
                    (Ok(found), _) => found,
                    (Err(_), Some(told)) => return told.row(key),
                    (Err(error), None) => panic!("{error}"),
                };
                found.first().map(|found| match found.outcome.as_str() {
                    "accepted" => Row::Accepted,
                    "rejected" => Row::Rejected,
                    "unknown" => Row::Unknown,
                    "claimed" => Row::Claimed { run: *run },
                    other => panic!("outcome {other}"),
                })
            }
        }
    }
}

impl Ledger for SimulatedLedger {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.status_of(people, now).await,
            Self::Sqlite(ledger) => ledger.status_of(people, now).await,
        }
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.claim(entries, retake, now).await,
            Self::Sqlite(ledger) => ledger.claim(entries, retake, now).await,
        }
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.reserve(campaign, wanted, limit, now).await,
            Self::Sqlite(ledger) => ledger.reserve(campaign, wanted, limit, now).await,
        }
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.return_quota(places).await,
            Self::Sqlite(ledger) => ledger.return_quota(places).await,
        }
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.settle(settlements, now).await,
            Self::Sqlite(ledger) => ledger.settle(settlements, now).await,
        }
    }

    async fn close(&self) -> Result<(), LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.close().await,
            Self::Sqlite(ledger) => ledger.close().await,
        }
    }
}

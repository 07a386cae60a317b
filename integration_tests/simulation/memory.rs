//! A ledger in memory that several runs share, with leases; and any ledger made slow, so that a crash
//! can come before and after each of its steps.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use destination_ai_voice::ledger::sqlite::{Memory, Sqlite};
use destination_ai_voice::ledger::{
    Ending, Entry, Identity, Inspect, Key, Ledger, LedgerError, Numbers, Scope, Standing, Terms,
};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

/// What is known of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Claimed { run: u64, was_unknown: bool },
    Accepted,
    Rejected,
    Unknown,
}

/// How long the people of a dead run are held.
const LEASE: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Shared {
    rows: HashMap<Key, Row>,
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
    fn standing(&self, key: Key, own: u64) -> Standing {
        match self.rows.get(&key) {
            None | Some(Row::Rejected) => Standing::Free,
            Some(Row::Accepted) => Standing::Accepted,
            Some(Row::Claimed { run, .. }) if *run == own || self.holds(*run) => Standing::Elsewhere,
            Some(Row::Unknown | Row::Claimed { .. }) => Standing::Unknown,
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
    async fn look_up(&self, keys: Vec<Key>, _: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        let shared = self.database.locked();
        Ok(keys.into_iter().map(|key| shared.standing(key, self.run)).collect())
    }

    async fn claim(
        &self,
        entries: Vec<Entry>,
        retake: bool,
        _: Timestamp,
    ) -> Result<Vec<Standing>, LedgerError> {
        let mut shared = self.database.locked();
        let run = self.run;
        let mut claim = |entry: Entry| {
            let standing = shared.standing(entry.key, run);
            let was_unknown = standing == Standing::Unknown;
            if standing == Standing::Free || (retake && was_unknown) {
                shared.rows.insert(entry.key, Row::Claimed { run, was_unknown });
            }
            standing
        };
        Ok(entries.into_iter().map(&mut claim).collect())
    }

    async fn settle(&self, endings: Vec<(Entry, Ending)>, _: Timestamp) -> Result<(), LedgerError> {
        let mut shared = self.database.locked();
        for (entry, ending) in endings {
            let was_unknown = match shared.rows.get(&entry.key) {
                Some(Row::Claimed { run, was_unknown }) if *run == self.run => *was_unknown,
                _ => {
                    shared.violation = Some("a contact was settled that its run had not claimed");
                    continue;
                }
            };
            let row = match ending {
                Ending::Accepted { .. } => Some(Row::Accepted),
                Ending::Rejected { .. } => Some(Row::Rejected),
                Ending::Unknown => Some(Row::Unknown),
                Ending::Released => was_unknown.then_some(Row::Unknown),
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
}

/// One run's ledger.
pub(crate) enum SimulatedLedger {
    Shared(Connection),
    Sqlite(Arc<Sqlite>),
}

/// The hash key of every scenario.
pub(crate) const HASH_KEY: &str = "simulation";

impl Store {
    /// Opens the ledger for a run.
    pub(crate) fn open(&self, run: u64, now: Timestamp) -> SimulatedLedger {
        match self {
            Self::Shared(database) => SimulatedLedger::Shared(database.connect(run)),
            Self::Sqlite(memory) => {
                let terms = Terms {
                    run: format!("run-{run}"),
                    identity: Identity {
                        account: "simulation".to_owned(),
                        scope: Scope::Campaign,
                        numbers: Numbers::Phone,
                    },
                    call_again_after_days: 0,
                    expect_existing: false,
                };
                let opened = Sqlite::in_memory(memory, &terms, Some(HASH_KEY), now);
                let (sqlite, _) = opened.unwrap_or_else(|error| panic!("{error}"));
                SimulatedLedger::Sqlite(Arc::new(sqlite))
            }
        }
    }

    /// What people could ask while a run is under way.
    pub(crate) fn view(&self, ledger: &SimulatedLedger, run: u64) -> View {
        match (self, ledger) {
            (Self::Shared(database), _) => View::Shared(database.clone()),
            (Self::Sqlite(_), SimulatedLedger::Sqlite(sqlite)) => View::Sqlite(Arc::clone(sqlite), run),
            (Self::Sqlite(_), SimulatedLedger::Shared(_)) => unreachable!("a store opens its own kind"),
        }
    }
}

/// A look into the ledger from outside the run.
#[derive(Clone)]
pub(crate) enum View {
    Shared(Database),
    /// One run at a time has it, so every claim is that run's.
    Sqlite(Arc<Sqlite>, u64),
}

impl View {
    pub(crate) fn row(&self, key: Key) -> Option<Row> {
        match self {
            Self::Shared(database) => database.row(key),
            Self::Sqlite(sqlite, run) => {
                // In memory every answer is there at once.
                let found = sqlite.find(vec![key]).now_or_never().expect("an inline ledger answers at once");
                let found = found.unwrap_or_else(|error| panic!("{error}"));
                found.first().map(|found| match found.outcome.as_str() {
                    "accepted" => Row::Accepted,
                    "rejected" => Row::Rejected,
                    "unknown" => Row::Unknown,
                    "claimed" => Row::Claimed { run: *run, was_unknown: false },
                    other => panic!("outcome {other}"),
                })
            }
        }
    }
}

impl Ledger for SimulatedLedger {
    async fn look_up(&self, keys: Vec<Key>, now: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.look_up(keys, now).await,
            Self::Sqlite(ledger) => ledger.look_up(keys, now).await,
        }
    }

    async fn claim(
        &self,
        entries: Vec<Entry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<Standing>, LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.claim(entries, retake, now).await,
            Self::Sqlite(ledger) => ledger.claim(entries, retake, now).await,
        }
    }

    async fn settle(&self, endings: Vec<(Entry, Ending)>, now: Timestamp) -> Result<(), LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.settle(endings, now).await,
            Self::Sqlite(ledger) => ledger.settle(endings, now).await,
        }
    }

    async fn close(&self) -> Result<(), LedgerError> {
        match self {
            Self::Shared(ledger) => ledger.close().await,
            Self::Sqlite(ledger) => ledger.close().await,
        }
    }
}

/// A ledger whose steps take time.
pub(crate) struct Slow<L> {
    pub(crate) ledger: L,
    pub(crate) rng: Mutex<fastrand::Rng>,
}

impl<L> Slow<L> {
    async fn dawdle(&self) {
        let ms = self.rng.lock().unwrap().u64(0..40);
        sleep(Duration::from_millis(ms)).await;
    }
}

impl<L: Ledger> Ledger for Slow<L> {
    async fn look_up(&self, keys: Vec<Key>, now: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        self.ledger.look_up(keys, now).await
    }

    async fn claim(
        &self,
        entries: Vec<Entry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<Standing>, LedgerError> {
        self.dawdle().await;
        let answer = self.ledger.claim(entries, retake, now).await;
        self.dawdle().await;
        answer
    }

    async fn settle(&self, endings: Vec<(Entry, Ending)>, now: Timestamp) -> Result<(), LedgerError> {
        self.dawdle().await;
        let answer = self.ledger.settle(endings, now).await;
        self.dawdle().await;
        answer
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.ledger.close().await
    }
}

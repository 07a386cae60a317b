//! The suite on a real server, and what only a shared database has.

mod connection;
mod forgetting;
mod hostile;
mod leases;
mod opening;
mod pooling;
mod rules;
mod sharing;
mod speed;
mod viewing;
mod waiting;

use std::time::Duration;

use proptest::prelude::*;

use super::harness::pooler::Pooler;
use super::harness::{self, TRUSTED, server};
use super::*;
use crate::ledger::suite::{self, Home, entry, ledger_suite, options};
use crate::ledger::{
    FoundContact, Inspect, LedgerIdentity, ListPage, ListQuery, OldPage, Rescoped, Retention, Scope,
    StatusRow,
};

/// The suite looks into a ledger while a run has it; a command does so without a run.
impl Inspect for Postgres {
    async fn status(&self) -> Result<Vec<StatusRow>, LedgerError> {
        self.people.records.status().await
    }

    async fn find_contacts(&self, keys: Vec<Key>) -> Result<Vec<FoundContact>, LedgerError> {
        self.people.records.find_contacts(keys).await
    }

    async fn campaigns_of(&self, keys: Vec<Key>) -> Result<Vec<Option<String>>, LedgerError> {
        self.people.records.campaigns_of(keys).await
    }

    async fn settle_unknown(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        self.people.records.settle_unknown(run, accepted, dry_run, now).await
    }

    async fn rescope(
        &self,
        identity: LedgerIdentity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        self.people.records.rescope(identity, pairs, leave).await
    }

    async fn list(
        &self,
        query: ListQuery,
        after: Option<Key>,
        n_people: u32,
    ) -> Result<ListPage, LedgerError> {
        self.people.records.list(query, after, n_people).await
    }

    async fn settle_people(
        &self,
        run: &str,
        keys: Vec<Key>,
        accepted: bool,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.people.records.settle_people(run, keys, accepted, now).await
    }

    async fn forget_old(
        &self,
        retention: Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> Result<OldPage, LedgerError> {
        self.people.records.forget_old(retention, after, n_people, is_decided).await
    }

    async fn forget_people(&self, keys: Vec<Key>) -> Result<u64, LedgerError> {
        self.people.records.forget_people(keys).await
    }
}

/// One test's database.
struct Database {
    url: String,
    /// How the ledger gets there.
    way: String,
}

impl Database {
    async fn new() -> Self {
        let url = server().database().await;
        Self { way: url.clone(), url }
    }

    async fn behind(pooler: &Pooler) -> Self {
        let url = server().database().await;
        Self { way: pooler.url(&url), url }
    }

    /// Statements past the ledger.
    async fn execute(&self, sql: &str) {
        harness::execute(&self.url, &format!("SET search_path TO ai_voice_ledger; {sql}")).await;
    }

    /// A number that a statement gives.
    async fn number(&self, sql: &str) -> i64 {
        harness::connect(&self.url).await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Waits until so many sessions wait for a lock, or a minute: then nobody will.
    async fn somebody_waits(&self, at_least: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let looking = async {
            while self.number(waiting).await < at_least {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), looking).await.expect("nobody waits for a lock");
    }

    async fn open(&self, run: &str) -> Postgres {
        self.open_with(run, Timing::default()).await
    }

    async fn open_with(&self, run: &str, timing: Timing) -> Postgres {
        Postgres::open_with(&self.way, &options(run), None, suite::day(0), timing).await.unwrap().0
    }
}

impl Home for Database {
    type Ledger = Postgres;
    type Records = PostgresRecords;
    const SHARED: bool = true;

    async fn open(&self, options: LedgerOptions, now: Timestamp) -> Result<Postgres, LedgerError> {
        Postgres::open(&self.way, &options, None, now).await.map(|(ledger, _)| ledger)
    }

    async fn inspect(&self, identity: LedgerIdentity) -> PostgresRecords {
        Postgres::inspect(&self.url, &identity, None).await.unwrap().0
    }

    /// The server's.
    #[expect(clippy::disallowed_methods, reason = "the server goes by the real clock, too")]
    fn today() -> Timestamp {
        Timestamp::now()
    }

    async fn kill(&self, ledger: Postgres) {
        let id = ledger.run.id;
        drop(ledger);
        self.execute(&format!("UPDATE run SET expires = now() WHERE id = {id}")).await;
    }
}

ledger_suite! { Database::new().await }

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_is_as_the_model_says(steps in suite::plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { suite::follows_the_model(&Database::new().await, &steps).await });
    }
}

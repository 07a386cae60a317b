//! The ledger that the user chose. The one match over the kinds.

use jiff::{SignedDuration, Timestamp};

use super::list::{DoNotCallList, ListLoad, ListSource, Loaded};
use super::postgres::{self, Postgres, PostgresView};
use super::sqlite::{Sqlite, SqliteView};
use super::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, FoundContact, Inspect, Key, Ledger, LedgerError,
    LedgerIdentity, ListOwner, ListPage, ListQuery, NoopLedger, OldPage, PersonKeys, Rescoped, Retention,
    Settlement, StatusRow,
};
use crate::domain::contact::Campaign;

/// Asks whichever of the kinds it is.
macro_rules! ask {
    ($any:expr, $kinds:ident { $($kind:ident),+ }, $it:ident => $answer:expr) => {
        match $any { $($kinds::$kind($it) => $answer),+ }
    };
    (ledger $any:expr, $it:ident => $answer:expr) => {
        ask!(&$any.kind, Backend { None, Sqlite, Postgres, SqliteView, PostgresView }, $it => $answer)
    };
    (list $any:expr, $it:ident => $answer:expr) => {
        match &$any.kind {
            Backend::Sqlite($it) => $answer,
            Backend::Postgres($it) => $answer,
            // A dry run neither fills a list nor reads one.
            Backend::None(_) | Backend::SqliteView(_) | Backend::PostgresView(_) => {
                let $it = &NoopLedger;
                $answer
            }
        }
    };
    (records $any:expr, $it:ident => $answer:expr) => {
        ask!($any, AnyRecords { Sqlite, Postgres }, $it => $answer)
    };
}

/// A ledger that is open for a run.
pub struct AnyLedger {
    kind: Backend,
    /// How far the ledger's clock is ahead of the caller's: many machines share a database, and only its
    /// own clock is the same for all.
    ahead: SignedDuration,
}

/// Where it is kept.
pub(super) enum Backend {
    None(NoopLedger),
    Sqlite(Sqlite),
    Postgres(Postgres),
    SqliteView(SqliteView),
    PostgresView(PostgresView),
}

/// A ledger that is open for a person to look into, and to decide in.
#[expect(clippy::large_enum_variant, reason = "a command has one")]
pub(crate) enum AnyRecords {
    Sqlite(Sqlite),
    Postgres(postgres::PostgresRecords),
}

impl AnyLedger {
    /// A ledger whose clock is so far ahead of the caller's.
    pub(super) fn new(kind: Backend, ahead: SignedDuration) -> Self {
        Self { kind, ahead }
    }

    /// What the ledger's own clock shows.
    fn clock(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.ahead).unwrap_or(now)
    }
}

impl Ledger for AnyLedger {
    fn remembers(&self) -> bool {
        ask!(ledger self, it => it.remembers())
    }

    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        ask!(ledger self, it => it.status_of(people, self.clock(now)).await)
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        ask!(ledger self, it => it.claim(entries, retake, self.clock(now)).await)
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        ask!(ledger self, it => it.reserve(campaign, wanted, limit, self.clock(now)).await)
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        ask!(ledger self, it => it.return_quota(places).await)
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(ledger self, it => it.settle(settlements, self.clock(now)).await)
    }

    async fn close(&self) -> Result<(), LedgerError> {
        ask!(ledger self, it => it.close().await)
    }
}

impl Inspect for AnyRecords {
    async fn status(&self) -> Result<Vec<StatusRow>, LedgerError> {
        ask!(records self, it => it.status().await)
    }

    async fn find_contacts(&self, keys: Vec<Key>) -> Result<Vec<FoundContact>, LedgerError> {
        ask!(records self, it => it.find_contacts(keys).await)
    }

    async fn campaigns_of(&self, keys: Vec<Key>) -> Result<Vec<Option<String>>, LedgerError> {
        ask!(records self, it => it.campaigns_of(keys).await)
    }

    async fn settle_unknown(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        ask!(records self, it => it.settle_unknown(run, accepted, dry_run, now).await)
    }

    async fn rescope(
        &self,
        identity: LedgerIdentity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        ask!(records self, it => it.rescope(identity, pairs, leave).await)
    }

    async fn list(
        &self,
        query: ListQuery,
        after: Option<Key>,
        n_people: u32,
    ) -> Result<ListPage, LedgerError> {
        ask!(records self, it => it.list(query, after, n_people).await)
    }

    async fn settle_people(
        &self,
        run: &str,
        keys: Vec<Key>,
        accepted: bool,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        ask!(records self, it => it.settle_people(run, keys, accepted, now).await)
    }

    async fn forget_old(
        &self,
        retention: Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> Result<OldPage, LedgerError> {
        ask!(records self, it => it.forget_old(retention, after, n_people, is_decided).await)
    }

    async fn forget_people(&self, keys: Vec<Key>) -> Result<u64, LedgerError> {
        ask!(records self, it => it.forget_people(keys).await)
    }
}

impl DoNotCallList for AnyLedger {
    async fn load_list(&self, load: ListLoad, now: Timestamp) -> Result<Loaded, LedgerError> {
        ask!(list self, it => it.load_list(load, self.clock(now)).await)
    }

    async fn list_sources(&self, owner: ListOwner) -> Result<Vec<ListSource>, LedgerError> {
        ask!(list self, it => it.list_sources(owner).await)
    }

    async fn find_listed(&self, owner: ListOwner, key: Key) -> Result<Vec<String>, LedgerError> {
        ask!(list self, it => it.find_listed(owner, key).await)
    }

    async fn remove_source(&self, owner: ListOwner, source: String) -> Result<Option<u64>, LedgerError> {
        ask!(list self, it => it.remove_source(owner, source).await)
    }
}

impl DoNotCallList for AnyRecords {
    async fn load_list(&self, load: ListLoad, now: Timestamp) -> Result<Loaded, LedgerError> {
        ask!(records self, it => it.load_list(load, now).await)
    }

    async fn list_sources(&self, owner: ListOwner) -> Result<Vec<ListSource>, LedgerError> {
        ask!(records self, it => it.list_sources(owner).await)
    }

    async fn find_listed(&self, owner: ListOwner, key: Key) -> Result<Vec<String>, LedgerError> {
        ask!(records self, it => it.find_listed(owner, key).await)
    }

    async fn remove_source(&self, owner: ListOwner, source: String) -> Result<Option<u64>, LedgerError> {
        ask!(records self, it => it.remove_source(owner, source).await)
    }
}

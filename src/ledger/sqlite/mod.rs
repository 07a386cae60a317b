//! A file on a volume that stays: one run at a time, no server.
//!
//! The connection belongs to a thread of its own; whatever waits for it when it is free goes into one
//! transaction, and every caller hears after the commit. For a simulation there is no thread and no
//! clock: calls run on their caller, so that it is the same each time.

mod codec;
mod cooling;
mod daily;
mod do_not_call;
mod error;
mod filter;
mod forget;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod inspection;
mod journal;
mod list;
mod listed;
mod location;
mod log;
mod mark;
mod memory;
mod meta;
mod open;
mod openings;
mod probe;
mod reach;
mod rescope;
mod retake;
mod schema;
mod seal;
mod store;
mod string_table;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod volume;
mod watch;
mod worker;

use std::path::Path;

use jiff::Timestamp;

use self::watch::Watch;
use super::list::{DoNotCallList, ListLoad, ListSource, Loaded};
use super::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, FoundContact, Inspect, Key, Ledger, LedgerError,
    LedgerIdentity, LedgerOptions, LedgerRules, ListOwner, ListPage, ListQuery, OldPage, OpenedLedger,
    PersonKeys, Rescoped, Retention, Settlement, StatusRow,
};
use crate::domain::contact::Campaign;
use crate::ledger::sqlite::journal::Size;
use crate::ledger::sqlite::location::{Location, Missing};
use crate::ledger::sqlite::open::Use;
use crate::ledger::sqlite::store::Store;
use crate::ledger::sqlite::worker::Worker;
use crate::phone::WireFormat;

pub use self::memory::Memory;
pub use self::view::SqliteView;

/// What a journal may hold: a merge has its people in memory, with their texts, to write them in order.
const LARGEST_JOURNAL: Size = Size { n_contacts: 32_768, n_bytes: 8 << 20 };

/// A journal of a simulation, whose runs are short: they are to merge now and then, too.
const SMALL_JOURNAL: Size = Size { n_contacts: 20, n_bytes: 8 << 20 };

/// A ledger in a file, or in memory for simulations.
///
/// Dropping it waits for the transaction under way, so that the file is free afterwards; whatever is
/// still claimed then is unknown to the next run.
pub struct Sqlite {
    worker: Worker,
}

impl Sqlite {
    /// Opens the ledger in a file for a run, or makes it; its folder must be there. Without a
    /// `hash_key` the ledger keeps one of its own.
    ///
    /// # Errors
    /// When another run uses the file, or the file is not a ledger that this run can use.
    pub fn open(
        path: &Path,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        Self::open_with(path, options, hash_key, now, LARGEST_JOURNAL)
    }

    /// Opens the ledger in a file as `open` does, for a simulation: calls run on their caller, and a
    /// run that is dropped has died.
    ///
    /// # Errors
    /// The same.
    pub fn on_the_spot(
        path: &Path,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        let (store, opened) = Self::store(path, purpose(options), options, hash_key, now, SMALL_JOURNAL)?;
        Ok((Self { worker: Worker::inline(store, None) }, opened))
    }

    fn open_with(
        path: &Path,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        Self::in_a_file(path, purpose(options), options, hash_key, now, journal)
    }

    fn in_a_file(
        path: &Path,
        purpose: Use,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        let (store, opened) = Self::store(path, purpose, options, hash_key, now, journal)?;
        Ok((Self { worker: Worker::thread(store)? }, opened))
    }

    fn store(
        path: &Path,
        purpose: Use,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Store, OpenedLedger), LedgerError> {
        let shown = path.display().to_string();
        let place = Location::locate(path, &shown, purpose.missing())?;
        let mut watch = Watch::new(place.clone());
        // SQLite makes files beside it as soon as it is connected.
        watch.refuse_bad_mark()?;
        let mut connection = open::connect(&place, &shown)?;
        watch.opened();
        let examined =
            open::examine(&mut connection, &shown, purpose, options, hash_key, now, Some(&mut watch));
        let (opened, seal) = examined?;
        Ok((Store::new(connection, (seal, Some(watch)), &shown, options, journal), opened))
    }

    /// Takes a file as it is of which something was lost for good; without `is_decided` it stays as it
    /// was. Gives what was wrong, if anything was.
    ///
    /// # Errors
    /// When a run uses the file, or SQLite itself cannot read it.
    pub fn accept_loss(path: &Path, is_decided: bool) -> Result<Option<String>, LedgerError> {
        let shown = path.display().to_string();
        let place = Location::locate(path, &shown, Missing::Refused)?;
        let mut connection = open::connect(&place, &shown)?;
        let flaw = open::accept_loss(&mut connection, &shown, &mut Watch::new(place), is_decided)?;
        Ok(flaw.map(|flaw| flaw.what().to_owned()))
    }

    /// Opens the ledger in a file to read it and to decide in it: it must be there. `Inspect` is what
    /// the result is good for.
    ///
    /// # Errors
    /// When a run uses the file, or there is no ledger in it.
    pub fn inspect(
        path: &Path,
        identity: &LedgerIdentity,
        hash_key: Option<&str>,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        let options = LedgerOptions {
            run: "inspection".to_owned(),
            identity: identity.clone(),
            phone_format: WireFormat::default(),
            call_again_after_days: 0,
            expect_existing: true,
            rules: LedgerRules::default(),
        };
        Self::in_a_file(path, Use::Inspect, &options, hash_key, Timestamp::UNIX_EPOCH, LARGEST_JOURNAL)
    }

    /// Opens a ledger in memory for a run, as a file is opened: what the last run left claimed is
    /// unknown now, and another run that lives is an error. Only with a `hash_key` are the keys the
    /// same each time.
    ///
    /// # Errors
    /// When another run uses it, or it is not a ledger that this run can use.
    pub fn in_memory(
        memory: &Memory,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        let mut connection = memory.take()?;
        let examined =
            open::examine(&mut connection, Memory::PLACE, purpose(options), options, hash_key, now, None);
        match examined {
            Ok((opened, seal)) => {
                let store = Store::new(connection, (seal, None), Memory::PLACE, options, SMALL_JOURNAL);
                Ok((Self { worker: Worker::inline(store, Some(memory.clone())) }, opened))
            }
            Err(error) => {
                memory.put(connection);
                Err(error)
            }
        }
    }
}

fn purpose(options: &LedgerOptions) -> Use {
    if options.expect_existing { Use::Continue } else { Use::Run }
}

impl Ledger for Sqlite {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        self.worker.ask(move |store| store.status_of(&people, now)).await
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        self.worker.call(move |store| store.claim(&entries, retake, now)).await
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        self.worker.call(move |store| store.reserve(campaign, wanted, &limit, now)).await
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        self.worker.call(move |store| store.return_quota(&places)).await
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.worker.call(move |store| store.settle_contacts(&settlements, now)).await
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.worker.close().await
    }
}

impl DoNotCallList for Sqlite {
    async fn load_list(&self, load: ListLoad, now: Timestamp) -> Result<Loaded, LedgerError> {
        self.worker.call(move |store| store.load_list(load, now)).await
    }

    async fn list_sources(&self, owner: ListOwner) -> Result<Vec<ListSource>, LedgerError> {
        self.worker.call(move |store| store.list_sources(&owner)).await
    }

    async fn find_listed(&self, owner: ListOwner, key: Key) -> Result<Vec<String>, LedgerError> {
        self.worker.call(move |store| store.find_listed(&owner, &key)).await
    }

    async fn remove_source(&self, owner: ListOwner, source: String) -> Result<Option<u64>, LedgerError> {
        self.worker.call(move |store| store.remove_source(&owner, &source)).await
    }
}

impl Inspect for Sqlite {
    async fn status(&self) -> Result<Vec<StatusRow>, LedgerError> {
        self.worker.call(Store::status).await
    }

    async fn find_contacts(&self, keys: Vec<Key>) -> Result<Vec<FoundContact>, LedgerError> {
        self.worker.call(move |store| store.find_contacts(&keys)).await
    }

    async fn campaigns_of(&self, keys: Vec<Key>) -> Result<Vec<Option<String>>, LedgerError> {
        self.worker.call(move |store| store.campaigns_of(&keys)).await
    }

    async fn settle_unknown(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        let run = run.to_owned();
        self.worker.call(move |store| store.decide(&run, accepted, dry_run, now)).await
    }

    async fn rescope(
        &self,
        identity: LedgerIdentity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        self.worker.call(move |store| store.rescope(&identity, &pairs, leave)).await
    }

    async fn list(
        &self,
        query: ListQuery,
        after: Option<Key>,
        n_people: u32,
    ) -> Result<ListPage, LedgerError> {
        self.worker.call(move |store| store.list(&query, after, n_people)).await
    }

    async fn settle_people(
        &self,
        run: &str,
        keys: Vec<Key>,
        accepted: bool,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let run = run.to_owned();
        self.worker.call(move |store| store.decide_people(&run, &keys, accepted, now)).await
    }

    async fn forget_old(
        &self,
        retention: Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> Result<OldPage, LedgerError> {
        self.worker.call(move |store| store.forget_old(&retention, after, n_people, is_decided)).await
    }

    async fn forget_people(&self, keys: Vec<Key>) -> Result<u64, LedgerError> {
        self.worker.call(move |store| store.forget_people(&keys)).await
    }
}

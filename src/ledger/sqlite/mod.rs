//! A file on a volume that stays: one run at a time, no server.
//!
//! The connection belongs to a thread of its own; whatever waits for it when it is free goes into one
//! transaction, and every caller hears after the commit. For a simulation there is no thread and no
//! clock: calls run on their caller, so that it is the same each time.

mod book;
mod complaint;
mod contacts;
mod desk;
mod inspection;
mod journal;
mod log;
mod mark;
mod memory;
mod merge;
mod meta;
mod opening;
mod packing;
mod place;
mod rehearsal;
mod rescope;
mod revocable;
mod schema;
mod seal;
#[cfg(test)]
mod tests;
mod volume;
mod watch;
mod words;

use std::path::Path;

use jiff::Timestamp;

use self::book::{Book, Size};
use self::desk::Desk;
use self::opening::Use;
use self::place::{Missing, Place};
use self::watch::Watch;
use super::{
    Ending, Entry, Found, Identity, Inspect, Key, Ledger, LedgerError, Opened, Rescoped, Standing, StatusRow,
    Terms,
};

pub use self::memory::Memory;

/// What a journal may hold: a map of so many people is just not too full to double its memory, and
/// the texts of a merge fit beside it.
const LARGEST_JOURNAL: Size = Size { n_contacts: 114_000, n_bytes: 16 << 20 };

/// A journal of a simulation, whose runs are short: they are to merge now and then, too.
const SMALL_JOURNAL: Size = Size { n_contacts: 20, n_bytes: 16 << 20 };

/// A ledger in a file, or in memory for simulations.
///
/// Dropping it waits for the transaction under way, so that the file is free afterwards; whatever is
/// still claimed then is unknown to the next run.
pub struct Sqlite {
    desk: Desk,
}

impl Sqlite {
    /// Opens the ledger in a file for a run, or makes it; its folder must be there. Without a
    /// `hash_key` the ledger keeps one of its own.
    ///
    /// # Errors
    /// When another run uses the file, or the file is not a ledger that this run can use.
    pub fn open(
        path: &Path,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, Opened), LedgerError> {
        Self::open_with(path, terms, hash_key, now, LARGEST_JOURNAL)
    }

    /// Opens the ledger in a file as `open` does, for a simulation: calls run on their caller, and a
    /// run that is dropped has died.
    ///
    /// # Errors
    /// The same.
    pub fn on_the_spot(
        path: &Path,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, Opened), LedgerError> {
        let (book, opened) = Self::book(path, purpose(terms), terms, hash_key, now, SMALL_JOURNAL)?;
        Ok((Self { desk: Desk::inline(book, None) }, opened))
    }

    fn open_with(
        path: &Path,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Self, Opened), LedgerError> {
        Self::in_a_file(path, purpose(terms), terms, hash_key, now, journal)
    }

    fn in_a_file(
        path: &Path,
        purpose: Use,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Self, Opened), LedgerError> {
        let (book, opened) = Self::book(path, purpose, terms, hash_key, now, journal)?;
        Ok((Self { desk: Desk::thread(book)? }, opened))
    }

    fn book(
        path: &Path,
        purpose: Use,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Book, Opened), LedgerError> {
        let shown = path.display().to_string();
        let place = Place::find(path, &shown, purpose.missing())?;
        let mut connection = opening::connect(&place, &shown)?;
        let mut watch = Watch::new(place);
        let examined =
            opening::examine(&mut connection, &shown, purpose, terms, hash_key, now, Some(&mut watch));
        let (opened, seal) = examined?;
        Ok((Book::new(connection, (seal, Some(watch)), &shown, terms, journal), opened))
    }

    /// Takes a file as it is of which something was lost for good; without `is_decided` it stays as it
    /// was. Gives what was wrong, if anything was.
    ///
    /// # Errors
    /// When a run uses the file, or SQLite itself cannot read it.
    pub fn accept_loss(path: &Path, is_decided: bool) -> Result<Option<String>, LedgerError> {
        let shown = path.display().to_string();
        let place = Place::find(path, &shown, Missing::Refused)?;
        let mut connection = opening::connect(&place, &shown)?;
        let flaw = opening::accept_loss(&mut connection, &shown, &mut Watch::new(place), is_decided)?;
        Ok(flaw.map(|flaw| flaw.what().to_owned()))
    }

    /// Opens the ledger in a file to read it and to decide in it: it must be there. `Inspect` is what
    /// the result is good for.
    ///
    /// # Errors
    /// When a run uses the file, or there is no ledger in it.
    pub fn inspect(
        path: &Path,
        identity: &Identity,
        hash_key: Option<&str>,
    ) -> Result<(Self, Opened), LedgerError> {
        let terms = Terms {
            run: "inspection".to_owned(),
            identity: identity.clone(),
            call_again_after_days: 0,
            expect_existing: true,
        };
        Self::in_a_file(path, Use::Inspect, &terms, hash_key, Timestamp::UNIX_EPOCH, LARGEST_JOURNAL)
    }

    /// Opens a ledger in memory for a run, as a file is opened: what the last run left claimed is
    /// unknown now, and another run that lives is an error. Only with a `hash_key` are the keys the
    /// same each time.
    ///
    /// # Errors
    /// When another run uses it, or it is not a ledger that this run can use.
    pub fn in_memory(
        memory: &Memory,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, Opened), LedgerError> {
        let mut connection = memory.take()?;
        let examined =
            opening::examine(&mut connection, Memory::PLACE, purpose(terms), terms, hash_key, now, None);
        match examined {
            Ok((opened, seal)) => {
                let book = Book::new(connection, (seal, None), Memory::PLACE, terms, SMALL_JOURNAL);
                Ok((Self { desk: Desk::inline(book, Some(memory.clone())) }, opened))
            }
            Err(error) => {
                memory.put(connection);
                Err(error)
            }
        }
    }
}

fn purpose(terms: &Terms) -> Use {
    if terms.expect_existing { Use::Continue } else { Use::Run }
}

impl Ledger for Sqlite {
    async fn look_up(&self, keys: Vec<Key>, now: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        self.desk.ask(move |book| book.look_up(&keys, now)).await
    }

    async fn claim(
        &self,
        entries: Vec<Entry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<Standing>, LedgerError> {
        self.desk.call(move |book| book.claim(&entries, retake, now)).await
    }

    async fn settle(&self, endings: Vec<(Entry, Ending)>, now: Timestamp) -> Result<(), LedgerError> {
        self.desk.call(move |book| book.settle(&endings, now)).await
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.desk.close().await
    }
}

impl Inspect for Sqlite {
    async fn status(&self) -> Result<Vec<StatusRow>, LedgerError> {
        self.desk.call(Book::status).await
    }

    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Found>, LedgerError> {
        self.desk.call(move |book| book.find(&keys)).await
    }

    async fn decide(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        let run = run.to_owned();
        self.desk.call(move |book| book.decide(&run, accepted, dry_run, now)).await
    }

    async fn rescope(
        &self,
        identity: Identity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        self.desk.call(move |book| book.rescope(&identity, &pairs, leave)).await
    }
}

//! A file on a volume that stays: one run at a time, no server.
//!
//! The connection belongs to a thread of its own; whatever waits for it when it is free goes into one
//! transaction, and every caller hears after the commit. In memory there is no thread and no clock:
//! calls run on their caller, so that a simulation is the same each time.

mod book;
mod complaint;
mod contacts;
mod desk;
mod inspection;
mod journal;
mod memory;
mod merge;
mod meta;
mod opening;
mod packing;
mod rehearsal;
mod revocable;
mod schema;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use jiff::Timestamp;

use self::book::{Book, Size};
use self::desk::Desk;
use self::opening::Use;
use super::{Ending, Entry, Found, Hasher, Inspect, Key, Ledger, LedgerError, Standing, StatusRow, Terms};

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

/// What was found when a ledger was opened.
#[derive(Clone)]
pub struct Opened {
    /// How many contacts dead runs had claimed and not settled: they are unknown now.
    pub recovered_unknown: u64,
    /// Makes the keys of this ledger.
    pub hasher: Hasher,
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

    fn open_with(
        path: &Path,
        terms: &Terms,
        hash_key: Option<&str>,
        now: Timestamp,
        journal: Size,
    ) -> Result<(Self, Opened), LedgerError> {
        let place = path.display().to_string();
        let mut connection = opening::connect(path, &place, !terms.expect_existing)?;
        let purpose = if terms.expect_existing { Use::Continue } else { Use::Run };
        let opened = opening::examine(&mut connection, &place, purpose, hash_key, now)?;
        let desk = Desk::thread(Book::new(connection, &place, terms, journal))?;
        Ok((Self { desk }, opened))
    }

    /// Opens the ledger in a file to read it and to decide in it: it must be there. `Inspect` is what
    /// the result is good for.
    ///
    /// # Errors
    /// When a run uses the file, or there is no ledger in it.
    pub fn inspect(path: &Path, hash_key: Option<&str>) -> Result<(Self, Opened), LedgerError> {
        let place = path.display().to_string();
        let mut connection = opening::connect(path, &place, false)?;
        let opened =
            opening::examine(&mut connection, &place, Use::Inspect, hash_key, Timestamp::UNIX_EPOCH)?;
        let terms = Terms { run: "inspection".to_owned(), call_again_after_days: 0, expect_existing: true };
        let desk = Desk::thread(Book::new(connection, &place, &terms, LARGEST_JOURNAL))?;
        Ok((Self { desk }, opened))
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
        let purpose = if terms.expect_existing { Use::Continue } else { Use::Run };
        let opened = opening::examine(&mut connection, Memory::PLACE, purpose, hash_key, now);
        // From here on the connection goes back where it came from, also when it is of no use.
        let desk = Desk::inline(Book::new(connection, Memory::PLACE, terms, SMALL_JOURNAL), memory);
        Ok((Self { desk }, opened?))
    }
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
}

//! Numbers that wait to go onto a list, on this machine's disk: a list may be longer than memory.
//!
//! It is a database without a name, whose file SQLite deletes as soon as it is opened, and SQLite sorts it.

use std::sync::mpsc;

use rusqlite::{Connection, params};

use super::bucket::{ListChange, N_BUCKETS, bucket_of};
use crate::domain::error::Error;
use crate::ledger::{Key, LedgerError};

/// Nobody else reads it and a crash may lose it, so it needs neither journal nor flushes.
const OPENING: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16384;
    CREATE TABLE staged (key BLOB NOT NULL, is_listed INTEGER NOT NULL);
    BEGIN;";
const ADD: &str = "INSERT INTO staged (key, is_listed) VALUES (?1, ?2)";
/// Of several changes of one number the last one counts.
const SORTED: &str = "SELECT key, is_listed FROM staged ORDER BY key, rowid";

/// Changes that are handed on together: what lies in memory of a list.
const CHANGES_IN_A_CHUNK: usize = 8_192;

/// Chunks that may wait.
const MAX_WAITING: usize = 2;

/// Numbers that wait to go onto a list, or off it.
pub struct Staging {
    database: Connection,
    count: u64,
}

/// Everything that is to be changed in some buckets that follow one another.
pub(in crate::ledger) struct Chunk {
    pub(in crate::ledger) buckets: std::ops::Range<u32>,
    /// In the order of their keys, one for each.
    pub(in crate::ledger) changes: Vec<ListChange>,
}

impl Staging {
    /// Nobody yet.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new() -> Result<Self, Error> {
        let open = || {
            let database = Connection::open("")?;
            database.execute_batch(OPENING)?;
            Ok(Self { database, count: 0 })
        };
        open().map_err(refused)
    }

    /// A number is to be on the list, or not. What is said last of a number counts.
    ///
    /// # Errors
    /// When the temporary file cannot grow.
    pub fn add(&mut self, key: Key, is_listed: bool) -> Result<(), Error> {
        let add = || self.database.prepare_cached(ADD)?.execute(params![key.0, is_listed]);
        add().map_err(refused)?;
        self.count += 1;
        Ok(())
    }

    /// How many changes there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sorts on a thread, and hands on what comes, until somebody stops asking. All buckets come, in their order.
    pub(in crate::ledger) fn chunks(self) -> Result<mpsc::Receiver<Result<Chunk, LedgerError>>, LedgerError> {
        let (sender, receiver) = mpsc::sync_channel(MAX_WAITING);
        let thread = std::thread::Builder::new().name("sorting".to_owned());
        let run = move || {
            if let Err(error) = self.sort(|chunk| sender.send(Ok(chunk)).is_ok()) {
                drop(sender.send(Err(LedgerError::Unavailable(refused(error).to_string()))));
            }
        };
        let started = thread.spawn(run);
        started.map_err(|error| LedgerError::Unavailable(format!("no thread to sort a list: {error}")))?;
        Ok(receiver)
    }

    fn sort(&self, mut take: impl FnMut(Chunk) -> bool) -> rusqlite::Result<()> {
        let mut statement = self.database.prepare(SORTED)?;
        let mut rows = statement.query([])?;
        let (mut first, mut changes) = (0, Vec::<ListChange>::with_capacity(CHANGES_IN_A_CHUNK));
        while let Some(row) = rows.next()? {
            let change = ListChange { key: Key(row.get(0)?), is_listed: row.get(1)? };
            let next = bucket_of(&change.key);
            let last = changes.last().map(|last| last.key);
            if last == Some(change.key) {
                changes.pop();
            } else if changes.len() >= CHANGES_IN_A_CHUNK && last.is_some_and(|last| bucket_of(&last) < next)
            {
                let changes = std::mem::replace(&mut changes, Vec::with_capacity(CHANGES_IN_A_CHUNK));
                if !take(Chunk { buckets: first..next, changes }) {
                    return Ok(());
                }
                first = next;
            }
            changes.push(change);
        }
        take(Chunk { buckets: first..N_BUCKETS, changes });
        Ok(())
    }
}

impl Chunk {
    /// The changes of each bucket that there are any of, or of each that there is.
    pub(in crate::ledger) fn by_bucket(&self, all: bool) -> impl Iterator<Item = (u32, &[ListChange])> {
        let mut rest = self.changes.as_slice();
        self.buckets.clone().filter_map(move |bucket| {
            let n_own = rest.iter().take_while(|change| bucket_of(&change.key) == bucket).count();
            let (own, others) = rest.split_at(n_own);
            rest = others;
            (all || !own.is_empty()).then_some((bucket, own))
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives the error away")]
fn refused(error: rusqlite::Error) -> Error {
    Error::TemporaryFile(error.to_string())
}

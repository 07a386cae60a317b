//! What a run would do, up to the point where it would stay.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Result;

use super::book::Book;
use super::complaint::complain;
use super::opening::{self, Use};
use super::place::{Missing, Place};
use super::watch::Watch;
use super::{LARGEST_JOURNAL, Sqlite};
use crate::ledger::{Ending, Entry, LedgerError, Terms};

/// What SQLite may put beside a file.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A file of its own beside the ledger's place; gone in the end.
struct Stand(PathBuf);

impl Sqlite {
    /// Opens the ledger as a run does, claims somebody and lets go again, all in one transaction that
    /// is rolled back. Where there is no ledger yet, does so in a file beside its place, which is
    /// removed. Gives whether there is a ledger already.
    ///
    /// # Errors
    /// Whenever a run could not be opened, or could not claim.
    pub fn rehearse(
        path: &Path,
        terms: &Terms,
        hash_key: Option<&str>,
        entry: &Entry,
        now: Timestamp,
    ) -> std::result::Result<bool, LedgerError> {
        let shown = path.display().to_string();
        let is_there = path.exists();
        let stand = (!is_there && !terms.expect_existing).then(|| Stand::beside(path));
        let place = match &stand {
            Some(Stand(file)) => {
                Place::vacant(path).and_then(|()| Place::find(file, &shown, Missing::Made))?
            }
            None => Place::find(path, &shown, Missing::Unexpected)?,
        };
        let connection = opening::connect(&place, &shown)?;
        let complain = |error| complain(&shown, &error);
        // The connection rolls back what is not committed when it is given back.
        connection.execute_batch("BEGIN IMMEDIATE").map_err(complain)?;
        let purpose = if terms.expect_existing { Use::Continue } else { Use::Run };
        let watch = Watch::new(place);
        let (_, seal) = opening::find(&connection, &shown, purpose, terms, hash_key, now, Some(&watch))?;
        opening::trust(&connection).map_err(complain)?;
        let mut book = Book::new(connection, (seal, None), &shown, terms, LARGEST_JOURNAL);
        let played = play(&mut book, entry, now);
        drop(book.into_connection());
        played.map_err(complain)?;
        Ok(is_there)
    }
}

impl Stand {
    fn beside(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".check-{:016x}", fastrand::u64(..)));
        Self(name.into())
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        for companion in COMPANIONS {
            let mut name = self.0.as_os_str().to_owned();
            name.push(companion);
            // Most of them are not there.
            std::fs::remove_file(name).unwrap_or_default();
        }
    }
}

/// Claims and lets go, as a run does.
fn play(book: &mut Book, entry: &Entry, now: Timestamp) -> Result<()> {
    book.claim(std::slice::from_ref(entry), false, now)?;
    book.settle(&[(entry.clone(), Ending::Released)], now)
}

//! What a run would do, up to the point where it would stay.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Result;

use super::error::ledger_error;
use super::location::{Location, Missing};
use super::open::{self, Use};
use super::store::Store;
use super::watch::Watch;
use super::{LARGEST_JOURNAL, Sqlite};
use crate::ledger::{ClaimEntry, LedgerError, LedgerOptions, Settlement};

/// What SQLite may put beside a file.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A file of its own beside the ledger's place; gone in the end.
struct Trial(PathBuf);

impl Sqlite {
    /// Opens the ledger as a run does, claims somebody and lets go again, all in one transaction that
    /// is rolled back. Where there is no ledger yet, does so in a file beside its place, which is
    /// removed. Gives whether there is a ledger already.
    ///
    /// # Errors
    /// Whenever a run could not be opened, or could not claim.
    pub fn probe(
        path: &Path,
        terms: &LedgerOptions,
        hash_key: Option<&str>,
        entry: &ClaimEntry,
        now: Timestamp,
    ) -> std::result::Result<bool, LedgerError> {
        let shown = path.display().to_string();
        let is_there = path.exists();
        let stand = (!is_there && !terms.expect_existing).then(|| Trial::beside(path));
        let place = match &stand {
            Some(Trial(file)) => {
                Location::vacant(path).and_then(|()| Location::locate(file, &shown, Missing::Made))?
            }
            None => Location::locate(path, &shown, Missing::Unexpected)?,
        };
        let connection = open::connect(&place, &shown)?;
        let ledger_error = |error| ledger_error(&shown, &error);
        // The connection rolls back what is not committed when it is given back.
        connection.execute_batch("BEGIN IMMEDIATE").map_err(ledger_error)?;
        let purpose = if terms.expect_existing { Use::Continue } else { Use::Run };
        let watch = Watch::new(place);
        let (_, seal) = open::find(&connection, &shown, purpose, terms, hash_key, now, Some(&watch))?;
        open::trust(&connection).map_err(ledger_error)?;
        let mut store = Store::new(connection, (seal, None), &shown, terms, LARGEST_JOURNAL);
        let played = play(&mut store, entry, now);
        drop(store.into_connection());
        played.map_err(ledger_error)?;
        Ok(is_there)
    }
}

impl Trial {
    fn beside(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".check-{:016x}", fastrand::u64(..)));
        Self(name.into())
    }
}

impl Drop for Trial {
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
fn play(store: &mut Store, entry: &ClaimEntry, now: Timestamp) -> Result<()> {
    store.claim(std::slice::from_ref(entry), false, now)?;
    store.settle_contacts(&[(entry.clone(), Settlement::Released)], now)
}

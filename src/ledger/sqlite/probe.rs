//! What a run would do, up to the point where it would stay.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Result;

use super::error::ledger_error;
use super::location::{Location, Missing, destination};
use super::open;
use super::store::Store;
use super::watch::Watch;
use super::{LARGEST_JOURNAL, Sqlite, purpose};
use crate::ledger::{ClaimEntry, LedgerError, LedgerOptions, OpenedLedger, Probed, Settlement};

/// What SQLite may put beside a file.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// What a ledger of some thousand people needs.
const SMALL_ROOM: usize = 1 << 20;

/// A file of its own beside the ledger's place; gone in the end.
struct Trial(PathBuf);

impl Sqlite {
    /// Opens the ledger as a run does, claims somebody and lets go again, all in one transaction that
    /// is rolled back. Where there is no ledger yet, does so in a file beside its place, which is
    /// removed.
    ///
    /// # Errors
    /// Whenever a run could not be opened, or could not claim.
    pub fn probe(
        path: &Path,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        entry: &ClaimEntry,
        now: Timestamp,
    ) -> std::result::Result<Probed, LedgerError> {
        let shown = path.display().to_string();
        let path = &destination(path);
        let is_there = path.exists();
        let stand = (!is_there && !options.expect_existing).then(|| Trial::beside(path));
        let place = match &stand {
            Some(Trial(file)) => {
                Location::vacant(path, &shown).and_then(|()| Location::locate(file, &shown, Missing::Made))?
            }
            None => Location::locate(path, &shown, Missing::Unexpected)?,
        };
        let (mut store, opened) = begin(&place, &shown, options, hash_key, now)?;
        let played = play(&mut store, entry, now);
        drop(store.into_connection());
        played.map_err(|error| ledger_error(&shown, &error))?;
        Ok(Probed { is_there, list_refusal: opened.list_refusal })
    }
}

impl Sqlite {
    /// What an operator should know of the room beside a ledger: a file is written there, and removed.
    #[must_use]
    pub fn want_of_room(path: &Path) -> Option<String> {
        let Trial(file) = &Trial::beside(&destination(path));
        let written = std::fs::write(file, vec![0; SMALL_ROOM]);
        written.err().map(|error| {
            format!("there is not room for a megabyte more where the ledger is ({error}); a sync stops when it has none")
        })
    }
}

impl Trial {
    fn beside(path: &Path) -> Self {
        // Not a longer name: the ledger's own may be as long as the file system allows.
        Self(path.with_file_name(format!(".check-{:016x}", fastrand::u64(..))))
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

/// Opens the ledger as a run does, in a transaction that stays open: the connection rolls back what is not committed
/// when it is given back.
pub(super) fn begin(
    place: &Location,
    shown: &str,
    options: &LedgerOptions,
    hash_key: Option<&str>,
    now: Timestamp,
) -> std::result::Result<(Store, OpenedLedger), LedgerError> {
    let mut watch = Watch::new(place.clone());
    watch.refuse_bad_mark()?;
    let connection = open::connect(place, shown)?;
    watch.opened();
    let ledger_error = |error| ledger_error(shown, &error);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(ledger_error)?;
    let purpose = purpose(options);
    let (opened, seal) = open::find(&connection, shown, purpose, options, hash_key, now, Some(&watch))?;
    open::trust(&connection).map_err(ledger_error)?;
    Ok((Store::new(connection, (seal, None), shown, options, LARGEST_JOURNAL), opened))
}

/// Claims and lets go, as a run does.
fn play(store: &mut Store, entry: &ClaimEntry, now: Timestamp) -> Result<()> {
    store.claim(std::slice::from_ref(entry), false, now)?;
    store.settle_contacts(&[(entry.clone(), Settlement::Released)], now)
}

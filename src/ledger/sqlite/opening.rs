//! What happens before a ledger is used: is it there, is it free, is it ours, who was left claimed?

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Result, TransactionBehavior};

use super::Opened;
use super::complaint::{complain, no_permission, not_a_ledger};
use super::contacts;
use super::merge::{Claimant, merge};
use super::meta::{self, HashKey};
use super::schema::{MIGRATIONS, Version, migrate};
use crate::ledger::LedgerError;

/// A run that is just ending gives the file up within this time; tests have none that does.
const PATIENCE: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(5) };

/// `EXCLUSIVE` holds the file until the process ends, in whatever way, and needs no shared memory
/// (which network volumes do not have). `FULL` waits for the disk at each commit: with `NORMAL` a power
/// cut takes the last transactions back, claims among them, and the people in them are called again.
/// The cache holds what every look-up touches of millions of contacts (the inner pages); what lies
/// below is in the system's. A merge makes the log long, which is cut when it begins anew.
const SETTINGS: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA cache_size = -4096;";

/// What a ledger is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A run, perhaps the first.
    Run,
    /// A run that is not the first.
    Continue,
    /// To be read, and decided in.
    Inspect,
}

/// Connects to a file, as its only user.
pub(super) fn connect(path: &Path, place: &str, may_be_new: bool) -> Result<Connection, LedgerError> {
    if may_be_new {
        make_file(path, place)?;
    } else if !path.exists() {
        return Err(LedgerError::Unusable(format!(
            "there is none at {place}; check `path` and that its volume is mounted; if this is the first \
             sync with it, turn `expect_existing` off"
        )));
    }
    if path.is_dir() {
        return Err(LedgerError::Unusable(format!("{place} is a folder; set `path` to a file in it")));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connected = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch(SETTINGS)?;
        Ok(connection)
    });
    connected.map_err(|error| complain(place, &error))
}

/// Makes an empty file that only its owner can read: the hash key is in it.
///
/// A file that is there is not touched: closing it here would release the locks that another
/// connection of this process has on it.
fn make_file(path: &Path, place: &str) -> Result<(), LedgerError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let Err(error) = options.open(path) else { return Ok(()) };
    match error.kind() {
        ErrorKind::AlreadyExists => Ok(()),
        ErrorKind::NotFound => Err(LedgerError::Unusable(format!(
            "the folder of {place} does not exist; create it, or check that its volume is mounted"
        ))),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Err(no_permission(place)),
        _ => Err(LedgerError::Unusable(format!("{place} cannot be made: {error}"))),
    }
}

/// Examines the ledger in a transaction of its own: what cannot be used stays as it was.
pub(super) fn examine(
    connection: &mut Connection,
    place: &str,
    purpose: Use,
    hash_key: Option<&str>,
    now: Timestamp,
) -> Result<Opened, LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(|error| complain(place, &error))?;
    let opened = find(&transaction, place, purpose, hash_key, now)?;
    transaction.commit().map_err(|error| complain(place, &error))?;
    Ok(opened)
}

/// Brings the tables up to date, makes unknown what dead runs left claimed, and refuses what cannot
/// be used, all within the caller's transaction.
pub(super) fn find(
    connection: &Connection,
    place: &str,
    purpose: Use,
    hash_key: Option<&str>,
    now: Timestamp,
) -> Result<Opened, LedgerError> {
    let complain = |error| complain(place, &error);
    match migrate(connection, MIGRATIONS).map_err(complain)? {
        Version::Current => {}
        Version::Foreign => return Err(not_a_ledger(place)),
        Version::Newer { made, known } => {
            return Err(LedgerError::Unusable(format!(
                "{place} was made by a newer version (its format is {made}, this program knows {known}); \
                 update this program"
            )));
        }
    }
    let recovered_unknown = recover(connection).map_err(complain)?;
    if !contacts::any(connection).map_err(complain)? {
        let was_used = meta::was_used(connection).map_err(complain)?;
        refuse_empty(place, purpose, was_used)?;
    }
    // An empty key would be one that everybody knows.
    let hash_key = hash_key.filter(|hash_key| !hash_key.is_empty());
    let hasher = match meta::hash_key(connection, hash_key, now).map_err(complain)? {
        HashKey::Right(hasher) => hasher,
        HashKey::Differs => {
            return Err(LedgerError::Unusable(format!(
                "{place} was made with another `hash_key`, or with none; set that one again: with this one \
                 nobody in it would be recognised, and everybody called again"
            )));
        }
        HashKey::Absent => {
            return Err(LedgerError::Unusable(format!(
                "{place} was made with a `hash_key`; set the same one again"
            )));
        }
    };
    Ok(Opened { recovered_unknown, hasher })
}

/// Finishes what dead runs left in the journal: nobody else has the file, so no run that lives has
/// claimed anybody.
fn recover(connection: &Connection) -> Result<u64> {
    let n_unknown = merge(connection, Claimant::Died)?;
    if n_unknown > 0 {
        meta::mark_as_used(connection)?;
    }
    Ok(n_unknown)
}

fn refuse_empty(place: &str, purpose: Use, was_used: bool) -> Result<(), LedgerError> {
    if was_used && purpose != Use::Inspect {
        return Err(LedgerError::Unusable(format!(
            "{place} was used before but is empty now; restore it from a backup, or delete the file to start \
             over, which may call everybody again"
        )));
    }
    if purpose == Use::Continue {
        return Err(LedgerError::Unusable(format!(
            "{place} is new or empty although `expect_existing` is on; check `path` and that its volume is \
             mounted; if this is the first sync with it, turn `expect_existing` off"
        )));
    }
    Ok(())
}

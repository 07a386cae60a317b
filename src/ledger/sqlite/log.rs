//! Whether the log beside a file is its own: SQLite takes any that is whole in itself.

use rusqlite::{Connection, OpenFlags};
use url::Url;

use super::place::Place;
use super::seal::Seal;
use crate::ledger::LedgerError;

/// Whether what lies beside a file cannot be its log. `found` is what SQLite makes of both: the seal,
/// and whether all that it seals is there; nothing where it can make nothing of them.
///
/// Only for who holds the file, or has nothing to lose by a wrong answer: it is read without a lock.
pub(super) fn is_foreign(place: &Place, found: Option<(&Seal, bool)>) -> bool {
    if !place.has_log() {
        return false;
    }
    // Before its first sync has begun, all of a ledger is in the log.
    let Some(file) = without_log(place) else { return false };
    let Ok(Some(alone)) = Seal::reach(&file) else { return false };
    match found {
        // Its own would lead further.
        Some((Seal { reach, .. }, _)) if reach.ledger != alone.ledger || reach.sequence < alone.sequence => {
            true
        }
        Some((_, true)) => false,
        Some((_, false)) | None => is_whole(&file),
    }
}

pub(super) fn refuse(place: &Place, shown: &str) -> LedgerError {
    let log = place.log();
    let log = log.display();
    LedgerError::Unusable(format!(
        "{log} is not the log of {shown}, but another ledger's or of another time, and nothing of it was taken; put its \
         own in its place; if that is lost, move this one away and ask `ledger accept-loss`"
    ))
}

/// SQLite looks for no log beside a file that cannot change.
fn without_log(place: &Place) -> Option<Connection> {
    let mut address = Url::from_file_path(place.path()).ok()?;
    address.set_query(Some("immutable=1"));
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(address.as_str(), flags).ok()
}

fn is_whole(file: &Connection) -> bool {
    let is_ok = file.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    is_ok.is_ok_and(|found| found == "ok") && Seal::read(file, true).is_ok_and(|(_, is_whole)| is_whole)
}

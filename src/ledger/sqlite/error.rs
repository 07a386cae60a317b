//! What SQLite's errors mean to the person who has to do something about them.

use rusqlite::{Error, ErrorCode, ffi};

use crate::ledger::LedgerError;

/// Says what is wrong with the ledger in a place, and what to do.
pub(super) fn ledger_error(place: &str, error: &Error) -> LedgerError {
    if let Error::UserFunctionError(own) = error
        && let Some(own) = own.downcast_ref::<LedgerError>()
    {
        return own.clone();
    }
    let Some(code) = error.sqlite_error_code() else { return is_damaged(place, error) };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => LedgerError::Unavailable(format!(
            "another run is using {place}; wait for it, or give each connector its own file, or use `postgres`"
        )),
        ErrorCode::NotADatabase => not_a_ledger(place),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => no_permission(place),
        ErrorCode::DiskFull => {
            LedgerError::Unusable(format!("there is no room for {place}; free some space on its disk"))
        }
        ErrorCode::SystemIoFailure => LedgerError::Unavailable(format!(
            "{place}: {error}; see that its disk is well and has room, and that no limit for files is reached"
        )),
        ErrorCode::OutOfMemory => LedgerError::Unavailable(format!(
            "{place}: {error}; give this process more memory (the container's limit), and run the sync again"
        )),
        ErrorCode::OperationInterrupted | ErrorCode::FileLockingProtocolFailed => {
            LedgerError::Unavailable(format!(
                "{place}: {error}; run the sync again, and if it comes back, see that the file lies on a disk of this machine"
            ))
        }
        // The statements are right, so it is the tables that are not.
        _ => is_damaged(place, error),
    }
}

fn is_damaged(place: &str, error: &Error) -> LedgerError {
    LedgerError::Unusable(format!(
        "{place} is damaged ({error}); restore it from a backup; without one, begin with a new file, and let \
         `ledger baseline` remember the records of everybody who was called"
    ))
}

pub(super) fn not_a_ledger(place: &str) -> LedgerError {
    LedgerError::Unusable(format!("{place} is not a ledger; set `path` to a file of its own"))
}

pub(super) fn no_permission(place: &str) -> LedgerError {
    LedgerError::Unusable(format!(
        "{place} cannot be read and written; give this program's user the permission, for its folder too"
    ))
}

/// The ledger holds something that this program did not write.
pub(super) fn damaged() -> Error {
    corrupt("a value cannot be read")
}

/// The same, and what is wrong.
pub(super) fn corrupt(what: &str) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(what.to_owned()))
}

/// What is none of SQLite's errors, on its way through a transaction.
pub(super) fn own(error: LedgerError) -> Error {
    Error::UserFunctionError(Box::new(error))
}

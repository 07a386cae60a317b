//! What people read as lines of text: the log of a Singer target, and everything on a terminal.

use super::level::Level;
use super::state::{State, StateScope, Stats};
use crate::domain::error::{Error, FailureType};

/// A line of the log.
pub(super) fn log(level: Level, message: &str) -> String {
    let level = match level {
        Level::Info => "INFO",
        Level::Warn => "WARNING",
        Level::Error => "ERROR",
    };
    format!("{level} {message}")
}

/// Why the command failed, and whose turn it is.
pub(super) fn failure(error: &Error) -> [String; 2] {
    let remedy = match error.failure_type() {
        FailureType::Config => "it fails in the same way until somebody corrects this",
        FailureType::Transient => {
            "this may pass by itself: run again, and the source goes on after its last state"
        }
        FailureType::System => "if it comes again, the source or this program is wrong: please report it",
    };
    [&error.with_causes(), remedy].map(|message| log(Level::Error, message))
}

/// The answer to `check`; each mistake of a configuration has a line of its own.
pub(super) fn connection_status(result: Result<&str, &str>) -> String {
    match result {
        Ok(message) => format!("SUCCEEDED: {message}"),
        Err(message) => format!("FAILED: {message}"),
    }
}

/// What a STATE means that goes back; its own text is for programs.
pub(super) fn state(state: &State, stats: Stats) -> String {
    let whose = match &state.scope {
        StateScope::Stream(name) => name.to_string(),
        StateScope::All => "all streams".to_owned(),
    };
    let Stats { records, rejected } = stats;
    log(
        Level::Info,
        &format!(
            "state of {whose}: settled {records} accepted or duplicate, {rejected} rejected for a reason"
        ),
    )
}

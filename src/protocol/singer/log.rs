//! What people should read: lines of text on stderr, because stdout is for states only.

use std::fmt;
use std::io::Write;

use super::super::level::Level;
use crate::domain::error::{Error, FailureType};

/// The log of a run.
pub(in crate::protocol) struct Log(Box<dyn Write>);

impl Log {
    pub(in crate::protocol) fn new(stderr: Box<dyn Write>) -> Self {
        Self(stderr)
    }

    /// Writes a line.
    pub(in crate::protocol) fn line(&mut self, level: Level, message: &str) {
        let level = match level {
            Level::Info => "INFO",
            Level::Warn => "WARNING",
            Level::Error => "ERROR",
        };
        // A log that nobody reads is no reason to stop: stdout says whether the runner is there.
        drop(writeln!(self.0, "{level} {message}"));
    }

    /// Says why the run failed, and whose turn it is.
    pub(in crate::protocol) fn failure(&mut self, error: &Error) {
        let remedy = match error.failure_type() {
            FailureType::Config => "it fails in the same way until somebody corrects this",
            FailureType::Transient => {
                "this may pass by itself: run again, and the tap goes on after its last state"
            }
            FailureType::System => "if it comes again, the tap or this program is wrong: please report it",
        };
        self.line(Level::Error, &error.with_causes());
        self.line(Level::Error, remedy);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

//! What people should read: lines of text on stderr, because stdout is for states only.

use std::fmt;
use std::io::Write;

use super::super::level::Level;
use super::super::text;
use crate::domain::error::Error;

/// The log of a run.
pub(in crate::protocol) struct Log(Box<dyn Write>);

impl Log {
    pub(in crate::protocol) fn new(stderr: Box<dyn Write>) -> Self {
        Self(stderr)
    }

    /// Writes a line.
    pub(in crate::protocol) fn line(&mut self, level: Level, message: &str) {
        self.write(&text::log(level, message));
    }

    /// Says why the run failed, and whose turn it is.
    pub(in crate::protocol) fn failure(&mut self, error: &Error) {
        for line in text::failure(error) {
            self.write(&line);
        }
    }

    fn write(&mut self, line: &str) {
        // A log that nobody reads is no reason to stop: stdout says whether the runner is there.
        drop(writeln!(self.0, "{line}"));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

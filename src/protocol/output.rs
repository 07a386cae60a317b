//! The only writer of stdout. Each line is a message, flushed at once: the platform reads a pipe,
//! and a state that waits in a buffer is lost when the container is killed.

use std::io::Write;

use jiff::Timestamp;

use super::level::Level;
use super::singer::Log;
use super::state::{State, Stats};
use crate::domain::error::Error;

/// Writes what goes back to whoever sends the records, and what people should read.
#[derive(Debug)]
pub struct Output<W> {
    stdout: W,
    /// Where lines for people go when stdout is for states only; none: they are messages there, too.
    log: Option<Log>,
}

impl<W: Write> Output<W> {
    /// Writes messages of the Airbyte protocol.
    pub fn new(stdout: W) -> Self {
        Self { stdout, log: None }
    }

    /// Writes states as Singer runners read them, and the rest to `stderr`.
    pub fn singer(stdout: W, stderr: Box<dyn Write>) -> Self {
        Self { stdout, log: Some(Log::new(stderr)) }
    }

    /// Hands a STATE back.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn state(&mut self, state: &State, stats: Stats) -> Result<(), Error> {
        self.line(state.with_stats(stats).as_bytes())
    }

    /// Writes a line for people.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn log(&mut self, level: Level, message: &str) -> Result<(), Error> {
        match &mut self.log {
            None => self.log_message(level, message),
            Some(log) => {
                log.line(level, message);
                Ok(())
            }
        }
    }

    /// Says why the command failed, and whose turn it is.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn failure(&mut self, error: &Error, now: Timestamp) -> Result<(), Error> {
        match &mut self.log {
            None => self.trace_message(error, now),
            Some(log) => {
                log.failure(error);
                Ok(())
            }
        }
    }

    /// Writes one line.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        let mut write = || {
            self.stdout.write_all(line)?;
            self.stdout.write_all(b"\n")?;
            self.stdout.flush()
        };
        write().map_err(Error::Output)
    }
}

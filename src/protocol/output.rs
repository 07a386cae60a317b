//! The only writer of stdout. Each line is a message, flushed at once: the platform reads a pipe,
//! and a state that waits in a buffer is lost when the container is killed. Only a terminal, which no
//! program reads, gets text for people in their place.

use std::io::Write;

use jiff::Timestamp;

use super::level::Level;
use super::singer::Log;
use super::state::{State, Stats};
use super::text;
use crate::domain::error::Error;

/// Writes what goes back to whoever sends the records, and what people should read.
#[derive(Debug)]
pub struct Output<W> {
    stdout: W,
    reader: OutputReader,
}

/// Who reads stdout.
#[derive(Debug)]
enum OutputReader {
    /// A platform, to whom everything is a message.
    Platform,
    /// A Singer runner, to whom states are; lines for people go to the log.
    Runner(Log),
    /// A person at a terminal, to whom nothing is.
    Person,
}

impl<W: Write> Output<W> {
    /// Writes messages of the Airbyte protocol.
    pub fn new(stdout: W) -> Self {
        Self { stdout, reader: OutputReader::Platform }
    }

    /// Writes states as Singer runners read them, and the rest to `stderr`.
    pub fn singer(stdout: W, stderr: Box<dyn Write>) -> Self {
        Self { stdout, reader: OutputReader::Runner(Log::new(stderr)) }
    }

    /// Writes text for a person, where stdout is a terminal.
    pub fn terminal(stdout: W) -> Self {
        Self { stdout, reader: OutputReader::Person }
    }

    /// Hands a STATE back.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn state(&mut self, state: &State, stats: Stats) -> Result<(), Error> {
        match self.reader {
            OutputReader::Platform | OutputReader::Runner(_) => self.line(state.with_stats(stats).as_bytes()),
            OutputReader::Person => self.line(text::state(state, stats).as_bytes()),
        }
    }

    /// Writes a line for people.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn log(&mut self, level: Level, message: &str) -> Result<(), Error> {
        match &mut self.reader {
            OutputReader::Platform => self.log_message(level, message),
            OutputReader::Runner(log) => {
                log.line(level, message);
                Ok(())
            }
            OutputReader::Person => self.line(text::log(level, message).as_bytes()),
        }
    }

    /// Says why the command failed, and whose turn it is.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn failure(&mut self, error: &Error, now: Timestamp) -> Result<(), Error> {
        match &mut self.reader {
            OutputReader::Platform => self.trace_message(error, now),
            OutputReader::Runner(log) => {
                log.failure(error);
                Ok(())
            }
            OutputReader::Person => {
                text::failure(error).iter().try_for_each(|line| self.line(line.as_bytes()))
            }
        }
    }

    /// Answers `check`.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn connection_status(&mut self, result: Result<&str, &str>) -> Result<(), Error> {
        match self.reader {
            OutputReader::Platform | OutputReader::Runner(_) => self.status_message(result),
            OutputReader::Person => self.line(text::connection_status(result).as_bytes()),
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

//! The only writer of stdout. Each line is a message, flushed at once: the platform reads a pipe,
//! and a state that waits in a buffer is lost when the container is killed.

use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::state::{State, Stats};
use crate::error::{Error, FailureType};

/// How much a LOG message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For the record.
    Info,
    /// Somebody should look.
    Warn,
    /// The run stops because of it.
    Error,
}

/// Writes the protocol's messages.
#[derive(Debug)]
pub struct Output<W> {
    writer: W,
}

impl<W: Write> Output<W> {
    /// Writes to `writer`.
    pub fn new(writer: W) -> Self {
        Self { writer }
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
        self.message(&json!({ "type": "LOG", "log": { "level": level, "message": message } }))
    }

    /// Says why the command failed, and whose turn it is.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn failure(&mut self, error: &Error, now: Timestamp) -> Result<(), Error> {
        let failure_type = match error.failure_type() {
            FailureType::Config => "config_error",
            FailureType::Transient => "transient_error",
            FailureType::System => "system_error",
        };
        let body = json!({
            "message": error.to_string(),
            "internal_message": error.with_causes(),
            "failure_type": failure_type,
        });
        self.message(&json!({
            "type": "TRACE",
            "trace": { "type": "ERROR", "emitted_at": now.as_millisecond(), "error": body },
        }))
    }

    /// Answers `check`.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn connection_status(&mut self, result: Result<&str, &str>) -> Result<(), Error> {
        let (status, message) = match result {
            Ok(message) => ("SUCCEEDED", message),
            Err(message) => ("FAILED", message),
        };
        self.message(&json!({
            "type": "CONNECTION_STATUS",
            "connectionStatus": { "status": status, "message": message },
        }))
    }

    /// Answers `spec`.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn spec(&mut self, spec: &Value) -> Result<(), Error> {
        self.message(&json!({ "type": "SPEC", "spec": spec }))
    }

    /// Answers `discover`.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn destination_catalog(&mut self, catalog: &Value) -> Result<(), Error> {
        self.message(&json!({ "type": "DESTINATION_CATALOG", "destination_catalog": catalog }))
    }

    fn message(&mut self, message: &Value) -> Result<(), Error> {
        self.line(message.to_string().as_bytes())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        let mut write = || {
            self.writer.write_all(line)?;
            self.writer.write_all(b"\n")?;
            self.writer.flush()
        };
        write().map_err(Error::Output)
    }
}

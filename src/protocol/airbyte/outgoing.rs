//! Lines for people and answers to questions, as messages.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{Level, Output};
use crate::domain::error::{Error, FailureType};

impl<W: Write> Output<W> {
    pub(in crate::protocol) fn log_message(&mut self, level: Level, message: &str) -> Result<(), Error> {
        self.message(&json!({ "type": "LOG", "log": { "level": level, "message": message } }))
    }

    pub(in crate::protocol) fn trace_message(&mut self, error: &Error, now: Timestamp) -> Result<(), Error> {
        let failure_type = match error.failure_type() {
            FailureType::Config => "config_error",
            FailureType::Transient => "transient_error",
            FailureType::System => "system_error",
        };
        let body = json!({
            "message": error.with_causes(),
            "internal_message": error.with_causes(),
            "failure_type": failure_type,
        });
        self.message(&json!({
            "type": "TRACE",
            "trace": { "type": "ERROR", "emitted_at": now.as_millisecond(), "error": body },
        }))
    }

    pub(in crate::protocol) fn status_message(&mut self, result: Result<&str, &str>) -> Result<(), Error> {
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
}

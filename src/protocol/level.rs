//! How much a line for people matters.

use serde::Serialize;

/// How much a line for people matters.
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

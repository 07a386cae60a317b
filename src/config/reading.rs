//! Reads a configuration and reports every mistake at once.

use crate::error::Error;

use super::Config;

/// Reads a configuration.
///
/// # Errors
/// Every mistake at once.
pub fn read(text: &str) -> Result<Config, Error> {
    serde_json::from_str(text).map_err(|error| Error::config("", error.to_string()))
}

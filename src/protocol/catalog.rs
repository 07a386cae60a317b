//! The streams that are going to be sent.

use serde_json::Value;

use crate::domain::stream_name::StreamName;

/// The configured catalog.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// One entry for each stream of the connection.
    pub streams: Vec<CatalogStream>,
}

/// One stream of the connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogStream {
    /// Its name within its namespace.
    pub name: StreamName,
    /// What its records look like; may be empty.
    pub json_schema: Value,
    /// Whether the platform reads everything each time.
    pub full_refresh: bool,
    /// Whether a sync may bring no more than what is new since the one before.
    pub incremental: bool,
    /// Whether the platform asks to replace what is there, which nobody can do to a phone call.
    pub overwrite: bool,
    /// Given by platforms that also say when a stream is complete, and absent from all others.
    pub generation_id: Option<i64>,
    /// The paths of the columns that tell its records apart.
    pub primary_key: Vec<Vec<String>>,
    /// The platform's number of this sync.
    pub sync_id: Option<i64>,
}

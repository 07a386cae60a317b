//! The streams that the platform is going to send.

use serde::Deserialize;
use serde_json::Value;

use super::StreamName;
use crate::error::Error;

/// The configured catalog.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Catalog {
    /// One entry for each stream of the connection.
    pub streams: Vec<CatalogStream>,
}

/// One stream of the connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "ConfiguredStream")]
pub struct CatalogStream {
    /// Its name within its namespace.
    pub name: StreamName,
    /// What its records look like; may be empty.
    pub json_schema: Value,
    /// Whether the platform reads everything each time.
    pub full_refresh: bool,
    /// Whether the platform asks to replace what is there, which nobody can do to a phone call.
    pub overwrite: bool,
    /// Given by platforms that also say when a stream is complete, and absent from all others.
    pub generation_id: Option<i64>,
    /// The paths of the columns that tell its records apart.
    pub primary_key: Vec<Vec<String>>,
    /// The platform's number of this sync.
    pub sync_id: Option<i64>,
}

#[derive(Deserialize)]
struct ConfiguredStream {
    stream: StreamBody,
    #[serde(default)]
    sync_mode: Option<String>,
    #[serde(default)]
    destination_sync_mode: Option<String>,
    #[serde(default)]
    generation_id: Option<i64>,
    #[serde(default)]
    minimum_generation_id: Option<i64>,
    #[serde(default)]
    sync_id: Option<i64>,
    #[serde(default)]
    primary_key: Option<Vec<Vec<String>>>,
}

#[derive(Deserialize)]
struct StreamBody {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    json_schema: Value,
    #[serde(default)]
    source_defined_primary_key: Option<Vec<Vec<String>>>,
}

impl From<ConfiguredStream> for CatalogStream {
    fn from(configured: ConfiguredStream) -> Self {
        let ConfiguredStream {
            stream,
            sync_mode,
            destination_sync_mode,
            generation_id,
            minimum_generation_id,
            sync_id,
            primary_key,
        } = configured;
        let chosen = primary_key.filter(|parts| !parts.is_empty());
        let replaces = generation_id.is_some_and(|id| id > 0 && minimum_generation_id == Some(id));
        Self {
            name: StreamName { namespace: stream.namespace.unwrap_or_default(), name: stream.name },
            json_schema: stream.json_schema,
            full_refresh: sync_mode.as_deref() == Some("full_refresh"),
            overwrite: replaces || destination_sync_mode.is_some_and(|mode| mode.starts_with("overwrite")),
            generation_id,
            primary_key: chosen.or(stream.source_defined_primary_key).unwrap_or_default(),
            sync_id,
        }
    }
}

impl Catalog {
    /// Reads the file that `--catalog` names.
    ///
    /// # Errors
    /// When it is not a configured catalog.
    pub fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text)
            .map_err(|error| Error::Unreadable { what: "the configured catalog (--catalog)", source: error })
    }
}

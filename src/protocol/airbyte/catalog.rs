//! The file that `--catalog` names.

use serde::Deserialize;
use serde_json::Value;

use super::super::{Catalog, CatalogStream, StreamName};
use crate::error::Error;

#[derive(Deserialize)]
struct ConfiguredCatalog {
    streams: Vec<ConfiguredStream>,
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
        let catalog: ConfiguredCatalog = serde_json::from_str(text).map_err(|error| Error::Unreadable {
            what: "the configured catalog (--catalog)",
            source: error,
        })?;
        Ok(Self { streams: catalog.streams.into_iter().map(CatalogStream::from).collect() })
    }
}

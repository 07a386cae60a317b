//! What a mapping is given: a stream of the catalog, the run, and record after record.

use crate::protocol::{CatalogStream, Object};

/// What the catalog says about one stream, as far as the mapping needs it.
#[derive(Clone, Copy, Debug)]
pub struct StreamShape<'a> {
    /// The stream's name.
    pub name: &'a str,
    /// Its namespace; blank when it has none.
    pub namespace: &'a str,
    /// Its `json_schema`; `Value::Null` when there is none.
    pub json_schema: &'a serde_json::Value,
    /// The paths of its primary key's parts; none when nobody asks for the key.
    pub primary_key: &'a [Vec<String>],
}

impl<'a> From<&'a CatalogStream> for StreamShape<'a> {
    fn from(stream: &'a CatalogStream) -> Self {
        let name = &stream.name;
        Self {
            name: &name.name,
            namespace: &name.namespace,
            json_schema: &stream.json_schema,
            primary_key: &stream.primary_key,
        }
    }
}

/// Everything that a template sees beside the record.
#[derive(Clone, Debug)]
pub struct RunContext {
    /// The platform's number of this sync, or blank.
    pub sync_id: String,
    /// When the run began: the same for all its records.
    pub now: jiff::Timestamp,
}

/// One record, as far as the mapping needs it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its columns.
    pub data: &'a Object<'a>,
    /// When the source read it, as it came (milliseconds by the protocol, seconds from some sources).
    pub emitted_at: i64,
}

//! Rows gathered into objects: one a stream, and a further one when a bound is reached.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;

use super::format::media_type;
use super::names::Names;
use super::{Object, StorageError};
use crate::config::{CompressionConfig, FormatConfig};
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;

/// Text that may wait to be put. It is what a million rejected records cost in memory, twice: once while it
/// is gathered, once while it is put.
const MOST_WAITING_BYTES: usize = 4 << 20;

/// Gathers rows. They are text in memory until they are taken; whoever adds asks `is_full` in between.
#[derive(Debug)]
pub struct Parts {
    pub(super) names: Names,
    pub(super) format: FormatConfig,
    pub(super) compression: CompressionConfig,
    open: BTreeMap<StreamName, Part>,
    /// Parts that have been begun in this run: no two have one name.
    n_parts: u64,
    waiting_bytes: usize,
    /// In what was taken last: as much will come again.
    usual_bytes: usize,
}

/// An object, not yet as it is put.
#[derive(Debug)]
pub struct Part {
    name: String,
    kind: &'static str,
    rows: Vec<u8>,
    compression: CompressionConfig,
}

impl Parts {
    pub(super) fn new(names: Names, format: FormatConfig, compression: CompressionConfig) -> Self {
        Self {
            names,
            format,
            compression,
            open: BTreeMap::new(),
            n_parts: 0,
            waiting_bytes: 0,
            usual_bytes: 0,
        }
    }

    /// Writes a row of a stream, behind a head where it is the first.
    pub(super) fn add(
        &mut self,
        stream: &StreamName,
        head: impl FnOnce(&mut Vec<u8>),
        row: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), Error> {
        // It is written into memory.
        let defect = |error: io::Error| Error::Defect(format!("a row cannot be written: {error}"));
        if !self.open.contains_key(stream) {
            let name = self.names.of(stream, self.n_parts);
            self.n_parts += 1;
            let kind = media_type(self.format, self.compression);
            let rows = Vec::with_capacity(self.usual_bytes / (self.open.len() + 1));
            let mut part = Part { name, kind, rows, compression: self.compression };
            head(&mut part.rows);
            self.waiting_bytes += part.rows.len();
            self.open.insert(stream.clone(), part);
        }
        let Some(part) = self.open.get_mut(stream) else { return Ok(()) };
        let before = part.rows.len();
        row(&mut part.rows).map_err(defect)?;
        self.waiting_bytes += part.rows.len() - before;
        Ok(())
    }

    /// Whether what waits must be put before more is added.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting_bytes >= MOST_WAITING_BYTES
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The folder that holds the rows of all streams, as objects' names have it.
    #[must_use]
    pub fn folder(&self) -> String {
        self.names.folder()
    }

    /// Takes what waits; nothing is put for a stream without rows.
    pub fn take(&mut self) -> Vec<Part> {
        self.usual_bytes = std::mem::take(&mut self.waiting_bytes);
        std::mem::take(&mut self.open).into_values().collect()
    }
}

impl Part {
    /// The object, compressed beside whoever has other things to do.
    ///
    /// # Errors
    /// When that is broken off.
    pub async fn packed(self) -> Result<Object, StorageError> {
        let Self { name, kind, rows, compression } = self;
        let body = match compression {
            CompressionConfig::None => Bytes::from(rows),
            CompressionConfig::Gzip => {
                let packing = tokio::task::spawn_blocking(move || gzipped(&rows));
                let packed = packing.await.map_err(io::Error::other).flatten();
                packed.map_err(|error| {
                    StorageError::Unavailable(format!("an object could not be compressed: {error}"))
                })?
            }
        };
        Ok(Object { name, kind, body })
    }
}

fn gzipped(rows: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(rows)?;
    encoder.finish().map(Bytes::from)
}

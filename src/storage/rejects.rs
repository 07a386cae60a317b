//! Rows of rejected records, gathered into objects: one a stream, and a further one when a bound is reached.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;

use super::Object;
use super::names::{Names, Run};
use super::row::{COLUMNS, DATA, PARTS, Row};
use crate::config::{
    CompressionConfig, Flattening, FormatConfig, KeepConfig, ObjectStorageConfig, RejectedRecord,
};
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;

/// Text that may wait to be put. It is what a million rejected records cost in memory.
const MOST_WAITING_BYTES: usize = 8 << 20;

/// Rows are short, and each is written to its end.
const CSV_BUFFER_BYTES: usize = 1 << 10;

/// Gathers rows. They are text in memory until they are taken; whoever adds asks `is_full` in between.
#[derive(Debug)]
pub struct Rejects {
    names: Names,
    format: FormatConfig,
    compression: CompressionConfig,
    shows: RejectedRecord,
    open: BTreeMap<StreamName, Part>,
    /// Parts that have been begun in this run: no two have one name.
    n_parts: u64,
    waiting_bytes: usize,
}

/// An object that is being written.
#[derive(Debug)]
struct Part {
    name: String,
    rows: Vec<u8>,
}

impl Rejects {
    /// What gathers rejected records for the storage that a configuration names, if it names one.
    ///
    /// # Errors
    /// When its names cannot be understood.
    pub fn new(config: &ObjectStorageConfig, run: Run) -> Result<Option<Self>, Error> {
        let prefix = match config {
            ObjectStorageConfig::None => return Ok(None),
            ObjectStorageConfig::S3(s3) => s3.bucket_path.clone(),
            ObjectStorageConfig::Local(_) => String::new(),
        };
        config.keep().map(|keep| Self::within(prefix, keep, run)).transpose()
    }

    fn within(prefix: String, keep: &KeepConfig, run: Run) -> Result<Self, Error> {
        let (path, file) = keep
            .names()
            .map_err(|(name, why)| Error::config(format!("object_storage_config.{name}"), why))?;
        let extension = match (keep.format, keep.compression) {
            (FormatConfig::Csv { .. }, CompressionConfig::None) => ".csv",
            (FormatConfig::Csv { .. }, CompressionConfig::Gzip) => ".csv.gz",
            (FormatConfig::Jsonl { .. }, CompressionConfig::None) => ".jsonl",
            (FormatConfig::Jsonl { .. }, CompressionConfig::Gzip) => ".jsonl.gz",
        };
        Ok(Self {
            names: Names { prefix, path, file, extension, run },
            format: keep.format,
            compression: keep.compression,
            shows: keep.rejected_record,
            open: BTreeMap::new(),
            n_parts: 0,
            waiting_bytes: 0,
        })
    }

    /// Adds a record that counts as rejected.
    ///
    /// # Errors
    /// When a row cannot be written, which is a defect: it is written into memory.
    pub fn add(&mut self, decision: &Decision<'_>) -> Result<(), Error> {
        let row = Row::new(decision, &self.names.run, self.shows);
        let defect =
            |error: io::Error| Error::Defect(format!("a rejected record cannot be written: {error}"));
        let part = if let Some(part) = self.open.get_mut(decision.stream) {
            part
        } else {
            let name = self.names.of(decision.stream, self.n_parts);
            self.n_parts += 1;
            let part = Part { name, rows: head(self.format).map_err(defect)? };
            self.waiting_bytes += part.rows.len();
            self.open.entry(decision.stream.clone()).or_insert(part)
        };
        let before = part.rows.len();
        write(&row, self.format, &mut part.rows).map_err(defect)?;
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

    /// Takes what waits; nothing is put for a stream without rows.
    ///
    /// # Errors
    /// When it cannot be compressed, which is a defect.
    pub fn take(&mut self) -> Result<Vec<Object>, Error> {
        self.waiting_bytes = 0;
        let (compression, kind) = (self.compression, kind(self.format, self.compression));
        let object = |part: Part| {
            let body = packed(part.rows, compression).map_err(|error| Error::Defect(error.to_string()))?;
            Ok(Object { name: part.name, kind, body })
        };
        std::mem::take(&mut self.open).into_values().map(object).collect()
    }
}

fn kind(format: FormatConfig, compression: CompressionConfig) -> &'static str {
    match (compression, format) {
        (CompressionConfig::Gzip, _) => "application/gzip",
        (CompressionConfig::None, FormatConfig::Csv { .. }) => "text/csv; charset=utf-8",
        (CompressionConfig::None, FormatConfig::Jsonl { .. }) => "application/x-ndjson",
    }
}

/// What stands before the first row.
fn head(format: FormatConfig) -> io::Result<Vec<u8>> {
    let FormatConfig::Csv { flattening } = format else { return Ok(Vec::new()) };
    let data: &[&str] = match flattening {
        Flattening::None => &[DATA],
        Flattening::RootLevel => &PARTS,
    };
    let mut rows = Vec::new();
    write_csv(COLUMNS.iter().chain(data), &mut rows)?;
    Ok(rows)
}

fn write(row: &Row, format: FormatConfig, rows: &mut Vec<u8>) -> io::Result<()> {
    match format {
        FormatConfig::Csv { flattening } => {
            let (extracted_at, generation) = (row.extracted_at.to_string(), row.generation_id.to_string());
            let meta = serde_json::to_string(&row.meta)?;
            let own = [row.raw_id.clone(), extracted_at, meta, generation];
            match flattening {
                Flattening::None => write_csv(own.iter().chain([&serde_json::to_string(&row.data)?]), rows),
                Flattening::RootLevel => write_csv(own.iter().chain(&row.data.texts()), rows),
            }
        }
        FormatConfig::Jsonl { flattening } => {
            match flattening {
                Flattening::None => serde_json::to_writer(&mut *rows, &row.nested())?,
                Flattening::RootLevel => serde_json::to_writer(&mut *rows, &row.flat())?,
            }
            rows.push(b'\n');
            Ok(())
        }
    }
}

fn write_csv(fields: impl Iterator<Item = impl AsRef<[u8]>>, rows: &mut Vec<u8>) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(CSV_BUFFER_BYTES).from_writer(rows);
    writer.write_record(fields)?;
    writer.flush()
}

fn packed(rows: Vec<u8>, compression: CompressionConfig) -> io::Result<Bytes> {
    match compression {
        CompressionConfig::None => Ok(Bytes::from(rows)),
        CompressionConfig::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&rows)?;
            encoder.finish().map(Bytes::from)
        }
    }
}

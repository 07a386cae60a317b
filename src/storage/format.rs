//! How rows are written, and what that is called.

use std::io;

use crate::config::{CompressionConfig, FormatConfig};

/// Rows are short, and each is written to its end.
const BUFFER_BYTES: usize = 1 << 10;

/// What stands at the end of an object's name.
pub(super) fn extension(format: FormatConfig, compression: CompressionConfig) -> &'static str {
    match (format, compression) {
        (FormatConfig::Csv { .. }, CompressionConfig::None) => ".csv",
        (FormatConfig::Csv { .. }, CompressionConfig::Gzip) => ".csv.gz",
        (FormatConfig::Jsonl { .. }, CompressionConfig::None) => ".jsonl",
        (FormatConfig::Jsonl { .. }, CompressionConfig::Gzip) => ".jsonl.gz",
    }
}

/// The media type.
pub(super) fn media_type(format: FormatConfig, compression: CompressionConfig) -> &'static str {
    match (compression, format) {
        (CompressionConfig::Gzip, _) => "application/gzip",
        (CompressionConfig::None, FormatConfig::Csv { .. }) => "text/csv; charset=utf-8",
        (CompressionConfig::None, FormatConfig::Jsonl { .. }) => "application/x-ndjson",
    }
}

/// Writes a line of CSV.
pub(super) fn write_csv(
    fields: impl Iterator<Item = impl AsRef<[u8]>>,
    rows: &mut Vec<u8>,
) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER_BYTES).from_writer(rows);
    writer.write_record(fields)?;
    writer.flush()
}

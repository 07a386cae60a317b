//! How rows are written, and what that is called.

use crate::config::{CompressionConfig, FormatConfig};

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

/// Writes a line of CSV, as RFC 4180 has it. A row costs less so than a writer of its own.
pub(super) fn write_csv(fields: impl Iterator<Item = impl AsRef<str>>, rows: &mut Vec<u8>) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            rows.push(b',');
        }
        let field = field.as_ref();
        if !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            rows.extend_from_slice(field.as_bytes());
            continue;
        }
        rows.reserve(field.len() + 2);
        rows.push(b'"');
        // Byte by byte: in JSON a quote follows a few letters later, and to look for it takes longer.
        for byte in field.bytes() {
            if byte == b'"' {
                rows.push(byte);
            }
            rows.push(byte);
        }
        rows.push(b'"');
    }
    rows.push(b'\n');
}

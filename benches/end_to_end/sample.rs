//! Writes an extract of any size with its catalog and the configurations that go with it.
//!
//! The configurations send to `ROOT`, which stands for the sandbox's address.

#[path = "../extract.rs"]
mod extract;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Parser;
use destination_ai_voice::providers;
use extract::{Extract, Way, simulators};
use serde_json::json;

/// An extract for measurements.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where `messages.jsonl`, `catalog.json` and the configurations go; made where it is missing.
    folder: PathBuf,
    /// Records; a STATE follows every 500.
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// Columns beside the sample's own ten.
    #[arg(long, default_value_t = 0)]
    columns: usize,
    /// Bytes of text in one more column.
    #[arg(long, default_value_t = 0)]
    bytes: usize,
    /// Streams, which take turns.
    #[arg(long, default_value_t = 1)]
    streams: usize,
    /// Call the columns like the contact's fields.
    #[arg(long)]
    identity: bool,
}

fn main() -> io::Result<()> {
    let Arguments { folder, records, columns, bytes, streams, identity } = Arguments::parse();
    let extract = Extract {
        n_records: records,
        n_more_columns: columns,
        n_more_bytes: bytes,
        n_streams: streams.max(1),
        is_named_for_identity: identity,
    };
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("catalog.json"), extract.catalog().to_string())?;
    let ways: &[_] = if identity {
        &[("identity", Way::Identity)]
    } else {
        &[("columns", Way::Columns), ("templates", Way::Templates)]
    };
    for (name, way) in ways {
        for (vendor, simulator) in simulators() {
            let section = simulator.connector_config("ROOT");
            let built: providers::VendorConfig = serde_json::from_value(section.clone())?;
            let config = json!({
                "vendor": section,
                "phone": { "default_region": "VN" },
                "streams": extract.streams(*way, built.build().shape()),
            });
            fs::write(folder.join(format!("{vendor}-{name}.json")), config.to_string())?;
        }
    }
    let mut messages = BufWriter::new(File::create(folder.join("messages.jsonl"))?);
    for line in extract.lines() {
        writeln!(messages, "{line}")?;
    }
    messages.flush()
}

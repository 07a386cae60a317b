//! Rows of rejected records.

use std::borrow::Cow;
use std::io;

use super::format::write_csv;
use super::names::{Names, Run};
use super::parts::Parts;
use super::row::{COLUMNS, DATA, PARTS, Row, meta};
use crate::config::{Flattening, FormatConfig, KeepConfig, ObjectStorageConfig, RejectedRecord};
use crate::domain::decision::Decision;
use crate::domain::error::Error;

/// Gathers rows. They are text in memory until they are taken; whoever adds asks `is_full` in between.
#[derive(Debug)]
pub struct Rejects {
    /// The rows, until they are put.
    pub parts: Parts,
    shows: RejectedRecord,
    meta: String,
}

impl Rejects {
    /// What gathers rejected records for the storage that a configuration names, if it names one.
    ///
    /// # Errors
    /// When its names cannot be understood.
    pub fn new(config: &ObjectStorageConfig, run: Run) -> Result<Option<Self>, Error> {
        let gather = |keep: &KeepConfig| {
            let meta = meta(&run);
            let names = Names::new(config, keep, "", run)?;
            let parts = Parts::new(names, keep.format, keep.compression);
            Ok(Self { parts, shows: keep.rejected_record, meta })
        };
        config.keep().map(gather).transpose()
    }

    /// Adds a record that counts as rejected.
    ///
    /// # Errors
    /// When a row cannot be written, which is a defect: it is written into memory.
    pub fn add(&mut self, decision: &Decision<'_>) -> Result<(), Error> {
        let format = self.parts.format;
        let row = Row::new(decision, &self.meta, self.shows);
        self.parts.add(decision.stream, |rows| head(format, rows), |rows| write(&row, format, rows))
    }
}

/// What stands before the first row.
fn head(format: FormatConfig, rows: &mut Vec<u8>) {
    let FormatConfig::Csv { flattening } = format else { return };
    let data: &[&str] = match flattening {
        Flattening::None => &[DATA],
        Flattening::RootLevel => &PARTS,
    };
    write_csv(COLUMNS.iter().chain(data), rows);
}

fn write(row: &Row<'_>, format: FormatConfig, rows: &mut Vec<u8>) -> io::Result<()> {
    match format {
        FormatConfig::Csv { flattening } => {
            let (extracted_at, generation) = (row.extracted_at.to_string(), row.generation_id.to_string());
            let own = [&*row.raw_id, &extracted_at, row.meta, &generation].map(Cow::Borrowed);
            match flattening {
                Flattening::None => write_csv(own.into_iter().chain([row.data.json()?.into()]), rows),
                Flattening::RootLevel => write_csv(own.into_iter().chain(row.data.texts()), rows),
            }
        }
        FormatConfig::Jsonl { flattening } => {
            row.write_json(flattening, rows)?;
            rows.push(b'\n');
        }
    }
    Ok(())
}

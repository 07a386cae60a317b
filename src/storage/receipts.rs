//! Rows of accepted records, to be joined with the results of their calls.

use std::io;

use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::format::write_csv;
use super::names::{Names, Run};
use super::parts::Parts;
use crate::config::{FormatConfig, ObjectStorageConfig};
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::phone::shown_identifier;

/// They lie apart from the rejected records, so that whoever reads all objects of one kind reads no other.
const FOLDER: &str = "receipts";

const COLUMNS: [&str; 8] =
    ["stream", "primary_key", "line", "campaign", "contact_id", "accepted_at", "run", "sync_id"];

/// Gathers rows. They are text in memory until they are taken; whoever adds asks `is_full` in between.
#[derive(Debug)]
pub struct Receipts {
    /// The rows, until they are put.
    pub parts: Parts,
    run: Run,
}

/// One accepted record.
#[derive(Serialize)]
struct Receipt<'a> {
    stream: String,
    primary_key: String,
    line: u64,
    campaign: String,
    contact_id: &'a str,
    accepted_at: String,
    run: &'a str,
    sync_id: &'a str,
}

impl Receipts {
    /// What gathers accepted records, if a configuration wants them.
    ///
    /// # Errors
    /// When its names cannot be understood.
    pub fn new(config: &ObjectStorageConfig, run: Run) -> Result<Option<Self>, Error> {
        let Some(keep) = config.keep().filter(|keep| keep.receipts) else { return Ok(None) };
        let names = Names::new(config, keep, FOLDER, run.clone())?;
        Ok(Some(Self { parts: Parts::new(names, keep.format, keep.compression), run }))
    }

    /// Adds a record, if the vendor accepted it.
    ///
    /// # Errors
    /// When a row cannot be written, which is a defect: it is written into memory.
    pub fn add(&mut self, decision: &Decision<'_>) -> Result<(), Error> {
        let Outcome::Accepted { contact_id } = decision.outcome else { return Ok(()) };
        // An identifier that is the number tells nothing but that.
        let is_safe = |id: &&str| !decision.phone.is_some_and(|phone| phone.occurs_in(id));
        let (format, run) = (self.parts.format, &self.run);
        let receipt = Receipt {
            stream: decision.stream.to_string(),
            primary_key: decision.shown_key(),
            line: decision.line,
            campaign: decision
                .campaign
                .map(|campaign| shown_identifier(campaign.as_str()))
                .unwrap_or_default(),
            contact_id: contact_id.as_deref().filter(is_safe).unwrap_or_default(),
            accepted_at: in_utc(decision.at),
            run: &run.id,
            sync_id: &run.sync_id,
        };
        let head = |rows: &mut Vec<u8>| match format {
            FormatConfig::Csv { .. } => write_csv(COLUMNS.iter(), rows),
            FormatConfig::Jsonl { .. } => {}
        };
        self.parts.add(decision.stream, head, |rows| receipt.write(format, rows))
    }
}

impl Receipt<'_> {
    fn write(&self, format: FormatConfig, rows: &mut Vec<u8>) -> io::Result<()> {
        match format {
            FormatConfig::Csv { .. } => {
                let Self { stream, primary_key, line, campaign, contact_id, accepted_at, run, sync_id } =
                    self;
                let line = line.to_string();
                let fields: [&str; COLUMNS.len()] =
                    [stream, primary_key, &line, campaign, contact_id, accepted_at, run, sync_id];
                write_csv(fields.iter(), rows);
                Ok(())
            }
            FormatConfig::Jsonl { .. } => {
                serde_json::to_writer(&mut *rows, self)?;
                rows.push(b'\n');
                Ok(())
            }
        }
    }
}

/// A warehouse reads it as a timestamp.
fn in_utc(at: Timestamp) -> String {
    at.round(Unit::Millisecond).unwrap_or(at).to_string()
}

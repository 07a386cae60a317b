//! `ledger baseline`: people who were called in another way are remembered, and nobody is called.

use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;

use jiff::Timestamp;

use super::open_ledger::{self, RunLedger};
use super::singer;
use super::write::SyncJob;
use crate::cli::{BaselineArgs, Environment};
use crate::domain::error::Error;
use crate::intake::{Event, EventBatch, read_events};
use crate::ledger::{AnyLedger, ClaimEntry, ContactStatus, Key, Ledger, LedgerError, Settlement};

/// What became of the records.
#[derive(Default)]
struct Counts {
    new: usize,
    known: usize,
    /// People whom a sync that runs now has under way: whether it sends them, only it knows.
    held: usize,
    refused: usize,
}

pub(super) async fn run<R: Read + Send + 'static>(
    arguments: &BaselineArgs,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
) -> Result<String, Error> {
    let job = match &arguments.catalog {
        Some(catalog) => SyncJob::load(&arguments.config, catalog, now, environment)?,
        None => singer::job(&arguments.config, now, environment)?,
    };
    let RunLedger { ledger, keys, .. } = if arguments.yes {
        open_ledger::open(&job.config, job.vendor.as_ref(), &job.sync_id, now).await?
    } else {
        open_ledger::open_to_count(&job.config, job.vendor.as_ref(), now).await?
    };
    if keys.is_none() {
        return Err(Error::config(
            "ledger",
            "this configuration has none to remember people in; set `ledger_type`",
        ));
    }
    let mut streams: Vec<Arc<str>> =
        job.catalog.streams.iter().map(|stream| stream.name.to_string().into()).collect();
    let mut input = read_events(stdin, job.router(keys, &Arc::default()))?;
    let (mut seen, mut counts) = (HashSet::new(), Counts::default());
    while let Some(EventBatch { items, failure, warnings: _ }) = input.recv().await {
        let entries = entries(items, &mut streams, &mut seen, &mut counts);
        if !entries.is_empty() {
            remember(&ledger, entries, arguments.yes, now, &mut counts).await?;
        }
        if let Some(error) = failure {
            return Err(error);
        }
    }
    ledger.close().await?;
    counts.told(arguments.yes)
}

/// Whoever these records would have called, each once.
fn entries(
    items: Vec<Event>,
    streams: &mut Vec<Arc<str>>,
    seen: &mut HashSet<Key>,
    counts: &mut Counts,
) -> Vec<ClaimEntry> {
    let mut entries = Vec::new();
    for item in items {
        match item {
            Event::Contact { position, campaign, ledger_key, .. } if seen.insert(ledger_key.key) => {
                let stream = streams.get(position.stream.index()).cloned().unwrap_or_default();
                let (key, primary_key) = (ledger_key.key, ledger_key.primary_key);
                entries.push(ClaimEntry { key, campaign, stream, primary_key });
            }
            Event::Contact { .. } => counts.known += 1,
            Event::Refused { .. } => counts.refused += 1,
            Event::Stream { index, name, .. } if index.index() == streams.len() => {
                streams.push(name.to_string().into());
            }
            Event::Stream { .. } | Event::State(..) | Event::Complete(_) => {}
        }
    }
    entries
}

/// Remembers whoever can be claimed; with no `yes` only counts them.
async fn remember(
    ledger: &AnyLedger,
    entries: Vec<ClaimEntry>,
    yes: bool,
    now: Timestamp,
    counts: &mut Counts,
) -> Result<(), LedgerError> {
    let statuses = if yes {
        ledger.claim(entries.clone(), true, now).await?
    } else {
        ledger.status_of(entries.iter().map(|entry| entry.key).collect(), now).await?
    };
    let mut settlements = Vec::new();
    for (entry, status) in entries.into_iter().zip(statuses) {
        match status {
            ContactStatus::Free | ContactStatus::Unknown => {
                settlements.push((entry, Settlement::Accepted { contact_id: None }));
            }
            ContactStatus::Accepted => counts.known += 1,
            ContactStatus::Elsewhere => counts.held += 1,
        }
    }
    counts.new += settlements.len();
    if yes { ledger.settle(settlements, now).await } else { Ok(()) }
}

impl Counts {
    /// The counts in words; an error where somebody is missing who should be remembered.
    fn told(&self, yes: bool) -> Result<String, Error> {
        let Self { new, known, held, refused } = self;
        let would = if yes { "are now remembered as called" } else { "would be remembered as called" };
        let hint = if yes { "" } else { " Nothing was changed; add --yes to do it." };
        let told = format!(
            "{new} people {would}, {known} records were of people known before, {refused} records had nobody to call. Nothing was sent.{hint}"
        );
        if *held == 0 {
            return Ok(told);
        }
        let held = format!(
            "{held} people are held by a sync that runs now, and were not remembered: whether it sends them, only it \
             knows; run this again after its end"
        );
        if yes {
            Err(Error::LedgerUnavailable(format!("{held}. {told}")))
        } else {
            Ok(format!("{told} But {held}."))
        }
    }
}

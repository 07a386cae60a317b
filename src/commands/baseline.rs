//! `ledger baseline`: people who were called in another way are remembered, and nobody is called.

use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;

use jiff::Timestamp;

use super::singer;
use crate::cli::{BaselineArgs, Environment};
use crate::config::{Config, RulesConfig};
use crate::domain::error::Error;
use crate::intake::{Event, EventReader, StreamNames};
use crate::ledger::open::{self, RunLedger};
use crate::ledger::{AnyLedger, ClaimEntry, ContactStatus, Key, Ledger, LedgerError, Settlement};

/// What became of the records.
#[derive(Default)]
struct Counts {
    new: usize,
    known: usize,
    /// People whom a sync that runs now has under way: whether it sends them, only it knows.
    held: usize,
    /// People who are unknown by another campaign, account or spelling.
    otherwise: usize,
    refused: usize,
}

pub(super) async fn run<R: Read + Send + 'static>(
    arguments: &BaselineArgs,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
) -> Result<String, Error> {
    let job = singer::job_of_either(&arguments.config, arguments.catalog.as_deref(), now, environment)?;
    // Whoever was called is remembered, also who must not be called again.
    let config = Config { rules: RulesConfig::default(), ..job.config.clone() };
    let RunLedger { ledger, keys, recovered_unknown, doubts } = if arguments.yes {
        open::open(&config, job.vendor.as_ref(), &job.run_id, now).await?
    } else {
        open::open_to_count(&config, job.vendor.as_ref(), now).await?
    };
    if keys.is_none() {
        return Err(Error::config(
            "ledger",
            "this configuration has none to remember people in; set `ledger_type`",
        ));
    }
    let mut streams: StreamNames =
        job.catalog.streams.iter().map(|stream| (stream.name.clone(), stream.generation_id)).collect();
    let mut input = EventReader::new(stdin, job.router(keys, &Arc::default()))?;
    let (mut seen, mut counts) = (HashSet::new(), Counts::default());
    while let Some(batch) = input.next().await? {
        let entries = entries(batch.events, &mut streams, &mut seen, &mut counts)?;
        if !entries.is_empty() {
            remember(&ledger, entries, arguments.yes, now, &mut counts).await?;
        }
    }
    ledger.close().await?;
    let mut told = counts.told(arguments.yes)?;
    if recovered_unknown > 0 {
        told.push_str(&format!(
            " {recovered_unknown} contacts were under way when an earlier sync died; `ledger status` shows who is unknown."
        ));
    }
    for doubt in doubts {
        told.push_str(&format!(" But {doubt}."));
    }
    Ok(told)
}

/// Whoever these records would have called, each once.
fn entries(
    events: Vec<Event>,
    streams: &mut StreamNames,
    seen: &mut HashSet<Key>,
    counts: &mut Counts,
) -> Result<Vec<ClaimEntry>, Error> {
    let mut entries = Vec::new();
    for event in events {
        match event {
            Event::Contact(pending) if seen.insert(pending.key()?) => {
                entries.push(pending.claim_entry(streams)?);
            }
            Event::Contact(_) => counts.known += 1,
            // A list's people were not called.
            Event::Refused(_) | Event::Listed(_) => counts.refused += 1,
            Event::Stream { index, name, .. } => {
                streams.announce(index, &name);
            }
            Event::State(..) | Event::Complete(_) => {}
        }
    }
    Ok(entries)
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
        ledger.status_of(entries.iter().map(ClaimEntry::person).collect(), now).await?
    };
    let mut settlements = Vec::new();
    for (entry, status) in entries.into_iter().zip(statuses) {
        match status {
            ContactStatus::Free | ContactStatus::Unknown => {
                settlements.push((entry, Settlement::Accepted { contact_id: None }));
            }
            // A baseline goes by no rule of calling, so that the last two are never said.
            ContactStatus::Accepted | ContactStatus::DoNotCall | ContactStatus::CoolingOff => {
                counts.known += 1;
            }
            ContactStatus::Held => counts.otherwise += 1,
            ContactStatus::Elsewhere => counts.held += 1,
        }
    }
    counts.new += settlements.len();
    if yes { ledger.settle(settlements, now).await } else { Ok(()) }
}

impl Counts {
    /// The counts in words; an error where somebody is missing who should be remembered.
    fn told(&self, yes: bool) -> Result<String, Error> {
        let Self { new, known, held, otherwise, refused } = self;
        let would = if yes { "are now remembered as called" } else { "would be remembered as called" };
        let hint = if yes { "" } else { " Nothing was changed; add --yes to do it." };
        let mut told = format!(
            "{new} people {would}, {known} records were of people known before, {refused} records had nobody to call. Nothing was sent.{hint}"
        );
        if *otherwise > 0 {
            told.push_str(&format!(
                " {otherwise} people are unknown from another campaign, account or spelling, and stay so: they are sent \
                 to nobody until `ledger settle` decides."
            ));
        }
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

//! `check`: compiles the mapping, and asks the vendor with an empty list of contacts and by questions that only read.
//!
//! Platforms give it no catalog, so that columns can be judged only at the start of a sync; a person
//! may.
//!
//! It never adds a contact, leaves nothing in the ledger, says exactly one CONNECTION_STATUS, and
//! succeeds as a command also when the configuration fails.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::campaign::{AT_THE_FORM, CampaignReport, campaigns};
use super::load_config::{LoadedConfig, plain_http, request_timeout, transport};
use super::promises::promises;
use super::read_file::read_file;
use crate::cli::CheckArgs;
use crate::delivery::{Clock, Connections, Network, Transport, TransportError, inquire};
use crate::domain::error::Error;
use crate::ledger::open;
use crate::mapping::{self, Fills, RunContext};
use crate::protocol::{Catalog, Output};
use crate::providers::Provider;
use crate::storage::{Patience, Store};

/// A busy vendor is asked again; the platform waits for minutes, a person at the form does not.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

pub(super) async fn run(
    arguments: &CheckArgs,
    now: Timestamp,
    network: &Network,
    output: &mut Output<impl Write>,
) -> Result<(), Error> {
    match check(arguments, now, network).await {
        Ok(message) => output.connection_status(Ok(&message)),
        Err(error) => output.connection_status(Err(&error.with_causes())),
    }
}

async fn check(arguments: &CheckArgs, now: Timestamp, network: &Network) -> Result<String, Error> {
    let mut loaded = LoadedConfig::from_file(&arguments.config)?;
    let (judged, fills) = judge_mapping(&mut loaded, arguments.catalog.as_deref(), now)?;
    let (config, vendor) = loaded.complete()?;
    let clock = Arc::new(Clock::starting_at(now));
    let timeout = request_timeout(&config.delivery).min(LONGEST_REQUEST);
    let transport = transport(&config, network, Connections::OneForEach, timeout, &clock)?;
    let corrected = probe(vendor.as_ref(), &transport, &clock).await?;
    let (accepted, warnings) = if config.vendor.is_rehearsal() {
        (probed(vendor.name()), Vec::new())
    } else {
        judge_campaigns(vendor.as_ref(), &fills, &transport, &clock).await?
    };
    let ledger = open::probe(&config, vendor.as_ref(), now).await?;
    let stored = match Store::new(&config.object_storage_config, network, Patience::Short, now)? {
        Some(store) => Some(store.rehearse().await?),
        None => None,
    };
    let mut message = format!("{accepted}{judged}. Nobody was called.");
    let plain = config.vendor.plain_http_place().map(|place| plain_http(&place));
    for warning in plain.iter().chain(&warnings) {
        message.push_str(&format!(" But {warning}."));
    }
    if let Some(seconds) = corrected {
        message.push_str(&format!(
            " This machine's clock differs from the vendor's by {seconds} s; syncs follow the vendor's."
        ));
    }
    message.push(' ');
    message.push_str(&open::guarantee(&config.ledger));
    if !ledger.is_there {
        message.push_str(" There is none yet: the first sync makes it.");
    }
    for doubt in ledger.warnings {
        message.push_str(&format!(" But {doubt}."));
    }
    message.push(' ');
    message.push_str(&promises(&config, now)?);
    if let Some(stored) = stored {
        message.push_str(&format!(" {stored}"));
    }
    Ok(message)
}

/// What nobody was asked.
fn probed(vendor: &str) -> String {
    format!(
        "REHEARSAL: {vendor} is played inside this program, and no request leaves it; neither the credentials nor the campaign was tried"
    )
}

/// Asks about each campaign. Gives what is proved and what is not, and what the owner should know.
async fn judge_campaigns(
    vendor: &dyn Provider,
    fills: &[Fills],
    transport: &impl Transport,
    clock: &Clock,
) -> Result<(String, Vec<String>), Error> {
    let (campaigns, unproved) = campaigns(vendor, fills);
    let (mut told, mut warnings) = (Vec::new(), Vec::new());
    for campaign in campaigns {
        let facts = inquire(vendor, &campaign, transport, clock, AT_THE_FORM).await;
        let known = CampaignReport::new(campaign, facts, fills, vendor.shape());
        if let Some(why) = known.missing() {
            return Err(Error::Refused { vendor: vendor.name(), why: why.to_owned() });
        }
        warnings.extend(known.warnings().cloned());
        told.push(if told.is_empty() { known.accepted(vendor.name()) } else { known.told() });
    }
    told.extend(unproved);
    Ok((told.join("; "), warnings))
}

/// Judges the mapping as the start of `write` would, as far as that goes; gives the rest of a sentence
/// that says how far it went, and what the streams hand over.
fn judge_mapping(
    loaded: &mut LoadedConfig,
    catalog: Option<&Path>,
    now: Timestamp,
) -> Result<(String, Vec<Fills>), Error> {
    let Some(path) = catalog else {
        let judged = "; columns are judged at the start of a sync, or here with --catalog".to_owned();
        loaded.check_streams();
        return Ok((judged, mapping::fills_without_catalog(&loaded.config, &loaded.vendor)));
    };
    let catalog = Catalog::parse(&read_file("the configured catalog", path)?)?;
    let run = RunContext { sync_id: String::new(), now };
    let mappings = loaded.compile(&catalog, &run);
    let streams = match catalog.streams.len() {
        1 => "the stream".to_owned(),
        count => format!("the {count} streams"),
    };
    let mut judged = format!(", and the configuration fits {streams} of the catalog");
    for warning in mappings.iter().flat_map(|mapping| mapping.warnings()) {
        judged.push_str("; but ");
        judged.push_str(warning);
    }
    Ok((judged, mappings.iter().map(|mapping| mapping.fills()).collect()))
}

/// Gives by how many seconds the clock had to be corrected, if it had to.
async fn probe(
    vendor: &dyn Provider,
    transport: &impl Transport,
    clock: &Clock,
) -> Result<Option<i64>, Error> {
    let mut corrected = None;
    let mut attempt = 1;
    loop {
        let carried = transport.send_request(vendor.probe(clock.now())).await;
        let is_last = attempt >= ATTEMPTS;
        attempt += 1;
        match carried {
            Ok(reply) => {
                let Err(why) = vendor.interpret_probe(&reply, clock.now()) else { return Ok(corrected) };
                let behind = reply.date.filter(|date| !clock.agrees_with(*date));
                if let Some(why) = behind.and_then(|date| clock.too_far_from(date)) {
                    return Err(Error::Refused { vendor: vendor.name(), why });
                }
                let is_busy = reply.status == 429 || reply.status >= 500 || reply.unreadable.is_some();
                match behind {
                    Some(date) if corrected.is_none() => corrected = Some(clock.correct(date)),
                    _ if is_busy && !is_last => tokio::time::sleep(PAUSE).await,
                    _ => return Err(Error::Refused { vendor: vendor.name(), why }),
                }
            }
            Err(TransportError::NotSent(why) | TransportError::Lost(why)) if is_last => {
                return Err(Error::Unreachable { vendor: vendor.name(), why });
            }
            Err(TransportError::Barred(why)) => return Err(Error::NoWay { vendor: vendor.name(), why }),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

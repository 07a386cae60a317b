//! `check`: compiles the mapping, and asks the vendor with an empty list of contacts.
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

use super::load_config::{LoadedConfig, request_timeout};
use super::promises::promises;
use super::read_file::read_file;
use super::write::refuse_storage;
use crate::cli::CheckArgs;
use crate::delivery::{Clock, Connections, HttpTransport, Network, Transport, TransportError};
use crate::domain::error::Error;
use crate::ledger::open;
use crate::mapping::RunContext;
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
    let judged = judge_mapping(&mut loaded, arguments.catalog.as_deref(), now)?;
    let (config, vendor) = loaded.complete()?;
    let clock = Arc::new(Clock::starting_at(now));
    let timeout = request_timeout(&config.delivery).min(LONGEST_REQUEST);
    let transport = HttpTransport::new(network, Connections::OneForEach, timeout, Arc::clone(&clock))?;
    let corrected = probe(vendor.as_ref(), &transport, &clock).await?;
    let ledger = open::probe(&config, vendor.as_ref(), now).await?;
    let stored = match Store::new(&config.object_storage_config, network, Patience::Short, now)? {
        Some(store) => Some(store.rehearse().await?),
        None => None,
    };
    let mut message =
        format!("{} accepts the credentials and the campaign{judged}. Nobody was called.", vendor.name());
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
    for doubt in ledger.doubts {
        message.push_str(&format!(" But {doubt}."));
    }
    message.push(' ');
    message.push_str(&promises(&config, now)?);
    let proved = stored.map(|stored| format!(". {stored}")).unwrap_or_default();
    refuse_storage(&config.object_storage_config, &proved)?;
    Ok(message)
}

/// Judges the mapping as the start of `write` would, as far as that goes; gives the rest of a sentence
/// that says how far it went.
fn judge_mapping(loaded: &mut LoadedConfig, catalog: Option<&Path>, now: Timestamp) -> Result<String, Error> {
    let Some(path) = catalog else {
        loaded.check_streams();
        return Ok("; columns are judged at the start of a sync, or here with --catalog".to_owned());
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
    Ok(judged)
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

//! `discover`: what a contact looks like, so that the platform can map columns to it.

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::campaign::{AT_THE_START, campaigns};
use super::load_config::{LoadedConfig, request_timeout, transport};
use crate::cli::ConfigArgs;
use crate::config::Config;
use crate::delivery::{Clock, Connections, Network, inquire};
use crate::domain::error::Error;
use crate::mapping;
use crate::protocol::Output;
use crate::providers::Provider;
use crate::providers::api::ContactShape;

pub(super) async fn run(
    arguments: &ConfigArgs,
    now: Timestamp,
    network: &Network,
    output: &mut Output<impl Write>,
) -> Result<(), Error> {
    let mut loaded = LoadedConfig::from_file(&arguments.config)?;
    loaded.check_streams();
    let (config, vendor) = loaded.complete()?;
    let script = script(&config, &vendor, now, network).await?;
    let schema = contact_schema(&config, vendor.shape(), &script);
    let operation = |sync_mode| {
        json!({
            "object_name": "contact",
            "sync_mode": sync_mode,
            "json_schema": schema,
            "matching_keys": [["phone_number"]],
        })
    };
    output.destination_catalog(&json!({ "operations": [operation("append"), operation("append_dedup")] }))
}

/// The variables that the campaigns' scripts speak, as far as the vendor tells them; that it does not is no failure.
async fn script(
    config: &Config,
    vendor: &Arc<dyn Provider>,
    now: Timestamp,
    network: &Network,
) -> Result<Vec<String>, Error> {
    if config.vendor.is_rehearsal() {
        return Ok(Vec::new());
    }
    let clock = Arc::new(Clock::starting_at(now));
    let timeout = request_timeout(&config.delivery).min(AT_THE_START);
    let transport = transport(config, network, Connections::OneForEach, timeout, &clock)?;
    let fills = mapping::fills_without_catalog(config, vendor);
    let mut found = Vec::new();
    for campaign in campaigns(vendor.as_ref(), &fills).0 {
        let facts = inquire(vendor.as_ref(), &campaign, &transport, &clock, AT_THE_START).await;
        found.extend(facts.variables().iter().cloned());
    }
    Ok(found)
}

fn contact_schema(config: &Config, shape: ContactShape, script: &[String]) -> Value {
    let mut properties = Map::new();
    let mut add = |name: &str, description: &str| {
        properties.entry(name).or_insert_with(|| json!({ "type": "string", "description": description }));
    };
    add(
        "phone_number",
        "The number to call. Written in any usual form; without a country code it is read as a number of the default region.",
    );
    if shape.name {
        add("name", "The customer's name.");
    }
    if shape.gender {
        add(
            "gender",
            "male or female, in any usual spelling (m, f, nam, nữ, 男, 女). Anything else is left out.",
        );
    }
    let fields = config.streams.iter().flat_map(|stream| &stream.fields);
    for field in fields.filter(|field| !field.field.is_empty()) {
        add(&field.field, "A variable of the call script.");
    }
    for name in script.iter().filter(|name| !shape.reserved.contains(&name.as_str())) {
        add(name, "A variable of the call script, as the vendor tells it.");
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["phone_number"],
        "properties": properties,
        "additionalProperties": true,
    })
}

//! `discover`: what a contact looks like, so that the platform can map columns to it.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::load_config::LoadedConfig;
use crate::cli::ConfigArgs;
use crate::config::Config;
use crate::domain::error::Error;
use crate::protocol::Output;
use crate::providers::api::Shape;

pub(super) fn run(arguments: &ConfigArgs, output: &mut Output<impl Write>) -> Result<(), Error> {
    let mut loaded = LoadedConfig::from_file(&arguments.config)?;
    loaded.check_streams();
    let (config, vendor) = loaded.complete()?;
    let schema = contact_schema(&config, vendor.shape());
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

fn contact_schema(config: &Config, shape: Shape) -> Value {
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
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["phone_number"],
        "properties": properties,
        "additionalProperties": true,
    })
}

//! What a report says can be done is done so.

#[path = "conformance/report/runs.rs"]
mod runs;

use std::collections::BTreeSet;
use std::ffi::OsString;

use destination_ai_voice::cli::Cli;
use serde_json::Value;

use crate::root;

/// A command line as a shell takes it apart that has nothing to quote.
fn words(command: &str) -> Vec<OsString> {
    command.split(' ').map(OsString::from).collect()
}

#[test]
fn the_commands_of_a_report_are_commands_of_this_program() {
    let mut n_commands = 0;
    for (name, document) in runs::documents() {
        let unknown = document.unknown;
        for command in
            [unknown.settle_as_accepted, unknown.settle_as_not_delivered, unknown.find_earlier_runs]
        {
            if !command.is_empty() {
                assert!(Cli::read(words(&command)).is_ok(), "{name}: {command}");
                n_commands += 1;
            }
        }
    }
    assert!(n_commands > 8, "{n_commands}");
}

/// Names of an object that a schema knows, and those that a document has.
fn hold(schema: &Value, at: &Value, place: &str, definitions: &Value) {
    let resolved = schema["$ref"].as_str().map(|name| &definitions[name.trim_start_matches("#/$defs/")]);
    let schema = resolved.unwrap_or(schema);
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), at.as_object()) {
        let known: BTreeSet<_> = properties.keys().collect();
        for name in object.keys() {
            assert!(known.contains(name), "{place}.{name} is not in the schema");
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(object.contains_key(name), "{place}.{name} is missing");
        }
        for (name, value) in object {
            hold(&properties[name], value, &format!("{place}.{name}"), definitions);
        }
    }
    for element in at.as_array().into_iter().flatten() {
        hold(&schema["items"], element, &format!("{place}[]"), definitions);
    }
}

#[test]
fn every_report_is_as_its_schema_says() {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("spec/report.json")).unwrap()).unwrap();
    for (name, document) in runs::documents() {
        let json: Value = serde_json::from_str(&document.json()).unwrap();
        assert_eq!(json["schema_version"], 1, "{name}");
        hold(&schema, &json, name, &schema["$defs"]);
    }
}

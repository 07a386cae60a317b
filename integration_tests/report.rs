//! What a report says can be done is done so.

#[path = "conformance/report/runs.rs"]
mod runs;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::Command;

use destination_ai_voice::cli::Command::Ledger;
use destination_ai_voice::cli::{self, Cli, LedgerCommand};
use destination_ai_voice::domain::decision::Decision;
use destination_ai_voice::domain::outcome::Outcome;
use destination_ai_voice::domain::stream_name::StreamName;
use destination_ai_voice::report::{
    Document, Ending, LedgerFacts, Promise, Report, RunEnd, RunFacts, RunKind,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::root;

/// A command line as a shell takes it apart.
fn words(command: &str) -> Vec<OsString> {
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &format!("printf '%s\\0' {command}")]).output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    words.split_terminator('\0').map(OsString::from).collect()
}

#[test]
fn the_commands_of_a_report_are_commands_of_this_program() {
    let mut n_commands = 0;
    for (name, document) in runs::documents() {
        let unknown = document.unknown;
        for command in [
            unknown.list_all,
            unknown.settle_as_accepted,
            unknown.settle_as_not_delivered,
            unknown.find_earlier_runs,
        ] {
            if !command.is_empty() {
                assert!(Cli::from_arguments(words(&command)).is_ok(), "{name}: {command}");
                n_commands += 1;
            }
        }
    }
    assert!(n_commands > 8, "{n_commands}");
}

/// A run with this name that left one person unknown.
fn of_one_unknown(run: &str) -> Document {
    let started = Timestamp::UNIX_EPOCH;
    let mut report = Report::new(RunFacts {
        kind: RunKind::Sync,
        id: run.to_owned(),
        sync_id: String::new(),
        started,
        vendor: "itnio".to_owned(),
        campaign: "17".to_owned(),
        ledger: LedgerFacts { kind: "sqlite", guarantee: String::new(), promise: Promise::NobodyTwice },
        rules: Vec::new(),
        settings_digest: String::new(),
    });
    report.add(&Decision {
        stream: &StreamName::default(),
        generation_id: 0,
        primary_key: "17",
        line: 1,
        extracted_at: 0,
        outcome: &Outcome::Unknown(None),
        is_held: false,
        campaign: None,
        phone: None,
        at: started,
        record: None,
    });
    let (rejects, receipts) = (String::new(), String::new());
    report.document(&RunEnd {
        ended: started,
        read: 1,
        how: Ending::Complete,
        rejects,
        receipts,
        preview: None,
    })
}

/// A run is called by the platform's own words.
#[test]
fn a_run_of_any_name_is_listed_and_settled_by_it() {
    for run in ["41-0a", "-x", "--yes", "it's", "a b", "$(id)", "đồng bộ", ""] {
        let unknown = of_one_unknown(run).unknown;
        let listed =
            Cli::from_arguments(words(&unknown.list_all)).unwrap_or_else(|error| panic!("{run}: {error}"));
        let settled = Cli::from_arguments(words(&unknown.settle_as_accepted))
            .unwrap_or_else(|error| panic!("{run}: {error}"));
        let (Some(Ledger(LedgerCommand::List(list))), Some(Ledger(LedgerCommand::Settle(settle)))) =
            (listed.command, settled.command)
        else {
            panic!("{run}: {unknown:?}")
        };
        assert_eq!((list.run.as_deref(), settle.run.as_str()), (Some(run), run));
        assert!(settle.yes && settle.decision == cli::SettleDecision::Accepted, "{run}");
    }
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

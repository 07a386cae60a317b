//! Configurations that pages show, as this program reads them.

use std::collections::BTreeSet;

use destination_ai_voice::config::read_config;
use destination_ai_voice::config::schema;
use serde_json::{Value, json};

use crate::command::{self, Folder};

/// What a block or a span shows: a whole configuration (it has a vendor), one of its streams (it says which), a field of
/// one, or some of its sections, with braces around them or without, all of them or one a line. What is no whole one stands beside
/// a vendor and a ledger.
pub(super) fn configurations(shown: &str) -> Result<Vec<Value>, String> {
    // In the place of what only the reader knows.
    let shown = shown.replace('…', "x");
    let whole = |text: &str| serde_json::from_str::<Value>(text);
    let braced = |text: &str| whole(&format!("{{ {text} }}"));
    let one = whole(&shown).or_else(|_| braced(&shown)).map(|one| vec![one]);
    let mut found = match one {
        Ok(found) => found,
        Err(why) => shown.lines().map(braced).collect::<Result<_, _>>().map_err(|_| why.to_string())?,
    };
    for config in &mut found {
        if config.get("field").is_some() {
            let number = json!({ "field": "phone_number", "column": "mobile" });
            *config = json!({ "stream": "people", "fields": [number, config.take()] });
        }
        if config.get("stream").is_some() {
            *config = json!({ "streams": [config.take()] });
        }
        let sections = config.as_object_mut().ok_or("no object")?;
        if sections.get("vendor").is_none() {
            sections.insert(
                "vendor".to_owned(),
                json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "A", "job_id": 9 }),
            );
            let ledger = json!({ "ledger_type": "sqlite", "path": "/ledger/ledger.sqlite" });
            sections.entry("ledger").or_insert(ledger);
        }
    }
    Ok(found)
}

/// What is wrong with a configuration: as it stands, and as `check` judges it where nothing leaves this machine.
pub(super) fn mistakes(config: &Value) -> Vec<String> {
    let (read, mistakes) = read_config(&config.to_string());
    let mut told: Vec<String> =
        mistakes.iter().map(|mistake| format!("{}: {}", mistake.at, mistake.why)).collect();
    let of_vendor = read.iter().flat_map(|read| read.vendor.mistakes());
    told.extend(of_vendor.map(|mistake| format!("{}: {}", mistake.at, mistake.why)));
    let folder = Folder::new();
    let config = folder.file("config.json", &on_this_machine(config.clone(), &folder).to_string());
    let checked = command::run(["check", "--config", &config], b"");
    let status = &checked.messages()[0]["connectionStatus"];
    if status["status"] != "SUCCEEDED" {
        told.push(status["message"].to_string());
    }
    told
}

/// The same with a vendor that is played, a ledger in a file, and what is kept in a folder.
fn on_this_machine(mut config: Value, folder: &Folder) -> Value {
    if config["vendor"]["vendor_type"] != "rehearsal" {
        config["vendor"] = json!({ "vendor_type": "rehearsal", "plays": config["vendor"] });
    }
    if let Some(ledger) = config.get_mut("ledger").filter(|ledger| ledger["ledger_type"] != "none") {
        ledger["ledger_type"] = json!("sqlite");
        ledger["path"] = json!(folder.path("ledger.sqlite"));
        ledger.as_object_mut().unwrap().remove("url");
    }
    match config["object_storage_config"]["storage_type"].as_str() {
        Some("Local") => config["object_storage_config"]["path"] = json!(folder.path("kept")),
        _ => drop(config.as_object_mut().unwrap().remove("object_storage_config")),
    }
    config
}

/// The path of every setting of the form, and of every section.
pub(super) fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    gather("", &schema::form(), &mut names);
    names
}

fn gather(at: &str, schema: &Value, names: &mut BTreeSet<String>) {
    for option in schema["oneOf"].as_array().into_iter().flatten() {
        gather(at, option, names);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        names.insert(format!("{at}{name}"));
        gather(&format!("{at}{name}."), property, names);
        gather(&format!("{at}{name}[]."), &property["items"], names);
    }
}

#[test]
fn a_mistake_in_what_a_page_shows_is_told() {
    for (shown, wrong) in [
        (r#"{ "stream": "a", "fields": [{ "field": "phone_number", "column": "b" }] }"#, &[false][..]),
        (r#"{ "stream": "a", "filter": "b" }"#, &[true]),
        (r#"{ "stream": "a", "only_when": "b = " }"#, &[true]),
        (r#""limits": { "max_contacts_per_sync": 5 }"#, &[false]),
        (r#"{ "vendor": { "vendor_type": "itnio" } }"#, &[true]),
        (
            "\"ledger\": { \"ledger_type\": \"none\" }\n\"ledger\": { \"ledger_type\": \"redis\" }",
            &[false, true],
        ),
    ] {
        let found: Vec<_> =
            configurations(shown).unwrap().iter().map(|config| !mistakes(config).is_empty()).collect();
        assert_eq!(found, wrong, "{shown}");
    }
    assert!(configurations("{ \"limits\": ").is_err());
}

//! `spec`, `check`, `discover` and the command line.

use serde_json::json;

use crate::command::{self, Folder};
use crate::extract;
use crate::rehearsal::Rehearsal;
use crate::root;

fn check(config: &str) -> (i32, Vec<serde_json::Value>) {
    let folder = Folder::new();
    let finished = command::run(["check", "--config", &folder.file("config.json", config)], b"");
    assert_eq!(finished.stderr, "");
    (finished.code, finished.messages())
}

#[test]
fn spec_is_one_message() {
    for spelling in ["spec", "--spec"] {
        let finished = command::run([spelling], b"");
        let messages = finished.messages();
        assert_eq!((finished.code, messages.len(), finished.stderr.as_str()), (0, 1, ""));
        let stored = std::fs::read_to_string(root().join("spec/spec.json")).unwrap();
        assert_eq!(messages[0]["spec"], serde_json::from_str::<serde_json::Value>(&stored).unwrap());
        assert_eq!(
            messages[0]["spec"]["supported_destination_sync_modes"],
            json!(["append", "append_dedup"])
        );
    }
}

#[test]
fn check_calls_nobody() {
    let rehearsal = Rehearsal::new("none", &[]);
    for vendor in ["itnio", "vbee"] {
        let config = rehearsal.config(vendor, &json!({ "streams": extract::streams(vendor) }));
        let (code, messages) = check(&config.to_string());
        assert_eq!((code, messages.len()), (0, 1), "{messages:?}");
        assert_eq!(messages[0]["connectionStatus"]["status"], "SUCCEEDED", "{messages:?}");
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
}

#[test]
fn check_says_what_is_wrong_and_exits_0() {
    let rehearsal = Rehearsal::new("none", &[]);
    let broken = |vendor: &str, path: &str, value: serde_json::Value| {
        let mut config = rehearsal.config(vendor, &json!({}));
        *config.pointer_mut(path).unwrap() = value;
        config.to_string()
    };
    for (name, config, told) in [
        ("itnio key", broken("itnio", "/vendor/api_key", json!("wr0ng-key")), "-1"),
        ("itnio app", broken("itnio", "/vendor/app_id", json!("OTHER")), "app_id"),
        ("itnio job", broken("itnio", "/vendor/job_id", json!("nine")), "vendor.job_id"),
        ("vbee secret", broken("vbee", "/vendor/credentials/api_secret", json!("wr0ng-secret")), "401"),
        ("vbee address", broken("vbee", "/vendor/base_url", json!("http://example.com")), "https"),
        ("nobody there", broken("vbee", "/vendor/base_url", json!("http://127.0.0.1:9")), "base_url"),
        ("not JSON", "{".to_owned(), "not JSON"),
        ("empty", "{}".to_owned(), "vendor: is missing"),
        (
            "template",
            {
                let mut config = rehearsal.config("itnio", &json!({}));
                config["streams"] = json!([{ "stream": "s", "fields": [{ "field": "phone_number", "template": "{{ record.x" }] }]);
                config.to_string()
            },
            "streams[0].fields[0].template",
        ),
    ] {
        let (code, messages) = check(&config);
        assert_eq!((code, messages.len()), (0, 1), "{name}: {messages:?}");
        let status = &messages[0]["connectionStatus"];
        assert_eq!(status["status"], "FAILED", "{name}");
        let message = status["message"].as_str().unwrap();
        assert!(message.contains(told), "{name}: {message}");
        assert!(!message.contains("wr0ng"), "{name}: {message}");
    }
}

#[test]
fn check_judges_the_mapping_against_a_catalog_when_it_is_given_one() {
    let rehearsal = Rehearsal::new("none", &[]);
    let config = rehearsal.config("itnio", &json!({ "streams": extract::streams("itnio") }));
    let mut misspelled = config.clone();
    misspelled["streams"][0]["fields"][0]["column"] = json!("mobil");
    let no_number = rehearsal.config("itnio", &json!({}));
    let folder = Folder::new();
    let catalog = folder.file("catalog.json", &extract::catalog());
    for (name, config, with_catalog, status, told) in [
        ("right", &config, true, "SUCCEEDED", "and the configuration fits the 2 streams of the catalog"),
        (
            "right, no catalog",
            &config,
            false,
            "SUCCEEDED",
            "columns are judged at the start of a sync, or here with --catalog",
        ),
        ("wrong", &misspelled, true, "FAILED", "streams[0].fields[0].column: stream `contacts`"),
        ("wrong, no catalog", &misspelled, false, "SUCCEEDED", "columns are judged at the start of a sync"),
        ("no number", &no_number, true, "", "phone_number"),
    ] {
        let config = folder.file("config.json", &config.to_string());
        let mut arguments = vec!["check", "--config", &config];
        arguments.extend(with_catalog.then_some(["--catalog", &catalog]).into_iter().flatten());
        let finished = command::run(arguments, b"");
        let messages = finished.messages();
        assert_eq!((finished.code, messages.len()), (0, 1), "{name}: {messages:?}");
        let said = &messages[0]["connectionStatus"];
        assert!(status.is_empty() || said["status"] == status, "{name}: {said}");
        assert!(said["message"].as_str().unwrap().contains(told), "{name}: {said}");
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
}

#[test]
fn a_setting_of_a_later_version_stops_a_sync_before_anybody_is_called() {
    let rehearsal = Rehearsal::new("none", &[]);
    let rules =
        json!({ "streams": extract::streams("itnio"), "rules": { "quiet_weeks": { "enabled": true } } });
    let folder = Folder::new();
    let config = folder.file("config.json", &rehearsal.config("itnio", &rules).to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let input = extract::extract(10, 10, 7).lines;
    let finished = command::run(["write", "--config", &config, "--catalog", &catalog], &input);
    let traces = finished.of_type("TRACE");
    let error = &traces[0]["trace"]["error"];
    assert_eq!((finished.code, &error["failure_type"]), (1, &json!("config_error")), "{traces:?}");
    assert!(error["message"].as_str().unwrap().contains("rules.quiet_weeks: is not known"), "{error}");
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
}

#[test]
fn check_of_a_file_that_is_not_there_fails_with_its_name() {
    let finished = command::run(["check", "--config", "/nowhere/config.json"], b"");
    let messages = finished.messages();
    assert_eq!((finished.code, messages.len()), (0, 1));
    assert!(messages[0]["connectionStatus"]["message"].as_str().unwrap().contains("/nowhere/config.json"));
}

#[test]
fn discover_offers_the_contact_with_the_configured_variables() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    for (vendor, want) in [
        ("itnio", vec!["phone_number", "name", "gender", "证件后4位", "欠款金额"]),
        ("vbee", vec!["phone_number", "ho_ten", "so_tien"]),
    ] {
        let config = rehearsal.config(vendor, &json!({ "streams": extract::streams(vendor) }));
        let finished =
            command::run(["discover", "--config", &folder.file("config.json", &config.to_string())], b"");
        let operations = finished.messages()[0]["destination_catalog"]["operations"].clone();
        let modes: Vec<_> =
            operations.as_array().unwrap().iter().map(|operation| operation["sync_mode"].clone()).collect();
        assert_eq!(modes, [json!("append"), json!("append_dedup")]);
        assert_eq!(operations[0]["matching_keys"], json!([["phone_number"]]));
        let names: Vec<_> =
            operations[0]["json_schema"]["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, want, "{vendor}");
    }
}

#[test]
fn a_wrong_command_line_exits_2() {
    for arguments in [&["call-everybody"][..], &["write"], &["check", "--config"]] {
        let finished = command::run(arguments, b"");
        assert_eq!((finished.code, finished.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(finished.stderr.contains("--help"), "{}", finished.stderr);
    }
    let finished = command::run(["ledger", "find", "0987654321", "--config", "x"], b"");
    assert_eq!((finished.code, finished.stdout.as_str()), (2, ""));
    assert!(!finished.stderr.contains("0987654321"), "{}", finished.stderr);
    let finished = command::run(["--version"], b"");
    assert_eq!((finished.code, finished.stderr.as_str()), (0, ""));
}

#[test]
fn the_examples_are_valid() {
    for vendor in ["itnio", "vbee"] {
        let path = root().join(format!("spec/examples/{vendor}.json"));
        let (config, mistakes) =
            destination_ai_voice::config::read_config(&std::fs::read_to_string(path).unwrap());
        assert_eq!(mistakes, []);
        assert_eq!(config.unwrap().vendor.mistakes(), []);
    }
}

/// What docs/operating.md has a newcomer paste together: the examples, with the vendor section that the sandbox prints.
#[test]
fn the_examples_can_be_rehearsed() {
    let rehearsal = Rehearsal::new("none", &[]);
    let example = |name: &str| root().join("spec/examples").join(name);
    let text = std::fs::read_to_string(example("itnio.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["vendor"] = rehearsal.config("itnio", &json!({}))["vendor"].clone();
    let folder = Folder::new();
    let config = folder.file("config.json", &config.to_string());
    let catalog = example("catalog.json").display().to_string();
    let checked = command::run(["check", "--config", &config, "--catalog", &catalog], b"");
    assert_eq!(checked.messages()[0]["connectionStatus"]["status"], "SUCCEEDED", "{}", checked.stdout);
    let messages = std::fs::read(example("messages.jsonl")).unwrap();
    let written = command::run(["write", "--config", &config, "--catalog", &catalog], &messages);
    assert_eq!((written.code, written.of_type("STATE").len()), (0, 1), "{}", written.stdout);
    for told in ["2 accepted", "1 suppressed", "2 invalid"] {
        assert!(written.stdout.contains(told), "{told}: {}", written.stdout);
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 2);
}

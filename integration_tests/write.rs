//! `write`, as the platform runs it, against both sandbox vendors.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::command::{self, Finished, Folder};
use crate::extract::{self, Extract, extract};
use crate::rehearsal::Rehearsal;

fn write(config: &Value, extract: &Extract) -> Finished {
    write_streams(config, &extract::catalog(), &extract.lines)
}

fn write_streams(config: &Value, catalog: &str, lines: &[u8]) -> Finished {
    let folder = Folder::new();
    let config = folder.file("config.json", &config.to_string());
    let catalog = folder.file("catalog.json", catalog);
    command::run(["write", "--config", &config, "--catalog", &catalog], lines)
}

/// The outcomes in the last line of the log.
fn outcomes(finished: &Finished) -> BTreeMap<String, u64> {
    let logs = finished.of_type("LOG");
    let said =
        |log: &&Value| log["log"]["message"].as_str().is_some_and(|message| message.contains(" records: "));
    let last = logs.iter().rfind(said).unwrap()["log"]["message"].as_str().unwrap().to_owned();
    let (records, rest) = last.split_once(" records: ").unwrap_or_else(|| panic!("{last}"));
    let mut counts = BTreeMap::from([("records".to_owned(), records.parse().unwrap())]);
    for part in rest.split(", ") {
        let (count, name) = part.split_once(' ').unwrap();
        if let Ok(count) = count.parse() {
            counts.insert(name.to_owned(), count);
        }
    }
    counts
}

/// States as they went in, apart from the statistics; and the sum of these.
fn check_states(finished: &Finished, extract: &Extract) -> (u64, u64) {
    let out: Vec<&str> = finished.stdout.lines().filter(|line| line.contains(r#""type":"STATE""#)).collect();
    assert_eq!(out.len(), extract.states.len(), "one state out for each state in");
    let (mut records, mut rejected) = (0, 0);
    for (line, came) in out.iter().zip(&extract.states) {
        let (before, rest) = line.split_once(r#","destinationStats":{"#).expect("statistics");
        let (stats, after) = rest.split_once('}').unwrap();
        assert_eq!(&format!("{before}{after}"), came);
        let stats: Value = serde_json::from_str(&format!("{{{stats}}}")).unwrap();
        records += count(&stats["recordCount"]);
        rejected += count(&stats["rejectedRecordCount"]);
    }
    (records, rejected)
}

fn count(stat: &Value) -> u64 {
    let number = stat.as_f64().unwrap();
    assert!(number.fract() == 0.0 && stat.to_string().ends_with(".0"), "{stat}");
    number.to_string().parse().unwrap()
}

/// No output may hold a credential or more of a number than its country and last three digits.
fn check_silence(finished: &Finished, config: &Value) {
    let printed = format!("{}{}", finished.stdout, finished.stderr);
    for secret in [
        &config["vendor"]["api_secret"],
        &config["vendor"]["credentials"]["api_secret"],
        &config["vendor"]["credentials"]["api_key"],
    ] {
        let hidden = secret.as_str().is_some_and(|secret| printed.contains(secret));
        assert!(!hidden, "a secret was printed");
    }
    for line in
        finished.stdout.lines().filter(|line| line.contains(r#""LOG""#) || line.contains(r#""TRACE""#))
    {
        let digits: String = line.chars().filter(|c| !" .-()".contains(*c)).collect();
        for prefix in ["+8498", "+8497", "8498", "8497", "098", "097"] {
            let shown = digits
                .split(prefix)
                .skip(1)
                .any(|rest| rest.chars().take(6).filter(char::is_ascii_digit).count() == 6);
            assert!(!shown, "a number was printed: {line}");
        }
    }
}

/// Rates so low that five unclear answers in a row, which rightly stop a run at Vbee, do not come
/// together by chance; every fault still strikes.
const EVERY_FAULT: &str = "busy=0.01,throttled=0.005,proxy_page=0.01,drop_before=0.01,drop_after=0.01,slow=0.01,cut_off=0.01,wrong_clock=0.005,poison=0.001,nameless_line=0.01";

const FAST: &str = r#"{"max_requests_per_second":0,"max_requests_in_flight":8}"#;

fn with_every_fault(vendor: &str) {
    let rehearsal = Rehearsal::new(EVERY_FAULT, &[]);
    let delivery: Value = serde_json::from_str(FAST).unwrap();
    let config =
        rehearsal.config(vendor, &json!({ "streams": extract::streams(vendor), "delivery": delivery }));
    let extract = extract(100_000, 1_000, 7);
    let finished = write(&config, &extract);
    assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{}", tail(&finished));

    let outcomes = outcomes(&finished);
    let expected = extract.expected;
    let of = |name: &str| outcomes[name];
    assert_eq!(of("records"), expected.records());
    assert_eq!(of("invalid"), expected.invalid);
    let ended = ["accepted", "duplicate", "suppressed", "invalid", "rejected", "unknown"].map(of);
    assert_eq!(ended.iter().sum::<u64>(), expected.records(), "{outcomes:?}");
    assert!(of("duplicate") >= expected.repeated, "{outcomes:?}");

    let (records, rejected) = check_states(&finished, &extract);
    assert_eq!(records, of("accepted") + of("duplicate"));
    assert_eq!(rejected, of("invalid") + of("rejected") + of("unknown"));
    check_silence(&finished, &config);

    let calls = rehearsal.ask("/calls?format=json");
    assert_eq!(calls["called_more_than_once"], 0, "{calls}");
    let people = calls["people"].as_u64().unwrap();
    // Every accepted contact really is at the vendor; what is unknown may be there or not.
    let surely = of("accepted") + of("duplicate") - expected.repeated;
    assert!((surely..=surely + of("unknown")).contains(&people), "{people} people, {outcomes:?}");
    let injected = rehearsal.ask("/faults")["injected"].clone();
    for (fault, count) in injected.as_object().unwrap() {
        assert!(count.as_u64() > Some(0), "{fault} never struck");
    }
    assert_eq!(injected.as_object().unwrap().len(), 10);
}

fn tail(finished: &Finished) -> String {
    let lines: Vec<&str> = finished.stdout.lines().rev().take(8).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

#[test]
fn itnio_with_every_fault() {
    with_every_fault("itnio");
}

#[test]
fn vbee_with_every_fault() {
    with_every_fault("vbee");
}

#[test]
fn identity_mapping_needs_no_streams() {
    let rehearsal = Rehearsal::new("none", &["id_last4"]);
    let record = |data: Value| json!({ "type": "RECORD", "record": { "stream": "contacts", "namespace": "crm", "data": data, "emitted_at": 1 } });
    let lines = [
        record(
            json!({ "phone_number": "0987654321", "name": "An", "id_last4": 235, "_airbyte_raw_id": "x" }),
        ),
        record(json!({ "phoneNumber": "0987654322", "gender": "nữ" })),
        record(json!({ "mobile": "0987654323" })),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n").into_bytes();
    let columns = json!({ "phone_number": {}, "phoneNumber": {}, "name": {}, "gender": {}, "id_last4": {}, "mobile": {} });
    let stream = json!({ "name": "contacts", "namespace": "crm", "json_schema": { "properties": columns } });
    let catalog = json!({ "streams": [{ "stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append" }] });
    let finished = write_streams(&rehearsal.config("itnio", &json!({})), &catalog.to_string(), &lines);
    assert_eq!(finished.code, 0, "{}", tail(&finished));
    let outcomes = outcomes(&finished);
    assert_eq!((outcomes["accepted"], outcomes["rejected"], outcomes["invalid"]), (1, 1, 1), "{outcomes:?}");
}

#[test]
fn a_vendor_that_is_not_there_is_a_transient_error() {
    let rehearsal = Rehearsal::new("none", &[]);
    let delivery = json!({ "retry_for_seconds": 1 });
    let mut config =
        rehearsal.config("itnio", &json!({ "streams": extract::streams("itnio"), "delivery": delivery }));
    // Nobody listens on the discard port of this machine.
    config["vendor"]["base_url"] = json!("http://127.0.0.1:9/aivoice");
    let finished = write(&config, &extract(10, 10, 7));
    assert_eq!(finished.code, 1);
    let traces = finished.of_type("TRACE");
    assert_eq!(
        (traces.len(), &traces[0]["trace"]["error"]["failure_type"]),
        (1, &json!("transient_error")),
        "{traces:?}"
    );
    assert_eq!(finished.of_type("STATE").len(), 0);
}

#[test]
fn wrong_credentials_are_a_config_error() {
    let rehearsal = Rehearsal::new("none", &[]);
    for (vendor, path) in [("itnio", "/vendor/api_secret"), ("vbee", "/vendor/credentials/api_secret")] {
        let mut config = rehearsal.config(vendor, &json!({ "streams": extract::streams(vendor) }));
        *config.pointer_mut(path).unwrap() = json!("wr0ng-secret");
        let finished = write(&config, &extract(10, 10, 7));
        assert_eq!(finished.code, 1, "{vendor}");
        let traces = finished.of_type("TRACE");
        assert_eq!(
            (traces.len(), &traces[0]["trace"]["error"]["failure_type"]),
            (1, &json!("config_error")),
            "{traces:?}"
        );
        assert!(!finished.stdout.contains("wr0ng-secret"));
    }
}

#[test]
fn mistakes_of_the_mapping_are_told_with_the_nearest_column() {
    let rehearsal = Rehearsal::new("none", &[]);
    let fields = json!([{ "field": "phone_number", "column": "mobil" }, { "field": "name", "template": "{{ record.ful_name }}" }]);
    let streams =
        json!([{ "stream": "contacts", "fields": fields }, { "stream": "leeds", "fields": fields }]);
    let finished = write(&rehearsal.config("itnio", &json!({ "streams": streams })), &extract(10, 10, 7));
    let traces = finished.of_type("TRACE");
    let error = &traces[0]["trace"]["error"];
    assert_eq!((finished.code, traces.len(), &error["failure_type"]), (1, 1, &json!("config_error")));
    let message = error["message"].as_str().unwrap();
    for told in [
        "streams[0].fields[0].column",
        "`mobile`",
        "streams[0].fields[1].template",
        "`full_name`",
        "leeds",
        "leads",
    ] {
        assert!(message.contains(told), "{told} is not in: {message}");
    }
}

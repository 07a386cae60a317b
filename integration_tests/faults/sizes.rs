//! Extracts of odd sizes: many streams, many columns, long lines. All of it is accounted for, in bounded memory.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::outcomes;
use crate::command::{self, Finished, Folder};
use crate::rehearsal::Rehearsal;

fn stream(name: &str, columns: &[String]) -> Value {
    let properties: Map<String, Value> =
        columns.iter().map(|column| (column.clone(), json!({ "type": ["null", "string"] }))).collect();
    json!({
        "stream": { "name": name, "namespace": "crm", "json_schema": { "type": "object", "properties": properties } },
        "sync_mode": "incremental", "destination_sync_mode": "append",
    })
}

fn record(stream: &str, n: usize, more: &str) -> String {
    format!(
        r#"{{"type":"RECORD","record":{{"stream":"{stream}","namespace":"crm","data":{{"phone_number":"+8498{n:07}"{more}}},"emitted_at":1}}}}"#
    )
}

fn state(stream: &str) -> String {
    format!(
        r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{stream}","namespace":"crm"}},"stream_state":{{}}}}}}}}"#
    )
}

/// A sync of these; gives how many the vendor has, too.
fn write(streams: &[Value], lines: &[String]) -> (Finished, u64) {
    let (rehearsal, folder) = (Rehearsal::new("none", &[]), Folder::new());
    let sections = json!({
        "ledger": { "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") },
        "delivery": { "max_requests_per_second": 0 },
    });
    let config = folder.file("config.json", &rehearsal.config("itnio", &sections).to_string());
    let catalog = folder.file("catalog.json", &json!({ "streams": streams }).to_string());
    let input = lines.join("\n");
    let began = Instant::now();
    let finished = command::run(["write", "--config", &config, "--catalog", &catalog], input.as_bytes());
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    let calls = rehearsal.ask("/calls?format=json");
    assert_eq!(calls["called_more_than_once"], 0, "{calls}");
    (finished, calls["people"].as_u64().unwrap())
}

/// Ends well, with a count of one in each STATE.
fn check(name: &str, (finished, people): &(Finished, u64), n_records: usize, n_states: usize) {
    let tail: String = finished.stdout.lines().rev().take(3).collect::<Vec<_>>().join("\n");
    let tail = tail.chars().take(3_000).collect::<String>();
    assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{name}: {tail}");
    let n_records = u64::try_from(n_records).unwrap();
    let outcomes = outcomes(finished);
    assert_eq!(
        (*people, outcomes["accepted"], outcomes["records"]),
        (n_records, n_records, n_records),
        "{name}: {tail}"
    );
    let states: Vec<&str> =
        finished.stdout.lines().filter(|line| line.contains(r#""type":"STATE""#)).collect();
    assert_eq!(states.len(), n_states, "{name}");
    let counted =
        states.iter().filter(|state| state.contains(r#"{"recordCount":1.0,"rejectedRecordCount":0.0}"#));
    assert_eq!(counted.count(), n_states, "{name}");
}

#[test]
fn ten_thousand_streams_have_each_their_state() {
    let names: Vec<String> = (0..10_000).map(|n| format!("stream_{n}")).collect();
    let columns = ["phone_number".to_owned()];
    let streams: Vec<Value> = names.iter().map(|name| stream(name, &columns)).collect();
    let records = names.iter().enumerate().map(|(n, name)| record(name, n, ""));
    let lines: Vec<String> = records.chain(names.iter().map(|name| state(name))).collect();
    check("10,000 streams", &write(&streams, &lines), names.len(), names.len());
}

#[test]
fn five_thousand_columns_are_read_as_five_are() {
    let mut columns: Vec<String> = (0..5_000).map(|n| format!("column_{n}")).collect();
    let more: Vec<String> = columns.iter().map(|name| format!(r#","{name}":"x""#)).collect();
    let more = more.concat();
    columns.push("phone_number".to_owned());
    let lines: Vec<String> = (0..20).flat_map(|n| [record("people", n, &more), state("people")]).collect();
    check("5,000 columns", &write(&[stream("people", &columns)], &lines), 20, 20);
}

#[test]
fn a_line_of_fifty_megabytes_is_a_record_like_any_other() {
    let columns = ["phone_number".to_owned()];
    let long = format!(r#","_airbyte_note":"{}""#, "x".repeat(50 << 20));
    let lines = [
        record("people", 1, ""),
        record("people", 2, &long),
        state("people"),
        record("people", 3, ""),
        state("people"),
    ];
    let (finished, people) = write(&[stream("people", &columns)], &lines);
    assert_eq!((finished.code, people), (0, 3), "{}", &finished.stdout[..finished.stdout.len().min(3_000)]);
    let counts: Vec<Value> = finished
        .of_type("STATE")
        .iter()
        .map(|state| state["state"]["destinationStats"]["recordCount"].clone())
        .collect();
    assert_eq!(counts, [json!(2.0), json!(1.0)]);
}

//! Input as people have it: what odd files and odd lines do to a whole run.

use serde_json::{Value, json};

use crate::command::{self, Finished, Folder};
use crate::rehearsal::Rehearsal;

/// A run of `write`: the sections of its configuration, the columns of its streams, the lines.
struct Run<'a> {
    sections: Value,
    streams: &'a [(&'a str, &'a str, &'a [&'a str])],
    lines: Vec<String>,
    /// Before the text of each file and of the input.
    mark: &'a str,
}

impl Run<'_> {
    /// Gives what the command said, and whose numbers the vendor has.
    fn finish(self) -> (Finished, u64) {
        let rehearsal = Rehearsal::new("none", &[]);
        let folder = Folder::new();
        let stream = |(namespace, name, columns): &(&str, &str, &[&str])| {
            let column = |column: &&str| ((*column).to_owned(), json!({ "type": ["null", "string"] }));
            let properties: serde_json::Map<_, _> = columns.iter().map(column).collect();
            let json_schema = json!({ "type": "object", "properties": properties });
            json!({
                "stream": { "namespace": namespace, "name": name, "json_schema": json_schema },
                "sync_mode": "incremental", "destination_sync_mode": "append",
            })
        };
        let catalog = json!({ "streams": self.streams.iter().map(stream).collect::<Vec<_>>() });
        let written = |text: String| format!("{}{text}", self.mark);
        let config =
            folder.file("config.json", &written(rehearsal.config("itnio", &self.sections).to_string()));
        let catalog = folder.file("catalog.json", &written(catalog.to_string()));
        let input = written(self.lines.join("\n"));
        let finished = command::run(["write", "--config", &config, "--catalog", &catalog], input.as_bytes());
        (finished, rehearsal.ask("/calls?format=json")["people"].as_u64().unwrap())
    }
}

fn plain<'a>(columns: &'a [(&'a str, &'a str, &'a [&'a str])], lines: Vec<String>) -> Run<'a> {
    Run { sections: json!({}), streams: columns, lines, mark: "" }
}

/// A record with a member of its own, as it is written.
fn record(namespace: &str, n: u32, member: &str) -> String {
    format!(
        r#"{{"type":"RECORD","record":{{"stream":"people","namespace":{namespace},"data":{{"phone_number":"+8498765432{n}","name":"An"{member}}},"emitted_at":1}}}}"#
    )
}

fn state(namespace: &str, name: &str, payload: &str) -> String {
    format!(
        r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{name}","namespace":{namespace}}},"stream_state":{payload}}}}}}}"#
    )
}

/// The counts of the states that came back: accepted or duplicate, and all others.
fn counts(finished: &Finished) -> Vec<(u64, u64)> {
    let count = |value: &Value| value.as_f64().unwrap().to_string().parse().unwrap();
    let of = |state: &Value| {
        let stats = &state["state"]["destinationStats"];
        (count(&stats["recordCount"]), count(&stats["rejectedRecordCount"]))
    };
    finished.of_type("STATE").iter().map(of).collect()
}

/// The message of the failure; its cause is in it.
fn failure(finished: &Finished) -> String {
    let [trace] = &*finished.of_type("TRACE") else { panic!("{}", finished.stdout) };
    trace["trace"]["error"]["message"].as_str().unwrap().to_owned()
}

const PEOPLE: &[(&str, &str, &[&str])] = &[("crm", "people", &["phone_number", "name", "debt"])];

#[test]
fn a_state_finds_its_stream_as_its_records_do() {
    let two = [PEOPLE[0], ("crm", "leads", &["phone_number"])];
    let lines = vec![
        record("null", 1, ""),
        record(r#""crm""#, 2, ""),
        state(r#""""#, "leads", "{}"),
        state("null", "stranger", "{}"),
        state(r#""erp""#, "people", "{}"),
        record("null", 3, r#","phone_number":"none""#),
        state("null", "people", "{}"),
        state("null", "people", "null"),
    ];
    let (finished, people) = plain(&two, lines).finish();
    assert_eq!((finished.code, people), (0, 2), "{}", finished.stdout);
    assert_eq!(counts(&finished), [(0, 0), (0, 0), (0, 0), (2, 1), (0, 0)], "{}", finished.stdout);
    for stranger in ["stranger", "erp.people"] {
        let said = format!("STATEs of stream {stranger}, which is not among the streams of this sync");
        assert_eq!(finished.stdout.matches(&said).count(), 1, "{}", finished.stdout);
    }
}

#[test]
fn what_could_mean_two_streams_stops_the_sync() {
    let two = [PEOPLE[0], ("erp", "people", &["phone_number", "name"])];
    let status = r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"people"},"status":"COMPLETE"}}}"#;
    for (name, line) in [
        ("record", record("null", 2, "")),
        ("state", state("null", "people", "{}")),
        ("status", status.to_owned()),
    ] {
        let (finished, _) = plain(&two, vec![record(r#""crm""#, 1, ""), line]).finish();
        assert_eq!(finished.code, 1, "{name}");
        assert_eq!(
            failure(&finished),
            "line 2 of the input names stream people without a namespace, which may be crm.people or erp.people",
            "{name}"
        );
    }
}

#[test]
fn nan_costs_a_value_and_not_the_sync() {
    let payload = r#"{"high":NaN,"low":-Infinity,"x":{}}"#;
    let lines = vec![
        record("null", 1, r#","debt":1"#),
        record("null", 2, r#","debt":NaN,"more":{"a":[Infinity,-Infinity]}"#),
        record("null", 3, r#","unmapped":NaN"#),
        record("null", 4, r#","phone_number":NaN"#),
        state("null", "people", payload),
    ];
    let (finished, people) = plain(PEOPLE, lines).finish();
    assert_eq!((finished.code, people), (0, 3), "{}", finished.stdout);
    let came = state("null", "people", payload);
    let back = finished.stdout.lines().find(|line| line.contains(r#""STATE""#)).unwrap();
    let stats = r#","destinationStats":{"recordCount":3.0,"rejectedRecordCount":1.0}}}"#;
    assert_eq!(back, format!("{}{stats}", came.strip_suffix("}}").unwrap()));
    for said in [
        "stream crm.people: values that were NaN or infinite were left out, as if they were null: 5, the first in column `debt`",
        "invalid (missing): stream crm.people, input line 4",
    ] {
        assert_eq!(finished.stdout.matches(said).count(), 1, "{said}: {}", finished.stdout);
    }
}

#[test]
fn a_line_that_is_no_message_is_told_as_what_it_is() {
    let broken = r#"{"type":"RECORD","record":{"stream":"people","data":{"phone_number":"0987654321",}}}"#;
    for (name, line, told) in [
        (
            "a log",
            "2026-11-22 03:00:00 INFO called 0987654321",
            "line 3 of the input is text, not a message: something writes its log into the pipe; let it write to stderr",
        ),
        ("broken", broken, "line 3 of the input is not JSON (column 82; stream people)"),
    ] {
        let lines = vec![record("null", 1, ""), String::new(), line.to_owned()];
        let (finished, _) = plain(PEOPLE, lines).finish();
        assert_eq!((finished.code, failure(&finished).as_str()), (1, told), "{name}");
        assert!(!finished.stdout.contains("0987654321"), "{name}");
    }
    let unknown = r#"{"type":"SOMETHING_NEW","\ud83d":1}"#.to_owned();
    let log = r#"{"type":"LOG","\ud83d":1,"log":{"level":"INFO","message":"x"}}"#.to_owned();
    let lines = vec![unknown.clone(), log, record("null", 1, ""), unknown, state("null", "people", "{}")];
    let (finished, people) = plain(PEOPLE, lines).finish();
    assert_eq!((finished.code, people, counts(&finished)), (0, 1, vec![(1, 0)]), "{}", finished.stdout);
    let said = "messages of type SOMETHING_NEW, which this version does not know, were read past: 2";
    assert_eq!(finished.stdout.matches(said).count(), 1, "{}", finished.stdout);
}

#[test]
fn a_byte_order_mark_is_skipped_and_utf_16_is_told() {
    let lines = || vec![record("null", 1, ""), state("null", "people", "{}")];
    let (finished, people) = Run { mark: "\u{feff}", ..plain(PEOPLE, lines()) }.finish();
    assert_eq!((finished.code, people, counts(&finished)), (0, 1, vec![(1, 0)]), "{}", finished.stdout);

    let joined = [lines(), lines()].map(|lines| lines.join("\n")).join("\n\u{feff}");
    let (finished, people) = plain(PEOPLE, vec![joined, "\u{feff}".to_owned()]).finish();
    assert_eq!((finished.code, people, counts(&finished)), (0, 1, vec![(1, 0); 2]), "{}", finished.stdout);

    let folder = Folder::new();
    let utf_16: Vec<u8> = "\u{feff}{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let path = folder.file("config.json", "");
    std::fs::write(&path, &utf_16).unwrap();
    let finished = command::run(["write", "--config", &path, "--catalog", &path], b"");
    let told = format!("cannot read the configuration {path}: it is UTF-16; save it as UTF-8");
    assert_eq!((finished.code, failure(&finished)), (1, told));

    let rehearsal = Rehearsal::new("none", &[]);
    let config = folder.file("config.json", &rehearsal.config("itnio", &json!({})).to_string());
    let finished =
        command::run(["write", "--config", &config, "--catalog", &path.replace("config", "none")], b"");
    let told = failure(&finished);
    assert!(
        told.starts_with("cannot read the configured catalog ") && told.contains("No such file"),
        "{told}"
    );
    let catalog = folder.file("catalog.json", r#"{"streams":[{"stream":{"name":7}}]}"#);
    let finished = command::run(["write", "--config", &config, "--catalog", &catalog], b"");
    let told = "the configured catalog (--catalog) cannot be read: streams[0].stream.name must be a string (line 1, column 31)";
    assert_eq!(failure(&finished), told);
    let catalog = folder.file("catalog.json", r#"{"streams":[]}"#);
    let finished = command::run(["write", "--config", &config, "--catalog", &catalog], &utf_16);
    assert_eq!(failure(&finished), "line 1 of the input is UTF-16; let whoever writes it write UTF-8");
}

#[test]
fn a_blank_at_the_end_of_a_columns_name_is_no_reason_to_miss_it() {
    let fields = |column| json!({ "streams": [{ "stream": "people", "fields": [{ "field": "phone_number", "column": column }] }] });
    let line = |column| {
        format!(r#"{{"type":"RECORD","record":{{"stream":"people","data":{{"{column}":"+84987654321"}}}}}}"#)
    };
    for configured in ["phone ", "phone"] {
        for listed in ["phone ", "phone"] {
            for sent in ["phone ", "phone", "\u{feff}phone"] {
                let columns: &[&str] = &[listed];
                let streams = [("", "people", columns)];
                let run = Run { sections: fields(configured), ..plain(&streams, vec![line(sent)]) };
                let (finished, people) = run.finish();
                assert_eq!(
                    (finished.code, people),
                    (0, 1),
                    "{configured:?} {listed:?} {sent:?}: {}",
                    finished.stdout
                );
            }
        }
    }
}

#[test]
fn identity_mapping_without_its_columns_calls_nobody_and_loses_nobody() {
    let upper: &[(&str, &str, &[&str])] = &[("", "people", &["PHONE_NUMBER", "NAME"])];
    let lines = vec![record("null", 1, ""), state("null", "people", "{}")];
    let (finished, people) = plain(upper, lines).finish();
    assert_eq!((finished.code, people, counts(&finished)), (1, 0, vec![]), "{}", finished.stdout);
    let [trace] = &*finished.of_type("TRACE") else { panic!("{}", finished.stdout) };
    assert_eq!(trace["trace"]["error"]["failure_type"], "config_error");
    assert!(failure(&finished).contains("`PHONE_NUMBER`: rename it, or map it under `streams`"));
}

#[test]
fn what_nobody_can_speak_is_not_sent() {
    let lines = vec![
        record("null", 1, r#","name":"An\u0000\u0000\u0000","debt":"\u0007 5\u009f""#),
        record("null", 2, r#","phone_number":"+84987654321\u0000","name":"\u0000""#),
    ];
    let (finished, people) = plain(PEOPLE, lines).finish();
    assert_eq!((finished.code, people), (0, 1), "both are one person: {}", finished.stdout);
    assert!(finished.stdout.contains("2 records: 1 accepted, 1 duplicate"), "{}", finished.stdout);
}

//! The binary as a Singer target: a tap's messages in, bare states out, everything else on stderr.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use crate::command::{self, Finished, Folder};
use crate::rehearsal::Rehearsal;

/// What a tap says about its stream.
const SCHEMA: &str = r#"{"type":"SCHEMA","stream":"public-contacts","schema":{"type":"object","properties":{"id":{"type":"integer"},"mobile":{"type":["string","null"]},"full_name":{"type":"string"}}},"key_properties":["id"],"bookmark_properties":["id"]}"#;

/// States with everything that a careless echo would lose.
const STATES: [&str; 3] = [
    r#"{"bookmarks": {"public-contacts":{"replication_key_value":12345678901234567890123,"f":1.10}}}"#,
    r#"{ "bookmarks":{ },"ng\u00e0y":"2025-11-22","n":1e3,"x":null }"#,
    "{}",
];

fn record(n: u64) -> String {
    format!(
        r#"{{"type":"RECORD","stream":"public-contacts","record":{{"id":{n},"mobile":"098{n:07}","full_name":"Nguyễn Văn {n}"}},"version":1763773323456,"time_extracted":"2025-11-22T01:02:03.456789+00:00"}}"#
    )
}

fn state(value: &str) -> String {
    format!(r#"{{"type": "STATE", "value": {value}}}"#)
}

fn lines<L: AsRef<str>>(lines: impl IntoIterator<Item = L>) -> Vec<u8> {
    lines.into_iter().flat_map(|line| [line.as_ref().as_bytes(), b"\n"].concat()).collect()
}

/// A target that is installed under its name, and its configuration.
struct Target {
    folder: Folder,
    config: String,
    name: String,
}

impl Target {
    fn new(rehearsal: &Rehearsal, vendor: &str, sections: &Value) -> Self {
        let mut whole = json!({
            "streams": [{ "stream": "public-contacts", "fields": [{ "field": "phone_number", "column": "mobile" }] }],
            "delivery": { "max_requests_per_second": 0, "max_batch_age_seconds": 0 },
        });
        for (name, section) in sections.as_object().into_iter().flatten() {
            whole[name] = section.clone();
        }
        Self::with(&rehearsal.config(vendor, &whole).to_string())
    }

    fn with(config: &str) -> Self {
        let folder = Folder::new();
        let name = folder.path("target-ai-voice");
        std::os::unix::fs::symlink(command::binary(), &name).unwrap();
        let config = folder.file("config.json", config);
        Self { folder, config, name }
    }

    /// The same, stopped in the middle: what comes behind the first state is `rest`'s to say.
    fn run_until(&self, input: &[u8], rest: impl FnOnce(&mut Child, ChildStdin)) -> Finished {
        let mut child = Command::new(&self.name)
            .args(["--config", &self.config])
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).unwrap();
        let mut stdout = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut stdout).unwrap();
        rest(&mut child, stdin);
        reader.read_to_string(&mut stdout).unwrap();
        let ended = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        let finished = Finished { code: ended.status.code().unwrap_or(-1), stdout, stderr };
        check_silence(&finished);
        finished
    }

    /// As a runner calls it.
    fn run(&self, input: &[u8]) -> Finished {
        let finished = command::run_as(&self.name, ["--config", &self.config], input);
        check_silence(&finished);
        finished
    }
}

/// No credential and no whole number, wherever it is printed; states are not ours to judge.
fn check_silence(finished: &Finished) {
    for hidden in ["sandbox-itnio-secret", "s4ndb0x!", "098000", "8498000"] {
        assert!(!finished.stderr.contains(hidden), "{hidden} was printed: {}", finished.stderr);
    }
}

fn ledger(folder: &str) -> Value {
    json!({ "ledger": { "ledger_type": "sqlite", "path": format!("{folder}/ledger.sqlite") } })
}

#[test]
fn states_come_back_bare_in_order_and_nothing_else_is_on_stdout() {
    for vendor in ["itnio", "vbee"] {
        let rehearsal = Rehearsal::new("none", &[]);
        let target = Target::new(&rehearsal, vendor, &json!({}));
        let activate = r#"{"type":"ACTIVATE_VERSION","stream":"public-contacts","version":1763773323456}"#;
        let mut input = vec![SCHEMA.to_owned(), state(STATES[2])];
        for (place, value) in STATES.iter().enumerate() {
            let first = u64::try_from(place).unwrap() * 250;
            input.extend((first..first + 250).map(record));
            input.extend([state(value), SCHEMA.to_owned(), activate.to_owned()]);
        }
        let finished = target.run(&lines(&input));
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        let states: Vec<&str> = finished.stdout.lines().collect();
        assert_eq!(states, [&[STATES[2]], &STATES[..]].concat());
        assert!(finished.stderr.contains("750 records: 750 accepted"), "{}", finished.stderr);
        assert_eq!(rehearsal.ask("/calls?format=json")["people"], 750);
    }
}

#[test]
fn every_stream_has_the_mapping_that_its_schema_asks_for() {
    let rehearsal = Rehearsal::new("none", &[]);
    // Without an entry, columns fill the fields of the same name.
    let target = Target::new(&rehearsal, "itnio", &json!({ "streams": [] }));
    let schema = |stream: &str, columns: &[&str]| {
        let properties: serde_json::Map<_, _> =
            columns.iter().map(|column| (column.to_string(), json!({}))).collect();
        json!({ "type": "SCHEMA", "stream": stream, "schema": { "properties": properties }, "key_properties": [] })
            .to_string()
    };
    let record =
        |stream: &str, data: Value| json!({ "type": "RECORD", "stream": stream, "record": data }).to_string();
    let finished = target.run(&lines([
        schema("one", &["phone_number", "_sdc_deleted_at"]),
        record("one", json!({ "phone_number": "0987654321" })),
        record("one", json!({ "phone_number": "0987654322", "_sdc_deleted_at": "2025-11-22T00:00:00Z" })),
        schema("two", &["phoneNumber"]),
        record("two", json!({ "phoneNumber": "0987654323" })),
        record("one", json!({ "phone_number": "0987654324" })),
        // From here on it has the number in another column.
        schema("two", &["phone_number"]),
        r#"{"type":"SOMETHING_NEW","stream":"two"}"#.to_owned(),
        record("two", json!({ "phone_number": "0987654325" })),
        state("7"),
    ]));
    assert_eq!((finished.code, finished.stdout.as_str()), (0, "7\n"), "{}", finished.stderr);
    let said = &finished.stderr;
    assert!(said.contains("5 records: 4 accepted, 0 duplicate, 1 suppressed, 0 invalid"), "{said}");
    assert!(
        said.contains("WARNING messages of type SOMETHING_NEW, which this version does not know"),
        "{said}"
    );

    let upper = [
        schema("one", &["phone_number"]),
        record("one", json!({ "phone_number": "0987654321" })),
        state("7"),
        schema("two", &["PHONE_NUMBER"]),
        record("two", json!({ "PHONE_NUMBER": "0987654323" })),
        state("8"),
    ];
    let finished = target.run(&lines(upper));
    assert!(finished.code == 1 && !finished.stdout.contains('8'), "{}", finished.stdout);
    let said = &finished.stderr;
    assert!(said.contains("stream `two` has `PHONE_NUMBER`: rename it, or map it under `streams`"), "{said}");
}

#[test]
fn with_a_ledger_a_second_run_calls_nobody_again() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let target = Target::new(&rehearsal, "vbee", &ledger(&folder.path("")));
    let mut input = vec![SCHEMA.to_owned()];
    input.extend((0..300).map(record));
    input.push(state(STATES[0]));
    for people in [300, 300] {
        let finished = target.run(&lines(&input));
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        assert_eq!(finished.stdout.trim_end(), STATES[0]);
        assert_eq!(rehearsal.ask("/calls?format=json")["people"], people);
    }
    // The boundary row comes again, with a new one behind it.
    let finished = target.run(&lines([SCHEMA, &record(299), &record(300), &state(STATES[1])]));
    assert_eq!((finished.code, finished.stdout.trim_end()), (0, STATES[1]));
    let calls = rehearsal.ask("/calls?format=json");
    assert_eq!((&calls["people"], &calls["called_more_than_once"]), (&json!(301), &json!(0)));
    assert!(finished.stderr.contains("already_in_ledger: 1 records"), "{}", finished.stderr);
    let find = ["ledger", "find", "--phone", "0980000300", "--config", &target.config];
    let found = command::run(find, b"").stdout;
    assert!(found.contains("stream public-contacts, primary key 300,"), "{found}");
}

#[test]
fn a_killed_run_is_made_good_by_the_next_one() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let target = Target::new(&rehearsal, "itnio", &ledger(&folder.path("")));
    let input = lines([SCHEMA, &record(0), &record(1), &state(STATES[0])]);
    let killed = target.run_until(&input, |child, mut stdin| {
        stdin.write_all(&lines([record(2), state(STATES[1])])).unwrap();
        child.kill().unwrap();
    });
    assert_eq!(killed.code, -1);
    let came = killed.stdout.lines().next();
    assert_eq!(came, Some(STATES[0]), "a state comes back while the tap goes on");

    // The runner knows the first state; a tap that begins there sends what came after it, one twice.
    let finished = target.run(&lines([SCHEMA, &record(1), &record(2), &record(3), &state(STATES[1])]));
    assert_eq!((finished.code, finished.stdout.trim_end()), (0, STATES[1]), "{}", finished.stderr);
    let calls = rehearsal.ask("/calls?format=json");
    assert_eq!((&calls["people"], &calls["called_more_than_once"]), (&json!(4), &json!(0)), "{calls}");
}

#[test]
fn a_failed_run_hands_back_the_states_of_what_was_settled() {
    let rehearsal = Rehearsal::new("none", &[]);
    let target = Target::new(&rehearsal, "itnio", &json!({}));
    let batch = r#"{"type":"BATCH","stream":"public-contacts","encoding":{"format":"jsonl"},"manifest":[]}"#;
    let stranger = r#"{"type":"RECORD","stream":"public-contact","record":{"mobile":"0987654321"}}"#;
    let other = SCHEMA.replace("public-contacts", "public-contcts");
    let narrow = SCHEMA.replace("mobile", "phone");
    for (name, line, told) in [
        ("early", stranger, "line 4 of the input is a RECORD of stream public-contact, whose SCHEMA"),
        ("batch", batch, "line 4 of the input is a BATCH"),
        (
            "a log",
            "0987654321 is my number",
            "line 4 of the input is text, not a message: something writes its log",
        ),
        (
            "not JSON",
            r#"{"type":"RECORD","stream":"s","record":{'0987654321'"#,
            "line 4 of the input is not JSON (column 41; stream s)",
        ),
        ("not mapped", &other, "did you mean `public-contacts`?"),
        ("columns", &narrow, "streams[0].fields[0].column: stream `public-contacts` has no column `mobile`"),
    ] {
        let input = lines([SCHEMA, &record(1), &state(STATES[0])]);
        let finished = target.run_until(&input, |_, mut stdin| {
            stdin.write_all(&lines([line, &record(2), &state(STATES[1])])).unwrap();
        });
        assert_eq!(
            (finished.code, finished.stdout.trim_end()),
            (1, STATES[0]),
            "{name}: {}",
            finished.stderr
        );
        let is_told = finished.stderr.lines().any(|line| line.starts_with("ERROR ") && line.contains(told));
        assert!(is_told, "{name}: {}", finished.stderr);
        assert!(!finished.stderr.contains("0987654321"), "{name}: {}", finished.stderr);
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 1, "nothing new is sent after a failure");
}

#[test]
fn what_cannot_begin_says_why() {
    let rehearsal = Rehearsal::new("none", &[]);
    let wrong_key = {
        let mut config = rehearsal.config("itnio", &json!({}));
        config["vendor"]["api_key"] = json!("wr0ng-key");
        config.to_string()
    };
    let template = rehearsal.config(
        "itnio",
        &json!({ "streams": [{ "stream": "s", "fields": [{ "field": "phone_number", "template": "{{ record.x" }] }] }),
    );
    for (name, config, told) in [
        ("empty", "{}".to_owned(), "vendor: is missing"),
        ("not JSON", "{".to_owned(), "the configuration is not JSON"),
        ("template", template.to_string(), "streams[0].fields[0].template"),
        ("wrong key", wrong_key, "itnio refused"),
    ] {
        let schema = SCHEMA.replace("mobile", "phone_number");
        let record = record(1).replace("mobile", "phone_number");
        let finished = Target::with(&config).run(&lines([&schema, &record, &state("1")]));
        assert_eq!((finished.code, finished.stdout.as_str()), (1, ""), "{name}: {}", finished.stderr);
        assert!(finished.stderr.contains(told), "{name}: {}", finished.stderr);
        assert!(finished.stderr.contains("until somebody corrects this"), "{name}: {}", finished.stderr);
        assert!(!finished.stderr.contains("wr0ng"), "{name}");
    }
    let finished = command::run(["--config", "/nowhere/config.json"], b"");
    assert_eq!((finished.code, finished.stdout.as_str()), (1, ""));
    assert!(finished.stderr.contains("/nowhere/config.json"), "{}", finished.stderr);
}

#[test]
fn settings_may_be_flat_and_the_name_need_not_be_the_targets() {
    let rehearsal = Rehearsal::new("none", &[]);
    let config = rehearsal.config("vbee", &json!({}));
    let mut flat = serde_json::Map::new();
    for (section, settings) in config.as_object().unwrap() {
        for (name, value) in settings.as_object().unwrap() {
            flat.insert(format!("{section}.{name}"), value.clone());
        }
    }
    let folder = Folder::new();
    let config = folder.file("config.json", &Value::Object(flat).to_string());
    let input = lines([
        SCHEMA.replace("mobile", "phone_number"),
        record(1).replace("mobile", "phone_number"),
        state("null"),
    ]);
    for option in ["--config", "-c"] {
        let finished = command::run([option, &config], &input);
        assert_eq!((finished.code, finished.stdout.as_str()), (0, "null\n"), "{}", finished.stderr);
    }
    let finished = command::run_as(&Target::with("{}").name, ["check", "--config", &config], b"");
    assert_eq!(finished.messages()[0]["connectionStatus"]["status"], "SUCCEEDED", "commands work, too");
}

#[test]
fn it_says_what_it_is() {
    let target = Target::with("{}");
    let about = |arguments: &[&str]| {
        let finished = command::run_as(&target.name, arguments, b"");
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{arguments:?}");
        finished.stdout
    };
    for arguments in [&["--about", "--format=json"][..], &["--about", "--format", "json", "--config", "x"]] {
        let read: Value = serde_json::from_str(&about(arguments)).unwrap();
        assert_eq!(read["name"], "target-ai-voice");
        assert_eq!(read["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(read["capabilities"], json!(["about"]));
        assert_eq!(read["settings"]["required"], json!(["vendor"]));
        let vendors = &read["settings"]["properties"]["vendor"]["oneOf"];
        assert_eq!(vendors[0]["properties"]["api_secret"]["secret"], true);
        assert!(!read.to_string().contains("airbyte_secret"));
    }
    assert!(about(&["--about"]).contains("  - vendor.api_key (string, required, secret)\n"));
    assert_eq!(about(&["--version"]), format!("target-ai-voice {}\n", env!("CARGO_PKG_VERSION")));
    let finished = command::run_as::<&str>(&target.name, [], b"");
    assert_eq!((finished.code, finished.stdout.as_str()), (2, ""), "a run needs a configuration");
    assert!(finished.stderr.contains("--config"), "{}", finished.stderr);
}

#[test]
fn a_baseline_of_a_tap_remembers_everybody_and_sends_nothing() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let target = Target::new(&rehearsal, "vbee", &ledger(&folder.path("")));
    let input = lines([SCHEMA, &record(1), &record(2), &state(STATES[0])]);
    let baseline = ["ledger", "baseline", "--yes", "--config", &target.config];
    let finished = command::run_as(&target.name, baseline, &input);
    assert!(finished.stdout.starts_with("2 people are now remembered"), "{}", finished.stdout);
    assert_eq!(target.run(&input).code, 0);
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
    drop(target.folder);
}

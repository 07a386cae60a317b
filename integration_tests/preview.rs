//! `preview`, as its users meet it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::command::{self, Finished, Folder};
use crate::extract::{self, extract};
use crate::rehearsal::Rehearsal;

struct Connection {
    folder: Folder,
    config: String,
    catalog: String,
}

impl Connection {
    fn new(rehearsal: &Rehearsal, vendor: &str, sections: &Value) -> Self {
        let folder = Folder::new();
        let mut all = json!({
            "streams": extract::streams(vendor), "delivery": { "max_requests_per_second": 0 },
            "ledger": { "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") },
        });
        for (name, section) in sections.as_object().into_iter().flatten() {
            all[name] = section.clone();
        }
        let config = folder.file("config.json", &rehearsal.config(vendor, &all).to_string());
        let catalog = folder.file("catalog.json", &extract::catalog());
        Self { folder, config, catalog }
    }

    fn run(&self, command: &[&str], lines: &[u8]) -> Finished {
        let named = ["--config", &self.config, "--catalog", &self.catalog];
        command::run([command, &named].concat(), lines)
    }

    fn json(&self, lines: &[u8]) -> Value {
        let finished = self.run(&["preview", "--output", "json"], lines);
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{}", finished.stdout);
        serde_json::from_str(&finished.stdout).unwrap()
    }

    /// Every file of the folder, with what is in it.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = std::fs::read_dir(self.folder.path("")).unwrap().map(|file| file.unwrap());
        files
            .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
            .collect()
    }
}

#[test]
fn a_preview_asks_nobody_and_leaves_nothing() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, "vbee", &json!({}));
    let extract = extract(300, 100, 7);
    let people = extract.expected.people;
    for (known, rest) in [(0, people), (people, 0)] {
        let before = connection.files();
        let told = connection.json(&extract.lines);
        assert_eq!(told["outcomes"]["would_call"], rest, "{known} are known: {}", told["verdict"]);
        assert_eq!(told["records"], json!({ "read": extract.expected.records(), "not_sent": 0 }));
        let counted: u64 = told["outcomes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(counted, extract.expected.records());
        for output in ["text", "html"] {
            let finished = connection.run(&["preview", "--output", output], &extract.lines);
            assert_eq!((finished.code, finished.stderr.as_str()), (0, ""));
            assert!(
                finished.stdout.contains(told["verdict"].as_str().unwrap()),
                "{output}: {}",
                finished.stdout
            );
        }
        assert!(connection.files() == before, "{known} are known: some file is another");
        assert_eq!(rehearsal.ask("/calls?format=json")["people"], known);
        assert_eq!(connection.run(&["write"], &extract.lines).code, 0);
        assert_eq!(rehearsal.ask("/calls?format=json")["people"], people);
    }
}

#[test]
fn a_preview_of_a_tap_needs_no_catalog() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let fields =
        json!([{ "field": "phone_number", "column": "mobile" }, { "field": "ho_ten", "column": "name" }]);
    let sections = json!({ "streams": [{ "stream": "people", "fields": fields }] });
    let config = folder.file("config.json", &rehearsal.config("vbee", &sections).to_string());
    let schema = json!({ "type": "SCHEMA", "stream": "people", "key_properties": ["id"],
        "schema": { "properties": { "id": {}, "mobile": {}, "name": {} } } });
    let record = |id: u64, name: Value| {
        let record = json!({ "id": id, "mobile": format!("098765432{id}"), "name": name });
        json!({ "type": "RECORD", "stream": "people", "record": record })
    };
    let lines =
        [schema, record(1, json!("An")), record(2, json!(null))].map(|line| line.to_string()).join("\n");
    let finished =
        command::run(["preview", "--config", &config, "--output", "json", "--limit", "5"], lines.as_bytes());
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(told["outcomes"]["would_call"], 2, "{}", told["verdict"]);
    let empty = json!([{ "stream": "people", "variable": "ho_ten", "count": 1 }]);
    assert_eq!(told["preview"]["empty_variables"], empty);
}

#[test]
fn what_cannot_be_previewed_is_told_on_stderr_and_by_the_exit_code() {
    let rehearsal = Rehearsal::new("none", &[]);
    let limits = json!({ "limits": { "max_rejected_percent": 0 } });
    let connection = Connection::new(&rehearsal, "itnio", &limits);
    let finished = connection.run(&["preview"], &extract(200, 100, 7).lines);
    assert_eq!(finished.code, 1);
    assert!(finished.stdout.contains("A sync would fail"), "{}", finished.stdout);
    assert!(finished.stderr.contains("limits.max_rejected_percent"), "{}", finished.stderr);
    let finished = command::run(["preview", "--config", "/nowhere/config.json"], b"");
    assert_eq!((finished.code, finished.stdout.as_str()), (1, ""));
    assert!(finished.stderr.contains("/nowhere/config.json"), "{}", finished.stderr);
}

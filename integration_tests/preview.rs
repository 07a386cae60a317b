//! `preview`, as its users meet it; and the page that leads from a CSV to calls, command by command.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::command::{self, Finished, Folder};
use crate::extract::{self, extract};
use crate::rehearsal::Rehearsal;
use crate::root;

struct Connection {
    folder: Folder,
    config: String,
    catalog: String,
}

impl Connection {
    fn new(rehearsal: &Rehearsal, vendor: &str, sections: Value) -> Self {
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
    let connection = Connection::new(&rehearsal, "vbee", json!({}));
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
    let connection = Connection::new(&rehearsal, "itnio", limits);
    let finished = connection.run(&["preview"], &extract(200, 100, 7).lines);
    assert_eq!(finished.code, 1);
    assert!(finished.stdout.contains("A sync would fail"), "{}", finished.stdout);
    assert!(finished.stderr.contains("limits.max_rejected_percent"), "{}", finished.stderr);
    let finished = command::run(["preview", "--config", "/nowhere/config.json"], b"");
    assert_eq!((finished.code, finished.stdout.as_str()), (1, ""));
    assert!(finished.stderr.contains("/nowhere/config.json"), "{}", finished.stderr);
}

/// A server of the page, ended with it.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The blocks of a page: what kind each is, and what it holds.
fn blocks(page: &str) -> Vec<(String, String)> {
    let parts = page.split("\n```");
    let fenced = parts.skip(1).step_by(2);
    fenced
        .map(|block| block.split_once('\n').unwrap())
        .map(|(kind, text)| (kind.to_owned(), text.to_owned()))
        .collect()
}

fn serve(folder: &Path, command: &str, port: u16) -> Served {
    let arguments = command.split_whitespace().skip(1);
    let mut child = Command::new(command::binary());
    child.args(arguments).current_dir(folder).stdout(Stdio::null()).stdin(Stdio::null());
    let served = Served(child.spawn().unwrap());
    let started = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(30), "{command} does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    served
}

/// What commands print, as a person sees it: both streams.
fn shell(folder: &Path, commands: &str) -> String {
    let program = command::binary();
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var_os("PATH").unwrap_or_default().display()
    );
    let script = format!("set -e\n{{\n{commands}\n}} 2>&1");
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder).env("PATH", path).env("NO_PROXY", "127.0.0.1");
    shell.env("PYTHONUTF8", "1").env_remove("WORKER_JOB_ID").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert!(child.wait().unwrap().success(), "{commands}\n{printed}");
    printed
}

#[test]
fn every_command_of_the_page_on_a_csv_does_what_the_page_says() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let page = std::fs::read_to_string(root().join("docs/from-a-csv.md")).unwrap();
    let page = page.replace("8080", &port.to_string());
    let (folder, mut files) =
        (Folder::new(), vec!["customers.csv", "messages.py", "config.json", "refused.py"]);
    let place = folder.path("");
    let (mut served, mut printed) = (None, String::new());
    for (kind, text) in blocks(&page) {
        match kind.as_str() {
            "sh" if text.starts_with("destination-ai-voice sandbox") => {
                drop(served.take());
                served = Some(serve(Path::new(&place), &text, port));
            }
            "sh" => printed = shell(Path::new(&place), &text),
            "text" => {
                for line in text.lines() {
                    assert!(printed.contains(line), "{line} is not in what was printed: {printed}");
                }
            }
            "csv" | "python" | "json" => drop(folder.file(files.remove(0), &format!("{text}\n"))),
            other => panic!("nobody knows what to do with a block of {other}"),
        }
    }
    assert_eq!(files, [""; 0], "the page has them all");
}

//! Who is in the ledger, as its users see it: listed, settled by their keys, forgotten.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::command::{self, Finished, Folder};
use crate::extract::{self, Extract, extract};
use crate::memory::Peak;
use crate::postgres_server::{self as postgres, server};
use crate::rehearsal::Rehearsal;

/// A connection to the Vbee sandbox whose records have a primary key, with a ledger of its own.
struct Connection {
    rehearsal: Rehearsal,
    folder: Folder,
    catalog: String,
    config: String,
    runtime: Runtime,
    /// Blank with a file.
    database: String,
}

impl Connection {
    fn with_a_file(faults: &str) -> Self {
        Self::new(faults, |folder| json!({ "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") }))
    }

    fn with_a_database() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(server().database());
        let new = Self::new("none", |_| json!({ "ledger_type": "postgres", "url": database }));
        Self { database, ..new }
    }

    fn new(faults: &str, ledger: impl FnOnce(&Folder) -> Value) -> Self {
        let (rehearsal, folder) = (Rehearsal::new(faults, &[]), Folder::new());
        let mut catalog: Value = serde_json::from_str(&extract::catalog()).unwrap();
        for stream in catalog["streams"].as_array_mut().unwrap() {
            stream["primary_key"] = json!([["id"]]);
        }
        let catalog = folder.file("catalog.json", &catalog.to_string());
        let sections = json!({
            "streams": extract::streams("vbee"), "ledger": ledger(&folder), "delivery": { "max_requests_per_second": 0 },
        });
        let config = folder.file("config.json", &rehearsal.config("vbee", &sections).to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { rehearsal, folder, catalog, config, runtime, database: String::new() }
    }

    fn write(&self, lines: &[u8]) -> Finished {
        command::run(["write", "--config", &self.config, "--catalog", &self.catalog], lines)
    }

    fn ledger(&self, arguments: &[&str], input: &str) -> Finished {
        let whole = ["ledger"].into_iter().chain(arguments.iter().copied()).chain(["--config", &self.config]);
        command::run(whole, input.as_bytes())
    }

    fn set(&self, name: &str, value: Value) {
        let mut config: Value = serde_json::from_str(&fs::read_to_string(&self.config).unwrap()).unwrap();
        config["ledger"][name] = value;
        fs::write(&self.config, config.to_string()).unwrap();
    }

    fn execute(&self, sql: &str) {
        self.runtime.block_on(postgres::execute(&self.database, sql));
    }

    /// The run of the first person that is listed.
    fn run(&self) -> String {
        let listed = self.ledger(&["list", "--format", "jsonl"], "").stdout;
        let first: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
        first["run"].as_str().unwrap().to_owned()
    }
}

#[test]
fn the_unknown_are_found_in_their_table_and_settled_by_their_keys() {
    let connection = Connection::with_a_file("drop_before=1");
    let Extract { lines, expected, .. } = extract(40, 40, 7);
    connection.write(&lines);
    let unknown = || connection.ledger(&["list", "--outcome", "unknown"], "");
    let listed = unknown();
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
    let mut rows = listed.stdout.lines();
    let head = rows.next().unwrap();
    assert_eq!(head, "stream,primary_key,campaign,outcome,reason,contact_id,run,time");
    let rows: Vec<&str> = rows.collect();
    assert_eq!(u64::try_from(rows.len()).unwrap(), expected.people);
    assert_eq!(unknown().stdout, listed.stdout, "in the same order each time");
    let contacts: Vec<&str> = rows.iter().copied().filter(|row| row.starts_with("crm.contacts,")).collect();
    assert!(!contacts.is_empty() && contacts.len() < rows.len(), "{rows:?}");

    let run = connection.run();
    let settle = |decision: &str, more: &[&str], input: &str| {
        let named = ["settle", "--run", &run, "--as", decision, "--primary-keys", "-"];
        connection.ledger(&[&named, more].concat(), input)
    };
    // Lines of the list, as somebody has filtered them.
    let chosen = format!("{head}\n{}\n", contacts.join("\n"));
    let of = format!("{} of {} ", contacts.len(), rows.len());
    let counted = settle("accepted", &[], &chosen).stdout;
    assert!(counted.starts_with(&of) && counted.contains("Nothing was changed; add --yes"), "{counted}");
    assert_eq!(unknown().stdout, listed.stdout, "counting changes nothing");
    // Of one key nobody is unknown: nobody is settled.
    let stranger =
        settle("accepted", &["--yes"], &format!("{chosen}crm.contacts,999999,c,unknown,,,{run},x\n"));
    assert!(
        stranger.code == 1 && stranger.stdout.starts_with("nothing was changed: "),
        "{}",
        stranger.stdout
    );
    assert_eq!(unknown().stdout, listed.stdout);
    let done = settle("accepted", &["--yes"], &chosen);
    assert!(done.code == 0 && done.stdout.starts_with(&of), "{}", done.stdout);

    // The others by their bare keys, in the stream that is left.
    let left = unknown().stdout;
    let keys: Vec<&str> = left.lines().skip(1).map(|row| row.split(',').nth(1).unwrap()).collect();
    let file = connection.folder.file("keys.txt", &keys.join("\n"));
    let named = [
        "settle",
        "--run",
        &run,
        "--as",
        "not-delivered",
        "--primary-keys",
        &file,
        "--stream",
        "crm.leads",
        "--yes",
    ];
    let done = connection.ledger(&named, "").stdout;
    assert!(done.starts_with(&format!("{0} of {0} contacts", keys.len())), "{done}");
    assert_eq!(unknown().stdout, format!("{head}\n"), "nobody is unknown any more");
    let rejected = connection.ledger(&["list", "--outcome", "rejected", "--format", "jsonl"], "").stdout;
    assert_eq!(rejected.lines().count(), keys.len());
    drop(connection.rehearsal);
}

#[test]
fn a_list_of_a_run_that_is_not_there_is_an_error_and_no_line_of_the_table() {
    let connection = Connection::with_a_file("none");
    connection.write(&extract(10, 10, 7).lines);
    for (name, arguments, told) in [
        ("a run", ["--run", "another"], "the ledger knows nobody of a run another"),
        (
            "a campaign",
            ["--campaign", "65f0c0ffee0000000000cafe"],
            "nobody of a campaign 65f0c0ffee0000000000cafe",
        ),
    ] {
        let finished = connection.ledger(&[&["list"], arguments.as_slice()].concat(), "");
        assert_eq!((finished.code, finished.stdout.as_str()), (1, ""), "{name}");
        assert!(finished.stderr.contains(told), "{name}: {}", finished.stderr);
    }
    let run = connection.run();
    let nobody = connection.ledger(&["list", "--run", &run, "--outcome", "unknown"], "");
    assert_eq!((nobody.code, nobody.stdout.lines().count()), (0, 1), "a run without unknown people");
}

#[test]
fn a_person_is_forgotten_by_number() {
    let connection = Connection::with_a_file("none");
    connection.write(&extract(20, 20, 7).lines);
    let forget =
        |more: &[&str]| connection.ledger(&[&["forget", "--phone", "098 000 0000"], more].concat(), "");
    let asked = forget(&[]).stdout;
    for part in [
        "+84****000 would be forgotten: accepted",
        "calls it again",
        "such a list is left as it is",
        "add --yes",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    let find = || connection.ledger(&["find", "--phone", "098 000 0000"], "").stdout;
    assert!(find().contains("accepted"));
    let done = forget(&["--yes"]).stdout;
    assert!(done.starts_with("+84****000 is forgotten (1 of 1 entries)"), "{done}");
    assert!(find().contains("is not in the ledger"), "{}", find());
    assert!(forget(&["--yes"]).stdout.contains("is not in the ledger"));
    assert_eq!(connection.write(&extract(20, 20, 7).lines).code, 0, "the file is whole");
    assert!(find().contains("accepted"));
}

#[test]
fn whom_the_rules_need_no_longer_is_forgotten_and_nobody_else() {
    let connection = Connection::with_a_database();
    let Extract { lines, expected, .. } = extract(200, 50, 7);
    connection.write(&lines);
    connection.execute(
        "UPDATE ai_voice_ledger.contact SET at = at - interval '40 days' WHERE get_byte(key, 0) < 128",
    );
    let forget = |more: &[&str]| connection.ledger(&[&["forget"], more].concat(), "");
    let n_left = || connection.ledger(&["list"], "").stdout.lines().count() - 1;
    let people = usize::try_from(expected.people).unwrap();
    for (days, told) in [(0, "is 0, so only the ledger keeps them"), (60, "ask for --older-than 60")] {
        connection.set("call_again_after_days", json!(days));
        let refused = forget(&["--older-than", "30", "--yes"]);
        assert_eq!(refused.code, 1, "{}", refused.stdout);
        assert!(
            refused.stdout.contains("would be called again: ") && refused.stdout.contains(told),
            "{}",
            refused.stdout
        );
        assert_eq!(n_left(), people);
    }
    connection.set("call_again_after_days", json!(30));
    let counted = forget(&["--older-than", "30"]).stdout;
    assert!(counted.contains("add --yes") && n_left() == people, "{counted}");
    let done = forget(&["--older-than", "30", "--yes"]).stdout;
    let left = n_left();
    assert!(0 < left && left < people, "{left}");
    assert!(
        done.starts_with(&format!("{} contacts of 30 days ago or earlier are forgotten.", people - left)),
        "{done}"
    );
    for (name, arguments) in [
        ("neither", &[][..]),
        ("both", &["--older-than", "1", "--phone", "1"]),
        ("none", &["--older-than", "0"]),
    ] {
        assert_eq!(forget(arguments).code, 2, "{name}");
    }
}

const MILLION: u64 = 1_000_000;

/// What pages of people, their texts and SQLite's cache may take over what the program itself takes, in KiB: a million
/// people at once would take more than a hundred MiB.
const PAGE: u64 = 24 << 10;

/// Lists everybody; gives how many lines there were, and the peak resident size in KiB.
fn list(connection: &Connection) -> (u64, u64) {
    let mut command = Command::new(command::binary());
    command.args(["ledger", "list", "--config", &connection.config]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (process, stdout) = (child.id(), BufReader::new(child.stdout.take().unwrap()));
    let (mut n_lines, mut highest) = (0, 0);
    for line in stdout.lines() {
        assert_eq!(line.unwrap().split(',').count(), 8);
        n_lines += 1;
        if n_lines % 1_000 == 0 {
            highest = highest.max(Peak::of(process).unwrap_or_default().all);
        }
    }
    assert!(child.wait().unwrap().success());
    assert!(highest > 0, "nothing was measured");
    (n_lines, highest)
}

/// Whoever reads only the beginning is no failure.
fn read_the_beginning(connection: &Connection) {
    let mut command = Command::new(command::binary());
    command
        .args(["ledger", "list", "--config", &connection.config])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Adds as many people as make a million to a file, as a version did that knew no seal.
fn fill_file(connection: &Connection) {
    let path = connection.folder.path("ledger.sqlite");
    fs::remove_file(format!("{path}-mark")).unwrap();
    let file = rusqlite::Connection::open(path).unwrap();
    file.execute_batch(&format!(
        "PRAGMA cache_size = -262144;
        DROP TABLE seal; DROP TABLE list; DROP TABLE listed; DROP TABLE hand_over; DROP TABLE intent_person;
        DELETE FROM meta WHERE name LIKE 'opening %';
        PRAGMA user_version = 2;
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MILLION}),
            one AS (SELECT * FROM contact LIMIT 1)
        INSERT INTO contact
        SELECT randomblob(16), 1 + n % 3, at, campaign, stream, run, NULL, 'customer-' || n, 'contact-' || n FROM n, one"
    ))
    .unwrap();
}

fn fill_database(connection: &Connection) {
    connection.execute(&format!(
        "INSERT INTO ai_voice_ledger.contact (key, campaign, stream, primary_key, outcome, contact_id, run, at)
        SELECT uuid_send(gen_random_uuid()), campaign, stream, 'customer-' || n,
            (ARRAY['accepted', 'rejected', 'unknown'])[1 + n % 3], 'contact-' || n, run, at
        FROM generate_series(1, {MILLION}) AS n, (SELECT * FROM ai_voice_ledger.contact LIMIT 1) AS one;
        ANALYZE ai_voice_ledger.contact"
    ));
}

#[test]
fn a_million_people_are_listed_in_the_memory_of_a_page() {
    let fills: [fn(&Connection); 2] = [fill_file, fill_database];
    for (connection, fill) in
        [Connection::with_a_file("none"), Connection::with_a_database()].into_iter().zip(fills)
    {
        let Extract { lines, expected, .. } = extract(6_000, 6_000, 7);
        connection.write(&lines);
        let (n_lines, small) = list(&connection);
        assert_eq!(n_lines, 1 + expected.people);
        fill(&connection);
        // Who opens a file of an older version first brings it over.
        let brought_over = command::run(["ledger", "status", "--config", &connection.config], b"");
        assert_eq!(brought_over.code, 0, "{}", brought_over.stdout);
        let (n_lines, large) = list(&connection);
        assert_eq!(n_lines, 1 + MILLION + expected.people);
        let place = if connection.database.is_empty() { "a file" } else { "a database" };
        assert!(large <= small + PAGE, "{place}: {small} KiB for a page, {large} KiB for a million people");
        read_the_beginning(&connection);
    }
}

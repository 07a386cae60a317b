//! The ledger, as its users meet it: through `write`, `check` and the commands for people.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{self, Finished, Folder};
use crate::extract::{self, extract};
use crate::rehearsal::Rehearsal;

/// A connection to the Vbee sandbox with a ledger in a folder of its own.
struct Connection {
    folder: Folder,
    config: String,
    catalog: String,
}

impl Connection {
    fn new(rehearsal: &Rehearsal, options: &Value) -> Self {
        Self::of("vbee", rehearsal, options)
    }

    fn of(vendor: &str, rehearsal: &Rehearsal, options: &Value) -> Self {
        let folder = Folder::new();
        let mut ledger = json!({ "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") });
        for (name, value) in options.as_object().into_iter().flatten() {
            ledger[name] = value.clone();
        }
        let sections = json!({
            "streams": extract::streams(vendor), "ledger": ledger, "delivery": { "max_requests_per_second": 0 },
        });
        let config = folder.file("config.json", &rehearsal.config(vendor, &sections).to_string());
        let catalog = folder.file("catalog.json", &extract::catalog());
        Self { folder, config, catalog }
    }

    fn write(&self, lines: &[u8]) -> Finished {
        command::run(["write", "--config", &self.config, "--catalog", &self.catalog], lines)
    }

    /// The same connection with another setting in a section.
    fn set(&mut self, section: &str, name: &str, value: Value) {
        let mut config: Value =
            serde_json::from_str(&std::fs::read_to_string(&self.config).unwrap()).unwrap();
        config[section][name] = value;
        self.config = self.folder.file("config.json", &config.to_string());
    }

    fn check(&self) -> String {
        let finished = command::run(["check", "--config", &self.config], b"");
        finished.messages()[0]["connectionStatus"].to_string()
    }

    /// A run that stops in the middle of its input; gives how it ended, with what it printed.
    fn broken_off(
        &self,
        lines: &[u8],
        n_states: usize,
        happens: impl FnOnce(&mut std::process::Child),
    ) -> (bool, String) {
        let mut command = Command::new(command::binary());
        command.args(["write", "--config", &self.config, "--catalog", &self.catalog]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).env("NO_PROXY", "127.0.0.1");
        let mut child = command.spawn().unwrap();
        let (mut stdin, mut stdout) =
            (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut parts = lines.split_inclusive(|byte| *byte == b'\n').peekable();
        let (mut printed, mut n_seen) = (String::new(), 0);
        while n_seen < n_states {
            while let Some(line) = parts.next_if(|line| !line.starts_with(b"{\"type\":\"STATE\"")) {
                stdin.write_all(line).unwrap();
            }
            stdin.write_all(parts.next().unwrap()).unwrap();
            loop {
                let before = printed.len();
                assert!(stdout.read_line(&mut printed).unwrap() > 0, "{printed}");
                if printed[before..].contains("\"type\":\"STATE\"") {
                    break n_seen += 1;
                }
            }
        }
        happens(&mut child);
        // A run that is dead already hears nothing of the rest.
        let rest: Vec<u8> = parts.flatten().copied().collect();
        drop(std::thread::spawn(move || drop(stdin.write_all(&rest))));
        while stdout.read_line(&mut printed).unwrap() > 0 {}
        (child.wait().unwrap().success(), printed)
    }

    fn ledger(&self, arguments: &[&str], input: &[u8]) -> Finished {
        let whole = ["ledger"].into_iter().chain(arguments.iter().copied()).chain(["--config", &self.config]);
        command::run(whole, input)
    }
}

#[test]
fn a_full_refresh_of_known_people_calls_nobody() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let extract = extract(2_000, 100, 7);
    for run in 1..=3 {
        let finished = connection.write(&extract.lines);
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "run {run}: {}", finished.stdout);
        assert_eq!(finished.of_type("STATE").len(), extract.states.len());
    }
    let calls = rehearsal.ask("/calls?format=json");
    assert_eq!(
        (&calls["people"], &calls["called_more_than_once"]),
        (&json!(extract.expected.people), &json!(0))
    );

    let status = connection.ledger(&["status"], b"");
    assert!(
        status.stdout.contains(&format!("accepted {:>12}", extract.expected.people)),
        "{}",
        status.stdout
    );
    // The first person of every extract.
    let found = connection.ledger(&["find", "--phone", "098 000 0000"], b"");
    assert!(found.stdout.contains("+84****000") && found.stdout.contains("accepted"), "{}", found.stdout);
    let bytes = std::fs::read(connection.folder.path("ledger.sqlite")).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("980000000"), "the ledger holds a number");
}

#[test]
fn a_ledger_that_was_expected_and_is_not_there_stops_everything() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({ "expect_existing": true }));
    let finished = connection.write(&extract(10, 10, 7).lines);
    let traces = finished.of_type("TRACE");
    assert_eq!((finished.code, traces.len()), (1, 1), "{}", finished.stdout);
    assert_eq!(traces[0]["trace"]["error"]["failure_type"], "config_error");
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
}

#[test]
fn check_says_what_the_ledger_guarantees() {
    let rehearsal = Rehearsal::new("none", &[]);
    for (options, told) in [
        (json!({}), "within a campaign nobody is called twice"),
        (json!({ "scope": "everywhere", "call_again_after_days": 7 }), "nobody is called again for 7 days"),
    ] {
        let connection = Connection::new(&rehearsal, &options);
        let finished = command::run(["check", "--config", &connection.config], b"");
        let status = &finished.messages()[0]["connectionStatus"];
        assert_eq!(status["status"], "SUCCEEDED");
        assert!(status["message"].as_str().unwrap().contains(told), "{status}");
    }
    let connection = Connection::new(&rehearsal, &json!({ "path": "/nowhere/ledger.sqlite" }));
    let finished = command::run(["check", "--config", &connection.config], b"");
    let status = &finished.messages()[0]["connectionStatus"];
    assert_eq!(status["status"], "FAILED");
    assert!(status["message"].as_str().unwrap().contains("/nowhere"), "{status}");
}

#[test]
fn settings_that_do_not_go_well_with_a_ledger_are_told_by_check_and_a_sync() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::of("itnio", &rehearsal, &json!({ "call_again_after_days": 30 }));
    let written = connection.write(b"");
    for told in [connection.check(), written.stdout] {
        for part in ["taken for a rehearsal", "use another job for each period"] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
}

#[test]
fn in_a_narrower_scope_people_are_known_where_they_were_called() {
    let rehearsal = Rehearsal::new("none", &[]);
    let mut connection = Connection::of("itnio", &rehearsal, &json!({ "scope": "account" }));
    let extract = extract(30, 10, 7);
    connection.set("vendor", "job_id", json!(9));
    assert_eq!(connection.write(&extract.lines).code, 0);
    connection.set("ledger", "scope", json!("campaign"));
    connection.set("vendor", "job_id", json!(10));
    let told =
        connection.ledger(&["rescope", "--catalog", &connection.catalog, "--yes"], &extract.lines).stdout;
    assert!(told.starts_with(&format!("{} people", extract.expected.people)), "{told}");
    for job in [9, 10] {
        connection.set("vendor", "job_id", json!(job));
        let written = connection.write(&extract.lines).stdout;
        assert!(written.contains("records: 0 accepted"), "job {job}: {written}");
    }
}

/// Where this machine has memory that looks like a folder.
#[cfg(target_os = "linux")]
#[test]
fn check_and_a_sync_say_that_a_ledger_will_not_stay() {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    if !mounts.contains(" /dev/shm tmpfs ") {
        return;
    }
    let rehearsal = Rehearsal::new("none", &[]);
    let path = format!("/dev/shm/ai-voice-{}-{:x}.sqlite", std::process::id(), fastrand::u64(..));
    let connection = Connection::new(&rehearsal, &json!({ "path": path }));
    let told = "the ledger is in memory (tmpfs), and gone when this machine or its container ends";
    let status = connection.check();
    assert!(status.contains("SUCCEEDED") && status.contains(told), "{status}");
    let finished = connection.write(&extract(10, 10, 7).lines);
    for file in ["", "-wal", "-mark"] {
        std::fs::remove_file(format!("{path}{file}")).unwrap_or_default();
    }
    let warned = finished.of_type("LOG").into_iter().filter(|log| log["log"]["level"] == "WARN");
    let n_told = warned.filter(|log| log["log"]["message"].to_string().contains(told)).count();
    assert_eq!((finished.code, n_told), (0, 1), "{}", finished.stdout);
}

/// Where a test may mount something of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_mounted_alone_is_refused_by_check() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let (file, elsewhere) =
        (connection.folder.file("ledger.sqlite", ""), connection.folder.file("elsewhere", ""));
    let alone = |command: &[&str]| {
        let mount = r#"mount --bind "$1" "$2" || exit 99; shift 2; exec "$@""#;
        let mut unshared = Command::new("unshare");
        unshared.args(["-r", "-m", "sh", "-c", mount, "sh", &elsewhere, &file]).args(command);
        unshared.env("NO_PROXY", "127.0.0.1").output().ok().filter(|output| output.status.success())
    };
    if alone(&["true"]).is_none() {
        return;
    }
    let output =
        alone(&[command::binary().to_str().unwrap(), "check", "--config", &connection.config]).unwrap();
    let status = String::from_utf8(output.stdout).unwrap();
    assert!(status.contains("FAILED") && status.contains("is mounted as a single file"), "{status}");
    assert!(connection.check().contains("SUCCEEDED"), "{}", connection.check());
}

#[test]
fn a_check_makes_no_file_and_changes_none() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let check = || {
        let finished = command::run(["check", "--config", &connection.config], b"");
        finished.messages()[0]["connectionStatus"]["message"].as_str().unwrap().to_owned()
    };
    let folder = || {
        let files = std::fs::read_dir(connection.folder.path("")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect::<Vec<_>>()
    };
    for is_there in [false, true] {
        let before = folder();
        for _ in 0..10 {
            assert_eq!(check().contains("the first sync makes it"), !is_there, "{}", check());
        }
        assert!(folder() == before, "a check changed something");
        assert_eq!(connection.write(&extract(100, 100, 7).lines).code, 0);
    }
}

#[test]
fn a_baseline_calls_nobody_and_is_remembered() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let extract = extract(500, 100, 7);
    let baseline = |yes: &[&str]| {
        let arguments = [&["baseline", "--catalog", &connection.catalog], yes].concat();
        connection.ledger(&arguments, &extract.lines).stdout
    };
    let people = extract.expected.people;
    assert!(baseline(&[]).contains(&format!("{people} people would be remembered")));
    let made = std::path::Path::new(&connection.folder.path("ledger.sqlite")).exists();
    assert!(!made, "who only counts makes no ledger");
    assert!(baseline(&["--yes"]).contains(&format!("{people} people are now remembered")));
    assert!(baseline(&["--yes"]).starts_with("0 people are now remembered"));
    assert_eq!(connection.write(&extract.lines).code, 0);
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
}

#[test]
fn people_of_whom_nobody_can_say_are_held_until_somebody_settles_them() {
    let rehearsal = Rehearsal::new("drop_before=1", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let extract = extract(40, 40, 7);
    let finished = connection.write(&extract.lines);
    assert!(finished.stdout.contains("outcome_unknown"), "{}", finished.stdout);
    let status = connection.ledger(&["status"], b"").stdout;
    let line = status.lines().find(|line| line.contains("unknown")).unwrap_or_else(|| panic!("{status}"));
    let run = line.split_whitespace().last().unwrap().to_owned();

    let again = connection.write(&extract.lines);
    assert!(again.stdout.contains("ledger settle"), "held people are told with what to do: {}", again.stdout);
    let mistyped =
        connection.ledger(&["settle", "--run", "another", "--as", "accepted", "--yes"], b"").stdout;
    assert_eq!(mistyped, format!("Run another has no unknown contacts; these have: {run}.\n"));
    let settle = |yes: &[&str]| {
        let arguments = [&["settle", "--run", &run, "--as", "not-delivered"], yes].concat();
        connection.ledger(&arguments, b"").stdout
    };
    let people = extract.expected.people;
    assert!(settle(&[]).starts_with(&format!("{people} unknown contacts")), "{}", settle(&[]));
    assert!(settle(&["--yes"]).starts_with(&format!("{people} contacts")));
    assert_eq!(settle(&["--yes"]), format!("Run {run} has no unknown contacts.\n"));
}

#[test]
fn another_scope_is_refused_until_everybody_is_brought_over() {
    let rehearsal = Rehearsal::new("none", &[]);
    let mut connection = Connection::new(&rehearsal, &json!({}));
    let extract = extract(600, 100, 7);
    assert_eq!(connection.write(&extract.lines).code, 0);
    connection.set("ledger", "scope", json!("everywhere"));
    assert!(connection.check().contains("ledger rescope"), "{}", connection.check());
    let refused = connection.write(&extract.lines);
    assert_eq!(refused.of_type("TRACE")[0]["trace"]["error"]["failure_type"], "config_error");

    let catalog = connection.catalog.clone();
    let rescope = |more: &[&str], lines: &[u8]| {
        let arguments = [&["rescope", "--catalog", &catalog], more].concat();
        connection.ledger(&arguments, lines).stdout
    };
    let half = extract.lines.iter().scan(0, |n, byte| {
        *n += usize::from(*byte == b'\n');
        (*n < 300).then_some(*byte)
    });
    let half: Vec<u8> = half.collect();
    let told = rescope(&["--yes"], &half);
    assert!(told.starts_with("Nothing was changed") && told.contains("--leave"), "{told}");
    assert!(rescope(&[], &extract.lines).contains("would be brought over"));
    let told = rescope(&["--yes"], &extract.lines);
    assert!(
        told.starts_with(&format!("{} people of these records were brought over", extract.expected.people)),
        "{told}"
    );
    assert!(rescope(&["--yes"], &extract.lines).contains("already"));
    assert_eq!(connection.write(&extract.lines).code, 0);
    let calls = rehearsal.ask("/calls?format=json");
    assert_eq!(
        (&calls["people"], &calls["called_more_than_once"]),
        (&json!(extract.expected.people), &json!(0))
    );
}

#[test]
fn no_path_is_a_ledger_in_memory() {
    let rehearsal = Rehearsal::new("none", &[]);
    for path in
        [":memory:", "file:", "file:x.sqlite?mode=memory", "file::memory:?cache=shared", "", "/dev/null"]
    {
        let connection = Connection::new(&rehearsal, &json!({ "path": path }));
        let status = connection.check();
        assert!(status.contains("FAILED") && status.contains("path"), "{path}: {status}");
        let traces = connection.write(&extract(10, 10, 7).lines).of_type("TRACE");
        assert_eq!(traces[0]["trace"]["error"]["failure_type"], "config_error", "{path}");
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["people"], 0);
}

#[test]
fn what_a_killed_run_leaves_is_whole_or_refused() {
    for lost in ["", "-wal", "-mark"] {
        let rehearsal = Rehearsal::new("none", &[]);
        let connection = Connection::new(&rehearsal, &json!({}));
        let extract = extract(600, 100, 7);
        connection.broken_off(&extract.lines, 3, |run| run.kill().unwrap());
        let path = connection.folder.path("ledger.sqlite");
        if !lost.is_empty() {
            std::fs::remove_file(format!("{path}{lost}")).unwrap();
        }
        let finished = connection.write(&extract.lines);
        assert_eq!(finished.code, i32::from(!lost.is_empty()), "without {lost}: {}", finished.stdout);
        assert_eq!(rehearsal.ask("/calls?format=json")["called_more_than_once"], 0, "without {lost}");
        if !lost.is_empty() {
            assert!(connection.check().contains("ledger accept-loss"), "{}", connection.check());
            let told = connection.ledger(&["accept-loss"], b"").stdout;
            assert!(told.contains("Nothing was changed"), "{told}");
            assert!(connection.ledger(&["accept-loss", "--yes"], b"").stdout.contains("taken as it is"));
            assert!(connection.check().contains("SUCCEEDED"), "{}", connection.check());
        }
    }
}

#[test]
fn a_ledger_that_goes_away_ends_the_run_before_its_next_state() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let extract = extract(600, 100, 7);
    let path = connection.folder.path("ledger.sqlite");
    let (is_well, printed) =
        connection.broken_off(&extract.lines, 2, |_| std::fs::remove_file(&path).unwrap());
    let n_states = printed.lines().filter(|line| line.contains("\"type\":\"STATE\"")).count();
    assert!(!is_well && n_states == 2 && printed.contains("deleted, moved or replaced"), "{printed}");
    let finished = connection.write(&extract.lines);
    assert!(finished.code == 1 && finished.stdout.contains("is gone or empty"), "{}", finished.stdout);
    assert_eq!(rehearsal.ask("/calls?format=json")["called_more_than_once"], 0);
}

#[test]
fn a_bit_that_is_flipped_calls_nobody_twice() {
    let rehearsal = Rehearsal::new("none", &[]);
    let connection = Connection::new(&rehearsal, &json!({}));
    let extract = extract(300, 100, 7);
    assert_eq!(connection.write(&extract.lines).code, 0);
    let path = connection.folder.path("ledger.sqlite");
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 12 + 1) {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        std::fs::write(&path, flipped).unwrap();
        connection.write(&extract.lines);
        // The mark of a run on the flipped file would be ahead of the next one.
        std::fs::remove_file(format!("{path}-mark")).unwrap_or_default();
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["called_more_than_once"], 0);
}

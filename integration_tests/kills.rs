//! The real process, killed at any instant: nobody is called twice, nobody is lost.
//!
//! The test is the platform. It keeps the states that came back; what was sent after the last of them
//! comes again with the next run. The instants are real time, so a seed repeats what was drawn, not
//! what was hit.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::command::{self, Folder, binary};
use crate::extract::{self, Extract, STREAMS, extract};
use crate::postgres_server;
use crate::postgres_server::pooler::Pooler;
use crate::rehearsal::Rehearsal;

/// Lost answers are rare, because each pauses a run; a kill loses those under way anyhow.
const FAULTS: &str = "busy=0.02,drop_before=0.003,drop_after=0.006,cut_off=0.004,slow=0.05";

const STATE_EVERY: u64 = 50;

/// A run that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_mins(1);

/// A dead run's people are held for the minute that its lease lasts. Here it is over at once, by the
/// server's clock, as if the minute had passed. The first run may have died before the table was made.
const END_LEASES: &str = "DO $$ BEGIN
    IF to_regclass('ai_voice_ledger.run') IS NOT NULL THEN
        UPDATE ai_voice_ledger.run SET expires = now() WHERE ended IS NULL;
    END IF;
END $$";

/// A database of a test's own.
struct Database {
    url: String,
    /// How the connector gets there.
    way: String,
    runtime: Runtime,
}

/// A line of the extract.
struct Line {
    text: String,
    /// Which of the streams it is about.
    stream: usize,
    /// Its number, if it is a state.
    state: Option<u64>,
}

/// When a run is killed: so long after so many states came back.
struct Moment {
    n_states: usize,
    then: Duration,
}

/// The platform with one sync, which takes many runs.
struct Platform {
    rehearsal: Rehearsal,
    database: Option<Database>,
    _folder: Folder,
    config: String,
    catalog: String,
    lines: Vec<Line>,
    n_people: u64,
    seed: u64,
    rng: fastrand::Rng,
    /// How many lines are acknowledged.
    n_done: usize,
    n_killed: u32,
    /// Runs that gave up by themselves, after too many lost answers.
    n_failed: u32,
    /// Runs that found people whom a killed one had been sending.
    n_recovered: u32,
}

/// A run under way; ends with its test.
struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: JoinHandle<String>,
    writer: JoinHandle<()>,
}

/// What a run printed, and how it ended.
struct Ended {
    status: ExitStatus,
    lines: Vec<String>,
    stderr: String,
}

#[test]
fn nobody_is_called_twice_by_killed_runs_with_a_file() {
    Platform::new("vbee", 16_000, None).kill_and_check(52);
}

#[test]
fn nobody_is_called_twice_by_killed_runs_with_a_database() {
    Platform::new("vbee", 16_000, Some(Database::new())).kill_and_check(52);
}

/// What a killed run was asking, the pooler has to end.
#[test]
fn nobody_is_called_twice_by_killed_runs_behind_a_pooler() {
    let pooler = Pooler::start("transaction");
    let mut database = Database::new();
    database.way = pooler.url(&database.url);
    Platform::new("vbee", 6_000, Some(database)).kill_and_check(16);
}

#[test]
fn nobody_is_called_twice_by_killed_runs_where_repeats_are_recognised() {
    Platform::new("itnio", 6_000, None).kill_and_check(12);
}

impl Database {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = runtime.block_on(postgres_server::server().database());
        Self { way: url.clone(), url, runtime }
    }

    fn end_leases(&self) {
        self.runtime.block_on(postgres_server::execute(&self.url, END_LEASES));
    }
}

impl Platform {
    fn new(vendor: &str, n_records: u64, database: Option<Database>) -> Self {
        let seed = fastrand::u64(..);
        let rehearsal = Rehearsal::new(FAULTS, &[]);
        let folder = Folder::new();
        let catalog = folder.file("catalog.json", &extract::catalog());
        let ledger = database.as_ref().map_or_else(
            || json!({ "ledger_type": "sqlite", "path": Path::new(&catalog).with_file_name("ledger.sqlite") }),
            |database| json!({ "ledger_type": "postgres", "url": database.way }),
        );
        let delivery = json!({ "batch_size": 10, "max_requests_in_flight": 4, "max_requests_per_second": 0 });
        let config = rehearsal.config(
            vendor,
            &json!({ "streams": extract::streams(vendor), "delivery": delivery, "ledger": ledger }),
        );
        let config = folder.file("config.json", &config.to_string());
        let Extract { lines, expected, .. } = extract(n_records, STATE_EVERY, seed);
        let lines = String::from_utf8(lines).unwrap().lines().map(Line::read).collect();
        Self {
            rehearsal,
            database,
            _folder: folder,
            config,
            catalog,
            lines,
            n_people: expected.people,
            seed,
            rng: fastrand::Rng::with_seed(seed),
            n_done: 0,
            n_killed: 0,
            n_failed: 0,
            n_recovered: 0,
        }
    }

    fn kill_and_check(&mut self, n_kills: u32) {
        while self.n_killed < n_kills {
            assert!(
                self.n_done < self.lines.len(),
                "the extract is too short for the kills: {}",
                self.story()
            );
            let moment = self.moment();
            self.run(Some(&moment));
        }
        while self.n_done < self.lines.len() {
            self.run(None);
        }
        self.check_people();
        assert!(self.n_recovered >= n_kills / 8, "hardly a kill hit anybody: {}", self.story());
    }

    /// Some kills hit the start, most a run at work.
    fn moment(&mut self) -> Moment {
        let n_states = self.rng.usize(0..5);
        let longest = if n_states == 0 { 200 } else { 25 };
        Moment { n_states, then: Duration::from_micros(self.rng.u64(0..longest * 1_000)) }
    }

    fn run(&mut self, moment: Option<&Moment>) {
        let running = Running::start(&self.config, &self.catalog, self.rest());
        let ended = running.end(moment);
        let story = self.story();
        assert_eq!(ended.stderr, "", "{story}");
        let messages: Vec<Value> =
            ended.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        self.acknowledge(&messages);
        let recovered = |message: &&Value| {
            let text = message["log"]["message"].as_str();
            text.is_some_and(|text| text.contains("were under way when an earlier sync died"))
        };
        self.n_recovered += u32::from(messages.iter().any(|message| recovered(&message)));
        if ended.status.signal() == Some(9) {
            self.n_killed += 1;
            if let Some(database) = &self.database {
                database.end_leases();
            }
        } else if !ended.status.success() {
            self.n_failed += 1;
            let trace = messages.iter().find(|message| message["type"] == "TRACE").unwrap();
            assert_eq!(trace["trace"]["error"]["failure_type"], "transient_error", "{trace} {story}");
            assert!(self.n_failed < 20, "{trace} {story}");
        } else {
            assert_eq!(self.n_done, self.lines.len(), "a run ended well before its input: {story}");
        }
    }

    /// What was not acknowledged comes again.
    fn rest(&self) -> Vec<u8> {
        let rest = self.lines.get(self.n_done..).unwrap_or_default();
        rest.iter().flat_map(|line| line.text.bytes().chain([b'\n'])).collect()
    }

    /// States must come back in order, each with the number of records since the last one of its stream.
    fn acknowledge(&mut self, messages: &[Value]) {
        let mut since = [0_u64; STREAMS.len()];
        for message in messages.iter().filter(|message| message["type"] == "STATE") {
            let state = &message["state"];
            let line = loop {
                let line = self.lines.get(self.n_done).unwrap_or_else(|| panic!("{state}: {}", self.story()));
                self.n_done += 1;
                if line.state.is_some() {
                    break line;
                }
                since[line.stream] += 1;
            };
            assert_eq!(state["id"].as_u64(), line.state, "{}", self.story());
            let stat = |name: &str| state["destinationStats"][name].as_f64().unwrap();
            let told = format!("{}", stat("recordCount") + stat("rejectedRecordCount"));
            assert_eq!(told, since[line.stream].to_string(), "{state}: {}", self.story());
            since[line.stream] = 0;
        }
    }

    /// Who was called must be in the ledger, and everybody is, once.
    fn check_people(&self) {
        let (accepted, unknown, other) = self.remembered();
        let calls = self.rehearsal.ask("/calls?format=json");
        let called = calls["people"].as_u64().unwrap();
        let twice = &calls["called_more_than_once"];
        let story = format!(
            "{accepted} accepted, {unknown} unknown, {other} other in the ledger; {called} called, {twice} more \
             than once; {}",
            self.story()
        );
        assert_eq!(*twice, 0, "{story}");
        assert!(called <= self.n_people, "{story}");
        assert_eq!((accepted + unknown, other), (self.n_people, 0), "{story}");
        assert!((accepted..=accepted + unknown).contains(&called), "{story}");
        assert!(accepted > self.n_people / 2, "{story}");
    }

    /// How many people the ledger holds: accepted, unknown, and in any other way.
    fn remembered(&self) -> (u64, u64, u64) {
        let status = command::run(["ledger", "status", "--config", &self.config], b"");
        assert_eq!((status.code, status.stderr.as_str()), (0, ""), "{} {}", status.stdout, self.story());
        let (mut accepted, mut unknown, mut other) = (0, 0, 0);
        for row in status.stdout.lines().skip(1) {
            let mut columns = row.split_whitespace().rev().skip(1);
            let count: u64 = columns.next().unwrap().parse().unwrap();
            match columns.next() {
                Some("accepted") => accepted += count,
                Some("unknown") => unknown += count,
                _ => other += count,
            }
        }
        (accepted, unknown, other)
    }

    fn story(&self) -> String {
        let Self { seed, n_people, n_done, n_killed, n_failed, n_recovered, lines, .. } = self;
        format!(
            "seed {seed}: {n_killed} runs were killed, {n_recovered} found people of theirs, {n_failed} failed; \
             {n_done} of {} lines acknowledged, {n_people} people",
            lines.len()
        )
    }
}

impl Line {
    fn read(text: &str) -> Self {
        let message: Value = serde_json::from_str(text).unwrap();
        let name = match &message["record"]["stream"] {
            Value::Null => &message["state"]["stream"]["stream_descriptor"]["name"],
            name => name,
        };
        let stream = STREAMS.iter().position(|stream| name == stream).unwrap();
        Self { text: text.to_owned(), stream, state: message["state"]["id"].as_u64() }
    }
}

impl Running {
    fn start(config: &str, catalog: &str, input: Vec<u8>) -> Self {
        let mut command = Command::new(binary());
        command.args(["write", "--config", config, "--catalog", catalog]);
        command.env_remove("WORKER_JOB_ID").env("NO_PROXY", "127.0.0.1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Ends early, with a broken pipe, when the run does.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // A line that the kill cut short is none.
            while stdout.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
                drop(sender.send(std::mem::take(&mut line)));
            }
        });
        Self { child, stdout: receiver, stderr, writer }
    }

    /// Waits for the moment and kills; without one, waits for the end.
    fn end(mut self, moment: Option<&Moment>) -> Ended {
        let mut lines = Vec::new();
        let mut n_states = 0;
        while moment.is_none_or(|moment| n_states < moment.n_states) {
            match self.stdout.recv_timeout(SILENCE) {
                Ok(line) => {
                    n_states += usize::from(line.contains(r#""type":"STATE""#));
                    lines.push(line);
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("a run hangs; it said last: {:?}", lines.last());
                }
            }
        }
        if let Some(moment) = moment {
            thread::sleep(moment.then);
            self.child.kill().unwrap();
        }
        let status = self.child.wait().unwrap();
        // What the pipe still holds was said before the kill, and counts.
        lines.extend(self.stdout.iter());
        self.writer.join().unwrap();
        Ended { status, lines, stderr: self.stderr.join().unwrap() }
    }
}

//! The real process, killed at any instant: nobody is called twice, nobody is lost.
//!
//! The test is the platform. It keeps the states that came back; what was sent after the last of them
//! comes again with the next run, and when all came back, a further sync begins. The instants are real
//! time, so a seed repeats what was drawn, not what was hit.

mod running;
mod sync;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::command::{self, Folder};
use crate::extract::{self, Lines};
use crate::postgres_server;
use crate::postgres_server::pooler::Pooler;
use crate::rehearsal::Rehearsal;
use running::{Moment, Running};
use sync::Sync;

/// How many runs are killed in all, unless `KILLS` says another number.
const N_KILLS: u32 = 132;

/// Two vendors, and a file, a database, and a database behind a pooler: each a test. One more is for first runs.
const N_TESTS: u32 = 7;

/// Lost answers are rare, because each pauses a run; a kill loses those under way anyhow.
const FAULTS: &str = "busy=0.02,drop_before=0.003,drop_after=0.006,cut_off=0.004,slow=0.05";

/// Short enough that many kills hit the beginnings and the ends of syncs.
const RECORDS_OF_A_SYNC: Range<u64> = 300..2_000;

/// How long a run may take to its first state, before one has shown it.
const FIRST_BEGINNING: Duration = Duration::from_millis(100);

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

/// Where kills hit, by what the test saw.
#[derive(Debug, Default)]
struct Hits {
    /// Connecting, opening the ledger, finishing what the run before left in it.
    before_the_first_call: u32,
    under_way: u32,
    /// All states were back: what remains is to close the ledger.
    at_the_end: u32,
}

/// The platform with one source, which it reads in many syncs of many runs.
struct Platform {
    name: String,
    rehearsal: Rehearsal,
    database: Option<Database>,
    folder: Folder,
    /// Rejected records, by the states that came back.
    n_rejected: u64,
    config: String,
    catalog: String,
    extract: Lines,
    /// How many a sync has.
    n_records: Range<u64>,
    sync: Sync,
    seed: u64,
    rng: fastrand::Rng,
    /// How long a run took to its first state, and from its last one to its end: a kill shall hit
    /// anything between.
    beginning: Duration,
    ending: Duration,
    n_called: u64,
    n_syncs: u32,
    n_killed: u32,
    hits: Hits,
    /// Runs that gave up by themselves, after too many lost answers.
    n_failed: u32,
    /// Runs that found people whom a killed one had been sending.
    n_recovered: u32,
}

#[test]
fn nobody_is_called_twice_by_killed_runs_of_vbee_with_a_file() {
    Platform::new("vbee", "a file", None, RECORDS_OF_A_SYNC).kill_and_check();
}

#[test]
fn nobody_is_called_twice_by_killed_runs_of_vbee_with_a_database() {
    Platform::new("vbee", "a database", Some(Database::new()), RECORDS_OF_A_SYNC).kill_and_check();
}

#[test]
fn nobody_is_called_twice_by_killed_runs_of_vbee_behind_a_pooler() {
    let pooler = Pooler::start("transaction");
    Platform::new("vbee", "a pooler", Some(Database::behind(&pooler)), RECORDS_OF_A_SYNC).kill_and_check();
}

#[test]
fn nobody_is_called_twice_by_killed_runs_of_itnio_with_a_file() {
    Platform::new("itnio", "a file", None, RECORDS_OF_A_SYNC).kill_and_check();
}

#[test]
fn nobody_is_called_twice_by_killed_runs_of_itnio_with_a_database() {
    Platform::new("itnio", "a database", Some(Database::new()), RECORDS_OF_A_SYNC).kill_and_check();
}

#[test]
fn nobody_is_called_twice_by_killed_runs_of_itnio_behind_a_pooler() {
    let pooler = Pooler::start("transaction");
    Platform::new("itnio", "a pooler", Some(Database::behind(&pooler)), RECORDS_OF_A_SYNC).kill_and_check();
}

/// What the first run has begun to make, the next one makes.
#[test]
#[expect(clippy::print_stdout, reason = "what was hit is what the test is worth")]
fn a_first_run_that_is_killed_hinders_nobody() {
    let (mut n_killed, mut hits) = (0, Hits::default());
    let mut beginnings = [FIRST_BEGINNING; 2];
    while n_killed < n_kills() {
        let is_file = n_killed % 2 == 0;
        let (ledger, database) =
            if is_file { ("a file", None) } else { ("a database", Some(Database::new())) };
        let mut platform = Platform::new("itnio", ledger, database, 10..50);
        let beginning = &mut beginnings[usize::from(is_file)];
        let then = beginning.mul_f64(platform.rng.f64());
        platform.run(Some(Moment { n_states: 0, then }));
        n_killed += platform.n_killed;
        hits.before_the_first_call += platform.hits.before_the_first_call;
        platform.finish();
        platform.check_people();
        *beginning = platform.beginning;
    }
    println!("{n_killed} first runs were killed, {} before the first call", hits.before_the_first_call);
    assert!(hits.before_the_first_call >= n_killed / 2, "hardly a kill came before the first call");
}

/// A test's share of the kills that are wanted.
fn n_kills() -> u32 {
    let wanted = std::env::var_os("KILLS").map_or(N_KILLS, |wanted| {
        let number = wanted.to_str().and_then(|wanted| wanted.parse().ok());
        number
            .filter(|number| *number > 0)
            .unwrap_or_else(|| panic!("KILLS is no number of kills: {}", wanted.display()))
    });
    wanted.div_ceil(N_TESTS)
}

impl Database {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = runtime.block_on(postgres_server::server().database());
        Self { way: url.clone(), url, runtime }
    }

    /// What a killed run was asking, the pooler has to end.
    fn behind(pooler: &Pooler) -> Self {
        let direct = Self::new();
        Self { way: pooler.url(&direct.url), ..direct }
    }

    fn end_leases(&self) {
        self.runtime.block_on(postgres_server::execute(&self.url, END_LEASES));
    }
}

impl Platform {
    fn new(vendor: &str, ledger: &str, database: Option<Database>, n_records: Range<u64>) -> Self {
        let seed = fastrand::u64(..);
        let rehearsal = Rehearsal::new(FAULTS, &[]);
        let folder = Folder::new();
        let catalog = folder.file("catalog.json", &extract::catalog());
        let name = format!("{vendor} with {ledger}");
        let ledger = database.as_ref().map_or_else(
            || json!({ "ledger_type": "sqlite", "path": Path::new(&catalog).with_file_name("ledger.sqlite") }),
            |database| json!({ "ledger_type": "postgres", "url": database.way }),
        );
        let delivery = json!({ "batch_size": 10, "max_requests_in_flight": 4, "max_requests_per_second": 0 });
        let config = rehearsal.config(
            vendor,
            &json!({
                "streams": extract::streams(vendor), "delivery": delivery, "ledger": ledger,
                "object_storage_config": {
                    "storage_type": "Local", "path": folder.path("rejects"), "report": false, "format": { "format_type": "JSONL" },
                },
            }),
        );
        let config = folder.file("config.json", &config.to_string());
        let mut extract = Lines::new(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        Self {
            name,
            rehearsal,
            database,
            folder,
            n_rejected: 0,
            config,
            catalog,
            sync: Sync::new(&mut extract, rng.u64(n_records.clone())),
            extract,
            n_records,
            seed,
            rng,
            beginning: FIRST_BEGINNING,
            ending: Duration::from_millis(20),
            n_called: 0,
            n_syncs: 1,
            n_killed: 0,
            hits: Hits::default(),
            n_failed: 0,
            n_recovered: 0,
        }
    }

    #[expect(clippy::print_stdout, reason = "what was hit is what the test is worth")]
    fn kill_and_check(&mut self) {
        let n_kills = n_kills();
        while self.n_killed < n_kills {
            if self.sync.is_done() {
                self.sync = Sync::new(&mut self.extract, self.rng.u64(self.n_records.clone()));
                self.n_syncs += 1;
            }
            let moment = self.moment();
            self.run(Some(moment));
        }
        // Also when the last kill came after the last state: nobody may be left under way.
        self.finish();
        println!("{}", self.check_people());
        assert!(self.n_recovered >= n_kills / 8, "hardly a kill hit anybody: {}", self.story());
        let Hits { before_the_first_call, under_way, at_the_end } = self.hits;
        let fewest = before_the_first_call.min(under_way).min(at_the_end);
        assert!(fewest >= n_kills.div_ceil(40), "hardly a kill hit one of its phases: {}", self.story());
    }

    /// A quarter of the kills are for the beginning, a quarter for the end. What came too late to kill
    /// is tried again.
    fn moment(&mut self) -> Moment {
        let n_states = self.sync.n_states();
        let (n_states, longest) = match self.n_killed % 4 {
            0 => (0, self.beginning),
            1 => (n_states, self.ending),
            _ => (self.rng.usize(1..8).min(n_states), Duration::from_millis(25)),
        };
        Moment { n_states, then: longest.mul_f64(self.rng.f64()) }
    }

    /// Runs until one ends well: the faults fail some, and `run` bounds how many.
    fn finish(&mut self) {
        while self.run(None) != Some(0) {}
    }

    /// Gives how it ended, if it ended by itself.
    fn run(&mut self, moment: Option<Moment>) -> Option<i32> {
        let ended = Running::start(&self.config, &self.catalog, self.sync.rest()).end(moment);
        let story = self.story();
        assert_eq!(ended.stderr, "", "{story}");
        let messages: Vec<Value> =
            ended.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        self.sync.acknowledge(&messages, &story);
        self.n_rejected += std::mem::take(&mut self.sync.n_rejected);
        let recovered = |message: &Value| {
            let text = message["log"]["message"].as_str();
            text.is_some_and(|text| text.contains("were under way when an earlier sync died"))
        };
        self.n_recovered += u32::from(messages.iter().any(recovered));
        self.beginning = ended.first_state.unwrap_or(self.beginning);
        let has_called = self.has_called();
        if ended.status.signal() == Some(9) {
            self.killed(has_called);
        } else if ended.status.success() {
            self.ending = ended.ending.unwrap_or(self.ending);
            assert!(self.sync.is_done(), "a run ended well before its input: {story}");
        } else {
            self.n_failed += 1;
            let trace = messages.iter().find(|message| message["type"] == "TRACE").unwrap();
            assert_eq!(trace["trace"]["error"]["failure_type"], "transient_error", "{trace} {story}");
            // Each of them is a run whose lost answers, by the faults above, were five in a row.
            assert!(self.n_failed < 20 + self.n_killed / 4, "{trace} {story}");
        }
        ended.status.code()
    }

    fn killed(&mut self, has_called: bool) {
        self.n_killed += 1;
        let hit = if self.sync.is_done() {
            &mut self.hits.at_the_end
        } else if has_called {
            &mut self.hits.under_way
        } else {
            &mut self.hits.before_the_first_call
        };
        *hit += 1;
        if let Some(database) = &self.database {
            database.end_leases();
        }
    }

    /// Whether the last run has had anybody called; nobody twice.
    fn has_called(&mut self) -> bool {
        let calls = self.rehearsal.ask("/calls?format=json");
        let called = calls["people"].as_u64().unwrap();
        let twice = &calls["called_more_than_once"];
        assert_eq!(*twice, 0, "{called} called, {twice} more than once: {}", self.story());
        std::mem::replace(&mut self.n_called, called) < called
    }

    /// Who was called must be in the ledger, and everybody is, once. Tells what was seen.
    fn check_people(&self) -> String {
        let (accepted, unknown, other) = self.remembered();
        let (people, called) = (self.extract.expected.people, self.n_called);
        let story = format!(
            "{called} of {people} people called, nobody twice; {accepted} accepted, {unknown} unknown, {other} other in \
             the ledger; {}",
            self.story()
        );
        assert_eq!((accepted + unknown, other), (people, 0), "{story}");
        assert!((accepted..=accepted + unknown).contains(&called), "{story}");
        assert!(accepted > people / 2, "{story}");
        let kept = self.kept();
        assert!(kept >= self.n_rejected, "{kept} of {} rejected records are there: {story}", self.n_rejected);
        story
    }

    /// How many records there are rows of, each counted once: what no state covered comes again.
    fn kept(&self) -> u64 {
        let mut open = vec![PathBuf::from(self.folder.path("rejects"))];
        let mut keys = HashSet::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension() == Some(OsStr::new("jsonl")) {
                for row in std::fs::read_to_string(path).unwrap().lines() {
                    let row: Value = serde_json::from_str(row).unwrap();
                    let data = &row["_airbyte_data"];
                    keys.insert(format!("{} {}", data["stream"], data["record"]["id"]));
                }
            }
        }
        u64::try_from(keys.len()).unwrap()
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
        let Self { name, seed, n_syncs, n_killed, hits, n_failed, n_recovered, .. } = self;
        let Hits { before_the_first_call, under_way, at_the_end } = hits;
        format!(
            "{name}, seed {seed}: {n_killed} runs of {n_syncs} syncs were killed ({before_the_first_call} before \
             the first call, {under_way} under way, {at_the_end} at the end), {n_recovered} found people of theirs, \
             {n_failed} failed"
        )
    }
}

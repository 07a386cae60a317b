//! A long sync with every fault on and a ledger: nobody twice, everything accounted for, memory flat.
//!
//! `make soak` runs ten million records through the release binary, `RECORDS=…` as many as it says.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::command::{Folder, binary};
use crate::extract::{self, Lines};
use crate::memory::Peak;
use crate::rehearsal::Rehearsal;

/// How many records a vendor gets, unless `RECORDS` says another number.
const N_RECORDS: u64 = 20_000;

const RECORDS_OF_A_STATE: u64 = 1_000;

/// So rare that five unclear answers in a row, which rightly stop a run, are not seen often.
const EVERY_FAULT: &str = "busy=0.01,throttled=0.002,proxy_page=0.005,drop_before=0.005,drop_after=0.01,slow=0.01,cut_off=0.005,wrong_clock=0.002,poison=0.0001,nameless_line=0.005";

/// What rule 8 of the guarantees allows for each contact, in bytes; and how memory may breathe beside that, in KiB.
const BYTES_PER_CONTACT: u64 = 24;
const BREATH: u64 = 24 << 10;

/// What all runs together have come to.
#[derive(Debug, Default)]
struct Soak {
    /// Records whose STATE came back.
    n_acknowledged: u64,
    n_accepted: u64,
    n_rejected: u64,
    n_runs: u32,
    n_failed: u32,
    /// The highest of all runs in KiB, until a tenth was acknowledged, and until the end.
    early: u64,
    late: u64,
}

#[test]
fn itnio_is_soaked() {
    soak("itnio");
}

#[test]
fn vbee_is_soaked() {
    soak("vbee");
}

#[expect(clippy::print_stdout, reason = "its figures are what it is for")]
fn soak(vendor: &str) {
    let n_records = std::env::var_os("RECORDS").map_or(N_RECORDS, |wanted| {
        let number: Option<u64> = wanted.to_str().and_then(|wanted| wanted.replace(',', "").parse().ok());
        number.unwrap_or_else(|| panic!("RECORDS is no number of records: {}", wanted.display()))
    });
    let n_records = n_records.next_multiple_of(RECORDS_OF_A_STATE);
    let (rehearsal, folder) = (Rehearsal::new(EVERY_FAULT, &[]), Folder::new());
    let sections = json!({
        "streams": extract::streams(vendor),
        "ledger": { "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") },
        "delivery": { "max_requests_per_second": 0, "max_requests_in_flight": 16 },
    });
    let config = folder.file("config.json", &rehearsal.config(vendor, &sections).to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let (mut soak, began) = (Soak::default(), Instant::now());
    while soak.n_acknowledged < n_records {
        let before = (soak.n_acknowledged, soak.n_failed);
        soak.run(&config, &catalog, n_records);
        assert_ne!(
            (soak.n_acknowledged, soak.n_failed),
            before,
            "a run ended well and came nowhere: {soak:?}"
        );
        assert!(soak.n_failed < 20 + soak.n_runs / 2, "{soak:?}");
    }
    let calls = rehearsal.ask("/calls?format=json");
    let people = calls["people"].as_u64().unwrap();
    let mut lines = Lines::new(7);
    let mut thrown_away = Vec::new();
    for n in 1..=n_records {
        lines.record(n, &mut thrown_away);
        thrown_away.clear();
    }
    let expected = lines.expected;
    println!(
        "{vendor}: {n_records} records of {} people in {:.0?}: {people} called, nobody twice; {soak:?}",
        expected.people,
        began.elapsed()
    );
    assert_eq!(calls["called_more_than_once"], 0, "{calls}");
    assert_eq!(soak.n_accepted + soak.n_rejected, n_records, "{soak:?}");
    // Whom the faults kept away is counted as rejected or unknown; hardly anybody is.
    assert!(people <= expected.people && people > expected.people / 10 * 9, "{people} of {expected:?}");
    assert!(soak.early > 0, "nothing was measured: {soak:?}");
    let grown = soak.late - soak.early;
    let allowed = BREATH + n_records * BYTES_PER_CONTACT / 1024;
    assert!(
        grown <= allowed,
        "{grown} KiB more in the end than after a tenth, {allowed} are allowed: {soak:?}"
    );
}

impl Soak {
    /// One run from the last STATE that came back, as the platform starts it.
    fn run(&mut self, config: &str, catalog: &str, n_records: u64) {
        let mut command = Command::new(binary());
        command.args(["write", "--config", config, "--catalog", catalog]).env("NO_PROXY", "127.0.0.1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (process, mut stdin) = (child.id(), child.stdin.take().unwrap());
        let (begin, mut trace) = (self.n_acknowledged, String::new());
        std::thread::scope(|scope| {
            scope.spawn(move || feed(begin, n_records, &mut stdin));
            for line in BufReader::new(child.stdout.take().unwrap()).lines() {
                let line = line.unwrap();
                if line.contains(r#""type":"STATE""#) {
                    self.acknowledge(&line);
                    let peak = Peak::of(process).map_or(0, |peak| peak.all);
                    self.late = self.late.max(peak);
                    if self.n_acknowledged <= n_records / 10 {
                        self.early = self.early.max(peak);
                    }
                } else if line.contains(r#""type":"TRACE""#) {
                    trace = line;
                }
            }
        });
        self.n_runs += 1;
        if !child.wait().unwrap().success() {
            // A vendor's clock that goes wrong and right again under one batch is nobody's to mend: here it is a fault.
            let is_meant = trace.contains("transient_error") || trace.contains("set this machine's clock");
            assert!(is_meant, "{trace}");
            self.n_failed += 1;
        }
    }

    fn acknowledge(&mut self, line: &str) {
        let message: Value = serde_json::from_str(line).unwrap();
        let count = |name: &str| message["state"]["destinationStats"][name].as_f64().unwrap();
        let whole = |count: f64| format!("{count:.0}").parse::<u64>().unwrap();
        self.n_accepted += whole(count("recordCount"));
        self.n_rejected += whole(count("rejectedRecordCount"));
        self.n_acknowledged += RECORDS_OF_A_STATE;
    }
}

/// Writes the records behind the acknowledged ones, and a state of all streams after each thousand. A run that is over
/// hears nothing of the rest.
fn feed(begin: u64, n_records: u64, stdin: &mut impl Write) {
    let mut lines = Lines::new(7);
    let mut block = Vec::new();
    for n in 1..=n_records {
        lines.record(n, &mut block);
        if n <= begin {
            block.clear();
        } else if n.is_multiple_of(RECORDS_OF_A_STATE) {
            let state = json!({ "type": "STATE", "state": { "type": "GLOBAL", "global": { "stream_states": [], "shared_state": { "n": n } } } });
            block.extend_from_slice(state.to_string().as_bytes());
            block.push(b'\n');
            if stdin.write_all(&block).is_err() {
                return;
            }
            block.clear();
        }
    }
}

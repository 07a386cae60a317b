//! A platform with its source: sends lines, remembers states, starts again after the last one.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};

use destination_ai_voice::intake::{EventBatch, Router};
use destination_ai_voice::ledger::Key;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep};

use crate::kept_rules::KeptRules;
use crate::memory::View;
use crate::row::Row;

/// One line of the source, and what must become of it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// Of a record with a number that can be called.
    pub(crate) person: Option<(Key, String)>,
    pub(crate) is_record: bool,
}

pub(crate) fn record(stream: &str, phone: &str, key: Option<Key>) -> Line {
    let data = json!({ "phone_number": phone });
    let text = json!({ "type": "RECORD", "record": { "stream": stream, "data": data, "emitted_at": 1 } });
    Line { text: text.to_string(), person: key.map(|key| (key, phone.to_owned())), is_record: true }
}

pub(crate) fn state(id: usize) -> Line {
    let text = format!(
        r#"{{"type":"STATE","state":{{"type":"GLOBAL","global":{{"shared_state":{{}},"stream_states":[]}},"id":{id}}}}}"#
    );
    Line { text, person: None, is_record: false }
}

/// What the platform knows of one connection.
pub(crate) struct Platform {
    pub(crate) lines: Vec<Line>,
    /// The ledger of the run under way.
    pub(crate) ledger: Option<View>,
    /// Its number.
    pub(crate) run: u64,
    /// The line that it began with.
    pub(crate) began_with: usize,
    /// Lines before this are acknowledged.
    pub(crate) acknowledged: usize,
    /// States that came back in this run.
    pub(crate) came_back: Vec<usize>,
    /// Rejected records are put somewhere by this run.
    pub(crate) keeps: bool,
    /// The lines of this run's input whose rows are there.
    pub(crate) kept: HashSet<u64>,
    /// How many they were in all runs.
    pub(crate) n_kept: u64,
    /// Records that the states of this run counted as rejected.
    pub(crate) n_rejected: usize,
    pub(crate) rules: KeptRules,
}

/// The stdout of one run, as the platform reads it.
#[derive(Clone)]
pub(crate) struct Stdout(pub(crate) Arc<Mutex<Platform>>);

impl io::Write for Stdout {
    /// `Output` writes a line, then its end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(message) = serde_json::from_slice::<Value>(bytes)
            && message["type"] == "STATE"
        {
            self.0.lock().unwrap().take_back(&message["state"]);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Platform {
    /// A run begins, where the last one ended.
    pub(crate) fn begin(&mut self, run: u64) {
        self.run = run;
        self.began_with = self.acknowledged;
        self.kept.clear();
        self.n_rejected = 0;
    }

    /// A full refresh: everybody comes again.
    pub(crate) fn begin_anew(&mut self) {
        self.acknowledged = 0;
        self.came_back.clear();
    }

    /// A state came back: everything before it must be durable and accounted for.
    fn take_back(&mut self, state: &Value) {
        let at = usize::try_from(state["id"].as_u64().unwrap()).unwrap();
        let before = self.came_back.last().copied().map_or(self.acknowledged, |last| last + 1);
        assert!(at >= before, "a state came back out of order");
        let stats = &state["destinationStats"];
        let count = |name: &str| stats[name].as_f64().unwrap();
        let counted = count("recordCount") + count("rejectedRecordCount");
        let n_records = self.lines[before..at].iter().filter(|line| line.is_record).count();
        assert!(
            (counted - f64::from(u32::try_from(n_records).unwrap())).abs() < 0.5,
            "{counted} of {n_records} records counted"
        );
        self.n_rejected += format!("{}", count("rejectedRecordCount")).parse::<usize>().unwrap();
        let is_passed = |line: &&u64| **line <= u64::try_from(at - self.began_with).unwrap();
        let n_kept = self.kept.iter().filter(is_passed).count();
        assert!(
            !self.keeps || n_kept == self.n_rejected,
            "a state came back before its rejected records were put: {n_kept} of {}",
            self.n_rejected
        );
        // Whoever was refused before this run began may be claimed again by a later record.
        for (key, phone) in self.lines[self.began_with..at].iter().filter_map(|line| line.person.as_ref()) {
            let row = self.ledger.as_ref().unwrap().row(*key);
            let is_durable = matches!(row, Some(Row::Accepted | Row::Rejected | Row::Unknown));
            // Another run that lives may hold the person, and accounts for the call.
            let is_held = matches!(row, Some(Row::Claimed { run, .. }) if run != self.run);
            assert!(
                is_durable || is_held || self.rules.has_kept_back(*key),
                "a state came back before {phone} was durable: {row:?}"
            );
        }
        self.came_back.push(at);
        self.acknowledged = at + 1;
    }
}

/// Speaks the lines from a place on, in batches, with pauses.
pub(crate) async fn speak(
    lines: Vec<Line>,
    mut router: Router,
    sender: mpsc::Sender<EventBatch>,
    mut rng: fastrand::Rng,
) {
    let mut batch = EventBatch::default();
    for line in lines {
        match router.read_line(line.text.as_bytes()) {
            Ok(event) => batch.events.extend(event),
            Err(error) => batch.failure = Some(error),
        }
        if rng.u32(0..4) == 0 {
            if rng.u32(0..6) == 0 {
                sleep(Duration::from_millis(rng.u64(0..8_000))).await;
            }
            if sender.send(std::mem::take(&mut batch)).await.is_err() {
                return;
            }
        }
    }
    drop(sender.send(batch).await);
}

//! What the platform has to send, and what of it was acknowledged.

use serde_json::Value;

use crate::extract::{Lines, STREAMS};

const STATE_EVERY: u64 = 50;

/// A sync, which takes as many runs as it needs.
pub(super) struct Sync {
    lines: Vec<Line>,
    /// How many lines are acknowledged.
    n_done: usize,
    /// How many records were rejected, by the states that came back.
    pub(super) n_rejected: u64,
}

/// A line of the extract.
struct Line {
    text: String,
    /// Which of the streams it is about.
    stream: usize,
    /// Its number, if it is a state.
    state: Option<u64>,
}

impl Sync {
    /// A sync of the next records.
    pub(super) fn new(extract: &mut Lines, n_records: u64) -> Self {
        let (lines, _) = extract.extract(n_records, STATE_EVERY);
        Self {
            lines: String::from_utf8(lines).unwrap().lines().map(Line::read).collect(),
            n_done: 0,
            n_rejected: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.n_done == self.lines.len()
    }

    /// What was not acknowledged comes again.
    pub(super) fn rest(&self) -> Vec<u8> {
        self.open().iter().flat_map(|line| line.text.bytes().chain([b'\n'])).collect()
    }

    /// How many states are to come back.
    pub(super) fn n_states(&self) -> usize {
        self.open().iter().filter(|line| line.state.is_some()).count()
    }

    /// States must come back in order, each with the number of records since the last one of its stream.
    pub(super) fn acknowledge(&mut self, messages: &[Value], story: &str) {
        let mut since = [0_u64; STREAMS.len()];
        for message in messages.iter().filter(|message| message["type"] == "STATE") {
            let state = &message["state"];
            let line = loop {
                let line = self.lines.get(self.n_done).unwrap_or_else(|| panic!("{state}: {story}"));
                self.n_done += 1;
                if line.state.is_some() {
                    break line;
                }
                since[line.stream] += 1;
            };
            assert_eq!(state["id"].as_u64(), line.state, "{story}");
            let stat = |name: &str| state["destinationStats"][name].as_f64().unwrap();
            let told = format!("{}", stat("recordCount") + stat("rejectedRecordCount"));
            assert_eq!(told, since[line.stream].to_string(), "{state}: {story}");
            since[line.stream] = 0;
            self.n_rejected += format!("{}", stat("rejectedRecordCount")).parse::<u64>().unwrap();
        }
    }

    fn open(&self) -> &[Line] {
        self.lines.get(self.n_done..).unwrap_or_default()
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

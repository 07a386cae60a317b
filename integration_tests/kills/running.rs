//! A run as a process, ended at a moment.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::command::binary;

/// A run that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_mins(1);

/// When a run is killed: so long after so many states came back.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) n_states: usize,
    pub(super) then: Duration,
}

/// A run under way; ends with its test.
pub(super) struct Running {
    child: Child,
    started: Instant,
    stdout: Receiver<(Instant, String)>,
    stderr: JoinHandle<String>,
    writer: JoinHandle<()>,
}

/// What a run printed, and how it ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) lines: Vec<String>,
    pub(super) stderr: String,
    /// From its start to its first state.
    pub(super) first_state: Option<Duration>,
    /// From its last state to its end.
    pub(super) ending: Option<Duration>,
}

impl Running {
    pub(super) fn start(config: &str, catalog: &str, input: Vec<u8>) -> Self {
        let mut command = Command::new(binary());
        command.args(["write", "--config", config, "--catalog", catalog]);
        command.env_remove("WORKER_JOB_ID").env("NO_PROXY", "127.0.0.1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
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
                drop(sender.send((Instant::now(), std::mem::take(&mut line))));
            }
        });
        Self { child, started, stdout: receiver, stderr, writer }
    }

    /// Waits for the moment and kills; without one, or where it does not come, waits for the end.
    pub(super) fn end(mut self, moment: Option<Moment>) -> Ended {
        let start = moment.filter(|moment| moment.n_states == 0);
        let mut deadline = start.map(|moment| self.started + moment.then);
        let (mut lines, mut states) = (Vec::new(), Vec::new());
        loop {
            let patience = deadline.map_or(SILENCE, |at| at.saturating_duration_since(Instant::now()));
            match self.stdout.recv_timeout(patience) {
                Ok((at, line)) => {
                    if line.contains(r#""type":"STATE""#) {
                        states.push(at);
                        let reached = moment.filter(|moment| moment.n_states == states.len());
                        deadline = deadline.or(reached.map(|moment| at + moment.then));
                    }
                    lines.push(line);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    assert!(deadline.is_some(), "a run hangs; it said last: {:?}", lines.last());
                    break;
                }
            }
        }
        let over = Instant::now();
        let status = self.child.wait().unwrap();
        // What the pipe still holds was said before the kill, and counts.
        lines.extend(self.stdout.iter().map(|(_, line)| line));
        self.writer.join().unwrap();
        let first_state = states.first().map(|at| *at - self.started);
        let ending = states.last().map(|at| over - *at);
        Ended { status, lines, stderr: self.stderr.join().unwrap(), first_state, ending }
    }
}

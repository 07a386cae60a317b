//! Runs the real binary over real pipes.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

use serde_json::Value;

/// What a command printed and how it ended.
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary of this test run, or another one that the environment names.
pub(crate) fn binary() -> PathBuf {
    let named = std::env::var_os("AI_VOICE_BINARY").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_destination-ai-voice")))
}

/// Runs a command to its end, with an input.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Finished {
    run_as(binary(), arguments, input)
}

/// The same under another name.
pub(crate) fn run_as<A: AsRef<OsStr>>(
    name: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
) -> Finished {
    let mut child = start(name, arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that fails early closes its stdin; that is for its test to judge.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a sync to its end, which gets the second part of its input only when others are as far: when each has handed
/// back the STATE of the first part.
pub(crate) fn race<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    [first, second]: [&str; 2],
    all_ready: &Barrier,
) -> Finished {
    let mut child = start(binary(), arguments);
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut said = String::new();
    // One that fails early closes its stdin; that is for its test to judge.
    drop(stdin.write_all(first.as_bytes()));
    while !said.contains(r#""type":"STATE""#) && stdout.read_line(&mut said).unwrap() > 0 {}
    all_ready.wait();
    drop(stdin.write_all(second.as_bytes()));
    drop(stdin);
    stdout.read_to_string(&mut said).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Finished { code: output.status.code().unwrap_or(-1), stdout: said, stderr }
}

fn start<A: AsRef<OsStr>>(name: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = A>) -> Child {
    let mut command = Command::new(name);
    command.args(arguments).env_remove("WORKER_JOB_ID").env("NO_PROXY", "127.0.0.1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

impl Finished {
    /// The protocol's messages; a line that is none fails the test.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("not a message: {line}"));
        self.stdout.lines().map(read).collect()
    }

    /// Messages of one type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<Value> {
        self.messages().into_iter().filter(|message| message["type"] == kind).collect()
    }
}

/// A folder of a test's own, removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("ai-voice-{}-{:x}", std::process::id(), fastrand::u64(..)));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

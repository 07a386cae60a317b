//! How the real process ends when somebody wants it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::command::{Folder, binary};
use crate::extract::{self, extract};
use crate::rehearsal::Rehearsal;

/// The program as no `nohup` begins it, in whose tests it would rightly go on.
fn hearing_a_hang_up() -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(binary());
    }
    let mut command = Command::new("env");
    command.arg("--default-signal=HUP").arg(binary());
    command
}

/// A `write` under way, whose stdin stays open.
struct UnderWay {
    child: Child,
    stdin: ChildStdin,
    _folder: Folder,
}

impl UnderWay {
    fn start(rehearsal: &Rehearsal) -> Self {
        let delivery = json!({ "max_batch_age_seconds": 0 });
        let streams = extract::streams("itnio");
        Self::with(&rehearsal.config("itnio", &json!({ "streams": streams, "delivery": delivery })))
    }

    fn with(config: &Value) -> Self {
        let folder = Folder::new();
        let config = folder.file("config.json", &config.to_string());
        let catalog = folder.file("catalog.json", &extract::catalog());
        let mut child = hearing_a_hang_up()
            .args(["write", "--config", &config, "--catalog", &catalog])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        Self { child, stdin, _folder: folder }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

#[test]
fn a_signal_ends_the_process_in_order() {
    for name in ["-TERM", "-INT", "-HUP"] {
        let rehearsal = Rehearsal::new("none", &[]);
        let mut under_way = UnderWay::start(&rehearsal);
        under_way.stdin.write_all(&extract(10, 10, 7).lines).unwrap();
        let stdout = BufReader::new(under_way.child.stdout.take().unwrap());
        let mut messages: Vec<Value> = Vec::new();
        for line in stdout.lines() {
            let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let n_states = messages.iter().filter(|message| message["type"] == "STATE").count();
            // The signal comes when everything is settled, so that there is one right answer.
            if message["type"] == "STATE" && n_states == 2 {
                under_way.signal(name);
            }
            messages.push(message);
        }
        assert_eq!(under_way.child.wait().unwrap().code(), Some(1));
        let traces: Vec<_> = messages.iter().filter(|message| message["type"] == "TRACE").collect();
        assert_eq!(traces.len(), 1, "{messages:?}");
        assert_eq!(traces[0]["trace"]["error"]["failure_type"], "transient_error");
    }
}

/// A server that takes every request and answers none.
struct Deaf {
    address: String,
    heard: mpsc::Receiver<()>,
}

impl Deaf {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let n_read = stream.read(&mut [0; 1024]).unwrap();
                kept.push(stream);
                if n_read == 0 || tell.send(()).is_err() {
                    return;
                }
            }
        });
        Self { address, heard }
    }
}

#[test]
fn a_signal_ends_the_process_in_time() {
    let rehearsal = Rehearsal::new("none", &[]);
    let deaf = Deaf::start();
    for (name, shutdown_seconds, signals, within, says) in [
        ("an answer that does not come", 3, ["-TERM"].as_slice(), 3, "stopped by SIGTERM"),
        (
            "a second signal",
            600,
            ["-TERM", "-INT"].as_slice(),
            2,
            "stopped at once by a second signal (SIGINT)",
        ),
    ] {
        let delivery = json!({ "max_batch_age_seconds": 0, "shutdown_seconds": shutdown_seconds });
        let streams = extract::streams("vbee");
        let mut config = rehearsal.config("vbee", &json!({ "streams": streams, "delivery": delivery }));
        config["vendor"]["base_url"] = json!(deaf.address);
        let mut under_way = UnderWay::with(&config);
        under_way.stdin.write_all(&extract(10, 10, 7).lines).unwrap();
        deaf.heard.recv().unwrap();
        let began = Instant::now();
        for signal in signals {
            under_way.signal(signal);
            // Two signals that come together may be one.
            std::thread::sleep(Duration::from_millis(100));
        }
        let mut stdout = String::new();
        under_way.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        assert_eq!(under_way.child.wait().unwrap().code(), Some(1), "{name}");
        assert!(began.elapsed() < Duration::from_secs(within + 1), "{name}: {:?}", began.elapsed());
        assert!(stdout.contains(says), "{name}: {stdout}");
        assert!(stdout.contains(" 9 unknown"), "{name}: {stdout}");
        assert!(stdout.contains(r#""type":"STATE""#), "{name}: {stdout}");
    }
}

#[test]
fn a_second_signal_ends_a_process_whose_stdout_nobody_reads() {
    let rehearsal = Rehearsal::new("none", &[]);
    let mut under_way = UnderWay::start(&rehearsal);
    // More states than a pipe holds.
    let lines = extract(2_000, 2, 7).lines;
    let mut stdin = under_way.stdin;
    let writer = std::thread::spawn(move || drop(stdin.write_all(&lines)));
    std::thread::sleep(Duration::from_secs(1));
    let began = Instant::now();
    for name in ["-TERM", "-TERM"] {
        let sent = Command::new("kill").args([name, &under_way.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(under_way.child.wait().unwrap().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    writer.join().unwrap();
}

#[test]
fn one_signal_ends_a_process_whose_stdout_nobody_reads_and_the_ledger_is_told() {
    let deaf = Deaf::start();
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let ledger = json!({ "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") });
    let delivery = json!({ "max_batch_age_seconds": 0, "shutdown_seconds": 4, "max_requests_in_flight": 2 });
    let mut config = rehearsal.config(
        "vbee",
        &json!({ "streams": extract::streams("vbee"), "ledger": ledger, "delivery": delivery }),
    );
    config["vendor"]["base_url"] = json!(deaf.address);
    let mut under_way = UnderWay::with(&config);
    // A pipe holds sixteen pages; one has the first lines, and this fills the others.
    let state = r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"customers"},"stream_state":{"pad":"PAD"}}}}"#;
    let state = format!("{}\n", state.replace("PAD", &"x".repeat(13 * 4_096 + 3_700)));
    under_way.stdin.write_all(state.as_bytes()).unwrap();
    under_way.stdin.write_all(&extract(10, 100, 7).lines).unwrap();
    deaf.heard.recv().unwrap();
    let began = Instant::now();
    under_way.signal("-TERM");
    assert_eq!(under_way.child.wait().unwrap().code(), Some(1));
    let seconds = began.elapsed().as_secs_f64();
    assert!((2.5..5.5).contains(&seconds), "a second more than a reader would take: {seconds}");
    let config = folder.file("config.json", &config.to_string());
    let told = crate::command::run(["ledger", "status", "--config", &config], b"").stdout;
    assert!(told.contains("unknown") && !told.contains("claimed"), "{told}");
}

/// Who begins a program by `nohup` wants it to outlive the terminal.
#[test]
fn a_hang_up_that_was_ignored_from_the_start_is_ignored() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let config = rehearsal.config("itnio", &json!({ "streams": extract::streams("itnio") }));
    let config = folder.file("config.json", &config.to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let program = binary();
    let line = format!("trap '' HUP; exec {} write --config {config} --catalog {catalog}", program.display());
    let mut child = Command::new("sh")
        .args(["-c", &line])
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&extract(10, 10, 7).lines).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains(r#""type":"STATE""#)));
    let sent = Command::new("kill").args(["-HUP", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    drop(stdin);
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Whatever a process may not have at the start, it says so where the platform reads.
#[test]
fn a_process_that_may_not_open_files_says_so() {
    let rehearsal = Rehearsal::new("none", &[]);
    let folder = Folder::new();
    let config = rehearsal.config("itnio", &json!({ "streams": extract::streams("itnio") }));
    let config = folder.file("config.json", &config.to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    for n_files in [5, 6, 7, 9, 11, 13, 16, 18] {
        for (command, code, told) in [
            (format!("write --config {config} --catalog {catalog}"), 1, r#""type":"TRACE""#),
            (format!("check --config {config}"), 0, r#""status":"FAILED""#),
            (format!("ledger status --config {config}"), 1, ""),
        ] {
            let line = format!("ulimit -n {n_files}; exec {} {command}", binary().display());
            let ended = Command::new("bash").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
            let (stdout, stderr) =
                (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
            let name = format!("{n_files} files: {command}: {stdout}{stderr}");
            assert_eq!(ended.status.code(), Some(code), "{name}");
            assert!(stdout.contains(told) && format!("{stdout}{stderr}").contains("ulimit -n"), "{name}");
        }
    }
}

#[test]
fn a_signal_is_heard_while_the_ledger_is_opened() {
    let (rehearsal, deaf) = (Rehearsal::new("none", &[]), Deaf::start());
    let url = deaf.address.replace("http://", "postgres://user:invented@");
    let ledger = json!({ "ledger_type": "postgres", "url": format!("{url}/ledger?sslmode=disable") });
    let streams = extract::streams("itnio");
    let mut under_way =
        UnderWay::with(&rehearsal.config("itnio", &json!({ "streams": streams, "ledger": ledger })));
    deaf.heard.recv().unwrap();
    let began = Instant::now();
    under_way.signal("-TERM");
    assert_eq!(under_way.child.wait().unwrap().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let mut stdout = String::new();
    under_way.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert!(stdout.contains("stopped by SIGTERM"), "{stdout}");
}

#[test]
fn a_stdout_that_was_closed_from_the_start_ends_the_process() {
    let rehearsal = Rehearsal::new("none", &[]);
    let config = rehearsal.config("itnio", &json!({ "streams": extract::streams("itnio") }));
    let folder = Folder::new();
    let config = folder.file("config.json", &config.to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let lines = folder.path("lines");
    std::fs::write(&lines, extract(10, 10, 7).lines).unwrap();
    let program = binary();
    for (name, arguments, redirection, code) in [
        ("write", format!("write --config {config} --catalog {catalog}"), ">&-", 1),
        ("a Singer target", format!("--config {config}"), ">&-", 1),
        ("a command without states", "spec".to_owned(), ">&-", 0),
        ("thrown away on purpose", format!("write --config {config} --catalog {catalog}"), ">/dev/null", 0),
    ] {
        let line = format!("{} {arguments} <{lines} {redirection}", program.display());
        let ended = Command::new("sh").args(["-c", &line]).env("NO_PROXY", "127.0.0.1").output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{name}");
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(stderr.contains("stdout is closed"), code == 1, "{name}: {stderr}");
        let n_people = rehearsal.ask("/calls?format=json")["people"].as_u64().unwrap();
        assert_eq!(n_people > 0, name == "thrown away on purpose", "{name}: {n_people} people");
    }
}

#[test]
fn a_limit_of_file_sizes_does_not_kill() {
    let rehearsal = Rehearsal::new("none", &[]);
    let ledger = json!({ "ledger_type": "sqlite", "path": "ledger.sqlite" });
    let streams = extract::streams("itnio");
    let folder = Folder::new();
    let config = rehearsal.config("itnio", &json!({ "streams": streams, "ledger": ledger }));
    let config = folder.file("config.json", &config.to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let lines = folder.path("lines");
    std::fs::write(&lines, extract(2_000, 100, 7).lines).unwrap();
    let line = format!(
        "ulimit -f 64; cd {}; {} write --config {config} --catalog {catalog} <{lines} | cat",
        folder.path("."),
        binary().display()
    );
    let ended =
        Command::new("bash").args(["-o", "pipefail", "-c", &line]).env("NO_PROXY", "127.0.0.1").output();
    let ended = ended.unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains(r#""type":"TRACE""#), "{stdout}");
}

#[test]
fn a_closed_stdout_ends_the_process() {
    let rehearsal = Rehearsal::new("none", &[]);
    let mut under_way = UnderWay::start(&rehearsal);
    drop(under_way.child.stdout.take());
    // Ends with a broken pipe when the process does; were it not to end, the test would not either.
    let endless = extract(1_000, 10, 7).lines;
    while under_way.stdin.write_all(&endless).is_ok() {}
    assert_eq!(under_way.child.wait().unwrap().code(), Some(1));
    let people = rehearsal.ask("/calls?format=json")["people"].as_u64().unwrap();
    assert!(people < 10_000, "{people} people were added after nobody read any more");
}

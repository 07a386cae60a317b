//! Servers whose answers are too long, too slow, too short, or something else than they seem.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{check_sum, outcomes};
use crate::command::{Finished, Folder, binary};
use crate::extract::{self, extract};
use crate::memory::Peak;
use crate::rehearsal::Rehearsal;

/// What a server does after it has read a request.
type Answer = fn(&mut TcpStream) -> std::io::Result<()>;

/// What may be in memory of any answer, in KiB.
const HIGHEST: u64 = 96 << 10;

const MEGABYTE: usize = 1 << 20;

fn hundred_megabytes(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 100 * MEGABYTE)?;
    (0..100).try_for_each(|_| stream.write_all(&vec![b' '; MEGABYTE]))
}

fn endless_chunks(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    loop {
        write!(stream, "{MEGABYTE:x}\r\n")?;
        stream.write_all(&vec![b' '; MEGABYTE])?;
        stream.write_all(b"\r\n")?;
    }
}

fn endless_head(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
    loop {
        stream.write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")?;
    }
}

/// A byte now and then, for ever: each wait alone is short.
fn drips(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")?;
    loop {
        stream.write_all(b" ")?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn ends_early(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\":1,\"result\":[")
}

/// A gigabyte of blanks in a megabyte.
fn bomb(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    (0..1024).try_for_each(|_| encoder.write_all(&vec![b' '; MEGABYTE]))?;
    let body = encoder.finish()?;
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

/// Starts a server that does this with each request; gives its address, and how many it read.
fn server(answer: Answer) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let n_requests = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&n_requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, counted) = (stream.unwrap(), Arc::clone(&counted));
            std::thread::spawn(move || {
                if read_request(&mut stream) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    // The other side hangs up when it has heard enough.
                    drop(answer(&mut stream));
                }
            });
        }
    });
    (address, n_requests)
}

/// Whether a whole request came.
fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(n_read @ 1..) = stream.read(&mut buffer) else { return false };
        request.extend_from_slice(&buffer[..n_read]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if request.len() >= head.len() + 4 + length.unwrap().parse::<usize>().unwrap() {
            return true;
        }
    }
}

/// Runs to the end; gives the highest memory on the way, too.
fn write(config: &str, catalog: &str, lines: &[u8]) -> (Finished, u64) {
    let mut command = Command::new(binary());
    command.args(["write", "--config", config, "--catalog", catalog]).env("NO_PROXY", "127.0.0.1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let process = child.id();
    let watch = std::thread::spawn(move || {
        let mut highest = 0;
        while let Some(peak) = Peak::of(process) {
            highest = peak.all.max(highest);
            std::thread::sleep(Duration::from_millis(20));
        }
        highest
    });
    let output = child.wait_with_output().unwrap();
    let finished = Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    (finished, watch.join().unwrap())
}

#[test]
fn whoever_is_answered_by_nonsense_is_unknown_and_never_called_again() {
    let rows: [(&str, Answer); 6] = [
        ("a reply of 100 MB", hundred_megabytes),
        ("endless chunks", endless_chunks),
        ("an endless head", endless_head),
        ("drips for ever", drips),
        ("ends early", ends_early),
        ("a bomb in gzip", bomb),
    ];
    let rehearsal = Rehearsal::new("none", &[]);
    let extract = extract(10, 10, 7);
    for (name, answer) in rows {
        let folder = Folder::new();
        let sections = json!({
            "streams": extract::streams("vbee"),
            "ledger": { "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") },
            "delivery": { "request_timeout_seconds": 3 },
        });
        let mut config = rehearsal.config("vbee", &sections);
        let (address, n_requests) = server(answer);
        config["vendor"]["base_url"] = json!(address);
        let config = folder.file("config.json", &config.to_string());
        let catalog = folder.file("catalog.json", &extract::catalog());
        let began = Instant::now();
        for run in 1..=2 {
            let name = format!("{name}, run {run}");
            let (finished, highest) = write(&config, &catalog, &extract.lines);
            assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{name}: {}", finished.stdout);
            assert_eq!(finished.of_type("STATE").len(), extract.states.len(), "{name}");
            let outcomes = outcomes(&finished);
            check_sum(&name, &outcomes, extract.expected);
            assert_eq!(outcomes["accepted"], 0, "{name}: {outcomes:?}");
            assert_eq!(outcomes["unknown"], extract.expected.people, "{name}: {outcomes:?}");
            assert_eq!(n_requests.load(Ordering::SeqCst), 1, "{name}: one request, and nothing after it");
            assert!(highest < HIGHEST, "{name}: {highest} KiB");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{name}: {:?}", began.elapsed());
    }
}

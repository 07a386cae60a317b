//! Pastes the commands of a page into a shell, in the folder that its reader has.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Rule, held_by};
use crate::command::{self, Folder};

/// The image holds this program, and its folder of configurations is this one.
const DOCKER: &str = r#"#!/usr/bin/env bash
while [[ $1 != destination-ai-voice* ]]; do shift; done
shift
exec destination-ai-voice "${@//\/config\//}"
"#;

/// Where the pages have their sandbox.
const PORT: &str = "8080";

/// A sync whose answers are all lost.
const UNKNOWN: &str = "destination-ai-voice sandbox --port 8080 --faults drop_after=1
destination-ai-voice write --config config.json --catalog catalog.json < messages.jsonl";

/// One that ends well, and its report.
const REPORTED: &str = "destination-ai-voice sandbox --port 8080
destination-ai-voice write --config itnio-with-report.json --catalog catalog.json < messages.jsonl
cp fine/*/report.json .";

/// A server of a page, ended with it.
pub(crate) struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a reader has on the desk: a folder, a port, and what is served there.
pub(crate) struct Desk {
    folder: Folder,
    port: u16,
    served: Option<Served>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let folder = Folder::new();
        let docker = folder.file("docker", DOCKER);
        fs::set_permissions(docker, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, port, served: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path("").into()
    }

    /// Writes a file as the page has it, but for the port.
    pub(crate) fn file(&self, name: &str, text: &str) {
        drop(self.folder.file(name, &text.replace(PORT, &self.port.to_string())));
    }

    /// Pastes commands; gives what they print, as a person sees it: both streams.
    pub(crate) fn paste(&mut self, commands: &str) -> String {
        let (mut printed, mut script) = (String::new(), String::new());
        for line in commands.lines() {
            if line.starts_with("destination-ai-voice sandbox") {
                printed += &self.shell(&std::mem::take(&mut script));
                self.serve(line);
            } else {
                script += line;
                script += "\n";
            }
        }
        printed + &self.shell(&script)
    }

    /// Starts what runs in another terminal, in the place of what ran there.
    fn serve(&mut self, line: &str) {
        drop(self.served.take());
        let line = line.split(" #").next().unwrap().replace(PORT, &self.port.to_string());
        let mut child = Command::new(command::binary());
        child
            .args(line.split_whitespace().skip(1))
            .current_dir(self.path())
            .stdout(Stdio::null())
            .stdin(Stdio::null());
        self.served = Some(Served(child.spawn().unwrap()));
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_mins(1), "{line} does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn shell(&self, script: &str) -> String {
        if script.trim().is_empty() {
            return String::new();
        }
        let program = command::binary();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = [self.path(), program.parent().unwrap().to_owned()];
        let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).unwrap();
        let script = script.replace(PORT, &self.port.to_string());
        let mut shell = Command::new("bash");
        shell.args(["-ec", &format!("exec 2>&1\n{script}")]).current_dir(self.path()).env("PATH", path);
        shell.env("NO_PROXY", "127.0.0.1").env("PYTHONUTF8", "1").env_remove("WORKER_JOB_ID");
        let mut child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("there is a bash");
        let mut printed = String::new();
        child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        assert!(child.wait().unwrap().success(), "{script}\n{printed}");
        self.move_port(&self.path());
        printed
    }

    /// What `demo` wrote is for the pages' port.
    fn move_port(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.move_port(&path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.replace(&format!(":{PORT}"), &format!(":{}", self.port))).unwrap();
            }
        }
    }

    /// The files that a page takes for given: a configuration with a ledger, in which nobody can say of some people
    /// whether they are called; what comes of the source; and some of the ledger's lines, as a person keeps them.
    fn lay_out(&mut self) -> String {
        self.paste("destination-ai-voice demo --keep . --records 200 --faults none");
        self.configure("itnio", "itnio-with-report.json", "fine");
        self.configure("vbee", "config.json", "rejected");
        self.file("register.csv", "so_dien_thoai,since\n0987654321,2026-01-31\n");
        self.paste(UNKNOWN);
        let unknown = self.paste("destination-ai-voice ledger list --config config.json --outcome unknown");
        let lines: Vec<&str> = unknown.lines().collect();
        assert!(lines.len() > 10, "{unknown}");
        self.file("called.csv", &(lines[..5].join("\n") + "\n"));
        let keys: Vec<&str> = lines[5..8].iter().map(|line| line.split(',').nth(1).unwrap()).collect();
        self.file("keys.txt", &(keys.join("\n") + "\n"));
        self.paste(REPORTED);
        lines[1].split(',').nth(6).unwrap().to_owned()
    }

    /// A configuration that the demo wrote, with a ledger and a folder for what is kept.
    fn configure(&self, vendor: &str, name: &str, storage: &str) {
        let kept = fs::read_to_string(self.folder.path(&format!("{vendor}.json"))).unwrap();
        let mut config: Value = serde_json::from_str(&kept).unwrap();
        config["ledger"] = json!({ "ledger_type": "sqlite", "path": "ledger.sqlite" });
        config["object_storage_config"] = json!({ "storage_type": "Local", "path": storage });
        self.file(name, &config.to_string());
    }
}

/// Each page is begun anew; what it shows follows from what stands before.
#[test]
fn every_command_that_is_shown_can_be_pasted() {
    let mut n_blocks = 0;
    for (page, blocks) in held_by(&Rule::Pasted) {
        if blocks.is_empty() {
            continue;
        }
        let mut desk = Desk::new();
        let run = desk.lay_out();
        for block in blocks {
            assert!(
                !desk.paste(&block.text.replace(" RUN", &format!(" {run}"))).contains("panicked"),
                "{}",
                page.path
            );
            n_blocks += 1;
        }
    }
    assert!(n_blocks > 4, "{n_blocks}");
}

//! A ledger whose disk is full, or may only be read: a sync ends, and the next one calls nobody twice.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::command::{Finished, Folder, binary};
use crate::extract::{self, Extract, extract};
use crate::rehearsal::Rehearsal;

/// A small disk in memory, and a sync with a ledger on it.
struct Disk {
    rehearsal: Rehearsal,
    folder: Folder,
    extract: Extract,
}

impl Disk {
    /// None where this machine lets nobody mount, not even in a world of their own.
    fn new(n_records: u64) -> Option<Self> {
        let worlds = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
        let may_mount = worlds.is_ok_and(|status| status.success());
        let is_root = fs::metadata("/proc/self").is_ok_and(|of_self| of_self.uid() == 0);
        assert!(may_mount || !is_root, "root may mount in a world of its own, or these tests prove nothing");
        may_mount.then_some(())?;
        let (rehearsal, folder) = (Rehearsal::new("none", &[]), Folder::new());
        let extract = extract(n_records, 100, 7);
        fs::create_dir(folder.path("disk")).unwrap();
        fs::write(folder.path("lines"), &extract.lines).unwrap();
        folder.file("catalog.json", &extract::catalog());
        let sections = json!({
            "streams": extract::streams("vbee"),
            "ledger": { "ledger_type": "sqlite", "path": folder.path("disk/ledger.sqlite") },
            "delivery": { "max_requests_per_second": 0 },
        });
        folder.file("config.json", &rehearsal.config("vbee", &sections).to_string());
        Some(Self { rehearsal, folder, extract })
    }

    /// Mounts the disk, does the steps, and gives how each `write` of them ended.
    fn run(&self, n_kilobytes: u32, steps: &[&str]) -> Vec<Finished> {
        let mut script =
            format!("cd {}; mount -t tmpfs -o size={n_kilobytes}k tmpfs disk\n", self.folder.path("."));
        let mut n_runs = 0;
        for step in steps {
            if *step == "write" {
                let program = binary().display().to_string();
                script += &format!(
                    "code=0; {program} write --config config.json --catalog catalog.json <lines >out{n_runs} \
                     2>err{n_runs} || code=$?; echo $code >code{n_runs}\n"
                );
                n_runs += 1;
            } else {
                script += &format!("mount -o remount,{step} disk\n");
            }
        }
        let mut world = Command::new("unshare");
        world.args(["-rm", "sh", "-euc", &script]).env("NO_PROXY", "127.0.0.1");
        assert!(world.status().unwrap().success(), "{script}");
        let read =
            |name: &str, n: usize| fs::read_to_string(self.folder.path(&format!("{name}{n}"))).unwrap();
        let finished = |n| Finished {
            code: read("code", n).trim().parse().unwrap(),
            stdout: read("out", n),
            stderr: read("err", n),
        };
        (0..n_runs).map(finished).collect()
    }

    fn n_called(&self) -> u64 {
        let calls = self.rehearsal.ask("/calls?format=json");
        assert_eq!(calls["called_more_than_once"], 0, "{calls}");
        calls["people"].as_u64().unwrap()
    }
}

/// The kind of failure that a run told, and its words; nothing when it was well.
fn failure(finished: &Finished) -> Option<(String, String)> {
    let traces = finished.of_type("TRACE");
    assert_eq!(finished.stderr, "", "{}", finished.stdout);
    assert_eq!(traces.len(), usize::try_from(finished.code).unwrap(), "{}", finished.stdout);
    let error = &traces.first()?["trace"]["error"];
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    Some((text("failure_type"), text("message")))
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that could not run says so")]
fn a_full_disk_ends_a_sync_and_whoever_was_sent_is_not_sent_again() {
    let mut n_failed = 0;
    for n_kilobytes in [8, 200, 600, 100_000] {
        let Some(disk) = Disk::new(2_000) else {
            return println!("nobody may mount here: a full disk was not tried");
        };
        let [full, freed] = &disk.run(n_kilobytes, &["write", "size=100m", "write"])[..] else {
            panic!("two runs")
        };
        let (people, n_states) = (disk.n_called(), full.of_type("STATE").len());
        let told = format!("{n_kilobytes} KB: {n_states} states, {:?}; {people} called", failure(full));
        println!("{told}");
        n_failed += full.code;
        assert!(
            failure(full).is_none_or(|(_, why)| ["no room", "No space left", "full"]
                .iter()
                .any(|words| why.contains(words))),
            "{told}"
        );
        assert_eq!(failure(freed), None, "{told}: {}", freed.stdout);
        assert_eq!(freed.of_type("STATE").len(), disk.extract.states.len(), "{told}");
        let expected = disk.extract.expected.people;
        // Who was under way when the disk was full is held: at most what four requests of a hundred hold.
        assert!((expected - 400..=expected).contains(&people), "{told} of {expected}");
    }
    assert!((2..4).contains(&n_failed), "{n_failed} of the disks were too small");
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that could not run says so")]
fn a_ledger_that_may_only_be_read_stops_a_sync_before_its_first_request() {
    for (name, steps) in [
        ("a ledger", ["write", "ro", "write", "rw", "write"].as_slice()),
        ("an empty folder", &["ro", "write", "rw", "write"]),
    ] {
        let Some(disk) = Disk::new(500) else {
            return println!("nobody may mount here: a disk for reading was not tried");
        };
        let runs = disk.run(100_000, steps);
        let refused = runs.len() - 2;
        for (n, run) in runs.iter().enumerate() {
            let Some((kind, why)) = failure(run) else {
                assert_ne!(n, refused, "{name}");
                continue;
            };
            assert_eq!((n, kind.as_str()), (refused, "config_error"), "{name}: {why}");
            assert!(why.contains("ledger") && run.of_type("STATE").is_empty(), "{name}: {why}");
        }
        assert_eq!(disk.n_called(), disk.extract.expected.people, "{name}");
    }
}

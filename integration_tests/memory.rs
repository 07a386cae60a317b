//! Memory does not grow with the input.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{Folder, binary};
use crate::extract::{self, Lines};
use crate::rehearsal::Rehearsal;

/// The peak resident size of a process, in KiB.
#[derive(Clone, Copy, Default)]
pub(crate) struct Peak {
    pub(crate) all: u64,
    /// Without what is mapped from files: the binary of the tests is larger than the one that ships.
    own: u64,
}

impl Peak {
    /// Of a running process.
    pub(crate) fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let size = |name| -> Option<u64> {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let all = size("VmHWM")?;
        Some(Self { all, own: all - size("RssFile")? })
    }
}

/// Streams `n_records` through `write`; gives its peak resident size in KiB, without files.
fn peak_of_sync(vendor: &str, n_records: u64, padding: usize) -> u64 {
    let delivery = json!({ "max_requests_per_second": 0, "max_requests_in_flight": 4 });
    peak_with(
        vendor,
        n_records,
        padding,
        &json!({ "streams": extract::streams(vendor), "delivery": delivery }),
    )
    .own
}

/// The same with a campaign for each record, with a ledger or without.
fn peak_of_campaigns(n_records: u64, has_ledger: bool) -> Peak {
    let folder = Folder::new();
    let mut streams = extract::streams("vbee");
    for stream in streams.as_array_mut().unwrap() {
        stream["campaign"] = json!("campaign-{{ record.id }}");
    }
    // Many requests at once share the ledger's waits for the disk.
    let in_flight = if has_ledger { 32 } else { 4 };
    let mut sections = json!({
        "streams": streams, "delivery": { "max_requests_per_second": 0, "max_requests_in_flight": in_flight },
    });
    if has_ledger {
        sections["ledger"] = json!({ "ledger_type": "sqlite", "path": folder.path("ledger.db") });
    }
    peak_with("vbee", n_records, 0, &sections)
}

fn peak_with(vendor: &str, n_records: u64, padding: usize, sections: &Value) -> Peak {
    let rehearsal = Rehearsal::of_any_campaign();
    let config = rehearsal.config(vendor, sections);
    let folder = Folder::new();
    let config = folder.file("config.json", &config.to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let mut child = Command::new(binary())
        .args(["write", "--config", &config, "--catalog", &catalog])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (process, mut stdin) = (child.id(), child.stdin.take().unwrap());
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut highest = Peak::default();
    let (n_states, last) = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut lines = Lines::new(7);
            let mut block = Vec::new();
            for n in 1..=n_records {
                lines.padded_record(n, padding, &mut block);
                if n.is_multiple_of(1_000) || n == n_records {
                    block.extend_from_slice(Lines::state(n).as_bytes());
                    block.push(b'\n');
                }
                if block.len() > 1 << 16 || n == n_records {
                    stdin.write_all(&block).unwrap();
                    block.clear();
                }
            }
        });
        let (mut n_states, mut last) = (0, String::new());
        for line in stdout.lines() {
            let line = line.unwrap();
            n_states += u64::from(line.contains(r#""type":"STATE""#));
            highest = Peak::of(process).unwrap_or(highest);
            if line.contains(" records: ") {
                last = line;
            }
        }
        (n_states, last)
    });
    assert!(child.wait().unwrap().success(), "{last}");
    assert_eq!(n_states, n_records.div_ceil(1_000));
    let last: Value = serde_json::from_str(&last).unwrap();
    assert!(last["log"]["message"].as_str().unwrap().starts_with(&format!("{n_records} records")), "{last}");
    assert!(highest.all > 0, "nothing was measured");
    highest
}

/// What the dedupe may take for each contact, as the docs promise, in bytes.
const BYTES_PER_CONTACT: u64 = 24;

#[test]
fn memory_does_not_grow_with_the_input() {
    for vendor in ["itnio", "vbee"] {
        let small = peak_of_sync(vendor, 10_000, 0);
        let large = peak_of_sync(vendor, 1_000_000, 0);
        let allowed = small + 990_000 * BYTES_PER_CONTACT / 1024;
        assert!(large <= allowed, "{vendor}: {small} KiB for 10,000 records, {large} KiB for 1,000,000");
        assert!(small < 40 << 10, "{vendor}: {small} KiB for 10,000 records");
    }
}

/// What one more campaign may take, in bytes.
const BYTES_PER_CAMPAIGN: u64 = 100;

/// What 100,000 campaigns may take with all that the program itself takes, in KiB.
const WITH_MANY_CAMPAIGNS: u64 = 60 << 10;

/// With SQLite both runs are longer than the journal: what that may hold is there in both.
#[test]
fn a_campaign_for_each_record_does_not_cost_memory() {
    for (name, has_ledger, few, many) in
        [("no ledger", false, 5_000, 45_000), ("SQLite", true, 40_000, 100_000)]
    {
        let [short, long] = [few, many].map(|n_campaigns| peak_of_campaigns(n_campaigns, has_ledger));
        let allowed = short.all + (many - few) * BYTES_PER_CAMPAIGN / 1024;
        let told = format!("{name}: {} KiB for {few} campaigns, {} KiB for {many}", short.all, long.all);
        assert!(long.all <= allowed, "{told}");
        let all = long.own + (100_000 - many) * BYTES_PER_CAMPAIGN / 1024;

        assert!(all <= WITH_MANY_CAMPAIGNS, "{told}, {} of them no file's", long.own);
    }
}

#[test]
fn long_records_do_not_pile_up() {
    let peak = peak_of_sync("itnio", 300, 1 << 20);
    assert!(peak < 48 << 10, "{peak} KiB for records of 1 MB");
}

/// What waits to be put and what is being put, in KiB: twice four megabytes, with room for their growth.
const OF_REJECTS: u64 = 20 << 10;

#[test]
fn rejected_records_do_not_pile_up() {
    let peak = |n_records: u64| {
        let folder = Folder::new();
        let mut streams = extract::streams("vbee");
        for stream in streams.as_array_mut().unwrap() {
            stream["only_when"] = json!("id < 0");
        }
        let storage =
            json!({ "storage_type": "Local", "path": folder.path("rejects"), "rejected_record": "whole" });
        let limits = json!({ "allow_nobody": true });
        let sections = json!({ "streams": streams, "object_storage_config": storage, "limits": limits });
        peak_with("vbee", n_records, 0, &sections)
    };
    let (few, many) = (peak(1_000).all, peak(200_000).all);
    assert!(many <= few + OF_REJECTS, "{few} KiB for 1,000 rejected records, {many} KiB for 200,000");
}

//! Memory does not grow with the input.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::command::{Folder, binary};
use crate::extract::{self, Lines};
use crate::rehearsal::Rehearsal;

/// The peak resident size of a running process, in KiB.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Streams `n_records` through `write`; gives its peak resident size in KiB.
fn peak_of_sync(vendor: &str, n_records: u64, padding: usize) -> u64 {
    let delivery = json!({ "max_requests_per_second": 0, "max_requests_in_flight": 4 });
    peak_with(
        vendor,
        n_records,
        padding,
        &json!({ "streams": extract::streams(vendor), "delivery": delivery }),
    )
}

/// The same with a template of the campaign, with a ledger or without.
fn peak_of_campaigns(n_records: u64, campaign: &str, has_ledger: bool) -> u64 {
    let folder = Folder::new();
    let mut streams = extract::streams("vbee");
    for stream in streams.as_array_mut().unwrap() {
        stream["campaign"] = json!(campaign);
    }
    // Many requests at once share the ledger's waits for the disk.
    let in_flight = if has_ledger { 8 } else { 4 };
    let mut sections = json!({
        "streams": streams, "delivery": { "max_requests_per_second": 0, "max_requests_in_flight": in_flight },
    });
    if has_ledger {
        sections["ledger"] = json!({ "ledger_type": "sqlite", "path": folder.path("ledger.db") });
    }
    peak_with("vbee", n_records, 0, &sections)
}

fn peak_with(vendor: &str, n_records: u64, padding: usize, sections: &Value) -> u64 {
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
    let highest = AtomicU64::new(0);
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
            highest.fetch_max(peak(process).unwrap_or(0), Ordering::Relaxed);
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
    highest.into_inner()
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

/// What a campaign may take over what one campaign takes, as the docs promise, in bytes.
const BYTES_PER_CAMPAIGN: u64 = 100;

/// What 100,000 campaigns may take with all that the program itself takes, in KiB.
const WITH_MANY_CAMPAIGNS: u64 = 60 << 10;

#[test]
fn a_campaign_for_each_record_does_not_cost_memory() {
    const N_CAMPAIGNS: u64 = 20_000;
    for (name, has_ledger) in [("no ledger", false), ("SQLite", true)] {
        let one = peak_of_campaigns(N_CAMPAIGNS, "campaign", has_ledger);
        let many = peak_of_campaigns(N_CAMPAIGNS, "campaign-{{ record.id }}", has_ledger);
        let allowed = one + N_CAMPAIGNS * BYTES_PER_CAMPAIGN / 1024;
        assert!(many <= allowed, "{name}: {one} KiB for one campaign, {many} KiB for {N_CAMPAIGNS}");
        let all = many + (100_000 - N_CAMPAIGNS) * BYTES_PER_CAMPAIGN / 1024;
        assert!(all <= WITH_MANY_CAMPAIGNS, "{name}: {many} KiB for {N_CAMPAIGNS} campaigns");
    }
}

#[test]
fn long_records_do_not_pile_up() {
    let peak = peak_of_sync("itnio", 300, 1 << 20);
    assert!(peak < 48 << 10, "{peak} KiB for records of 1 MB");
}

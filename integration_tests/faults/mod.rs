//! Faults of the world around a sync, each kind a table: answers, disks, sizes. Loopback only, and each ends by itself.
//!
//! Where the others are: TLS, proxies, and connections that die at each byte in `src/delivery/ways`; a broken, a
//! compressed and a too long answer in `delivery::http_transport`; a clock that jumps in the simulation and in both
//! ledgers' `clocks`; PgBouncer, and a PostgreSQL that restarts, in `shared_ledger` and `kills`; a limit of file sizes in
//! `endings`.

mod answers;
mod disks;
mod sizes;

use std::collections::BTreeMap;

use crate::command::Finished;
use crate::extract::Expected;

/// The counts in a run's last line, by outcome, with `records`.
fn outcomes(finished: &Finished) -> BTreeMap<String, u64> {
    let said = finished.stdout.lines().rfind(|line| line.contains(" records: "));
    let said = said.unwrap_or_else(|| panic!("{}", finished.stdout));
    let (before, after) = said.split_once(" records: ").unwrap();
    let n_records = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap();
    let mut counts = BTreeMap::from([("records".to_owned(), n_records.parse().unwrap())]);
    for part in after.split(", ") {
        let (count, name) = part.split_once(' ').unwrap();
        let name = name.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap();
        if let Ok(count) = count.parse() {
            counts.insert(name.to_owned(), count);
        }
    }
    counts
}

/// Every record has one outcome.
fn check_sum(name: &str, outcomes: &BTreeMap<String, u64>, expected: Expected) {
    let ended: u64 = ["accepted", "duplicate", "suppressed", "invalid", "rejected", "unknown"]
        .iter()
        .filter_map(|name| outcomes.get(*name))
        .sum();
    assert_eq!(
        (ended, outcomes["records"]),
        (expected.records(), expected.records()),
        "{name}: {outcomes:?}"
    );
}

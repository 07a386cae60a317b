//! Whole syncs in one process, with a paused clock and a seed: random input, random faults at every
//! request, random crashes between any two steps, restarts from the last state, runs that overlap,
//! clocks that are set, ledgers whose files are copied, cut, damaged, deleted and replaced.
//!
//! After each seed: nobody was called twice (or before their days had passed), or outside of the window, every record was
//! accounted for, whoever is accepted really is at the vendor and whoever is at the vendor is known,
//! every state was written only when all before it was durable. A ledger that lost something was refused.
//!
//! `cargo test --test simulation -- --seeds 1000000` runs more; `-- --from 4711 --seeds 1` replays.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a simulation fails by panicking, and tells a person how far it is"
)]

mod accidents;
mod counts;
mod folder;
mod kept_rules;
mod memory;
mod options;
mod platform;
mod row;
mod rules;
mod scenario;
mod shop;
mod told;
mod vendor;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use counts::Counts;
use scenario::Scenario;

/// In CI; a command line can ask for more.
const SEEDS: u64 = 10_000;

fn argument(name: &str) -> Option<u64> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

fn main() -> ExitCode {
    let (from, seeds) = (argument("--from").unwrap_or(0), argument("--seeds").unwrap_or(SEEDS));
    let next = AtomicU64::new(from);
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::panic::set_hook(Box::new(|_| {}));
    let ended: Vec<(Counts, Vec<String>)> = std::thread::scope(|scope| {
        let work = || {
            let (mut counts, mut failures) = (Counts::default(), Vec::new());
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= from + seeds || failures.len() >= 5 {
                    return (counts, failures);
                }
                match catch_unwind(AssertUnwindSafe(|| Scenario::new(seed).play())) {
                    Ok(more) => counts += more,
                    Err(panic) => {
                        let said = panic.downcast_ref::<String>().cloned();
                        let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
                        failures.push(format!("seed {seed}: {}", said.unwrap_or_default()));
                    }
                }
            }
        };
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for (more, failed) in ended {
        counts += more;
        failures.extend(failed);
    }
    println!("{seeds} seeds from {from}: {counts}");
    for failure in &failures {
        println!("{failure}");
    }
    let passed = seeds - u64::try_from(failures.len()).unwrap();
    println!("simulation: {passed} passed, {} failed", failures.len());
    if !failures.is_empty() {
        return ExitCode::FAILURE;
    }
    // A simulation in which nothing goes wrong proves nothing.
    if seeds >= 1_000 && !counts.is_eventful() {
        println!("too little happened");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

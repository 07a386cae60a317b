//! What each stage of a record's path costs alone: `cargo bench`, or `cargo bench -- map` for one.
//!
//! The stages have no I/O and no clock, so nothing here but `ledger` depends on more than the processor.

mod checkpoint;
mod decode;
#[path = "../extract.rs"]
mod extract;
mod inputs;
mod intake;
mod ledger;
mod map;
mod normalise;
mod read;
mod report;
mod serialise;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion =
        Criterion::default().measurement_time(Duration::from_secs(3)).configure_from_args().without_plots();
    decode::measure(&mut criterion);
    map::measure(&mut criterion);
    normalise::measure(&mut criterion);
    intake::measure(&mut criterion);
    serialise::measure(&mut criterion);
    read::measure(&mut criterion);
    checkpoint::measure(&mut criterion);
    ledger::measure(&mut criterion);
    report::measure(&mut criterion);
    criterion.final_summary();
}

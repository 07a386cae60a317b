//! Tests from outside: the real binary, real sockets, the sources themselves.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

mod campaign;
mod command;
mod commands;
mod do_not_call;
mod endings;
mod extract;
mod faults;
mod generated;
mod input;
mod kills;
mod ledger;
mod lists;
mod memory;
mod pages;
#[path = "../src/ledger/postgres/harness.rs"]
mod postgres_server;
mod preview;
mod promises;
mod rehearsal;
mod report;
mod shared_ledger;
mod singer;
mod soak;
mod tidy;
mod write;

/// The project's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

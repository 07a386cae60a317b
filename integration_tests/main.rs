//! Tests from outside: the real binary, real sockets, the sources themselves.

use std::path::Path;

mod command;
mod commands;
mod extract;
mod generated;
mod memory;
mod rehearsal;
mod tidy;
mod write;

/// The project's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

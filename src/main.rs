//! Arguments in, exit code out.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use destination_ai_voice::cli::{self, Cli, Environment};
use destination_ai_voice::commands::{self, World};
use tokio::signal::unix::{SignalKind, signal};

/// Records are made on one thread and dropped on another, which the C library's allocators (musl's
/// above all) do slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A wrong command line, by the custom of Unix programs.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    hide_panics();
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(usage) => {
            // Nobody is left to tell when this fails, too.
            if !usage.use_stderr() {
                drop(usage.print());
                return ExitCode::SUCCESS;
            }
            drop(write!(std::io::stderr(), "{}", cli::discreet(&usage)));
            return ExitCode::from(USAGE);
        }
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let world = World {
        stdin: std::io::stdin(),
        stdout: std::io::stdout(),
        stderr: Box::new(std::io::stderr()),
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
        now: jiff::Timestamp::now(),
        environment: Environment::read(),
        interrupted: interrupted(),
        is_terminal: std::io::stdout().is_terminal(),
    };
    let succeeded = runtime.block_on(commands::run(cli, world));
    // The intake may still wait for stdin, which is nobody's concern any more.
    runtime.shutdown_background();
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Waits for the signals that ask a program to end.
async fn interrupted() -> &'static str {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

/// A panic's message may quote a record: only its place is told.
fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "destination-ai-voice: panic at {place}, please report it"));
    }));
}

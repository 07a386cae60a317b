//! Arguments in, exit code out.

use std::io::IsTerminal;
use std::process::ExitCode;

use destination_ai_voice::cli::{Cli, Environment};
use destination_ai_voice::commands::{self, World};
use futures_util::{Stream, stream};
use tokio::signal::unix::{Signal, SignalKind, signal};

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
            drop(usage.print());
            return if usage.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
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
        signals: signals(),
        is_terminal: std::io::stdout().is_terminal(),
    };
    let succeeded = runtime.block_on(commands::run(cli, world));
    // The intake may still wait for stdin, which is nobody's concern any more.
    runtime.shutdown_background();
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The signals that ask a program to end, by name. Until somebody listens they end it by themselves,
/// as they should where a command has nothing to bring to an end.
fn signals() -> impl Stream<Item = &'static str> + Unpin {
    let heard = stream::unfold(None, |ears: Option<[Signal; 2]>| async {
        let ears = ears.or_else(|| {
            let ear = |kind| signal(kind).ok();
            Some([ear(SignalKind::terminate())?, ear(SignalKind::interrupt())?])
        });
        let Some([mut terminate, mut interrupt]) = ears else { return std::future::pending().await };
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        Some((name, Some([terminate, interrupt])))
    });
    Box::pin(heard)
}

/// A panic's message may quote a record: only its place is told.
fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        use std::io::Write as _;
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "destination-ai-voice: panic at {place}, please report it"));
    }));
}

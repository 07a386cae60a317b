//! Arguments in, exit code out.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use destination_ai_voice::cli::{self, Cli, Environment};
use destination_ai_voice::commands::{self, Io};
use futures_util::{Stream, StreamExt, stream};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, oneshot};

/// Records are made on one thread and dropped on another, which the C library's allocators (musl's
/// above all) do slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A wrong command line, by the custom of Unix programs.
const USAGE: u8 = 2;

/// As large as a process's first one usually is.
const STACK_BYTES: usize = 8 << 20;

/// A run that is asked twice ends by itself in less.
const PATIENCE: Duration = Duration::from_secs(2);

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
    let Some(runtime) = runtime() else { return ExitCode::FAILURE };
    ignore_file_size_limit(&runtime);
    let listens = Arc::new(Notify::new());
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let Ok(_) = thread.spawn({
        let listens = Arc::clone(&listens);
        move || tell.send(run(cli, listens))
    }) else {
        return ExitCode::FAILURE;
    };
    let succeeded = runtime.block_on(async {
        tokio::select! {
            succeeded = told => succeeded.unwrap_or(false),
            () = stuck(&listens) => false,
        }
    });
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runtime() -> Option<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().ok()
}

/// Runs a command; gives whether it succeeded.
fn run(cli: Cli, listens: Arc<Notify>) -> bool {
    let Some(runtime) = runtime() else { return false };
    let world = Io {
        stdin: std::io::stdin(),
        stdout: std::io::stdout(),
        stderr: Box::new(std::io::stderr()),
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
        now: jiff::Timestamp::now(),
        environment: Environment::read(),
        signals: signals(listens),
        is_terminal: std::io::stdout().is_terminal(),
        is_stdout_closed: is_closed(&std::io::stdout()).unwrap_or(false),
    };
    let succeeded = runtime.block_on(commands::run(cli, world));
    // The intake may still wait for stdin, which is nobody's concern any more.
    runtime.shutdown_background();
    succeeded
}

/// Waits until the command was asked twice to end and does not: it is stuck where it cannot listen, in
/// writing to a stdout that nobody reads or to a disk that hangs.
async fn stuck(listens: &Notify) {
    listens.notified().await;
    let mut signals = pin!(signals(Arc::default()).skip(1));
    signals.next().await;
    tokio::time::sleep(PATIENCE).await;
}

/// A file that may not grow any further is an error of the write, not a signal that ends the program
/// without a word. A handler that does nothing stays for good.
fn ignore_file_size_limit(runtime: &Runtime) {
    const SIGXFSZ: i32 = 25;
    let _context = runtime.enter();
    drop(signal(SignalKind::from_raw(SIGXFSZ)));
}

/// Whether stdout was closed before the program began. The standard library has opened /dev/null in
/// its place then, for reading, too, which nobody does who throws the output away by `>`.
fn is_closed(stdout: &impl AsFd) -> std::io::Result<bool> {
    let mut stdout = File::from(stdout.as_fd().try_clone_to_owned()?);
    let is_null = stdout.metadata()?.rdev() == std::fs::metadata("/dev/null")?.rdev();
    Ok(is_null && stdout.read(&mut [0]).is_ok())
}

/// The signals that ask a program to end, by name. Until somebody `listens` they end it by themselves,
/// as they should where a command has nothing to bring to an end.
fn signals(listens: Arc<Notify>) -> impl Stream<Item = &'static str> + Unpin {
    let heard = stream::unfold(None, move |ears: Option<[Signal; 2]>| {
        let listens = Arc::clone(&listens);
        async move {
            let ears = ears.or_else(|| {
                listens.notify_one();
                let ear = |kind| signal(kind).ok();
                Some([ear(SignalKind::terminate())?, ear(SignalKind::interrupt())?])
            });
            let Some([mut terminate, mut interrupt]) = ears else { return std::future::pending().await };
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            Some((name, Some([terminate, interrupt])))
        }
    });
    Box::pin(heard)
}

/// A panic's message may quote a record: only its place is told.
fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "destination-ai-voice: panic at {place}, please report it"));
    }));
}

//! Arguments in, exit code out.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use destination_ai_voice::cli::{self, Cli, Environment};
use destination_ai_voice::commands::{self, Io};
use destination_ai_voice::domain::error::Error;
use destination_ai_voice::protocol::Outlet;
use futures_util::{Stream, StreamExt, stream};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, oneshot};

/// Records are made on one thread and dropped on another, which the C library's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A wrong command line, by the custom of Unix programs.
const USAGE: u8 = 2;

/// As large as a process's first one usually is.
const STACK_BYTES: usize = 8 << 20;

/// Two runtimes need nine; a configuration, a ledger and a connection want some, too.
const SPARE_FILES: usize = 16;

/// A run that is asked twice ends by itself in less.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    hide_panics();
    let cli = match Cli::from_arguments(std::env::args_os()) {
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
    let must_end = Arc::new(AtomicBool::new(false));
    let succeeded = match begin(&must_end) {
        Ok(begun) => begun.carry_out(cli, &must_end),
        Err(error) => {
            let stderr = Box::new(Outlet::new(std::io::stderr(), Arc::clone(&must_end)));
            commands::refuse(&cli, Outlet::new(std::io::stdout(), must_end), stderr, &error, now())
        }
    };
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Everything that every command needs of the system.
struct Begun {
    runtime: Runtime,
    listens: Arc<Notify>,
    /// To the thread that carries the command out, and back.
    give: oneshot::Sender<Cli>,
    told: oneshot::Receiver<bool>,
}

fn begin(must_end: &Arc<AtomicBool>) -> Result<Begun, Error> {
    spare_files()?;
    let [runtime, beside] = [runtime()?, runtime()?];
    ignore_file_size_limit(&runtime);
    let listens = Arc::new(Notify::new());
    let ((give, given), (tell, told)) = (oneshot::channel(), oneshot::channel());
    let running = {
        let (listens, must_end) = (Arc::clone(&listens), Arc::clone(must_end));
        move || given.blocking_recv().map(|cli| tell.send(run(cli, beside, listens, &must_end)))
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(running);
    thread.map_err(|source| Error::Resources {
        what: "a thread",
        limit: "processes or memory (ulimit -u, -v)",
        source,
    })?;
    Ok(Begun { runtime, listens, give, told })
}

impl Begun {
    /// Gives whether the command succeeded.
    fn carry_out(self, cli: Cli, must_end: &AtomicBool) -> bool {
        let Self { runtime, listens, give, told } = self;
        give.send(cli).is_ok()
            && runtime.block_on(async {
                tokio::select! {
                    succeeded = told => succeeded.unwrap_or(false),
                    () = stuck(&listens, must_end) => false,
                }
            })
    }
}

/// Opens as many files as the start of every command has open at once, and closes them: what comes first in
/// it cannot say that it failed.
fn spare_files() -> Result<(), Error> {
    let stdin = std::io::stdin();
    let opened: Result<Vec<_>, _> = (0..SPARE_FILES).map(|_| stdin.as_fd().try_clone_to_owned()).collect();
    opened.map(drop).map_err(|source| Error::Resources {
        what: "files to open",
        limit: "open files (ulimit -n)",
        source,
    })
}

fn runtime() -> Result<Runtime, Error> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|source| Error::Resources {
        what: "what a program waits with",
        limit: "open files (ulimit -n)",
        source,
    })
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Runs a command; gives whether it succeeded.
fn run(cli: Cli, runtime: Runtime, listens: Arc<Notify>, must_end: &Arc<AtomicBool>) -> bool {
    let world = Io {
        stdin: std::io::stdin(),
        stdout: Outlet::new(std::io::stdout(), Arc::clone(must_end)),
        stderr: Box::new(Outlet::new(std::io::stderr(), Arc::clone(must_end))),
        now: now(),
        environment: Environment::of_process(),
        signals: signals(listens),
        is_terminal: std::io::stdout().is_terminal(),
        is_stdout_closed: is_closed(&std::io::stdout()).unwrap_or(false),
    };
    let succeeded = runtime.block_on(commands::run(cli, world));
    // The intake may still wait for stdin, which is nobody's concern any more.
    runtime.shutdown_background();
    succeeded
}

/// Waits until the command was asked twice to end and does not: it is stuck where it cannot listen, as in
/// writing to a disk that hangs. From the first time on it waits for no reader.
async fn stuck(listens: &Notify, must_end: &AtomicBool) {
    listens.notified().await;
    let mut signals = pin!(signals(Arc::default()));
    signals.next().await;
    must_end.store(true, Ordering::Relaxed);
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
/// as they should where a command has nothing to bring to an end. SIGQUIT always does: who sends it wants that.
fn signals(listens: Arc<Notify>) -> impl Stream<Item = &'static str> + Unpin {
    let heard = stream::unfold(None, move |ears: Option<[Option<Signal>; 3]>| {
        let listens = Arc::clone(&listens);
        async move {
            let mut ears = ears.unwrap_or_else(|| {
                let hang_up = (!ignores_hang_up()).then_some(SignalKind::hangup());
                let ears = [Some(SignalKind::terminate()), Some(SignalKind::interrupt()), hang_up]
                    .map(|kind| signal(kind?).ok());
                // Not before: what comes between would be heard by nobody.
                listens.notify_one();
                ears
            });
            let [terminate, interrupt, hang_up] = &mut ears;
            let name = tokio::select! {
                () = heard(terminate) => "SIGTERM",
                () = heard(interrupt) => "SIGINT",
                () = heard(hang_up) => "SIGHUP",
            };
            Some((name, Some(ears)))
        }
    });
    Box::pin(heard)
}

async fn heard(ear: &mut Option<Signal>) {
    match ear {
        Some(ear) => drop(ear.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether the program was begun by `nohup`: it outlives its terminal then. Where the system does not show it,
/// the signal is left as it is.
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

/// A panic's message may quote a record: only its place is told.
fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "destination-ai-voice: panic at {place}, please report it"));
    }));
}

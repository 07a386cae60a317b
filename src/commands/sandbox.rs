//! `sandbox`: both vendors' APIs on this machine, until somebody interrupts.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;

use crate::cli::SandboxArgs;
use crate::delivery::Clock;
use crate::domain::error::Error;
use crate::sandbox::faults::FaultPlan;
use crate::sandbox::{FastOptions, Sandbox, SandboxOptions};

pub(super) async fn run(
    arguments: &SandboxArgs,
    now: Timestamp,
    stdout: &mut impl Write,
    mut signals: impl Stream<Item = &'static str> + Unpin,
) -> Result<(), Error> {
    let sandbox = if arguments.fast {
        start_fast(arguments, now).await?
    } else {
        start(options(arguments)?, now).await?
    };
    introduce(&sandbox, arguments.fast, stdout).map_err(Error::Output)?;
    signals.next().await;
    sandbox.stop().await;
    Ok(())
}

/// Starts a sandbox that goes by the program's own clock.
pub(super) async fn start(options: SandboxOptions, now: Timestamp) -> Result<Sandbox, Error> {
    let clock = Arc::new(Clock::starting_at(now));
    let port = options.port;
    let started = Sandbox::start(options, move || clock.now()).await;
    started.map_err(|source| taken(port, source))
}

async fn start_fast(arguments: &SandboxArgs, now: Timestamp) -> Result<Sandbox, Error> {
    let clock = Clock::starting_at(now);
    let options = FastOptions { port: arguments.port, latency: Duration::from_millis(arguments.latency) };
    let started = Sandbox::start_fast(options, move || clock.now()).await;
    started.map_err(|source| taken(options.port, source))
}

fn taken(port: u16, source: std::io::Error) -> Error {
    Error::File { what: "the port", path: format!("127.0.0.1:{port}"), source }
}

/// Reads a fault plan.
pub(super) fn faults(text: &str) -> Result<FaultPlan, Error> {
    text.parse().map_err(|why| Error::config("--faults", why))
}

fn options(arguments: &SandboxArgs) -> Result<SandboxOptions, Error> {
    let SandboxArgs { port, fast: _, latency: _, faults: plan, seed, required_variables, show_numbers } =
        arguments;
    Ok(SandboxOptions {
        port: *port,
        seed: *seed,
        faults: faults(plan)?,
        show_numbers: *show_numbers,
        required_variables: required_variables.clone(),
    })
}

fn introduce(sandbox: &Sandbox, is_fast: bool, stdout: &mut impl Write) -> std::io::Result<()> {
    let home = format!("http://{}", sandbox.address());
    if is_fast {
        writeln!(stdout, "At {home} both vendors accept everybody unread. Nobody is called.")?;
        writeln!(stdout, "How many came, and nothing about them: {home}/calls")?;
    } else {
        writeln!(stdout, "Both vendors' APIs are simulated at {home}. Nobody is called.")?;
        writeln!(stdout, "Who would be called how often: {home}/calls")?;
        writeln!(stdout, "What went wrong so far:        {home}/faults")?;
    }
    for vendor in sandbox.vendors() {
        let config = sandbox.connector_config(vendor).unwrap_or_default();
        writeln!(stdout, "\nA configuration for {vendor}; the credentials are invented:\n{config:#}")?;
    }
    writeln!(stdout, "\nCtrl-C ends it.")?;
    stdout.flush()
}

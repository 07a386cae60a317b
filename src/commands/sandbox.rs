//! `sandbox`: all vendors' APIs on this machine, for it or for containers, until somebody interrupts.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;

use crate::cli::SandboxArgs;
use crate::delivery::Clock;
use crate::domain::error::Error;
use crate::sandbox::faults::FaultPlan;
use crate::sandbox::{Sandbox, SandboxOptions};

pub(super) async fn run(
    arguments: &SandboxArgs,
    now: Timestamp,
    stdout: &mut impl Write,
    mut signals: impl Stream<Item = &'static str> + Unpin,
) -> Result<(), Error> {
    let sandbox = start(options(arguments)?, now).await?;
    introduce(&sandbox, arguments.reports.is_some(), stdout).map_err(Error::Output)?;
    signals.next().await;
    sandbox.stop().await;
    Ok(())
}

/// Starts a sandbox that goes by the program's own clock.
pub(super) async fn start(options: SandboxOptions, now: Timestamp) -> Result<Sandbox, Error> {
    let clock = Arc::new(Clock::starting_at(now));
    let wanted = SocketAddr::new(options.bind, options.port);
    let started = Sandbox::start(options, move || clock.now()).await;
    started.map_err(|source| Error::File { what: "the port", path: wanted.to_string(), source })
}

/// Reads a fault plan.
pub(super) fn faults(text: &str) -> Result<FaultPlan, Error> {
    text.parse().map_err(|why| Error::config("--faults", why))
}

fn options(arguments: &SandboxArgs) -> Result<SandboxOptions, Error> {
    let SandboxArgs {
        port,
        bind,
        faults: plan,
        seed,
        required_variables,
        show_numbers,
        reports,
        any_campaign,
        fast: _,
    } = arguments;
    Ok(SandboxOptions {
        bind: *bind,
        port: *port,
        seed: *seed,
        faults: faults(plan)?,
        show_numbers: *show_numbers,
        required_variables: required_variables.clone(),
        reports: reports.as_deref().map(whole).transpose()?,
        any_campaign: *any_campaign,
    })
}

/// A path that means the same wherever a run begins.
pub(super) fn whole(folder: &Path) -> Result<PathBuf, Error> {
    let failed =
        |source| Error::File { what: "the folder of reports", path: folder.display().to_string(), source };
    std::path::absolute(folder).map_err(failed)
}

fn introduce(sandbox: &Sandbox, has_reports: bool, stdout: &mut impl Write) -> std::io::Result<()> {
    let (home, address) = (sandbox.root(), sandbox.address());
    writeln!(stdout, "The vendors' APIs are simulated at {home}. Nobody is called.")?;
    if !address.ip().is_loopback() {
        writeln!(
            stdout,
            "WARNING: {address} can be reached from outside of this machine: whoever does sees these credentials, which\n\
             are invented, and the names and variables of everybody who would be called. For networks of your own only.\n\
             From a container: base_url with the host by which the container reaches this machine, such as\n\
             host.docker.internal:{}, and allow_plain_http true.",
            address.port()
        )?;
    }
    writeln!(stdout, "Who would be called how often: {home}/calls")?;
    writeln!(stdout, "What went wrong so far:        {home}/faults")?;
    writeln!(
        stdout,
        "The reports of the last runs:  {home}/reports{}",
        if has_reports { "" } else { " (with --reports DIR)" }
    )?;
    for vendor in sandbox.vendors() {
        let config = sandbox.connector_config(vendor).unwrap_or_default();
        writeln!(stdout, "\nA configuration for {vendor}; the credentials are invented:\n{config:#}")?;
    }
    writeln!(stdout, "\nCtrl-C ends it.")?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[tokio::test]
    async fn a_sandbox_that_others_can_reach_says_so_and_how() {
        for (bind, warns) in [(Ipv4Addr::LOCALHOST, false), (Ipv4Addr::UNSPECIFIED, true)] {
            let options = SandboxOptions { bind: IpAddr::V4(bind), ..SandboxOptions::default() };
            let sandbox = start(options, Timestamp::UNIX_EPOCH).await.unwrap();
            let mut said = Vec::new();
            introduce(&sandbox, false, &mut said).unwrap();
            let said = String::from_utf8(said).unwrap();
            assert_eq!(said.contains("WARNING: 0.0.0.0:"), warns, "{said}");
            assert_eq!(said.contains("allow_plain_http"), warns, "{said}");
            assert!(said.contains(&format!("http://127.0.0.1:{}/calls", sandbox.address().port())), "{said}");
            sandbox.stop().await;
        }
    }
}

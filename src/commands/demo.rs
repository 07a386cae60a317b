//! `demo`: a sample extract of a warehouse through the real `write`, to every vendor's simulator.

use std::fs;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::demo_files;
use super::load_config::LoadedConfig;
use super::sandbox::{faults, start};
use super::write::SyncJob;
use crate::cli::{DemoArgs, Environment};
use crate::delivery::{Clock, Connections, HttpTransport, Network};
use crate::domain::error::Error;
use crate::pipeline::{Ended, RunStats};
use crate::protocol::{Catalog, Output};
use crate::sandbox::sample::{self, Sample};
use crate::sandbox::{Sandbox, SandboxOptions};

/// The sandbox is on this machine, and at rest when it is asked.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn run(
    arguments: &DemoArgs,
    now: Timestamp,
    stdout: &mut impl Write,
    is_terminal: bool,
) -> Result<(), Error> {
    let DemoArgs { records, seed, faults: plan, keep } = arguments;
    let mut print = |text: String| writeln!(stdout, "{text}").map_err(Error::Output);
    print(format!(
        "An extract of {records} overdue customers goes through the real `write` to the simulated vendors on this\nmachine, which sometimes fail ({plan}). Nobody is called.\n"
    ))?;
    let options = SandboxOptions {
        seed: *seed,
        faults: faults(plan)?,
        required_variables: vec![sample::REQUIRED_VARIABLE.to_owned()],
        ..SandboxOptions::default()
    };
    let lines: Vec<String> = Sample::new(*records, *seed).collect();
    if let Some(folder) = keep {
        demo_files::keep(folder, &lines)?;
    }
    let sandbox = start(options, now).await?;
    let vendors: Vec<_> = sandbox.vendors().collect();
    let mut failure = None;
    let folder = std::env::temp_dir().join(format!("destination-ai-voice-demo-{:08x}", fastrand::u32(..)));
    for vendor in vendors {
        let shown = Shown { vendor, n_records: *records, n_settled: 0, is_terminal };
        let rehearsal = probe(&sandbox, vendor, lines.join("\n").into_bytes(), &folder, now, shown).await?;
        print(rehearsal.report(vendor))?;
        failure = failure.or(rehearsal.failure);
    }
    sandbox.stop().await;
    if let Some(folder) = keep {
        print(demo_files::advice(folder))?;
    }
    print(format!(
        "Their reports in a browser: `destination-ai-voice sandbox --reports {}`.\n",
        folder.display()
    ))?;
    print(
        "Your own data: `destination-ai-voice sandbox` prints a configuration to rehearse with; see docs/operating.md."
            .to_owned(),
    )?;
    failure.map_or(Ok(()), Err)
}

/// What one sync did.
struct Rehearsal {
    stats: RunStats,
    took: Duration,
    calls: Value,
    failure: Option<Error>,
    report_at: Option<String>,
}

/// What the sync leaves behind is put into a folder, and stays.
async fn probe(
    sandbox: &Sandbox,
    vendor: &str,
    lines: Vec<u8>,
    folder: &Path,
    now: Timestamp,
    shown: Shown,
) -> Result<Rehearsal, Error> {
    let mut config = demo_files::with_sample(sandbox.connector_config(vendor).unwrap_or_default())?;
    if let Some(config) = config.as_object_mut() {
        let storage = json!({ "storage_type": "Local", "path": folder.join(vendor) });
        config.insert("object_storage_config".to_owned(), storage);
    }
    let catalog = Catalog::parse(&sample::catalog().to_string())?;
    let job =
        SyncJob::new(LoadedConfig::from_text(&config.to_string())?, catalog, now, &Environment::default())?;
    let started = Instant::now();
    fs::create_dir_all(folder).map_err(Error::Output)?;
    let Ended { stats, failure, report_at, output: _ } =
        Box::pin(job.run(Cursor::new(lines), Output::new(shown), futures_util::stream::pending())).await;
    let took = started.elapsed();
    let page = ask(sandbox, "/calls?format=json", now).await?;
    let mut of_vendors = page.get("vendors").and_then(Value::as_array).into_iter().flatten();
    let calls = of_vendors.find(|calls| calls["vendor"] == vendor).cloned().unwrap_or_default();
    Ok(Rehearsal { stats, took, calls, failure, report_at })
}

/// Asks the sandbox as its user would.
pub(super) async fn ask(sandbox: &Sandbox, path: &str, now: Timestamp) -> Result<Value, Error> {
    let clock = Arc::new(Clock::starting_at(now));
    let transport = HttpTransport::new(&Network::default(), Connections::OneForEach, PAGE_TIMEOUT, clock)?;
    let url = format!("http://{}{path}", sandbox.address());
    let url = Url::parse(&url).map_err(|error| Error::Defect(error.to_string()))?;
    let answer = transport.exchange(Method::GET, &url, Vec::new(), Bytes::new()).await;
    let answer = answer.map_err(|error| Error::Defect(format!("the sandbox does not answer: {error:?}")))?;
    let body = answer.body.map_err(Error::Defect)?;
    serde_json::from_slice(&body).map_err(|error| {
        let why = format!("line {}, column {}", error.line(), error.column());
        Error::Unreadable { what: "the sandbox's page", why }
    })
}

impl Rehearsal {
    fn report(&self, vendor: &str) -> String {
        let Self { stats, took, calls, failure, report_at } = self;
        let of = |name: &str| calls.get(name).and_then(Value::as_u64).unwrap_or_default();
        let seconds = took.as_secs_f64();
        let rate = f64::from(u32::try_from(stats.settled()).unwrap_or(u32::MAX)) / seconds;
        let mut report = format!(
            "{vendor}: {} records in {seconds:.1} s ({rate:.0} a second), {} requests\n",
            stats.received,
            of("requests")
        );
        for (name, count, meaning) in [
            ("accepted", stats.accepted, "the vendor confirmed them"),
            ("duplicate", stats.duplicate, "the same person again, called once"),
            ("suppressed", stats.suppressed, "kept back by the mapping's only_when"),
            ("invalid", stats.invalid, "refused before anything was sent"),
            ("rejected", stats.rejected, "refused by the vendor"),
            ("unknown", stats.unknown, "the answer was lost; held, never sent twice"),
        ] {
            report.push_str(&format!("  {name:<11}{count:>7}   {meaning}\n"));
        }
        for (reason, count) in &stats.reasons {
            report.push_str(&format!("    {:<24}{count:>5}   {}\n", reason.code(), reason.meaning()));
        }
        report.push_str(&format!(
            "  People who would be called: {}; more than once: {}\n",
            of("people"),
            of("called_more_than_once")
        ));
        if let Some(place) = report_at {
            report.push_str(&format!("  The report, with the rejected records beside it: {place}\n"));
        }
        if let Some(error) = failure {
            report.push_str(&format!("  The sync failed: {}\n", error.with_causes()));
        }
        report
    }
}

/// Reads the protocol's lines, as the platform would, and shows a person how far it is.
struct Shown {
    vendor: &'static str,
    n_records: u64,
    n_settled: u64,
    is_terminal: bool,
}

impl Write for Shown {
    /// `Output` hands over whole lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Ok(message) = serde_json::from_slice::<Value>(line) {
            let count =
                |name| message.pointer(&format!("/state/destinationStats/{name}")).and_then(Value::as_f64);
            let settled =
                count("recordCount").unwrap_or_default() + count("rejectedRecordCount").unwrap_or_default();
            self.n_settled += format!("{settled}").parse::<u64>().unwrap_or_default();
            if self.is_terminal && settled > 0.0 {
                let Self { vendor, n_records, n_settled, .. } = self;
                let mut terminal = io::stderr();
                write!(terminal, "\r{vendor}: {n_settled} of {n_records} records settled ")?;
                if n_settled == n_records {
                    write!(terminal, "\r{:60}\r", "")?;
                }
                terminal.flush()?;
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::registry;

    #[test]
    fn the_example_of_the_vendor_that_is_made_up_is_a_whole_configuration() {
        let example = include_str!("../providers/pigeon/fixtures/example.json");
        let loaded = LoadedConfig::from_text(example).unwrap();
        assert_eq!(loaded.mistakes, []);
        assert_eq!(loaded.config.delivery.batch_size, 50, "nobody chose another");
    }

    /// Over every vendor that there is: a vendor's own simulator, a socket, the real `write`.
    #[tokio::test]
    async fn a_whole_sync_with_every_fault_accounts_for_everybody_and_calls_nobody_twice() {
        let mut faults = faults("all").unwrap();
        faults.slow_for = Duration::from_millis(20);
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let sandbox =
            start(SandboxOptions { seed: 3, faults, ..SandboxOptions::default() }, now).await.unwrap();
        let lines: Vec<String> = Sample::new(600, 1).collect();
        let folder = tempfile::tempdir().unwrap();
        for vendor in registry::names() {
            let shown = Shown { vendor, n_records: 600, n_settled: 0, is_terminal: false };
            let input = lines.join("\n").into_bytes();
            let Rehearsal { stats, calls, failure, report_at, .. } =
                probe(&sandbox, vendor, input, folder.path(), now, shown).await.unwrap();
            assert!(failure.is_none(), "{vendor}: {failure:?}");
            assert_eq!((stats.received, stats.settled()), (600, 600), "{vendor}");
            let of = |name: &str| calls[name].as_u64().unwrap();
            assert_eq!(of("called_more_than_once"), 0, "{vendor}");
            let report = std::fs::read_to_string(report_at.unwrap().replace(".html", ".json")).unwrap();
            let report: Value = serde_json::from_str(&report).unwrap();
            assert_eq!(report["outcomes"]["accepted"], stats.accepted, "{vendor}");
            assert_eq!(report["run"]["kind"], "trial", "{vendor}: the sandbox is no vendor's address");
            assert!(stats.accepted > 0 && of("people") >= stats.accepted, "{vendor}");
            assert!(of("people") <= stats.accepted + stats.unknown, "{vendor}");
        }
        sandbox.stop().await;
    }
}

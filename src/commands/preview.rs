//! `preview`: what `write` would do with an input, and nothing is sent.

use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::load_config::may_repeat;
use super::run_facts::run_facts;
use super::singer;
use super::write::{SyncJob, genders_told};
use crate::cli::{Environment, PreviewArgs, PreviewFormat};
use crate::config::{Config, ScopeConfig};
use crate::domain::error::Error;
use crate::intake::StreamIndex;
use crate::ledger::open::{self, RunLedger};
use crate::ledger::{ContactStatus, Ledger};
use crate::pipeline::{DryRun, DryRunPlan};
use crate::preview::{Pace, Preview};
use crate::report::{Document, RunFacts, RunKind};
use crate::storage::Run;

/// How often a person at a terminal hears how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Gives whether a sync would succeed; what failed has been said.
pub(super) async fn run<R: Read + Send + 'static>(
    arguments: &PreviewArgs,
    stdin: R,
    stdout: &mut impl Write,
    mut stderr: Box<dyn Write>,
    now: Timestamp,
    environment: &Environment,
) -> bool {
    let mut progress = Progress::new(&mut stderr, std::io::stderr().is_terminal());
    let told = preview(arguments, stdin, now, environment, &mut progress).await;
    let failure = told.and_then(|(document, failure)| {
        progress.clear();
        let text = match arguments.output {
            PreviewFormat::Text => document.text(),
            PreviewFormat::Json => document.json(),
            PreviewFormat::Html => document.html(),
        };
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::Output)?;
        Ok(failure)
    });
    let Some(error) = failure.unwrap_or_else(Some) else { return true };
    // When nobody reads stderr, the exit code still says it.
    drop(writeln!(stderr, "{}", error.with_causes()));
    false
}

async fn preview<R: Read + Send + 'static>(
    arguments: &PreviewArgs,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
    progress: &mut Progress<'_>,
) -> Result<(Document, Option<Error>), Error> {
    let PreviewArgs { config, catalog, output: _, limit } = arguments;
    let job = singer::job_of_either(config, catalog.as_deref(), now, environment)?;
    job.refuse_list()?;
    let RunLedger { ledger, keys, recovered_unknown, warnings: of_ledger } =
        open::view(&job.config, job.vendor.as_ref(), now).await?;
    let mut warnings = job.warnings();
    warnings.extend(open::recovered(recovered_unknown));
    warnings.extend(of_ledger);
    let id = format!("preview-{:08x}", fastrand::u32(..));
    let run = Run { sync_id: job.sync_id.clone(), id, started: now };
    let facts = run_facts(&job.config, job.vendor.as_ref(), &run, &job.settings_digest);
    let facts = RunFacts { kind: RunKind::Preview, ..facts };
    let delivery = &job.config.delivery;
    let pace =
        Pace { per_second: delivery.max_requests_per_second, in_flight: delivery.max_requests_in_flight };
    let mut preview = Preview::new(facts, Arc::clone(&job.vendor), pace, warnings);
    for (index, mapping) in job.mappings.iter().enumerate() {
        preview.expect(StreamIndex::new(index), mapping.spoken().map(Box::from).collect());
    }
    let genders = Arc::default();
    let router = job.router(keys, &genders).keeping_columns(true);
    let plan = DryRunPlan { limit: *limit, ..dry_run_plan(&job) };
    let dry_run = DryRun::new(plan, stdin, router, &ledger, now)?;
    let (mut document, failure) =
        preview.run(dry_run, |n_records, n_called| progress.tell(n_records, n_called)).await;
    let of_catalog = job.mappings.iter().map(|mapping| mapping.genders_not_understood()).sum::<u64>();
    let told = genders_told(of_catalog + genders.load(Ordering::Relaxed));
    document.preview.iter_mut().for_each(|preview| preview.warnings.extend(told.clone()));
    ledger.close().await?;
    Ok((document, failure))
}

/// What a sync of this job would go by.
pub(super) fn dry_run_plan(job: &SyncJob) -> DryRunPlan {
    let SyncJob { config, vendor, catalog, window, daily_limit, .. } = job;
    let limits = &config.limits;
    DryRunPlan {
        batch_size: config.delivery.batch_size.into(),
        max_contacts: limits.max_contacts_per_sync,
        daily_limit: daily_limit.clone(),
        on_limit: limits.on_limit,
        allow_nobody: limits.allow_nobody,
        max_rejected_percent: limits.max_rejected_percent,
        window: window.clone().map(Arc::new),
        may_repeat: may_repeat(&config.delivery, vendor.as_ref()),
        sent_again: sent_again(config),
        streams: catalog.streams.iter().map(|stream| (stream.name.clone(), stream.generation_id)).collect(),
        limit: 0,
    }
}

/// What the ledger says of somebody whom this run has sent to another campaign.
fn sent_again(config: &Config) -> Option<ContactStatus> {
    match config.ledger.memory()?.scope {
        ScopeConfig::Account | ScopeConfig::Everywhere => Some(ContactStatus::Accepted),
        ScopeConfig::Campaign => (config.rules.cooling_off_hours > 0).then_some(ContactStatus::CoolingOff),
    }
}

/// Says on a terminal how far it is; nothing where nobody watches.
struct Progress<'s> {
    terminal: Option<&'s mut dyn Write>,
    due: Instant,
    is_shown: bool,
}

impl<'s> Progress<'s> {
    fn new(stderr: &'s mut Box<dyn Write>, is_terminal: bool) -> Self {
        let terminal: Option<&mut dyn Write> = if is_terminal { Some(stderr) } else { None };
        Self { terminal, due: Instant::now() + PROGRESS_EVERY, is_shown: false }
    }

    fn tell(&mut self, n_records: u64, n_called: u64) {
        if self.terminal.is_some() && Instant::now() >= self.due {
            self.due = Instant::now() + PROGRESS_EVERY;
            self.is_shown = true;
            self.show(&format!("\r{n_records} records read, {n_called} people would be called"));
        }
    }

    fn clear(&mut self) {
        if self.is_shown {
            self.show(&format!("\r{:70}\r", ""));
        }
    }

    /// That somebody sees it is not what a preview is for.
    fn show(&mut self, text: &str) {
        if let Some(terminal) = &mut self.terminal {
            drop(terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()));
        }
    }
}

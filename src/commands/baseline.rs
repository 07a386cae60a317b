//! `ledger baseline`: people who were called in another way are remembered, and nobody is called.

use std::io::Read;
use std::sync::Arc;

use jiff::Timestamp;

use super::preview::dry_run_plan;
use super::singer;
use super::write::SyncJob;
use crate::cli::{BaselineArgs, Environment};
use crate::config::RulesConfig;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::ledger::open::{self, RunLedger};
use crate::ledger::{ClaimEntry, Ledger, Settlement};
use crate::pipeline::{DryRun, DryRunPlan, DryRunStep, PredictedRecord};

/// People who are asked about and remembered together.
const BATCH: usize = 1_000;

/// What became of the records.
#[derive(Default)]
struct BaselineCounts {
    new: u64,
    known: u64,
    /// People whom a sync that runs now has under way: whether it sends them, only it knows.
    held: u64,
    /// People who are unknown by another campaign, account or spelling.
    otherwise: u64,
    refused: u64,
}

pub(super) async fn run<R: Read + Send + 'static>(
    arguments: &BaselineArgs,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
) -> Result<String, Error> {
    let mut job = singer::job_of_either(&arguments.config, arguments.catalog.as_deref(), now, environment)?;
    job.refuse_list()?;
    // Whoever was called is remembered, also who must not be called again.
    job.config.rules = RulesConfig::default();
    let RunLedger { ledger, keys, recovered_unknown, warnings } = if arguments.yes {
        open::open(&job.config, job.vendor.as_ref(), &job.run_id, now).await?
    } else {
        open::view(&job.config, job.vendor.as_ref(), now).await?
    };
    if keys.is_none() {
        return Err(Error::config(
            "ledger",
            "this configuration has none to remember people in; set `ledger_type`",
        ));
    }
    let router = job.router(keys, &Arc::default());
    let mut dry_run = DryRun::new(plan(&job), stdin, router, &ledger, now)?;
    let mut counts = BaselineCounts::default();
    while let Some(step) = dry_run.next().await? {
        counts.add(&step);
        // A ledger that is only viewed keeps none of them.
        ledger.settle(remembered(&step, &dry_run)?, now).await?;
    }
    ledger.close().await?;
    let mut told = counts.told(arguments.yes)?;
    if recovered_unknown > 0 {
        told.push_str(&format!(
            " {recovered_unknown} contacts were under way when an earlier sync died; `ledger status` shows who is unknown."
        ));
    }
    for doubt in warnings {
        told.push_str(&format!(" But {doubt}."));
    }
    Ok(told)
}

/// Everybody whom a sync without a limit would call at whatever time, and whoever may have been called: they are remembered all the same.
fn plan(job: &SyncJob) -> DryRunPlan {
    DryRunPlan {
        batch_size: BATCH,
        max_contacts: 0,
        daily_limit: None,
        allow_nobody: true,
        max_rejected_percent: 100,
        window: None,
        may_repeat: true,
        limit: 0,
        // What came of a source that broke off is remembered, too.
        streams: job.catalog.streams.iter().map(|stream| (stream.name.clone(), None)).collect(),
        ..dry_run_plan(job)
    }
}

fn remembered<L: Ledger>(
    step: &DryRunStep,
    dry_run: &DryRun<'_, L>,
) -> Result<Vec<(ClaimEntry, Settlement)>, Error> {
    let called = step.decided.iter().filter_map(|predicted| match predicted {
        PredictedRecord::Contact(pending, Outcome::Accepted { .. }) => Some(pending),
        PredictedRecord::Contact(..) | PredictedRecord::Refused(_) => None,
    });
    let entries = called.map(|pending| pending.claim_entry(dry_run.streams()));
    entries.map(|entry| Ok((entry?, Settlement::Accepted { contact_id: None }))).collect()
}

impl BaselineCounts {
    fn add(&mut self, step: &DryRunStep) {
        for predicted in &step.decided {
            let counter = match predicted.outcome() {
                Outcome::Accepted { .. } => &mut self.new,
                Outcome::Duplicate(Reason::InAnotherRun) => &mut self.held,
                Outcome::Duplicate(_) => &mut self.known,
                Outcome::Unknown(_) => &mut self.otherwise,
                Outcome::Suppressed(..) | Outcome::Invalid(..) | Outcome::Rejected(..) => &mut self.refused,
            };
            *counter += 1;
        }
    }

    /// The counts in words; an error where somebody is missing who should be remembered.
    fn told(&self, yes: bool) -> Result<String, Error> {
        let Self { new, known, held, otherwise, refused } = self;
        let would = if yes { "are now remembered as called" } else { "would be remembered as called" };
        let hint = if yes { "" } else { " Nothing was changed; add --yes to do it." };
        let mut told = format!(
            "{new} people {would}, {known} records were of people known before, {refused} records had nobody to call. Nothing was sent.{hint}"
        );
        if *otherwise > 0 {
            told.push_str(&format!(
                " {otherwise} people are unknown from another campaign, account or spelling, and stay so: they are sent \
                 to nobody until `ledger settle` decides."
            ));
        }
        if *held == 0 {
            return Ok(told);
        }
        let held = format!(
            "{held} people are held by a sync that runs now, and were not remembered: whether it sends them, only it \
             knows; run this again after its end"
        );
        if yes {
            Err(Error::LedgerUnavailable(format!("{held}. {told}")))
        } else {
            Ok(format!("{told} But {held}."))
        }
    }
}

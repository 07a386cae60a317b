//! What a sync would do with an input, told before anybody is called.
//!
//! `pipeline::dry_run` predicts each record's ending as the loop would decide it, `report` counts and shows them; here is what only
//! a preview has: how records look on their way to the vendor, what stays empty, and how long it takes at least.

mod empty_variables;
mod examples;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

use crate::delivery::Clock;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::intake::StreamIndex;
use crate::ledger::Ledger;
use crate::pipeline::{DryRun, DryRunStep, PredictedRecord};
use crate::providers::Provider;
use crate::report::{Document, Ending, PreviewSection, Report, RunEnd, RunFacts};
use empty_variables::EmptyVariables;
use examples::Examples;

/// Lines of warnings; announced streams can come with any number of them.
const MOST_WARNINGS: usize = 100;

/// How requests go out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Requests that may begin in a second; 0: no limit.
    pub(crate) per_second: u32,
    /// Requests that may be under way at once.
    pub(crate) in_flight: u16,
}

/// A preview under way.
pub(crate) struct Preview {
    report: Report,
    examples: Examples,
    empty: EmptyVariables,
    warnings: Vec<String>,
    n_requests: u64,
    pace: Pace,
    clock: Clock,
    /// When the records came that are looked at.
    at: Timestamp,
}

impl Preview {
    /// One that has read nothing. `warnings` are those of the settings.
    pub(crate) fn new(facts: RunFacts, vendor: Arc<dyn Provider>, pace: Pace, warnings: Vec<String>) -> Self {
        let now = facts.started;
        Self {
            report: Report::new(facts),
            examples: Examples::new(vendor, now),
            empty: EmptyVariables::default(),
            warnings,
            n_requests: 0,
            pace,
            clock: Clock::starting_at(now),
            at: now,
        }
    }

    /// The variables that a stream's contacts may have.
    pub(crate) fn expect(&mut self, stream: StreamIndex, variables: Vec<Box<str>>) {
        self.empty.expect(stream, variables);
    }

    /// Reads everything; gives what there is to be told, and why a sync would fail if it would. `progress` hears how
    /// many records were read and how many people would be called.
    pub(crate) async fn run<L: Ledger>(
        mut self,
        mut dry_run: DryRun<'_, L>,
        mut progress: impl FnMut(u64, u64),
    ) -> (Document, Option<Error>) {
        let failure = loop {
            match dry_run.next().await {
                Ok(Some(step)) => {
                    if let Err(error) = self.take(step, &dry_run) {
                        break Some(error);
                    }
                    progress(dry_run.stats().received, dry_run.stats().accepted);
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let document = self.document(&dry_run, failure.as_ref());
        (document, failure)
    }

    fn take<L: Ledger>(&mut self, step: DryRunStep, dry_run: &DryRun<'_, L>) -> Result<(), Error> {
        for announced in step.announced {
            self.empty.expect(announced.stream, announced.variables);
            self.warn(announced.warnings);
        }
        self.n_requests += step.n_requests;
        self.at = self.clock.now();
        for predicted in &step.decided {
            self.add(predicted, dry_run)?;
        }
        Ok(())
    }

    fn add<L: Ledger>(&mut self, predicted: &PredictedRecord, dry_run: &DryRun<'_, L>) -> Result<(), Error> {
        let decision = dry_run.decision(predicted, self.at)?;
        let stream = predicted.position().stream;
        let contact = match predicted {
            PredictedRecord::Contact(pending, _) => Some(pending),
            PredictedRecord::Refused(_) => None,
        };
        self.report.add(&decision);
        self.examples.add(stream, &decision, contact);
        if let (Outcome::Accepted { .. }, Some(pending)) = (decision.outcome, contact) {
            self.empty.add(stream, &pending.contact);
        }
        Ok(())
    }

    fn warn(&mut self, warnings: Vec<String>) {
        let room = MOST_WARNINGS.saturating_sub(self.warnings.len());
        self.warnings.extend(warnings.into_iter().take(room));
    }

    fn document<L: Ledger>(mut self, dry_run: &DryRun<'_, L>, failure: Option<&Error>) -> Document {
        self.warn(dry_run.warnings());
        let n_read = dry_run.stats().received;
        let how = match (failure, dry_run.limit()) {
            (Some(error), _) => Ending::from(error),
            (None, Some(setting)) => Ending::LimitReached { limit: setting.to_owned() },
            (None, None) if dry_run.is_over_limit() => {
                Ending::LimitReached { limit: format!("--limit {n_read}") }
            }
            (None, None) => Ending::Complete,
        };
        let preview = PreviewSection {
            requests: self.n_requests,
            pace: self.pace.to_string(),
            least_milliseconds: self.pace.least_milliseconds(self.n_requests),
            empty_variables: self.empty.rows(dry_run.streams()),
            examples: self.examples.shown(),
            warnings: self.warnings,
        };
        self.report.document(&RunEnd {
            ended: self.clock.now(),
            read: n_read,
            how,
            rejects: String::new(),
            receipts: String::new(),
            preview: Some(preview),
        })
    }
}

impl Pace {
    /// The first request goes out at once, each other one when its turn has come. How long the vendor takes to answer is
    /// not known before.
    fn least_milliseconds(self, n_requests: u64) -> u64 {
        let waits = n_requests.saturating_sub(1).saturating_mul(1_000);
        waits.checked_div(self.per_second.into()).unwrap_or_default()
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.per_second {
            0 => f.write_str("any number of requests a second")?,
            1 => f.write_str("at most 1 request a second")?,
            several => write!(f, "at most {several} requests a second")?,
        }
        write!(f, ", {} at once", self.in_flight)
    }
}

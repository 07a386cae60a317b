//! What the loop would decide about an input, for who sends nobody: a preview, a baseline.
//!
//! It asks what the loop asks, in its order: the input, what the ledger knows, the policy, a batch, places in the
//! campaign's day, a claim. With a ledger that is only viewed, that claims nobody.

mod claims;

use std::collections::{BTreeSet, VecDeque};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::config::OnLimit;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::stream_name::StreamName;
use crate::intake::{
    Event, EventBatch, EventReader, InputWarnings, LedgerLookup, PendingContact, RecordPosition,
    RefusedRecord, Router, StreamIndex, StreamNames,
};
use crate::ledger::{ContactStatus, DailyLimit, Ledger};
use crate::pipeline::archive::Flush;
use crate::pipeline::batcher::{Batcher, PendingBatch};
use crate::pipeline::checkpoint::Checkpoints;
use crate::pipeline::decisions::DecisionMaker;
use crate::pipeline::dedupe::Deduper;
use crate::pipeline::empty_run_guard::EmptyRunGuard;
use crate::pipeline::policy::{Policy, PolicyOptions};
use crate::pipeline::policy_decision::{ContactLimit, PolicyDecision};
use crate::pipeline::run_stats::RunStats;
use crate::pipeline::sync_loop::incomplete_at_first;
use crate::rules::Window;

/// What a sync would go by.
#[derive(Clone, Debug)]
pub(crate) struct DryRunPlan {
    /// Contacts in a batch.
    pub(crate) batch_size: usize,
    /// Contacts in the run; 0: no limit.
    pub(crate) max_contacts: u64,
    /// Contacts in a day to one campaign, by all runs; none: no limit.
    pub(crate) daily_limit: Option<DailyLimit>,
    /// What happens to the others.
    pub(crate) on_limit: OnLimit,
    /// A run that can call nobody is normal.
    pub(crate) allow_nobody: bool,
    /// Share of rejected records that fails the run; 100: none does.
    pub(crate) max_rejected_percent: u8,
    /// When contacts may be handed over.
    pub(crate) window: Option<Arc<Window>>,
    /// Who may have been sent before may be sent again.
    pub(crate) may_repeat: bool,
    /// What the ledger says of somebody whom this run has sent to another campaign, if it knows of them.
    pub(crate) sent_again: Option<ContactStatus>,
    /// The catalog's streams, each with its generation where the platform says when it is complete. Announced ones
    /// follow.
    pub(crate) streams: Vec<(StreamName, Option<i64>)>,
    /// Records that are read at most; 0: all.
    pub(crate) limit: u64,
}

/// Goes through a run without sending anybody, read by read.
pub(crate) struct DryRun<'l, L> {
    input: EventReader,
    ledger: &'l L,
    now: Timestamp,
    plan: DryRunPlan,
    policy: Policy,
    batcher: Batcher,
    /// Those who would have been sent, whatever the campaign.
    people: Deduper,
    streams: StreamNames,
    incomplete: BTreeSet<StreamIndex>,
    /// The STATEs that would wait; none of them has a record to wait for.
    checkpoints: Checkpoints,
    empty_run_guard: EmptyRunGuard,
    stats: RunStats,
    warnings: InputWarnings,
    /// The limit that was reached, and leaves the rest of the input alone.
    reached: Option<ContactLimit>,
    /// Why a sync would fail.
    failure: Option<Error>,
    end: DryRunEnd,
}

/// How far it is.
enum DryRunEnd {
    NotYet,
    /// A sync would read no further.
    Stopped,
    /// The records before the end are told.
    Told {
        /// More records came.
        is_over_limit: bool,
    },
}

/// What one read of the input comes to.
#[derive(Debug, Default)]
pub(crate) struct DryRunStep {
    /// Refused records in their order; contacts when their batch is full.
    pub(crate) decided: Vec<PredictedRecord>,
    /// Contacts among them that would be sent.
    pub(crate) n_sent: u64,
    /// Requests that this takes.
    pub(crate) n_requests: u64,
    /// Streams that nobody knew of, or that look different from here on.
    pub(crate) announced: Vec<AnnouncedStream>,
}

/// How a record would end.
#[derive(Debug)]
pub(crate) enum PredictedRecord {
    /// One of somebody who could be called; `Accepted` stands for whoever would be sent.
    Contact(PendingContact, Outcome),
    /// One of nobody who may be called.
    Refused(RefusedRecord),
}

/// A stream that the catalog does not have.
#[derive(Debug)]
pub(crate) struct AnnouncedStream {
    /// Its place.
    pub(crate) stream: StreamIndex,
    /// The variables of its contacts.
    pub(crate) variables: Vec<Box<str>>,
    /// What the user should know before its records.
    pub(crate) warnings: Vec<String>,
}

impl<'l, L: Ledger> DryRun<'l, L> {
    /// Starts to read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn new(
        mut plan: DryRunPlan,
        input: impl Read + Send + 'static,
        router: Router,
        ledger: &'l L,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let streams = std::mem::take(&mut plan.streams);
        // Without a ledger nobody counts.
        plan.daily_limit = plan.daily_limit.filter(|_| ledger.remembers());
        Ok(Self {
            input: EventReader::new(input, router)?,
            ledger,
            now,
            policy: Policy::new(PolicyOptions {
                max_contacts: plan.max_contacts,
                on_limit: plan.on_limit,
                window: plan.window.clone(),
                may_repeat: plan.may_repeat,
            }),
            // Nothing waits here: what makes a batch whole is its size.
            batcher: Batcher::new(plan.batch_size, Duration::MAX),
            people: Deduper::default(),
            checkpoints: Checkpoints::new(streams.len()),
            incomplete: incomplete_at_first(&streams),
            streams: streams.into_iter().collect(),
            empty_run_guard: EmptyRunGuard::new(plan.allow_nobody),
            stats: RunStats::default(),
            warnings: InputWarnings::default(),
            reached: None,
            failure: None,
            plan,
            end: DryRunEnd::NotYet,
        })
    }

    /// What the next records would come to; nothing after the end.
    ///
    /// # Errors
    /// When a sync would fail, after all that it would have told of. Where only too many records are rejected, the rest
    /// of the input comes first.
    pub(crate) async fn next(&mut self) -> Result<Option<DryRunStep>, Error> {
        if !matches!(self.end, DryRunEnd::NotYet) {
            return self.verdict().map_or(Ok(None), Err);
        }
        let mut step = DryRunStep::default();
        let mut sealed = VecDeque::new();
        match self.input.next().await {
            Ok(Some(batch)) => {
                let batch = self.looked_up(batch).await?;
                self.take(batch, &mut step, &mut sealed);
            }
            Ok(None) => self.end = DryRunEnd::Told { is_over_limit: false },
            Err(error) => self.fail(error),
        }
        if let DryRunEnd::Told { is_over_limit } = self.end {
            self.empty_run_guard.note_end_of_input();
            if !is_over_limit && !self.incomplete.is_empty() {
                // As in a sync: what no STATE covers comes again.
                self.batcher.forget(self.checkpoints.open_interval());
            }
            sealed.extend(std::iter::from_fn(|| self.batcher.take_any()));
        }
        while let Some(batch) = sealed.pop_front().filter(|_| !matches!(self.end, DryRunEnd::Stopped)) {
            self.claim(batch, &mut step).await?;
            if self.reached.is_some() {
                sealed.extend(std::iter::from_fn(|| self.batcher.take_any()));
            }
        }
        Ok(Some(step))
    }

    /// Why a sync would fail that has read all that is read here.
    fn verdict(&mut self) -> Option<Error> {
        if self.failure.is_none() && self.stats.rejected_more_than(self.plan.max_rejected_percent) {
            self.too_many_rejected();
        }
        let is_cut_short =
            !matches!(self.end, DryRunEnd::Told { is_over_limit: true }) && !self.incomplete.is_empty();
        self.failure.take().or_else(|| is_cut_short.then(|| self.streams.incomplete(&self.incomplete)))
    }

    fn too_many_rejected(&mut self) {
        let ((rejected, total), percent) = (self.stats.share(), self.plan.max_rejected_percent);
        self.failure.get_or_insert(Error::TooManyRejected { rejected, total, percent });
    }

    /// Nothing new would be sent from here on.
    fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
        self.end = DryRunEnd::Stopped;
    }

    /// The names of all streams so far.
    pub(crate) fn streams(&self) -> &StreamNames {
        &self.streams
    }

    /// All that is told of a record whose ending was predicted.
    ///
    /// # Errors
    /// When its stream has no name, which is a defect.
    pub(crate) fn decision<'a>(
        &'a self,
        predicted: &'a PredictedRecord,
        at: Timestamp,
    ) -> Result<Decision<'a>, Error> {
        let maker = DecisionMaker { streams: &self.streams, may_repeat: self.plan.may_repeat, at };
        match predicted {
            PredictedRecord::Contact(pending, outcome) => maker.of_contact(pending, outcome),
            PredictedRecord::Refused(record) => maker.of_refused(record),
        }
    }

    /// How the records ended that were read.
    pub(crate) fn stats(&self) -> &RunStats {
        &self.stats
    }

    /// The limit of the configuration by which records were left for the next sync.
    pub(crate) fn limit(&self) -> Option<&'static str> {
        self.reached.map(ContactLimit::setting)
    }

    /// Whether more records came than were to be read.
    pub(crate) fn is_over_limit(&self) -> bool {
        matches!(self.end, DryRunEnd::Told { is_over_limit: true })
    }

    /// What was odd about the input, a line each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut lines = self.warnings.lines(&self.streams);
        lines.extend(
            self.empty_run_guard.warning(&self.stats).filter(|_| !matches!(self.end, DryRunEnd::Stopped)),
        );
        lines
    }

    async fn looked_up(&self, batch: EventBatch) -> Result<EventBatch, Error> {
        if self.ledger.remembers() { batch.look_up(self.ledger, self.now).await } else { Ok(batch) }
    }

    fn take(&mut self, batch: EventBatch, step: &mut DryRunStep, sealed: &mut VecDeque<PendingBatch>) {
        let now = Instant::now();
        self.warnings.add(batch.warnings);
        for event in batch.events {
            let is_record = matches!(event, Event::Contact(_) | Event::Refused(_) | Event::Listed(_));
            if is_record && self.plan.limit > 0 && self.stats.received >= self.plan.limit {
                if !matches!(self.end, DryRunEnd::Stopped) {
                    self.end = DryRunEnd::Told { is_over_limit: true };
                }
                return;
            }
            self.stats.received += u64::from(is_record);
            match event {
                Event::Contact(_) | Event::Refused(_) | Event::Listed(_) if self.reached.is_some() => {
                    self.stats.left += 1;
                }
                Event::Contact(pending) => {
                    if let Err(error) = self.decide(pending, step, sealed, now) {
                        self.fail(error);
                    }
                }
                Event::Refused(record) => {
                    self.empty_run_guard.note_unsent(&record.outcome);
                    self.tell(PredictedRecord::Refused(record), step);
                    self.stop_if_nobody_can_be_called();
                }
                Event::Listed(_) => {
                    self.fail(Error::Defect("a do-not-call list came where people are called".to_owned()));
                }
                Event::State(..) if self.reached.is_some() => {}
                Event::State(state, covers) => self.checkpoints.close_interval(state, covers),
                Event::Stream { index, name, warnings, variables } => {
                    self.streams.announce(index, &name);
                    step.announced.push(AnnouncedStream { stream: index, variables, warnings });
                }
                Event::Complete(stream) => drop(self.incomplete.remove(&stream)),
            }
        }
        if self.checkpoints.is_full()
            && self.failure.is_none()
            && let Some(error) = self.empty_run_guard.decide_now(&self.stats)
        {
            self.fail(error);
        }
        while self.empty_run_guard.is_decided() && self.checkpoints.next_ready(Flush::default()).is_some() {}
    }

    /// A contact waits in its batch, is left alone, or has ended.
    fn decide(
        &mut self,
        mut pending: PendingContact,
        step: &mut DryRunStep,
        sealed: &mut VecDeque<PendingBatch>,
        now: Instant,
    ) -> Result<(), Error> {
        if let LedgerLookup::Known(keys, _) = pending.lookup
            && self.plan.sent_again == Some(ContactStatus::Accepted)
            && self.is_sent(&pending)?
        {
            pending.lookup = LedgerLookup::Known(keys, ContactStatus::Accepted);
        }
        match self.policy.decide(&pending, self.now)? {
            PolicyDecision::Send => self.empty_run_guard.note_callable(),
            PolicyDecision::Ended(outcome) => {
                self.empty_run_guard.note_unsent(&outcome);
                self.tell(PredictedRecord::Contact(pending, outcome), step);
                self.stop_if_nobody_can_be_called();
                return Ok(());
            }
            PolicyDecision::Leave(limit) => {
                self.leave(limit);
                sealed.extend(std::iter::from_fn(|| self.batcher.take_any()));
                return Ok(());
            }
        }
        sealed.extend(self.batcher.push(pending, now));
        Ok(())
    }

    /// A record ends.
    fn tell(&mut self, predicted: PredictedRecord, step: &mut DryRunStep) {
        self.stats.count(predicted.outcome());
        if self.stats.has_too_many_rejected(self.plan.max_rejected_percent) {
            self.too_many_rejected();
        }
        step.decided.push(predicted);
    }

    /// A sync that finds nobody stops.
    fn stop_if_nobody_can_be_called(&mut self) {
        if let Some(error) = self.empty_run_guard.failure(&self.stats).filter(|_| self.failure.is_none()) {
            self.fail(error);
        }
    }

    /// A record is left for the next sync, and so is all that comes after it.
    fn leave(&mut self, limit: ContactLimit) {
        self.stats.left += 1;
        self.reached.get_or_insert(limit);
    }
}

impl PredictedRecord {
    /// Where the record stands.
    pub(crate) fn position(&self) -> RecordPosition {
        match self {
            Self::Contact(pending, _) => pending.origin.position,
            Self::Refused(record) => record.origin.position,
        }
    }

    /// How it would end.
    pub(crate) fn outcome(&self) -> &Outcome {
        match self {
            Self::Contact(_, outcome) => outcome,
            Self::Refused(record) => &record.outcome,
        }
    }
}

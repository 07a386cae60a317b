//! The one loop: takes items, keeps policy, batches, has batches delivered, hands states back.
//!
//! It owns what must never go wrong: the order of states, what is settled, when nothing new may go
//! out. Work that only costs time (decoding, mapping) runs on a thread beside it, deliveries as
//! tasks under it.

mod batch_task;
mod batcher;
mod checkpoint;
mod dedupe;
mod ledger_query;
mod run_log;
mod run_stats;
mod settling;
mod shutdown;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

pub use checkpoint::{Checkpoints, Interval};
pub use run_stats::RunStats;

use crate::delivery::{Deliverer, LogLine, Stop, Transport};
use crate::domain::contact::{Campaign, Contact};
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::intake::{Event, EventBatch, InputWarnings, StreamIndex};
use crate::ledger::{ClaimEntry, ContactStatus, Ledger};
use crate::phone::Phone;
use crate::protocol::{Level, Output};
use batch_task::{BatchResult, BatchTask};
use batcher::{BatchKey, Batcher, PendingContact, SealedBatch};
use dedupe::Deduper;
use ledger_query::{LedgerAnswer, LedgerQuery};
use shutdown::Shutdown;

/// How often the log says how far the run is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Text of contacts under way beyond which nothing more is sent: ordinary batches have a hundredth of
/// it, but a record can be a megabyte, and its request as much again.
const MAX_BYTES_UNDER_WAY: usize = 2 << 20;

/// What the loop goes by.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Contacts in a batch.
    pub batch_size: usize,
    /// How long the first contact of a batch waits for the others.
    pub max_batch_age: Duration,
    /// Batches under way at once.
    pub max_in_flight: usize,
    /// How long batches under way may take once the run has failed.
    pub hear_out_for: Duration,
    /// How long everything may take once a signal has come.
    pub end_within: Duration,
    /// Contacts in this run; 0: no limit.
    pub max_contacts: u64,
    /// Share of rejected records that fails the run; 100: none does.
    pub max_rejected_percent: u8,
    /// The catalog's streams, and whether the platform says when each is complete. Announced ones follow.
    pub streams: Vec<(StreamName, bool)>,
}

/// A run of `write`.
pub struct Pipeline<C, L, W> {
    plan: Plan,
    way: BatchTask<C, L>,
    /// The names of the plan's streams, for the ledger.
    stream_names: Vec<Arc<str>>,
    output: Output<W>,
    stop: Stop,
    checkpoints: Checkpoints,
    batcher: Batcher,
    deduper: Deduper,
    ready: VecDeque<SealedBatch>,
    under_way: JoinSet<BatchResult>,
    /// Of what is under way.
    loads: HashMap<Id, Load>,
    question: LedgerQuery,
    is_closing: bool,
    complete: Vec<bool>,
    stats: RunStats,
    warnings: InputWarnings,
    n_sent: u64,
    waiting: Option<String>,
    failure: Option<Error>,
    shutdown: Shutdown,
    /// Streams that the source did not complete.
    incomplete: Option<String>,
}

/// What a batch under way holds.
struct Load {
    n_contacts: usize,
    bytes: usize,
}

/// What the loop woke up for.
enum Wakeup {
    BatchResult(Result<(Id, BatchResult), JoinError>),
    Answered(LedgerAnswer),
    EventBatch(Option<EventBatch>),
    LogLine(LogLine),
    BatchDue,
    Progress,
    Signal(&'static str),
    CutOff,
    Leave,
}

impl<C: Transport, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A run that has not begun. `stop` is the one that the deliverer listens to.
    pub fn new(
        plan: Plan,
        deliverer: Arc<Deliverer<C>>,
        ledger: Arc<L>,
        output: Output<W>,
        stop: Stop,
    ) -> Self {
        Self {
            stream_names: plan.streams.iter().map(|(name, _)| Arc::from(name.to_string())).collect(),
            checkpoints: Checkpoints::new(plan.streams.len()),
            batcher: Batcher::new(plan.batch_size, plan.max_batch_age),
            complete: vec![false; plan.streams.len()],
            plan,
            way: BatchTask { deliverer, ledger },
            output,
            stop,
            deduper: Deduper::default(),
            ready: VecDeque::new(),
            under_way: JoinSet::new(),
            loads: HashMap::new(),
            question: LedgerQuery::default(),
            is_closing: false,
            stats: RunStats::default(),
            warnings: InputWarnings::default(),
            n_sent: 0,
            waiting: None,
            failure: None,
            shutdown: Shutdown::default(),
            incomplete: None,
        }
    }

    /// Runs until the input has ended and everything is settled, or until the run must stop.
    /// Gives how the records ended, why the run failed if it did, and the output.
    ///
    /// The loop only listens: nothing is awaited outside of `next`.
    pub async fn run(
        mut self,
        mut input: mpsc::Receiver<EventBatch>,
        mut log_lines: mpsc::Receiver<LogLine>,
        mut signals: impl Stream<Item = &'static str> + Unpin,
    ) -> (RunStats, Option<Error>, Output<W>) {
        let mut is_open = true;
        let started = Instant::now();
        let mut progress_at = started + PROGRESS_EVERY;
        loop {
            self.dispatch();
            self.release();
            self.close_if_settled(is_open);
            let may_read = is_open && self.may_read();
            match self.next(may_read, progress_at, &mut input, &mut log_lines, &mut signals).await {
                Wakeup::BatchResult(result) => self.delivered(result),
                Wakeup::Answered(LedgerAnswer::Known(batch, Ok(statuses))) => {
                    self.take_events(batch, statuses.into_iter());
                }
                Wakeup::Answered(LedgerAnswer::Known(_, Err(error))) => self.fail(error),
                Wakeup::Answered(LedgerAnswer::Closed(Err(error))) => self.fail(error.into()),
                Wakeup::Answered(LedgerAnswer::Closed(Ok(()))) => {}
                Wakeup::EventBatch(Some(batch)) => self.status_of(batch),
                Wakeup::EventBatch(None) => {
                    is_open = false;
                    self.input_ended();
                }
                Wakeup::LogLine(LogLine(text)) => {
                    self.log(Level::Info, &text);
                    self.waiting = Some(text);
                }
                Wakeup::BatchDue => self.ready.extend(self.batcher.take_due(Instant::now())),
                Wakeup::Progress => {
                    progress_at = Instant::now() + PROGRESS_EVERY;
                    self.tell_progress(started);
                }
                Wakeup::Signal(signal) => self.interrupt(signal),
                Wakeup::CutOff => {
                    self.shutdown.cut_off_at = None;
                    self.stop.cut_off();
                }
                Wakeup::Leave => {
                    self.leave();
                    break;
                }
            }
            if self.is_closing && !self.question.is_open() {
                break;
            }
        }
        self.conclude(started);
        (self.stats, self.failure, self.output)
    }

    /// Waits for whatever comes first. Deliveries before new input: what is settled frees memory.
    async fn next(
        &mut self,
        may_read: bool,
        progress_at: Instant,
        input: &mut mpsc::Receiver<EventBatch>,
        log_lines: &mut mpsc::Receiver<LogLine>,
        signals: &mut (impl Stream<Item = &'static str> + Unpin),
    ) -> Wakeup {
        let due = self.batcher.next_due().filter(|_| self.failure.is_none());
        let Shutdown { cut_off_at, leave_at, .. } = self.shutdown;
        tokio::select! {
            biased;
            Some(signal) = signals.next() => Wakeup::Signal(signal),
            Some(heard) = self.under_way.join_next_with_id() => Wakeup::BatchResult(heard),
            Some(log_line) = log_lines.recv() => Wakeup::LogLine(log_line),
            answer = self.question.answer() => Wakeup::Answered(answer),
            () = at(cut_off_at) => Wakeup::CutOff,
            () = at(leave_at) => Wakeup::Leave,
            () = at(due) => Wakeup::BatchDue,
            () = sleep_until(progress_at) => Wakeup::Progress,
            batch = input.recv(), if may_read => Wakeup::EventBatch(batch),
        }
    }

    fn may_read(&self) -> bool {
        self.failure.is_none()
            && self.ready.is_empty()
            && !self.question.is_open()
            && !self.checkpoints.is_full()
    }

    /// Starts deliveries, as many as may be under way.
    fn dispatch(&mut self) {
        while self.failure.is_none()
            && self.under_way.len() < self.plan.max_in_flight
            && self.loads.values().map(|load| load.bytes).sum::<usize>() < MAX_BYTES_UNDER_WAY
        {
            let Some(mut ready) = self.ready.pop_front() else { return };
            let load = Load { n_contacts: ready.tickets.len(), bytes: ready.bytes };
            let entries = self.entries(&mut ready);
            let task = self.under_way.spawn(self.way.clone().send(ready, entries));
            self.loads.insert(task.id(), load);
        }
    }

    /// What the ledger is told of a batch; nothing when there is none.
    fn entries(&self, ready: &mut SealedBatch) -> Vec<ClaimEntry> {
        let remembers = self.way.ledger.remembers();
        if remembers { batch_task::entries(ready, &self.stream_names) } else { Vec::new() }
    }

    /// What the ledger knows of the contacts decides about them; without one they are taken at once.
    fn status_of(&mut self, batch: EventBatch) {
        if self.way.ledger.remembers() {
            self.question.status_of(&self.way.ledger, batch, self.way.deliverer.now());
        } else {
            self.take_events(batch, std::iter::repeat(ContactStatus::Free));
        }
    }

    /// Begins to close the ledger when nothing is under way and nothing more will be. A batch whose
    /// contacts are looked up just then is one that was not read.
    fn close_if_settled(&mut self, is_open: bool) {
        let is_read = !is_open && self.ready.is_empty() && !self.question.is_open();
        if !self.is_closing && self.under_way.is_empty() && (self.failure.is_some() || is_read) {
            self.is_closing = true;
            self.shutdown.closing(Instant::now());
            self.question.close(&self.way.ledger);
        }
    }

    fn take_events(&mut self, batch: EventBatch, mut statuses: impl Iterator<Item = ContactStatus>) {
        let now = Instant::now();
        for item in batch.items {
            match item {
                Event::Contact { position, campaign, contact, ledger_key } => {
                    let Some(status) = statuses.next() else {
                        return self
                            .fail(Error::Defect("a contact has no standing in the ledger".to_owned()));
                    };
                    let ticket = PendingContact { interval: self.received(), position, ledger_key };
                    self.consider_contact(ticket, campaign, contact, status, now);
                }
                Event::Refused { position, outcome } => {
                    let interval = self.received();
                    self.settle(interval, position, &outcome, None);
                }
                Event::State(state, covers) => self.checkpoints.close_interval(state, covers),
                Event::Stream { index, name, warnings } => self.announced(index, name, &warnings),
                Event::Complete(stream) => {
                    if let Some(complete) = self.complete.get_mut(stream.index()) {
                        *complete = true;
                    }
                }
            }
        }
        self.warnings.add(batch.warnings);
        if self.checkpoints.is_full() {
            self.flush();
        }
        if let Some(error) = batch.failure {
            self.fail(error);
        }
    }

    /// A stream that the plan does not have yet, or that looks different from here on.
    fn announced(&mut self, index: StreamIndex, name: StreamName, warnings: &[String]) {
        if index.index() == self.plan.streams.len() {
            self.checkpoints.add_stream();
            self.stream_names.push(name.to_string().into());
            self.plan.streams.push((name, false));
            self.complete.push(false);
        }
        for warning in warnings {
            self.log(Level::Warn, warning);
        }
    }

    /// Policy that needs to know what was before: the same number, the ledger, the limit.
    fn consider_contact(
        &mut self,
        ticket: PendingContact,
        campaign: Campaign,
        contact: Contact,
        status: ContactStatus,
        now: Instant,
    ) {
        match self.skip_reason(&campaign, &contact.phone, status) {
            Ok(None) => {}
            Ok(Some(outcome)) => {
                return self.settle(ticket.interval, ticket.position, &outcome, Some(&contact.phone));
            }
            Err(error) => return self.fail(error),
        }
        self.n_sent += 1;
        let key = BatchKey { campaign, maybe_sent: status == ContactStatus::Unknown };
        self.ready.extend(self.batcher.push(&key, contact, ticket, now));
    }

    /// How a contact ends that must not be sent; none for those that may.
    fn skip_reason(
        &mut self,
        campaign: &Campaign,
        phone: &Phone,
        status: ContactStatus,
    ) -> Result<Option<Outcome>, Error> {
        let skip_reason = batch_task::skip_reason(status, self.way.deliverer.may_repeat());
        let limit = self.plan.max_contacts;
        let is_over = skip_reason.is_none() && limit > 0 && self.n_sent >= limit;
        // Who is over the limit was not sent, and is no duplicate when they come again.
        let is_new = if is_over {
            !self.deduper.contains(campaign, phone)?
        } else {
            self.deduper.insert(campaign, phone)?
        };
        Ok(match skip_reason {
            _ if !is_new => Some(Outcome::Duplicate(Reason::DuplicateInRun)),
            _ if is_over => Some(Outcome::Suppressed(Reason::MaxContactsPerSync, None)),
            skip_reason => skip_reason,
        })
    }

    fn received(&mut self) -> Interval {
        self.stats.received += 1;
        self.checkpoints.received()
    }

    /// Hands back the states whose records are all settled.
    fn release(&mut self) {
        while let Some((state, stats)) = self.checkpoints.next_ready() {
            let written = self.output.state(&state, stats);
            self.written(written);
        }
    }

    fn input_ended(&mut self) {
        let streams = self.plan.streams.iter().zip(&self.complete);
        let incomplete = streams.filter(|((_, says), complete)| *says && !**complete);
        let names: Vec<String> = incomplete.map(|((name, _), _)| name.to_string()).collect();
        if !names.is_empty() {
            // The source failed: what no STATE covers comes again, and would be called twice.
            self.batcher.forget(self.checkpoints.open_interval());
            self.incomplete = Some(names.join(", "));
        }
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(batch) = self.batcher.take_any() {
            self.ready.push_back(batch);
        }
    }

    /// From here on nothing new is sent; what is under way is heard out.
    fn fail(&mut self, error: Error) {
        if self.failure.is_some() {
            return;
        }
        self.failure = Some(error);
        self.stop.set();
        self.ready.clear();
        self.batcher.clear();
        self.shutdown.failed(Instant::now(), self.plan.hear_out_for);
    }

    fn too_many_rejected(&mut self) {
        let (rejected, total) = self.stats.share();
        self.fail(Error::TooManyRejected { rejected, total, percent: self.plan.max_rejected_percent });
    }

    fn conclude(&mut self, started: Instant) {
        if self.failure.is_none() && self.stats.rejected_more_than(self.plan.max_rejected_percent) {
            self.too_many_rejected();
        }
        if let (None, Some(names)) = (&self.failure, self.incomplete.take()) {
            self.failure = Some(Error::Incomplete(names));
        }
        self.tell_the_end(started);
    }

    fn log(&mut self, level: Level, text: &str) {
        let written = self.output.log(level, text);
        self.written(written);
    }

    /// Nobody reads any more: the run ends as after any other failure, in silence.
    fn written(&mut self, written: Result<(), Error>) {
        if let Err(error) = written {
            self.fail(error);
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

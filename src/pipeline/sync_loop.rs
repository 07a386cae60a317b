//! The loop itself: listens to everything at once, awaits nothing but what comes first.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::archive::Archive;
use super::batch_task::BatchTask;
use super::batcher::Batcher;
use super::checkpoint::Checkpoints;
use super::dispatcher::Dispatcher;
use super::empty_run_guard::EmptyRunGuard;
use super::ledger_query::{LedgerAnswer, LedgerQuery};
use super::policy::{Policy, PolicyOptions};
use super::policy_decision::ContactLimit;
use super::run_stats::RunStats;
use super::shutdown::Shutdown;
use crate::config::OnLimit;
use crate::delivery::{Deliverer, LogLine, RunHandle, Transport};
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;
use crate::intake::{EventBatch, InputWarnings, StreamIndex};
use crate::ledger::{DailyLimit, Ledger};
use crate::protocol::{Level, Output};

/// How often the log says how far the run is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// What the loop goes by.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run's own name.
    pub run: String,
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
    /// Contacts in a day to one campaign, by all runs; none: no limit.
    pub daily_limit: Option<DailyLimit>,
    /// What happens to the others.
    pub on_limit: OnLimit,
    /// A run that can call nobody is normal.
    pub allow_nobody: bool,
    /// Share of rejected records that fails the run; 100: none does.
    pub max_rejected_percent: u8,
    /// The catalog's streams, and the generation of each where the platform counts them: it says then when each is
    /// complete. Announced ones follow.
    pub streams: Vec<(StreamName, Option<i64>)>,
}

/// How a run ended.
pub struct Ended<W> {
    /// How its records ended.
    pub stats: RunStats,
    /// Why it failed, if it did.
    pub failure: Option<Error>,
    /// Where it wrote.
    pub output: Output<W>,
    /// Where the report's page is, if there is one.
    pub report_at: Option<String>,
}

impl<W> Ended<W> {
    /// A run that failed before it read anything.
    pub fn before_it_began(output: Output<W>, failure: Error) -> Self {
        Self { stats: RunStats::default(), failure: Some(failure), output, report_at: None }
    }
}

/// A run of `write`.
pub struct Pipeline<C, L, W> {
    pub(super) plan: Plan,
    pub(super) task: BatchTask<C, L>,
    pub(super) output: Output<W>,
    pub(super) checkpoints: Checkpoints,
    pub(super) policy: Policy,
    pub(super) batcher: Batcher,
    pub(super) dispatcher: Dispatcher,
    pub(super) archive: Archive,
    pub(super) ledger_query: LedgerQuery,
    pub(super) is_closing: bool,
    pub(super) is_concluded: bool,
    pub(super) report_at: Option<String>,
    /// Streams that the platform will say are complete, and has not.
    pub(super) incomplete: BTreeSet<StreamIndex>,
    pub(super) stats: RunStats,
    pub(super) warnings: InputWarnings,
    pub(super) waiting: Option<String>,
    /// The limit that was reached, and leaves the rest of the input alone.
    pub(super) limit: Option<ContactLimit>,
    pub(super) empty_run_guard: EmptyRunGuard,
    /// When the window of calling closes.
    pub(super) closes_at: Option<Instant>,
    pub(super) failure: Option<Error>,
    pub(super) shutdown: Shutdown,
}

impl<C: Transport, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A run that has not begun. `run` is the one that the deliverer shares.
    pub fn new(
        mut plan: Plan,
        deliverer: Arc<Deliverer<C>>,
        ledger: Arc<L>,
        output: Output<W>,
        run: RunHandle,
        archive: Archive,
    ) -> Self {
        let streams = std::mem::take(&mut plan.streams);
        let may_repeat = deliverer.may_repeat();
        Self {
            checkpoints: Checkpoints::new(streams.len()),
            policy: Policy::new(PolicyOptions {
                max_contacts: plan.max_contacts,
                on_limit: plan.on_limit,
                window: run.window(),
                may_repeat,
            }),
            batcher: Batcher::new(plan.batch_size, plan.max_batch_age),
            dispatcher: Dispatcher::new(plan.max_in_flight),
            incomplete: incomplete_at_first(&streams),
            limit: None,
            empty_run_guard: EmptyRunGuard::new(plan.allow_nobody),
            closes_at: run.closes_at(),
            task: BatchTask {
                deliverer,
                ledger,
                run,
                daily_limit: plan.daily_limit.clone(),
                on_limit: plan.on_limit,
                streams: Arc::new(streams.into_iter().collect()),
            },
            plan,
            output,
            ledger_query: LedgerQuery::default(),
            archive,
            is_closing: false,
            is_concluded: false,
            report_at: None,
            stats: RunStats::default(),
            warnings: InputWarnings::default(),
            waiting: None,
            failure: None,
            shutdown: Shutdown::default(),
        }
    }

    /// Runs until the input has ended and everything is settled, or until the run must stop.
    /// Gives how the records ended, why the run failed if it did, and the output.
    ///
    /// The loop only listens: nothing is awaited outside of its `select!`. Deliveries come before new input: what is
    /// settled frees memory.
    pub async fn run(
        mut self,
        mut input: mpsc::Receiver<EventBatch>,
        mut log_lines: mpsc::Receiver<LogLine>,
        mut signals: impl Stream<Item = &'static str> + Unpin,
    ) -> Ended<W> {
        let mut is_open = true;
        let started = Instant::now();
        let mut progress_at = started + PROGRESS_EVERY;
        loop {
            self.dispatch();
            self.release_states();
            self.close_if_settled(is_open);
            let rests_until = self.flush_archive();
            self.conclude_if_closed(started);
            if self.is_concluded && !self.archive.is_busy() {
                break;
            }
            let may_read = is_open && self.may_read();
            let due = self.batcher.next_due().filter(|_| self.failure.is_none());
            let closes_at = self.closes_at.filter(|_| self.failure.is_none());
            let Shutdown { cut_off_at, leave_at, .. } = self.shutdown;
            tokio::select! {
                biased;
                Some(signal) = signals.next() => self.interrupt(signal),
                Some(result) = self.dispatcher.next_result() => self.record_delivery(result),
                Some(line) = log_lines.recv() => self.log_waiting(line),
                put = self.archive.next_put() => self.record_put(put),
                answer = self.ledger_query.answer() => self.take_ledger_answer(answer),
                () = at(cut_off_at) => self.cut_off(),
                () = at(leave_at) => {
                    self.leave(started);
                    break;
                }
                () = at(closes_at) => self.window_ended(is_open),
                () = at(due) => self.dispatcher.add(self.batcher.take_due(Instant::now())),
                () = at(rests_until) => {}
                () = sleep_until(progress_at) => {
                    progress_at = Instant::now() + PROGRESS_EVERY;
                    self.log_progress(started);
                }
                batch = input.recv(), if may_read => {
                    is_open = batch.is_some();
                    self.take_input(batch);
                }
            }
        }
        let Self { stats, failure, output, report_at, .. } = self;
        Ended { stats, failure, output, report_at }
    }

    fn may_read(&self) -> bool {
        self.failure.is_none()
            && self.dispatcher.is_drained()
            && !self.ledger_query.is_open()
            && !self.archive.is_full()
            // Beyond a limit no STATE comes to those that wait, and none of them will go.
            && (!self.checkpoints.is_full() || self.limit.is_some())
    }

    fn dispatch(&mut self) {
        if !self.dispatcher.is_drained() {
            self.stop_outside_window();
        }
        if self.failure.is_none() {
            self.dispatcher.send(&self.task);
        }
    }

    /// Puts what is kept of records: when a STATE waits for nothing else, when it is much, or when nothing follows.
    /// Gives when that is to be tried again.
    fn flush_archive(&mut self) -> Option<Instant> {
        let is_awaited = self.checkpoints.waits_for_flush(self.archive.durable());
        self.archive.flush(is_awaited, self.is_closing);
        self.archive.rests_until().filter(|_| is_awaited)
    }

    /// Hands back the states whose records are all settled.
    fn release_states(&mut self) {
        while self.empty_run_guard.is_decided()
            && let Some((state, stats)) = self.checkpoints.next_ready(self.archive.durable())
        {
            let written = self.output.state(&state, stats);
            self.written(written);
        }
    }

    fn take_ledger_answer(&mut self, answer: LedgerAnswer) {
        match answer {
            LedgerAnswer::LookedUp(Ok(batch)) => self.take_events(batch),
            LedgerAnswer::LookedUp(Err(error)) | LedgerAnswer::Closed(Err(error)) => self.fail(error),
            LedgerAnswer::Closed(Ok(())) => {}
        }
    }

    pub(super) fn log(&mut self, level: Level, text: &str) {
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

/// The streams that the platform will say are complete.
pub(super) fn incomplete_at_first(streams: &[(StreamName, Option<i64>)]) -> BTreeSet<StreamIndex> {
    let awaited = streams.iter().enumerate().filter(|(_, (_, generation_id))| generation_id.is_some());
    awaited.map(|(index, _)| StreamIndex::new(index)).collect()
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

//! The one loop: takes items, keeps policy, batches, has batches delivered, hands states back.
//!
//! It owns what must never go wrong: the order of states, what is settled, when nothing new may go
//! out. Work that only costs time (decoding, mapping) runs on a thread beside it, deliveries as
//! tasks under it.

mod announced;
mod batcher;
mod checkpoint;
mod dedupe;
mod ending;
mod feed;
mod intake;
mod item;
mod question;
mod remarks;
mod sending;
mod settling;
mod tally;
mod telling;
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

pub use announced::{Announced, Compile};
pub use checkpoint::{Checkpoints, Interval};
pub use feed::feed;
pub use intake::Intake;
pub use item::{Chunk, Covers, Item, Origin, StreamIndex, Who};
pub use remarks::Remarks;
pub use tally::Tally;

use crate::contact::{Campaign, Contact};
use crate::delivery::{Carrier, Courier, Notice, Stop};
use crate::error::Error;
use crate::ledger::{Entry, Ledger, Standing};
use crate::phone::Phone;
use crate::protocol::{Level, Output, StreamName};
use crate::reason::Reason;
use crate::vendor::exchange::Outcome;
use batcher::{Batcher, Lane, Ready, Ticket};
use dedupe::Seen;
use ending::Ending;
use question::{Answer, Question};
use sending::{Heard, Way};

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
    way: Way<C, L>,
    /// The names of the plan's streams, for the ledger.
    stream_names: Vec<Arc<str>>,
    output: Output<W>,
    stop: Stop,
    checkpoints: Checkpoints,
    batcher: Batcher,
    seen: Seen,
    ready: VecDeque<Ready>,
    under_way: JoinSet<Heard>,
    /// Of what is under way.
    loads: HashMap<Id, Load>,
    question: Question,
    is_closing: bool,
    complete: Vec<bool>,
    tally: Tally,
    remarks: Remarks,
    n_sent: u64,
    waiting: Option<String>,
    failure: Option<Error>,
    ending: Ending,
    /// Streams that the source did not complete.
    incomplete: Option<String>,
}

/// What a batch under way holds.
struct Load {
    n_contacts: usize,
    bytes: usize,
}

/// What the loop woke up for.
enum Event {
    Heard(Result<(Id, Heard), JoinError>),
    Answered(Answer),
    Chunk(Option<Chunk>),
    Notice(Notice),
    BatchDue,
    Progress,
    Signal(&'static str),
    CutOff,
    Leave,
}

impl<C: Carrier, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A run that has not begun. `stop` is the one that the courier listens to.
    pub fn new(plan: Plan, courier: Arc<Courier<C>>, ledger: Arc<L>, output: Output<W>, stop: Stop) -> Self {
        Self {
            stream_names: plan.streams.iter().map(|(name, _)| Arc::from(name.to_string())).collect(),
            checkpoints: Checkpoints::new(plan.streams.len()),
            batcher: Batcher::new(plan.batch_size, plan.max_batch_age),
            complete: vec![false; plan.streams.len()],
            plan,
            way: Way { courier, ledger },
            output,
            stop,
            seen: Seen::default(),
            ready: VecDeque::new(),
            under_way: JoinSet::new(),
            loads: HashMap::new(),
            question: Question::default(),
            is_closing: false,
            tally: Tally::default(),
            remarks: Remarks::default(),
            n_sent: 0,
            waiting: None,
            failure: None,
            ending: Ending::default(),
            incomplete: None,
        }
    }

    /// Runs until the input has ended and everything is settled, or until the run must stop.
    /// Gives how the records ended, why the run failed if it did, and the output.
    ///
    /// The loop only listens: nothing is awaited outside of `next`.
    pub async fn run(
        mut self,
        mut input: mpsc::Receiver<Chunk>,
        mut notices: mpsc::Receiver<Notice>,
        mut signals: impl Stream<Item = &'static str> + Unpin,
    ) -> (Tally, Option<Error>, Output<W>) {
        let mut is_open = true;
        let started = Instant::now();
        let mut progress_at = started + PROGRESS_EVERY;
        loop {
            self.dispatch();
            self.release();
            self.close_if_settled(is_open);
            let may_read = is_open && self.may_read();
            match self.next(may_read, progress_at, &mut input, &mut notices, &mut signals).await {
                Event::Heard(result) => self.delivered(result),
                Event::Answered(Answer::Known(chunk, Ok(standings))) => {
                    self.take(chunk, standings.into_iter());
                }
                Event::Answered(Answer::Known(_, Err(error))) => self.fail(error),
                Event::Answered(Answer::Closed(Err(error))) => self.fail(error.into()),
                Event::Answered(Answer::Closed(Ok(()))) => {}
                Event::Chunk(Some(chunk)) => self.look_up(chunk),
                Event::Chunk(None) => {
                    is_open = false;
                    self.input_ended();
                }
                Event::Notice(Notice(text)) => {
                    self.log(Level::Info, &text);
                    self.waiting = Some(text);
                }
                Event::BatchDue => self.ready.extend(self.batcher.take_due(Instant::now())),
                Event::Progress => {
                    progress_at = Instant::now() + PROGRESS_EVERY;
                    self.tell_progress(started);
                }
                Event::Signal(signal) => self.interrupt(signal),
                Event::CutOff => {
                    self.ending.cut_off_at = None;
                    self.stop.cut_off();
                }
                Event::Leave => {
                    self.leave();
                    break;
                }
            }
            if self.is_closing && !self.question.is_open() {
                break;
            }
        }
        self.conclude(started);
        (self.tally, self.failure, self.output)
    }

    /// Waits for whatever comes first. Deliveries before new input: what is settled frees memory.
    async fn next(
        &mut self,
        may_read: bool,
        progress_at: Instant,
        input: &mut mpsc::Receiver<Chunk>,
        notices: &mut mpsc::Receiver<Notice>,
        signals: &mut (impl Stream<Item = &'static str> + Unpin),
    ) -> Event {
        let due = self.batcher.next_due().filter(|_| self.failure.is_none());
        let Ending { cut_off_at, leave_at, .. } = self.ending;
        tokio::select! {
            biased;
            Some(signal) = signals.next() => Event::Signal(signal),
            Some(heard) = self.under_way.join_next_with_id() => Event::Heard(heard),
            Some(notice) = notices.recv() => Event::Notice(notice),
            answer = self.question.answer() => Event::Answered(answer),
            () = at(cut_off_at) => Event::CutOff,
            () = at(leave_at) => Event::Leave,
            () = at(due) => Event::BatchDue,
            () = sleep_until(progress_at) => Event::Progress,
            chunk = input.recv(), if may_read => Event::Chunk(chunk),
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
    fn entries(&self, ready: &mut Ready) -> Vec<Entry> {
        let remembers = self.way.ledger.remembers();
        if remembers { sending::entries(ready, &self.stream_names) } else { Vec::new() }
    }

    /// What the ledger knows of the contacts decides about them; without one they are taken at once.
    fn look_up(&mut self, chunk: Chunk) {
        if self.way.ledger.remembers() {
            self.question.look_up(&self.way.ledger, chunk, self.way.courier.now());
        } else {
            self.take(chunk, std::iter::repeat(Standing::Free));
        }
    }

    /// Begins to close the ledger when nothing is under way and nothing more will be. A chunk whose
    /// contacts are looked up just then is one that was not read.
    fn close_if_settled(&mut self, is_open: bool) {
        let is_read = !is_open && self.ready.is_empty() && !self.question.is_open();
        if !self.is_closing && self.under_way.is_empty() && (self.failure.is_some() || is_read) {
            self.is_closing = true;
            self.ending.closing(Instant::now());
            self.question.close(&self.way.ledger);
        }
    }

    fn take(&mut self, chunk: Chunk, mut standings: impl Iterator<Item = Standing>) {
        let now = Instant::now();
        for item in chunk.items {
            match item {
                Item::Contact { origin, campaign, contact, who } => {
                    let Some(standing) = standings.next() else {
                        return self
                            .fail(Error::Defect("a contact has no standing in the ledger".to_owned()));
                    };
                    let ticket = Ticket { interval: self.received(), origin, who };
                    self.consider(ticket, campaign, contact, standing, now);
                }
                Item::Refused { origin, outcome } => {
                    let interval = self.received();
                    self.settle(interval, origin, &outcome, None);
                }
                Item::State(state, covers) => self.checkpoints.close(state, covers),
                Item::Stream { index, name, warnings } => self.announced(index, name, &warnings),
                Item::Complete(stream) => {
                    if let Some(complete) = self.complete.get_mut(stream.index()) {
                        *complete = true;
                    }
                }
            }
        }
        self.remarks.add(chunk.remarks);
        if self.checkpoints.is_full() {
            self.flush();
        }
        if let Some(error) = chunk.failure {
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
    fn consider(
        &mut self,
        ticket: Ticket,
        campaign: Campaign,
        contact: Contact,
        standing: Standing,
        now: Instant,
    ) {
        match self.kept_back(&campaign, &contact.phone, standing) {
            Ok(None) => {}
            Ok(Some(outcome)) => {
                return self.settle(ticket.interval, ticket.origin, &outcome, Some(&contact.phone));
            }
            Err(error) => return self.fail(error),
        }
        self.n_sent += 1;
        let lane = Lane { campaign, maybe_sent: standing == Standing::Unknown };
        self.ready.extend(self.batcher.push(&lane, contact, ticket, now));
    }

    /// How a contact ends that must not be sent; none for those that may.
    fn kept_back(
        &mut self,
        campaign: &Campaign,
        phone: &Phone,
        standing: Standing,
    ) -> Result<Option<Outcome>, Error> {
        let kept_back = sending::kept_back(standing, self.way.courier.may_repeat());
        let limit = self.plan.max_contacts;
        let is_over = kept_back.is_none() && limit > 0 && self.n_sent >= limit;
        // Who is over the limit was not sent, and is no duplicate when they come again.
        let is_new = if is_over {
            !self.seen.contains(campaign, phone)?
        } else {
            self.seen.insert(campaign, phone)?
        };
        Ok(match kept_back {
            _ if !is_new => Some(Outcome::Duplicate(Reason::DuplicateInRun)),
            _ if is_over => Some(Outcome::Suppressed(Reason::MaxContactsPerSync, None)),
            kept_back => kept_back,
        })
    }

    fn received(&mut self) -> Interval {
        self.tally.received += 1;
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
            self.batcher.forget(self.checkpoints.open());
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
        self.ending.failed(Instant::now(), self.plan.hear_out_for);
    }

    fn too_many_rejected(&mut self) {
        let (rejected, total) = self.tally.share();
        self.fail(Error::TooManyRejected { rejected, total, percent: self.plan.max_rejected_percent });
    }

    fn conclude(&mut self, started: Instant) {
        if self.failure.is_none() && self.tally.rejected_more_than(self.plan.max_rejected_percent) {
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

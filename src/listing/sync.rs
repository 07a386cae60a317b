//! A sync whose streams fill the list.

use std::io::Write;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::held_states::HeldStates;
use super::kept::Kept;
use super::row::{Passed, judge};
use super::source::Source;
use crate::delivery::Clock;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::intake::{Covers, Event, EventBatch, ListedRecord, Origin, StreamIndex};
use crate::ledger::list::{DoNotCallList, ListLoad, ListSource, LoadKind, Loaded};
use crate::ledger::{Ledger, LedgerError, ListOwner};
use crate::phone::{Phone, shown};
use crate::protocol::{CatalogStream, Level, Output, State, Stats};
use crate::report::ListFacts;

/// Added numbers that wait at most before they go into the ledger, which is written in places all over for each load.
const MAX_STAGED: u64 = 500_000;
/// How long the ledger may take to close where nobody wants the end: its server may be away for a while.
const LONGEST_CLOSE: Duration = Duration::from_mins(1);
/// How long a load that failed by itself may take to put its rows: as long as a run that calls people.
const LONGEST_LEAVE: Duration = Duration::from_mins(2);
/// A STATE waits no longer than until the next batch of input behind this.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long the ledger may take to say what its list is, which is for the report alone.
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// So many rows that cannot be read are looked for: with more of them it is the column that is wrong.
const MOST_UNREADABLE: u64 = 10_000;

/// What a sync of the list goes by.
pub(crate) struct ListPlan {
    pub(crate) owner: ListOwner,
    pub(crate) facts: ListFacts,
    /// How long the end may take when somebody wants it.
    pub(crate) end_within: Duration,
}

/// A sync whose streams fill the list.
pub(crate) struct ListSync<L, W> {
    ledger: L,
    pub(super) plan: ListPlan,
    pub(super) output: Output<W>,
    pub(super) sources: Vec<Source>,
    states: HeldStates,
    committed: Instant,
    pub(super) loaded: Vec<Loaded>,
    pub(super) kept: Option<Kept>,
    /// The first row that cannot be read: nothing more goes onto the list.
    unreadable: Option<Error>,
    /// The whole list by source, as the ledger has it in the end.
    pub(super) whole_list: Vec<ListSource>,
    pub(super) clock: Clock,
}

impl<L: Ledger + DoNotCallList, W: Write> ListSync<L, W> {
    /// One that has not begun. Streams that no catalog lists are announced.
    pub(crate) fn new(
        ledger: L,
        plan: ListPlan,
        output: Output<W>,
        streams: &[CatalogStream],
        kept: Option<Kept>,
    ) -> Self {
        let sources: Vec<_> = streams.iter().map(Source::new).collect();
        let loaded = vec![Loaded::default(); sources.len()];
        let clock = Clock::starting_at(plan.facts.started);
        Self {
            ledger,
            plan,
            output,
            sources,
            states: HeldStates::default(),
            committed: Instant::now(),
            loaded,
            kept,
            unreadable: None,
            whole_list: Vec::new(),
            clock,
        }
    }

    /// Runs to the end of the input; gives the output back, and why it failed if it did.
    pub(crate) async fn run(
        mut self,
        mut input: mpsc::Receiver<EventBatch>,
        mut signals: impl Stream<Item = &'static str> + Unpin,
    ) -> (Output<W>, Result<(), Error>) {
        let ended = tokio::select! {
            biased;
            Some(signal) = signals.next() => Err(Error::Interrupted(signal)),
            ended = self.load(&mut input) => ended,
        };
        let now = Instant::now();
        let leave_at = now
            + match &ended {
                Ok(()) => LONGEST_CLOSE,
                Err(Error::Interrupted(_)) => self.plan.end_within,
                Err(_) => LONGEST_LEAVE,
            };
        let close_at = leave_at.min(now + LONGEST_CLOSE);
        let closed = tokio::select! {
            biased;
            Some(signal) = signals.next() => Err(Error::Hurried(signal)),
            closed = timeout_at(close_at, self.close()) => match closed {
                Ok(closed) => closed.map_err(Error::from),
                Err(_) => Err(Error::LedgerUnavailable(
                    "the ledger did not answer at the end of the load; what no STATE covers may be on the list, or not: see \
                     whether its server or disk is slow, then run the sync again"
                        .to_owned(),
                )),
            },
        };
        let is_hurried = matches!(closed, Err(Error::Hurried(_)));
        let result = ended.and(closed);
        let left = if is_hurried {
            None
        } else {
            tokio::select! {
                biased;
                Some(_) = signals.next() => None,
                left = timeout_at(leave_at, self.leave_behind(result.as_ref().err())) => left.ok(),
            }
        };
        let left = left.map(|left| left.map_err(|error| error.to_string()));
        let told = self.tell_left(left.unwrap_or_else(|| Err("there was no time left to put it".to_owned())));
        (self.output, result.and(told))
    }

    /// Closes the ledger, once it has said what its list is.
    async fn close(&mut self) -> Result<(), LedgerError> {
        if self.kept.as_ref().is_some_and(Kept::reports) {
            let look = self.ledger.list_sources(self.plan.owner.clone());
            self.whole_list = timeout(LONGEST_LOOK, look).await.ok().and_then(Result::ok).unwrap_or_default();
        }
        self.ledger.close().await
    }

    async fn load(&mut self, input: &mut mpsc::Receiver<EventBatch>) -> Result<(), Error> {
        while let Some(batch) = input.recv().await {
            for event in batch.events {
                self.take(event)?;
            }
            if let Some(failure) = batch.failure {
                return Err(self.unreadable.take().unwrap_or(failure));
            }
            if self.unreadable.is_none() && self.is_due() {
                self.commit(false).await?;
            }
            if let Some(kept) = self.kept.as_mut().filter(|kept| kept.is_full()) {
                kept.put().await?;
            }
        }
        if let Some(unreadable) = self.unreadable.take() {
            return Err(unreadable);
        }
        let broken_off = self.sources.iter().filter(|source| source.has_broken_off());
        let broken_off: Vec<_> = broken_off.map(|source| shown(&source.name)).collect();
        if !broken_off.is_empty() {
            return Err(Error::Incomplete(broken_off.join(", ")));
        }
        self.commit(true).await?;
        self.tell()
    }

    /// Whether what came may go into the ledger before the end, and should. What replaces a list waits for it.
    fn is_due(&self) -> bool {
        let n_staged: u64 = self.sources.iter().map(Source::n_staged).sum();
        let waits = !self.states.is_empty() && self.committed.elapsed() >= LONGEST_WAIT;
        let replaces = self.sources.iter().any(|source| source.kind == LoadKind::Replace);
        !replaces && (n_staged >= MAX_STAGED || waits)
    }

    fn take(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Listed(record) => self.list(record),
            Event::State(state, covers) => self.hold(state, covers),
            Event::Complete(stream) => {
                find(&mut self.sources, stream)?.completed();
                Ok(())
            }
            Event::Stream { index, name, warnings, variables: _ } => {
                if index.index() == self.sources.len() {
                    self.sources.push(Source::announced(name));
                    self.loaded.push(Loaded::default());
                }
                warnings.iter().try_for_each(|warning| self.output.log(Level::Warn, warning))
            }
            Event::Contact(_) | Event::Refused { .. } => {
                Err(Error::Defect("somebody to call came where a do-not-call list is filled".to_owned()))
            }
        }
    }

    fn list(&mut self, record: ListedRecord) -> Result<(), Error> {
        let ListedRecord { origin, is_listed, number, phone } = record;
        let source = find(&mut self.sources, origin.position.stream)?;
        source.received();
        match number {
            Ok(_) if self.unreadable.is_some() => {}
            Ok(key) => {
                source.staging()?.add(key, is_listed)?;
                source.counted.records += 1;
            }
            Err(why) => {
                if let Some(kept) = &mut self.kept {
                    let ending = decision(source, &origin, &why, phone.as_ref(), self.plan.facts.started);
                    kept.add(&ending)?;
                }
                match judge(|| place(&source.name, &origin), is_listed, &why) {
                    Ok(Passed::OverOnPurpose) => source.n_left_out += 1,
                    Ok(Passed::OverWithoutNumber) => source.n_nameless += 1,
                    Err(error) => {
                        source.n_unreadable += 1;
                        // Where all of them are kept, the others are looked for.
                        if self.kept.is_none() || source.n_unreadable >= MOST_UNREADABLE {
                            return Err(self.unreadable.take().unwrap_or(error));
                        }
                        self.unreadable.get_or_insert(error);
                    }
                }
                source.counted.rejected += 1;
            }
        }
        Ok(())
    }

    fn hold(&mut self, state: State, covers: Covers) -> Result<(), Error> {
        let mut stats = Stats::default();
        match covers {
            Covers::All => self.sources.iter_mut().for_each(|source| stats += source.stated()),
            Covers::Stream(stream) => stats = find(&mut self.sources, stream)?.stated(),
            Covers::Nothing => {}
        }
        // Behind a row that cannot be read none goes back.
        if self.unreadable.is_some() { Ok(()) } else { self.states.hold(state, stats) }
    }

    /// Brings what came into the ledger, and then hands the STATEs behind it back.
    async fn commit(&mut self, is_end: bool) -> Result<(), Error> {
        for (source, told) in self.sources.iter_mut().zip(&mut self.loaded) {
            let is_whole = is_end && source.is_whole();
            let is_replaced = is_end && source.kind == LoadKind::Replace;
            if source.n_staged() == 0 && !is_whole && !is_replaced {
                continue;
            }
            source.staging()?;
            let Some(staged) = source.take_staged() else { continue };
            let (owner, name, kind) = (self.plan.owner.clone(), source.name.clone(), source.kind);
            let load = ListLoad { owner, source: name, staged, kind, is_whole };
            let Loaded { added, removed, count } =
                self.ledger.load_list(load, self.plan.facts.started).await?;
            *told = Loaded { added: told.added + added, removed: told.removed + removed, count };
        }
        self.committed = Instant::now();
        if let Some(kept) = &mut self.kept {
            kept.put().await?;
        }
        for (state, stats) in self.states.release() {
            self.output.state(&state, stats)?;
        }
        Ok(())
    }
}

fn find(sources: &mut [Source], stream: StreamIndex) -> Result<&mut Source, Error> {
    let unknown = || Error::Defect(format!("stream {} was never announced", stream.index()));
    sources.get_mut(stream.index()).ok_or_else(unknown)
}

/// A row that puts nobody onto the list, as an ending.
fn decision<'a>(
    source: &'a Source,
    origin: &'a Origin,
    why: &'a Outcome,
    phone: Option<&'a Phone>,
    at: Timestamp,
) -> Decision<'a> {
    Decision {
        stream: &source.stream,
        generation_id: source.generation_id,
        primary_key: &origin.primary_key,
        line: origin.position.line,
        extracted_at: origin.extracted_at,
        outcome: why,
        is_held: false,
        campaign: None,
        phone,
        at,
        record: origin.columns.as_ref(),
    }
}

/// Where a row stands, as far as that may be told.
fn place(source: &str, origin: &Origin) -> String {
    let (source, line) = (shown(source), origin.position.line);
    match &*origin.primary_key {
        "" => format!("stream {source}, line {line} of the input"),
        key => format!("stream {source}, line {line} of the input, primary key {}", shown(key)),
    }
}

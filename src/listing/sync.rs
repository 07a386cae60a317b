//! A sync whose streams fill the list.

use std::io::Write;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::held_states::HeldStates;
use super::row::{Passed, judge};
use super::source::Source;
use crate::domain::error::Error;
use crate::intake::{Covers, Event, EventBatch, ListedRecord, RecordPosition, StreamIndex};
use crate::ledger::list::{DoNotCallList, ListLoad, LoadKind, Loaded};
use crate::ledger::{Ledger, ListOwner};
use crate::phone::shown;
use crate::protocol::{CatalogStream, Level, Output, State, Stats};

/// Added numbers that wait at most before they go into the ledger, which is written in places all over for each load.
const MAX_STAGED: u64 = 500_000;
/// How long the ledger may take to close when the load has ended well: its server may be away for a while.
const LONGEST_CLOSE: Duration = Duration::from_mins(1);
/// A STATE waits no longer than until the next batch of input behind this.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A sync whose streams fill the list.
pub(crate) struct ListSync<L, W> {
    ledger: L,
    owner: ListOwner,
    output: Output<W>,
    sources: Vec<Source>,
    states: HeldStates,
    committed: Instant,
    now: Timestamp,
    /// How long the end may take when somebody wants it.
    end_within: Duration,
    loaded: Vec<Loaded>,
}

impl<L: Ledger + DoNotCallList, W: Write> ListSync<L, W> {
    /// One that has not begun. Streams that no catalog lists are announced.
    pub(crate) fn new(
        ledger: L,
        owner: ListOwner,
        output: Output<W>,
        streams: &[CatalogStream],
        now: Timestamp,
        end_within: Duration,
    ) -> Self {
        let sources: Vec<_> = streams.iter().map(Source::new).collect();
        let loaded = vec![Loaded::default(); sources.len()];
        let states = HeldStates::default();
        Self { ledger, owner, output, sources, states, committed: Instant::now(), now, end_within, loaded }
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
        let patience = if ended.is_ok() { LONGEST_CLOSE } else { self.end_within };
        let closed = tokio::select! {
            biased;
            Some(signal) = signals.next() => Err(Error::Hurried(signal)),
            closed = timeout(patience, self.ledger.close()) => match closed {
                Ok(closed) => closed.map_err(Error::from),
                Err(_) => Err(Error::LedgerUnavailable(
                    "the ledger did not answer at the end of the load; what no STATE covers may be on the list, or not: see \
                     whether its server or disk is slow, then run the sync again"
                        .to_owned(),
                )),
            },
        };
        (self.output, ended.and(closed))
    }

    async fn load(&mut self, input: &mut mpsc::Receiver<EventBatch>) -> Result<(), Error> {
        while let Some(batch) = input.recv().await {
            for event in batch.events {
                self.take(event)?;
            }
            if let Some(failure) = batch.failure {
                return Err(failure);
            }
            if self.is_due() {
                self.commit(false).await?;
            }
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
                self.source(stream)?.completed();
                Ok(())
            }
            Event::Stream { index, name, warnings, variables: _ } => {
                if index.index() == self.sources.len() {
                    self.sources.push(Source::announced(name.to_string()));
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
        let ListedRecord { position, primary_key, is_listed, number } = record;
        let source = self.source(position.stream)?;
        source.received();
        match number {
            Ok(key) => {
                source.staging()?.add(key, is_listed)?;
                source.counted.records += 1;
            }
            Err(why) => {
                let place = || place(&source.name, position, &primary_key);
                match judge(place, is_listed, &why)? {
                    Passed::OverOnPurpose => source.n_left_out += 1,
                    Passed::OverWithoutNumber => source.n_nameless += 1,
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
            Covers::Stream(stream) => stats = self.source(stream)?.stated(),
            Covers::Nothing => {}
        }
        self.states.hold(state, stats)
    }

    fn source(&mut self, stream: StreamIndex) -> Result<&mut Source, Error> {
        let unknown = || Error::Defect(format!("stream {} was never announced", stream.index()));
        self.sources.get_mut(stream.index()).ok_or_else(unknown)
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
            let (owner, name, kind) = (self.owner.clone(), source.name.clone(), source.kind);
            let load = ListLoad { owner, source: name, staged, kind, is_whole };
            let Loaded { added, removed, count } = self.ledger.load_list(load, self.now).await?;
            *told = Loaded { added: told.added + added, removed: told.removed + removed, count };
        }
        self.committed = Instant::now();
        for (state, stats) in self.states.release() {
            self.output.state(&state, stats)?;
        }
        Ok(())
    }

    fn tell(&mut self) -> Result<(), Error> {
        for (source, Loaded { added, removed, count }) in self.sources.iter().zip(&self.loaded) {
            let name = shown(&source.name);
            let mut lines = vec![(
                Level::Info,
                format!(
                    "do-not-call list, source {name}: {added} numbers added, {removed} taken off, {count} on it now"
                ),
            )];
            if source.n_left_out > 0 {
                let n = source.n_left_out;
                let text = format!(
                    "source {name}: {n} rows were left out, because of only_when, or because their number is of a kind that is never called"
                );
                lines.push((Level::Info, text));
            }
            if source.n_nameless > 0 {
                let n = source.n_nameless;
                let text = format!(
                    "source {name}: {n} deletions hold no number that can be read, so that nobody was taken off for them; a full refresh of the source does it"
                );
                lines.push((Level::Warn, text));
            }
            if !source.is_whole() {
                let text = format!(
                    "source {name}: nothing came, or no STATE behind the last records: whether the source ended well nobody can say, so the list's date stays as it was"
                );
                lines.push((Level::Warn, text));
            } else if *count == 0 {
                let text = format!(
                    "source {name} is empty now: no sync that goes by this list begins until it is filled, or taken off the list with `ledger do-not-call remove`"
                );
                lines.push((Level::Warn, text));
            }
            for (level, text) in lines {
                self.output.log(level, &text)?;
            }
        }
        Ok(())
    }
}

/// Where a row stands, as far as that may be told.
fn place(source: &str, position: RecordPosition, primary_key: &str) -> String {
    let (source, line) = (shown(source), position.line);
    match primary_key {
        "" => format!("stream {source}, line {line} of the input"),
        key => format!("stream {source}, line {line} of the input, primary key {}", shown(key)),
    }
}

//! A STATE goes back as the text that came: the platform's integer `id`, numbers beyond 2^53 and
//! keys of later versions survive only in the text.

use std::borrow::Cow;
use std::ops::Range;

use super::json::offset;
use super::json::repaired::RepairedLine;
use crate::domain::stream_name::StreamName;

/// A position of the source, waiting for the records before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    text: Box<str>,
    /// Where the text begins in its line.
    start: usize,
    /// None where the protocol has no statistics.
    stats: Option<StatsPlace>,
    /// Whose records it speaks for.
    pub scope: StateScope,
}

/// Where the statistics go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatsPlace {
    /// The bytes of old ones, or the empty range before the closing brace.
    pub(super) at: Range<usize>,
    pub(super) lead: &'static str,
}

/// Whose records a STATE speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateScope {
    /// One stream's.
    Stream(StreamName),
    /// All streams'.
    All,
}

/// How many records ended since the previous STATE of the same scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Accepted or duplicate.
    pub records: u64,
    /// All others.
    pub rejected: u64,
}

impl State {
    /// A state that goes back as this text, which is a part of the line.
    pub(super) fn new(line: &str, text: &str, scope: StateScope, stats: Option<StatsPlace>) -> Self {
        Self { text: text.into(), start: offset(line, text), stats, scope }
    }

    /// The same state in its line as it was written, when it was read from a mended one.
    #[must_use]
    pub(super) fn written_as(self, line: &str, repaired: &RepairedLine) -> Self {
        let Self { text, start, stats, scope } = self;
        let origin = |at: usize| repaired.origin(start + at);
        let stats = stats.map(|StatsPlace { at, lead }| StatsPlace {
            at: origin(at.start) - origin(0)..origin(at.end) - origin(0),
            lead,
        });
        let text = line.get(origin(0)..origin(text.len())).unwrap_or_default().into();
        Self { text, start: origin(0), stats, scope }
    }

    /// The line to hand back.
    #[must_use]
    pub fn with_stats(&self, stats: Stats) -> Cow<'_, str> {
        let Some(StatsPlace { at, lead }) = &self.stats else { return Cow::Borrowed(&self.text) };
        let (before, rest) = self.text.split_at(at.start);
        let (_, after) = rest.split_at(at.len());
        let Stats { records, rejected } = stats;
        Cow::Owned(format!(
            r#"{before}{lead}{{"recordCount":{records}.0,"rejectedRecordCount":{rejected}.0}}{after}"#
        ))
    }

    /// Bytes that it holds while it waits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Never: a STATE has text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.rejected += other.rejected;
    }
}

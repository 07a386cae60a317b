//! What happened when. Spans of time double when a run outgrows them, so that a sync of a second and one of
//! a week take the same memory.

use jiff::Timestamp;

use super::causes::Causes;
use super::document::{Span, TimeSection};

/// As many steps as can be told apart on paper.
const MOST_SPANS: usize = 120;

/// A short sync is drawn in some detail.
const FIRST_SPAN_MILLISECONDS: u64 = 100;

/// A run in spans of equal length.
#[derive(Debug)]
pub(super) struct Timeline {
    started: Timestamp,
    spans: Spans,
    waits: Causes,
    retries: Causes,
}

#[derive(Clone, Debug)]
struct Spans {
    milliseconds: u64,
    counts: Vec<Span>,
}

impl Timeline {
    pub(super) fn new(started: Timestamp) -> Self {
        Self {
            started,
            spans: Spans { milliseconds: FIRST_SPAN_MILLISECONDS, counts: Vec::new() },
            waits: Causes::default(),
            retries: Causes::default(),
        }
    }

    /// A record ended.
    pub(super) fn ended(&mut self, at: Timestamp, is_accepted: bool) {
        let after = self.after_start(at);
        let Some(span) = self.spans.at(after) else { return };
        *(if is_accepted { &mut span.accepted } else { &mut span.other }) += 1;
    }

    /// Nothing went out for a while.
    pub(super) fn waited(&mut self, from: Timestamp, to: Timestamp, why: &str) {
        let (mut from, to) = (self.after_start(from), self.after_start(to));
        if from >= to {
            return;
        }
        self.waits.add(why, to - from);
        // Makes the spans long enough for all of it, before any part is written down.
        self.spans.at(to);
        while from < to {
            let end = (from / self.spans.milliseconds + 1).saturating_mul(self.spans.milliseconds).min(to);
            let Some(span) = self.spans.at(from) else { return };
            span.waited_milliseconds += end - from;
            from = end;
        }
    }

    /// A request was repeated.
    pub(super) fn retried(&mut self, at: Timestamp, why: &str) {
        self.retries.add(why, 0);
        let after = self.after_start(at);
        let Some(span) = self.spans.at(after) else { return };
        span.retries += 1;
    }

    /// Everything until then.
    pub(super) fn section(&self, ended: Timestamp) -> TimeSection {
        let Spans { milliseconds: span_milliseconds, counts: spans } = {
            let mut spans = self.spans.clone();
            spans.at(self.after_start(ended).saturating_sub(1));
            spans
        };
        TimeSection { span_milliseconds, spans, waits: self.waits.rows(), retries: self.retries.rows() }
    }

    /// What a clock that went back says is the beginning.
    fn after_start(&self, at: Timestamp) -> u64 {
        u64::try_from(at.as_millisecond() - self.started.as_millisecond()).unwrap_or_default()
    }
}

impl Spans {
    /// The one in which something happened, so many milliseconds after the beginning.
    fn at(&mut self, after: u64) -> Option<&mut Span> {
        let place = loop {
            match usize::try_from(after / self.milliseconds) {
                Ok(place) if place < MOST_SPANS => break place,
                _ => self.double(),
            }
        };
        if self.counts.len() <= place {
            self.counts.resize(place + 1, Span::default());
        }
        self.counts.get_mut(place)
    }

    fn double(&mut self) {
        self.milliseconds *= 2;
        let pairs = self.counts.chunks(2);
        self.counts = pairs.map(|pair| pair.iter().copied().fold(Span::default(), sum)).collect();
    }
}

fn sum(one: Span, other: Span) -> Span {
    Span {
        accepted: one.accepted + other.accepted,
        other: one.other + other.other,
        waited_milliseconds: one.waited_milliseconds + other.waited_milliseconds,
        retries: one.retries + other.retries,
    }
}

//! Counts by stream and campaign. A campaign for each record is possible: beyond a bound they are counted
//! together.

use std::cmp::Reverse;

use super::counts::Counts;
use super::document::{RunKind, StreamRow};
use super::people::shown_campaign;
use crate::domain::contact::Campaign;
use crate::domain::decision::Decision;
use crate::domain::stream_name::StreamName;

/// Rows of the table.
const MOST_ROWS: usize = 200;

/// Whoever has a longer name has no row of their own.
const LONGEST_BYTES: usize = 1_000;

/// The table.
#[derive(Debug, Default)]
pub(super) struct Streams {
    rows: Vec<Row>,
    /// The row of the record before: most are of the same.
    last: usize,
    /// Of all that have no row of their own.
    rest: Counts,
}

#[derive(Debug)]
struct Row {
    stream: StreamName,
    campaign: Option<Campaign>,
    counts: Counts,
}

/// Where people went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Nowhere,
    One(String),
    Several(usize),
    MoreThan(usize),
}

impl Streams {
    pub(super) fn add(&mut self, decision: &Decision<'_>) {
        self.row(decision.stream, decision.campaign).add(decision.outcome);
    }

    fn row(&mut self, stream: &StreamName, campaign: Option<&Campaign>) -> &mut Counts {
        let is_it = |row: &Row| row.campaign.as_ref() == campaign && row.stream == *stream;
        if !self.rows.get(self.last).is_some_and(is_it) {
            let found = self.rows.iter().position(is_it);
            self.last = found.unwrap_or(self.rows.len());
        }
        if self.last == self.rows.len() {
            let length = stream.name.len().max(stream.namespace.len());
            let length = length.max(campaign.map_or(0, |campaign| campaign.as_str().len()));
            if self.rows.len() == MOST_ROWS || length > LONGEST_BYTES {
                return &mut self.rest;
            }
            let (stream, campaign) = (stream.clone(), campaign.cloned());
            self.rows.push(Row { stream, campaign, counts: Counts::default() });
        }
        self.rows.get_mut(self.last).map_or(&mut self.rest, |row| &mut row.counts)
    }

    /// The fullest rows first; last, what has no row of its own.
    pub(super) fn rows(&self, kind: RunKind) -> Vec<StreamRow> {
        let told = |Row { stream, campaign, counts }: &Row| StreamRow {
            stream: stream.to_string(),
            campaign: campaign.as_ref().map(|campaign| shown_campaign(campaign.as_str())).unwrap_or_default(),
            count: counts.total(),
            outcomes: counts.outcomes(kind),
        };
        let mut rows: Vec<_> = self.rows.iter().map(told).collect();
        let order = |row: &StreamRow| (Reverse(row.count), row.stream.clone(), row.campaign.clone());
        rows.sort_by_cached_key(order);
        if self.rest.total() > 0 {
            let (count, outcomes) = (self.rest.total(), self.rest.outcomes(kind));
            rows.push(StreamRow { stream: String::new(), campaign: String::new(), count, outcomes });
        }
        rows
    }

    /// Where those went who were accepted.
    pub(super) fn destination(&self) -> Destination {
        let called = self.rows.iter().filter(|row| row.counts.accepted > 0);
        let mut called: Vec<&Campaign> = called.filter_map(|row| row.campaign.as_ref()).collect();
        called.sort_unstable();
        called.dedup();
        match called[..] {
            _ if self.rest.accepted > 0 => Destination::MoreThan(called.len()),
            [] => Destination::Nowhere,
            [one] => Destination::One(shown_campaign(one.as_str())),
            _ => Destination::Several(called.len()),
        }
    }
}

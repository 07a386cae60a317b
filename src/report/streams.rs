//! Counts by stream and campaign. A campaign for each record is possible: beyond a bound they are counted
//! together.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;

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
    streams: HashMap<StreamName, OfStream, RandomState>,
    n_rows: usize,
    /// Of all that have no row of their own.
    rest: Counts,
}

#[derive(Debug, Default)]
struct OfStream {
    nowhere: Counts,
    campaigns: HashMap<Campaign, Counts, RandomState>,
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
        let length = stream.name.len().max(stream.namespace.len());
        let length = length.max(campaign.map_or(0, |campaign| campaign.as_str().len()));
        let has_room = self.n_rows < MOST_ROWS && length <= LONGEST_BYTES;
        if !self.streams.contains_key(stream) {
            if !has_room {
                return &mut self.rest;
            }
            self.streams.insert(stream.clone(), OfStream::default());
            self.n_rows += 1;
        }
        let Some(of_stream) = self.streams.get_mut(stream) else { return &mut self.rest };
        let Some(campaign) = campaign else { return &mut of_stream.nowhere };
        if !of_stream.campaigns.contains_key(campaign) {
            if !has_room {
                return &mut self.rest;
            }
            self.n_rows += 1;
        }
        of_stream.campaigns.entry(campaign.clone()).or_default()
    }

    /// The fullest rows first; last, what has no row of its own.
    pub(super) fn rows(&self, kind: RunKind) -> Vec<StreamRow> {
        let mut rows = Vec::new();
        let mut tell = |stream: String, campaign: String, counts: &Counts| {
            if counts.total() > 0 {
                let (count, outcomes) = (counts.total(), counts.outcomes(kind));
                rows.push(StreamRow { stream, campaign, count, outcomes });
            }
        };
        for (name, of_stream) in &self.streams {
            tell(name.to_string(), String::new(), &of_stream.nowhere);
            for (campaign, counts) in &of_stream.campaigns {
                tell(name.to_string(), shown_campaign(campaign.as_str()), counts);
            }
        }
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
        let all = self.streams.values().flat_map(|of_stream| &of_stream.campaigns);
        let mut called: Vec<&Campaign> =
            all.filter(|(_, counts)| counts.accepted > 0).map(|(campaign, _)| campaign).collect();
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

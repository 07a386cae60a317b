//! What a run, or a preview, tells who owns the campaign: `report.json`, and `report.html` made of it.
//!
//! It is built up of decisions, one a record, in memory that has a bound: names, samples and spans of time
//! beyond it are counted together. Nothing comes in here that is shown unmasked: whoever reads the page can
//! find a record by its key, and nobody's number.

mod causes;
mod counts;
mod document;
mod facts;
mod funnel;
mod lines;
mod list;
mod next_steps;
mod numbers;
mod page;
mod people;
mod reasons;
mod rules;
mod settle;
mod streams;
mod terminal;
#[cfg(test)]
mod tests;
mod timeline;
mod verdict;
mod words;

use jiff::Timestamp;

use crate::domain::decision::Decision;
use crate::phone::{shown_identifier, visible};

use counts::Counts;
pub use document::{
    Cause, Document, EmptyVariable, EndingName, Example, FunnelStep, LineRow, Outcomes, Person,
    PreviewSection, ReasonSection, Records, RuleRow, RunKind, RunSection, SCHEMA_VERSION, Span, StreamRow,
    TimeSection, UnknownSection,
};
pub use facts::{Ending, LedgerFacts, Promise, RuleFacts, RunEnd, RunFacts};
use funnel::Funnel;
use lines::Lines;
pub use list::{ListDocument, ListLoadRow, ListRunSection, ListSourceRow};
pub(crate) use list::{ListEnd, ListFacts};
use people::People;
use reasons::Reasons;
use rules::Rules;
use streams::Streams;
use timeline::Timeline;

/// Unknown people who are named; where the others are, is told beside them.
const NAMED_UNKNOWN: usize = 100;

/// What is known of a run so far.
#[derive(Debug)]
pub struct Report {
    facts: RunFacts,
    counts: Counts,
    /// Of the unknown, those whom an earlier run may have sent.
    n_held: u64,
    reasons: Reasons,
    rules: Rules,
    funnel: Funnel,
    streams: Streams,
    lines: Lines,
    timeline: Timeline,
    unknown: People,
}

impl Report {
    /// A run that has begun.
    #[must_use]
    pub fn new(facts: RunFacts) -> Self {
        Self {
            counts: Counts::default(),
            n_held: 0,
            reasons: Reasons::default(),
            rules: Rules::new(&facts.rules),
            funnel: Funnel::default(),
            streams: Streams::default(),
            lines: Lines::default(),
            timeline: Timeline::new(facts.started),
            unknown: People::new(NAMED_UNKNOWN),
            facts,
        }
    }

    /// Takes one record's ending. In a preview, accepted stands for whom a sync would call.
    pub fn add(&mut self, decision: &Decision<'_>) {
        let is_called = !decision.outcome.counts_as_rejected() && decision.outcome.reason().is_none();
        self.counts.add(decision.outcome);
        self.reasons.add(decision);
        self.rules.add(decision);
        self.funnel.add(decision);
        self.streams.add(decision);
        self.lines.add(decision.phone, is_called);
        self.timeline.ended(decision.at, is_called);
        if decision.replay().is_doubtful() {
            self.n_held += u64::from(decision.is_held);
            self.unknown.add(decision);
        }
    }

    /// Takes that nothing went out for a while: the vendor asked for it, or did not answer.
    pub fn waited(&mut self, from: Timestamp, to: Timestamp, why: &str) {
        self.timeline.waited(from, to, why);
    }

    /// Takes that a request was repeated.
    pub fn retried(&mut self, at: Timestamp, why: &str) {
        self.timeline.retried(at, why);
    }

    /// Tells everything; a run may be asked before its end.
    #[must_use]
    pub fn document(&self, end: &RunEnd) -> Document {
        let n_settled = self.counts.total();
        // Whoever counts the input cannot have seen fewer records than have ended.
        let read = end.read.max(n_settled);
        let records = Records { read, not_sent: read - n_settled };
        let kind = self.facts.kind;
        let mut document = Document {
            schema_version: SCHEMA_VERSION,
            run: self.run(end),
            verdict: verdict::sentence(&self.facts, &end.how, &self.counts, records, &self.streams),
            records,
            outcomes: self.counts.outcomes(kind),
            reasons: self.reasons.by_code(),
            reason_details: self.reasons.details(),
            funnel: self.funnel.steps(records, kind),
            time: (kind != RunKind::Preview).then(|| self.timeline.section(end.ended)),
            rules: self.rules.rows(&end.how, records),
            streams: self.streams.rows(kind),
            lines: self.lines.rows(),
            unknown: settle::section(&self.facts, self.counts.unknown, self.n_held, self.unknown.shown()),
            next_steps: Vec::new(),
            preview: end.preview.clone(),
        };
        document.next_steps = next_steps::of(&document, &self.facts);
        document
    }

    fn run(&self, end: &RunEnd) -> RunSection {
        let RunFacts {
            kind,
            id,
            sync_id,
            started,
            vendor,
            sent_to,
            campaign,
            ledger,
            rules: _,
            settings_digest,
        } = &self.facts;
        let (ending, why) = end.how.told();
        let milliseconds = end.ended.as_millisecond() - started.as_millisecond();
        RunSection {
            id: visible(id),
            sync_id: shown_identifier(sync_id),
            kind: *kind,
            ending,
            why,
            started: people::utc(*started),
            ended: people::utc(end.ended),
            milliseconds: u64::try_from(milliseconds).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            vendor: vendor.clone(),
            sent_to: sent_to.clone(),
            campaign: shown_identifier(campaign),
            settings_digest: settings_digest.clone(),
            ledger: ledger.kind.to_owned(),
            guarantee: ledger.guarantee.clone(),
            rejects: end.rejects.clone(),
            receipts: end.receipts.clone(),
        }
    }
}

impl Document {
    /// `report.json`.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and counts are JSON") + "\n"
    }

    /// `report.html`: one file, without a script and without anything from elsewhere.
    #[must_use]
    pub fn html(&self) -> String {
        page::render(self)
    }
}

impl ListDocument {
    /// `report.json`.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and counts are JSON") + "\n"
    }

    /// `report.html`, as of a run that calls.
    #[must_use]
    pub fn html(&self) -> String {
        page::render_list(self)
    }
}

/// The schema of `report.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schema_of::<Document>()
}

/// The schema of `report.json` of a sync that fills the do-not-call list.
#[must_use]
pub fn list_schema() -> serde_json::Value {
    schema_of::<ListDocument>()
}

fn schema_of<D: schemars::JsonSchema>() -> serde_json::Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.root_schema_for::<D>().to_value()
}

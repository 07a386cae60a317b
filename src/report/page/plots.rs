//! What the template draws: lengths in thousandths, and the words beside them. Each plot is a table, too, so
//! that nobody needs its colours.

use serde::Serialize;

use crate::report::document::{
    Document, FunnelStep, LineRow, ReasonSection, RunKind, StreamRow, TimeSection,
};
use crate::report::numbers::permille;
use crate::report::words::{Row, ending_rows, outcome_rows};

/// The height of the plot of time.
const HEIGHT: u64 = 100;

/// A part of a whole.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    /// Stable, for colours.
    name: String,
    /// For people.
    title: &'static str,
    /// What it means.
    note: &'static str,
    count: u64,
    /// Where it begins and how long it is, in thousandths.
    start: u64,
    length: u64,
}

/// Contacts over time.
#[derive(Debug, Serialize)]
pub(super) struct Time {
    /// The outline of accepted contacts, and of all records, closed at the bottom.
    accepted: String,
    all: String,
    most: u64,
    n_spans: u64,
    waits: Vec<Stroke>,
    retries: Vec<Stroke>,
    waited_milliseconds: u64,
    n_retries: u64,
}

/// A mark in the plot of time, in spans.
#[derive(Debug, Serialize)]
pub(super) struct Stroke {
    start: u64,
    length: u64,
}

/// The identity: what was read is the sum of how it ended.
pub(super) fn shares(document: &Document) -> Vec<Bar> {
    let read = document.records.read;
    let mut before = 0;
    let bar = |Row { name, title, note, count }: Row| {
        let start = permille(before, read);
        before += count;
        // Ends where the next one begins, so that roundings leave no gap.
        let length = permille(before, read) - start;
        Bar { name: name.to_owned(), title, note, count, start, length }
    };
    ending_rows(document).into_iter().map(bar).collect()
}

/// The funnel.
pub(super) fn steps(document: &Document) -> Vec<Bar> {
    let is_preview = document.run.kind == RunKind::Preview;
    let words = |step: &str| match step {
        "read" => ("Read", "records of the source"),
        "mapped" => ("Mapped", "every required field is there"),
        "valid_number" => ("Valid number", "a number that exists"),
        "allowed" => ("Allowed", "no rule or limit keeps them back"),
        "new" => ("New", "not known from before"),
        "sent" if is_preview => ("Would be sent", ""),
        "sent" => ("Sent", "handed to the vendor"),
        _ => ("Accepted", "confirmed by the vendor"),
    };
    let bar = |step: &FunnelStep| {
        let (title, note) = words(&step.step);
        let length = permille(step.left, document.records.read);
        Bar { name: step.step.clone(), title, note, count: step.left, start: 0, length }
    };
    document.funnel.iter().map(bar).collect()
}

/// The bars of the reasons, in their order.
pub(super) fn reasons(document: &Document) -> Vec<Bar> {
    let most = document.reason_details.first().map_or(0, |reason| reason.count);
    let bar = |reason: &ReasonSection| Bar {
        name: reason.outcome.clone(),
        title: "",
        note: "",
        count: reason.count,
        start: 0,
        length: permille(reason.count, most),
    };
    document.reason_details.iter().map(bar).collect()
}

/// The bars of the lines, in their order.
pub(super) fn lines(document: &Document) -> Vec<Bar> {
    let most = document.lines.iter().map(|line| line.count).max().unwrap_or_default();
    let bar = |line: &LineRow| Bar {
        name: "line".to_owned(),
        title: "",
        note: "",
        count: line.count,
        start: permille(line.called, most),
        length: permille(line.count, most),
    };
    document.lines.iter().map(bar).collect()
}

/// The titles of the outcomes that any row of the table by stream has.
pub(super) fn columns(document: &Document) -> Vec<&'static str> {
    let sums = outcome_rows(&document.outcomes);
    sums.into_iter().filter(|sum| sum.count > 0).map(|sum| sum.title).collect()
}

/// The counts of the table by stream, in the order of its columns.
pub(super) fn table(document: &Document) -> Vec<Vec<u64>> {
    let sums = outcome_rows(&document.outcomes);
    let row = |row: &StreamRow| {
        let counts = outcome_rows(&row.outcomes);
        let shown = counts.iter().zip(&sums).filter(|(_, sum)| sum.count > 0);
        shown.map(|(count, _)| count.count).collect()
    };
    document.streams.iter().map(row).collect()
}

/// Contacts over time, if anything happened.
pub(super) fn time(section: &TimeSection) -> Option<Time> {
    let spans = &section.spans;
    let all = |place: usize| spans.get(place).map_or(0, |span| span.accepted + span.other);
    let accepted = |place: usize| spans.get(place).map_or(0, |span| span.accepted);
    let most = (0..spans.len()).map(all).max()?;
    let marks = |is_marked: &dyn Fn(usize) -> bool| {
        let marked = (0..spans.len()).filter(|place| is_marked(*place));
        let start = |place: usize| u64::try_from(place).unwrap_or_default();
        marked.map(|place| Stroke { start: start(place), length: 1 }).collect::<Vec<_>>()
    };
    Some(Time {
        accepted: outline(spans.len(), most, accepted),
        all: outline(spans.len(), most, all),
        most,
        n_spans: u64::try_from(spans.len()).unwrap_or_default(),
        waits: marks(&|place| spans.get(place).is_some_and(|span| span.waited_milliseconds > 0)),
        retries: marks(&|place| spans.get(place).is_some_and(|span| span.retries > 0)),
        waited_milliseconds: section.waits.iter().map(|wait| wait.milliseconds).sum(),
        n_retries: section.retries.iter().map(|retry| retry.count).sum(),
    })
}

/// A line in steps from the left bottom to the right bottom.
fn outline(n_spans: usize, most: u64, count: impl Fn(usize) -> u64) -> String {
    let mut path = format!("M0 {HEIGHT}");
    for place in 0..n_spans {
        let height = HEIGHT - permille(count(place), most) * HEIGHT / 1_000;
        path.push_str(&format!("V{height}H{}", place + 1));
    }
    path.push_str(&format!("V{HEIGHT}Z"));
    path
}

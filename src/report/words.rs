//! What the ways in which records end are called, in the order in which they are told.

use super::document::{Document, Outcomes};

/// A way to end, and how many did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Stable, for colours.
    pub(super) name: &'static str,
    /// For people.
    pub(super) title: &'static str,
    /// What it means.
    pub(super) note: &'static str,
    /// Records.
    pub(super) count: u64,
}

/// The outcomes.
pub(super) fn outcome_rows(outcomes: &Outcomes) -> Vec<Row> {
    let Outcomes { accepted, would_call, duplicate, suppressed, invalid, rejected, unknown } = *outcomes;
    let row = |name, title, note, count| Row { name, title, note, count };
    let mut rows = Vec::new();
    rows.extend(accepted.map(|count| row("accepted", "Accepted", "the vendor confirmed them", count)));
    let would_be = "they would be handed to the vendor";
    rows.extend(would_call.map(|count| row("would_call", "Would be called", would_be, count)));
    rows.extend([
        row("duplicate", "Known already", "in the campaign, in this run, or in the ledger", duplicate),
        row("suppressed", "Kept back", "by your own rules and limits", suppressed),
        row("invalid", "Invalid", "nobody could be called so: number or field", invalid),
        row("rejected", "Rejected", "the vendor refused them", rejected),
        row("unknown", "Unknown", "perhaps sent; nobody can say", unknown),
    ]);
    rows
}

/// The outcomes and what has none: together what was read.
pub(super) fn ending_rows(document: &Document) -> Vec<Row> {
    let mut rows = outcome_rows(&document.outcomes);
    let note = "left alone; the next sync brings them again";
    let count = document.records.not_sent;
    rows.push(Row { name: "not_sent", title: "Not sent", note, count });
    rows
}

//! Replies with the verdict that each must give: the vendors' own, and odd ones that we thought of.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::domain::contact::{Campaign, Contact};
use crate::phone::{Phone, WireFormat};

use super::Provider;
use super::api::{Blame, Reply, Verdict};
use crate::domain::batch::Batch;
use crate::domain::outcome::Outcome;

#[derive(Deserialize)]
struct Row {
    http: u16,
    body: String,
    /// Numbers as they were sent.
    sent: Vec<String>,
    #[serde(default)]
    maybe_sent: bool,
    verdict: String,
    /// By number: the outcome's name, for a rejected one with its reason behind a colon.
    #[serde(default)]
    outcomes: BTreeMap<String, String>,
    note: String,
}

/// Holds a vendor against each line of a fixture.
pub(super) fn check(fixture: &str, vendor: impl Fn(WireFormat) -> Arc<dyn Provider>) {
    let mut failures = Vec::new();
    for line in fixture.lines() {
        let row: Row = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let (contacts, format) = contacts(&row.sent);
        let batch = Batch {
            campaign: Campaign::new("9"),
            contacts: contacts.iter().collect(),
            maybe_sent: row.maybe_sent,
        };
        let reply = Reply { status: row.http, body: row.body.clone().into(), ..Reply::default() };
        let verdict = vendor(format).interpret(&batch, &reply);
        let outcomes = outcomes(&row, &verdict);
        if name(&verdict) != row.verdict || outcomes != row.outcomes {
            failures.push(format!("{} ({}): {verdict:?}", row.note, row.body));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn contacts(sent: &[String]) -> (Vec<Contact>, WireFormat) {
    let mut format = WireFormat::Digits;
    let mut phone = |wire: &String| {
        if wire.starts_with('+') {
            format = WireFormat::E164;
            return Phone::e164(wire);
        }
        if wire.bytes().all(|b| b.is_ascii_digit()) {
            return Phone::e164(&format!("+{wire}"));
        }
        format = WireFormat::AsIs;
        Phone::opaque(wire)
    };
    (sent.iter().map(|wire| Contact::new(phone(wire))).collect(), format)
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Settled(_) => "settled",
        Verdict::Again { .. } => "again",
        Verdict::Split { .. } => "split",
        Verdict::ClockOff { .. } => "clock_off",
        Verdict::Unclear { .. } => "unclear",
        Verdict::Astray { .. } => "astray",
        Verdict::Halt { blame: Blame::User, .. } => "halt_config",
        Verdict::Halt { blame: Blame::Network, .. } => "halt_network",
        Verdict::Halt { blame: Blame::Us, .. } => "halt_bug",
    }
}

fn outcomes(row: &Row, verdict: &Verdict) -> BTreeMap<String, String> {
    let Verdict::Settled(outcomes) = verdict else { return BTreeMap::new() };
    assert_eq!(outcomes.len(), row.sent.len(), "{}", row.note);
    let shown = outcomes.iter().map(|outcome| match outcome {
        Outcome::Rejected(reason, _) => format!("rejected:{}", reason.code()),
        other => other.name().to_owned(),
    });
    row.sent.iter().cloned().zip(shown).collect()
}

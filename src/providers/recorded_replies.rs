//! Replies with the verdict that each must give: the vendors' own, and odd ones that we thought of.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::json;

use crate::domain::contact::{Campaign, Contact};
use crate::phone::Phone;

use super::VendorConfig;
use super::api::{Blame, ContactVerdict, Reply, Verdict};
use super::registry;
use super::simulator::{Simulator, SimulatorOptions};
use crate::domain::batch::Batch;
use crate::domain::outcome::Outcome;

#[derive(Deserialize)]
struct Row {
    http: u16,
    /// `<id of …>`, with a number as it was sent, stands for the contact's own id.
    body: String,
    /// Numbers as they were sent.
    sent: Vec<String>,
    #[serde(default)]
    maybe_sent: bool,
    verdict: String,
    /// By number: the outcome's name, for a rejected one with its reason behind a colon; `again` for who is to be sent again.
    #[serde(default)]
    outcomes: BTreeMap<String, String>,
    note: String,
}

/// Every vendor keeps some in its folder, in files of its own choice.
#[test]
fn every_vendor_reads_its_recorded_replies() {
    for simulator in registry::simulators(&SimulatorOptions::default()) {
        let folder = format!("{}/src/providers/{}/fixtures", env!("CARGO_MANIFEST_DIR"), simulator.name());
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let fixtures: Vec<_> =
            files.iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
        assert!(!fixtures.is_empty(), "{folder} has no replies");
        for path in fixtures {
            check(&fs::read_to_string(path).unwrap(), &*simulator);
        }
    }
}

/// Holds a vendor against each line of a fixture.
fn check(fixture: &str, simulator: &dyn Simulator) {
    let mut failures = Vec::new();
    for line in fixture.lines() {
        let row: Row = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let (contacts, format) = contacts(&row.sent);
        let mut section = simulator.connector_config("http://127.0.0.1:1");
        section["phone_format"] = json!(format);
        let vendor = serde_json::from_value::<VendorConfig>(section).unwrap().build();
        let batch = Batch::new(Campaign::new("9"), contacts.iter().collect(), row.maybe_sent);
        let with_ids =
            batch.contacts.iter().zip(&row.sent).fold(row.body.clone(), |body, (contact, wire)| {
                body.replace(&format!("<id of {wire}>"), &batch.contact_id(contact))
            });
        let reply = Reply { status: row.http, body: with_ids.into(), ..Reply::default() };
        let verdict = vendor.interpret(&batch, &reply);
        let outcomes = outcomes(&row, &verdict);
        if name(&verdict) != row.verdict || outcomes != row.outcomes {
            failures.push(format!("{} ({}): {verdict:?}", row.note, row.body));
        }
    }
    assert!(!fixture.is_empty() && failures.is_empty(), "{}", failures.join("\n"));
}

fn contacts(sent: &[String]) -> (Vec<Contact>, &'static str) {
    let mut format = "digits";
    let mut phone = |wire: &String| {
        if wire.starts_with('+') {
            format = "e164";
            return Phone::e164(wire);
        }
        if wire.bytes().all(|b| b.is_ascii_digit()) {
            return Phone::e164(&format!("+{wire}"));
        }
        format = "as_is";
        Phone::opaque(wire)
    };
    (sent.iter().map(|wire| Contact::new(phone(wire))).collect(), format)
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Settled(_) => "settled",
        Verdict::Again { .. } => "again",
        Verdict::Partly { .. } => "partly",
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
    let shown: Vec<String> = match verdict {
        Verdict::Settled(outcomes) => outcomes.iter().map(shown).collect(),
        Verdict::Partly { verdicts, .. } => {
            let of_contact = |verdict: &ContactVerdict| match verdict {
                ContactVerdict::Ended(outcome) => shown(outcome),
                ContactVerdict::Again => "again".to_owned(),
            };
            verdicts.iter().map(of_contact).collect()
        }
        _ => return BTreeMap::new(),
    };
    assert_eq!(shown.len(), row.sent.len(), "{}", row.note);
    row.sent.iter().cloned().zip(shown).collect()
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected(reason, _) => format!("rejected:{}", reason.code()),
        other => other.name().to_owned(),
    }
}

//! The commands with which somebody settles whom nobody knows about.

use super::document::{Person, RunKind, UnknownSection};
use super::facts::RunFacts;

/// The unknown, and what to do about them.
pub(super) fn section(facts: &RunFacts, count: u64, held: u64, people: &[Person]) -> UnknownSection {
    let has_ledger = facts.ledger.kind != "none";
    let is_own = has_ledger && count > held && facts.kind != RunKind::Preview;
    let of_run = |command: &str, more: &str| {
        let run = quoted(&facts.id);
        let whole = format!("destination-ai-voice ledger {command} --config config.json --run {run} {more}");
        if is_own { whole } else { String::new() }
    };
    let is_held = has_ledger && held > 0;
    UnknownSection {
        count,
        held,
        list_all: of_run("list", "--outcome unknown"),
        settle_as_accepted: of_run("settle", "--as accepted --yes"),
        settle_as_not_delivered: of_run("settle", "--as not-delivered --yes"),
        find_earlier_runs: if is_held {
            "destination-ai-voice ledger status --config config.json".to_owned()
        } else {
            String::new()
        },
        people: people.to_vec(),
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:@/".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

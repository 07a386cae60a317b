//! What happened, in one sentence. It says what was handed over, never when a phone rings: that is the
//! campaign's own business.

use super::counts::Counts;
use super::document::{Records, RunKind};
use super::facts::{Ending, Promise, RunFacts};
use super::numbers::{many, thousands};
use super::people::cut;
use super::streams::{Destination, Streams};
use crate::phone::{discreet, visible};

/// The sentence.
pub(super) fn sentence(
    facts: &RunFacts,
    how: &Ending,
    counts: &Counts,
    records: Records,
    streams: &Streams,
) -> String {
    let mut parts = vec![match how {
        Ending::Failed { .. } | Ending::Interrupted { .. } if records.read == 0 => {
            "no record was read".to_owned()
        }
        _ => handed_over(facts.kind, counts, records, &streams.destination()),
    }];
    if counts.unknown > 0 {
        parts.push(format!("{} unknown", thousands(counts.unknown)));
    }
    if let Some(promise) = promise(facts, counts) {
        parts.push(promise.to_owned());
    }
    let left = many(records.not_sent, "record", "records");
    if records.not_sent > 0 {
        parts.push(match how {
            Ending::LimitReached { .. } => format!("{left} left for the next sync"),
            Ending::Complete | Ending::Interrupted { .. } | Ending::Failed { .. } => {
                format!("{left} not sent")
            }
        });
    }
    let said = match parts.split_first() {
        Some((first, [])) => first.clone(),
        Some((first, rest)) => format!("{first}; {}", rest.join(", ")),
        None => String::new(),
    };
    capital(&format!("{}{said}.", beginning(facts, how)))
}

fn beginning(facts: &RunFacts, how: &Ending) -> String {
    let kind = facts.kind;
    let (mark, noun) = match kind {
        RunKind::Sync => (String::new(), "the sync"),
        RunKind::Trial => (format!("TRIAL, sent to {}: ", facts.sent_to), "the sync"),
        RunKind::Rehearsal => ("REHEARSAL, nobody is called: ".to_owned(), "the sync"),
        RunKind::Preview => (String::new(), "the preview"),
    };
    let ending = match how {
        Ending::Complete => String::new(),
        Ending::LimitReached { limit } => format!("{noun} reached its limit ({}): ", one_line(limit)),
        Ending::Interrupted { why } => format!("{noun} was interrupted ({}): ", one_line(why)),
        Ending::Failed { why, .. } if kind == RunKind::Preview => {
            format!("a sync would fail ({}): ", one_line(why))
        }
        Ending::Failed { why, .. } => format!("{noun} failed ({}): ", one_line(why)),
    };
    format!("{mark}{ending}")
}

/// With a capital in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn handed_over(kind: RunKind, counts: &Counts, records: Records, to: &Destination) -> String {
    let (was, were) = match kind {
        RunKind::Sync | RunKind::Trial => ("was handed", "were handed"),
        RunKind::Rehearsal => ("would have been handed", "would have been handed"),
        RunKind::Preview => ("would be handed", "would be handed"),
    };
    let read = many(records.read, "record", "records");
    match counts.accepted {
        _ if records.read == 0 => "there was nothing to do, because no record was read".to_owned(),
        0 if counts.duplicate == records.read => {
            format!("nobody {was} over, because all of {read} are known already")
        }
        0 if counts.duplicate > 0 => {
            format!("nobody of {read} {was} over, and {} known already", are(counts.duplicate))
        }
        0 => format!("nobody of {read} {was} over"),
        accepted => {
            let people = many(accepted, "person", "people");
            let were = if accepted == 1 { was } else { were };
            let to = match to {
                Destination::Nowhere => "over".to_owned(),
                Destination::One(campaign) => format!("to campaign {campaign}"),
                Destination::Several(n_campaigns) => format!("to {n_campaigns} campaigns"),
                Destination::MoreThan(n_campaigns) => format!("to more than {n_campaigns} campaigns"),
            };
            format!("{people} of {read} {were} {to}")
        }
    }
}

/// So many of them are.
fn are(number: u64) -> String {
    format!("{} {}", thousands(number), if number == 1 { "is" } else { "are" })
}

/// What may be said of everybody who was handed over; nothing where nobody was.
fn promise(facts: &RunFacts, counts: &Counts) -> Option<&'static str> {
    match facts.ledger.promise {
        _ if counts.accepted == 0 => None,
        Promise::NobodyTwice => Some("nobody twice"),
        Promise::WithinTheSync => Some("nobody twice within this sync"),
        Promise::None => None,
    }
}

/// What somebody else says, on one line for the middle of a sentence.
pub(super) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let joined: Vec<_> = lines.collect();
    cut(visible(discreet(&joined.join(" ")).trim_end_matches('.')))
}

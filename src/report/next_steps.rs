//! What a reader should do next, the most urgent first.

use super::document::{Document, EndingName, RunKind};
use super::facts::{Promise, RunFacts};
use super::numbers::{many, thousands};

/// Reasons whose remedy is told here; the others are further down.
const REMEDIES: usize = 3;

/// The steps, for a document that is whole but for them.
pub(super) fn of(document: &Document, facts: &RunFacts) -> Vec<String> {
    let mut steps = Vec::new();
    steps.extend(if document.run.kind == RunKind::Preview { foreseen(document) } else { after(document) });
    steps.extend(unknown(document, facts.ledger.promise));
    let mendable = document.reason_details.iter().filter(|reason| {
        matches!(reason.outcome.as_str(), "invalid" | "rejected") || reason.code == "condition_unknown"
    });
    steps.extend(mendable.take(REMEDIES).map(|reason| {
        let records = many(reason.count, "record", "records");
        format!("{}, {records}: {}", reason.code, reason.remedy)
    }));
    if !document.run.rejects.is_empty() {
        steps.push(format!("All rejected records are in {}.", document.run.rejects));
    }
    // One that has kept such people is refused to the account itself.
    let own_ledger = if document.run.ledger == "none" { "" } else { ", and name a ledger of its own" };
    match document.run.kind {
        RunKind::Preview => {
            steps.push("Nothing was sent. When this is what you want, run `write` on the same input.".to_owned());
        }
        RunKind::Rehearsal => steps.push(format!(
            "Nobody was called. When this is what you want, put the vendor's own section into the place of `rehearsal`{own_ledger}."
        )),
        RunKind::Trial => steps.push(format!(
            "Requests went to {}, and none to the vendor's own address. When this is what you want, take `base_url` out of the vendor's section{own_ledger}.",
            document.run.sent_to
        )),
        RunKind::Sync if steps.is_empty() => steps.push("Nothing.".to_owned()),
        RunKind::Sync => {}
    }
    steps
}

fn after(document: &Document) -> Option<String> {
    let step = match document.run.ending {
        EndingName::Complete => return None,
        EndingName::LimitReached => {
            "The next sync goes on where this one stopped; raise the limit if it should do more at once."
        }
        EndingName::Interrupted => "Run the sync again: it goes on where this one stopped.",
        EndingName::ConfigError => {
            "Do what the error says, and run the sync again; the platform does not try by itself."
        }
        EndingName::TransientError if is_outside_window(document) => {
            "The platform tries again, in vain until the window opens: schedule the sync inside of it."
        }
        EndingName::TransientError => "The platform tries again; if the error stays, look at what it names.",
        EndingName::SystemError => {
            "Report the error with this page: it is a defect, or the input is not what the platform promises."
        }
    };
    Some(step.to_owned())
}

fn is_outside_window(document: &Document) -> bool {
    document.rules.iter().any(|rule| rule.ended_the_run && rule.rule == "rules.window")
}

/// What a sync would come to that did what this preview shows.
fn foreseen(document: &Document) -> Option<String> {
    let step = match document.run.ending {
        EndingName::Complete => return None,
        EndingName::LimitReached if document.run.why.starts_with("--limit") => {
            "The input has more records: preview it without `--limit` to see all of them."
        }
        EndingName::LimitReached => {
            "A sync leaves the rest for the next one; raise the limit if it should do more at once."
        }
        EndingName::ConfigError => "Mend what the error names: a sync of this input would end with it.",
        EndingName::Interrupted | EndingName::TransientError | EndingName::SystemError => {
            "What comes after the error is not shown: a sync of this input would end there."
        }
    };
    Some(step.to_owned())
}

fn unknown(document: &Document, promise: Promise) -> Option<String> {
    let records = thousands(document.unknown.count);
    let console = format!("{records} unknown: look for them in the vendor's console");
    match promise {
        _ if document.unknown.count == 0 => None,
        Promise::WithinTheSync => {
            Some(format!("{console} before you send them again. No ledger holds them back."))
        }
        Promise::NobodyTwice => Some(format!(
            "{console}, then settle them with the commands below. Until then no sync sends them."
        )),
        Promise::None => Some(format!("{console}. The next sync sends them again, because you chose so.")),
    }
}

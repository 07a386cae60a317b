//! The vendor's words as two tables: what each says of a whole request, and of one row of it.

use crate::providers::api::Blame;

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PigeonAction {
    /// Nothing was taken, and nothing will be until somebody acts.
    Halt(Blame),
    /// Nothing was taken: the same later.
    Again,
    /// Nothing was taken, because of one or more rows.
    Split,
}

/// What follows from the status of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PigeonStatus {
    /// It will be called.
    Queued,
    /// It will not be called, for the reason beside it.
    Refused,
    /// It was not looked at: later.
    Busy,
}

/// An error's action, and what a person can do.
pub(super) fn error(word: &str) -> Option<(PigeonAction, &'static str)> {
    Some(match word {
        "bad_token" => (PigeonAction::Halt(Blame::User), "copy vendor.token again from Settings → API"),
        "unknown_list" => (PigeonAction::Halt(Blame::User), "correct vendor.list"),
        "key_reused" => (PigeonAction::Halt(Blame::Us), "two requests had one idempotency key"),
        "malformed" => (PigeonAction::Split, "compare the mapped fields with what the list needs"),
        "overloaded" => (PigeonAction::Again, "nothing: it passes"),
        _ => return None,
    })
}

/// What a row's status says.
pub(super) fn status(word: &str) -> Option<PigeonStatus> {
    Some(match word {
        "queued" => PigeonStatus::Queued,
        "refused" => PigeonStatus::Refused,
        "busy" => PigeonStatus::Busy,
        _ => return None,
    })
}

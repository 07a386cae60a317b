//! Counts by outcome.

use super::document::{Outcomes, RunKind};
use crate::domain::outcome::Outcome;

/// How many records ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) accepted: u64,
    pub(super) duplicate: u64,
    pub(super) suppressed: u64,
    pub(super) invalid: u64,
    pub(super) rejected: u64,
    pub(super) unknown: u64,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Accepted { .. } => &mut self.accepted,
            Outcome::Duplicate(_) => &mut self.duplicate,
            Outcome::Suppressed(..) => &mut self.suppressed,
            Outcome::Invalid(..) => &mut self.invalid,
            Outcome::Rejected(..) => &mut self.rejected,
            Outcome::Unknown(_) => &mut self.unknown,
        };
        *counter += 1;
    }

    pub(super) fn total(&self) -> u64 {
        let Self { accepted, duplicate, suppressed, invalid, rejected, unknown } = self;
        accepted + duplicate + suppressed + invalid + rejected + unknown
    }

    /// As they are told: what a preview would send is not accepted yet.
    pub(super) fn outcomes(&self, kind: RunKind) -> Outcomes {
        let Self { accepted, duplicate, suppressed, invalid, rejected, unknown } = *self;
        let (accepted, would_call) = match kind {
            RunKind::Preview => (None, Some(accepted)),
            RunKind::Sync | RunKind::Trial | RunKind::Rehearsal => (Some(accepted), None),
        };
        Outcomes { accepted, would_call, duplicate, suppressed, invalid, rejected, unknown }
    }
}

//! How many records were left after each step on the way to the vendor.
//!
//! The steps stand in the order in which people think of them. A record is lost at one of them only, for the
//! reason that it ended with, whatever else would have been wrong with it.

use super::document::{FunnelStep, Records, RunKind};
use crate::domain::decision::Decision;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// Records that were lost at each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Funnel {
    mapped: u64,
    valid_number: u64,
    allowed: u64,
    new: u64,
    accepted: u64,
}

impl Funnel {
    pub(super) fn add(&mut self, decision: &Decision<'_>) {
        let Some(lost) = self.lost_at(decision) else { return };
        *lost += 1;
    }

    fn lost_at(&mut self, decision: &Decision<'_>) -> Option<&mut u64> {
        let reason = decision.outcome.reason()?;
        Some(match (decision.outcome, reason) {
            (Outcome::Rejected(..), _) | (Outcome::Duplicate(_), Reason::AlreadyInCampaign) => {
                &mut self.accepted
            }
            (Outcome::Unknown(_), _) if decision.is_held => &mut self.new,
            (Outcome::Unknown(_), _) => &mut self.accepted,
            (Outcome::Duplicate(_), _) => &mut self.new,
            (_, Reason::CountryNotAllowed | Reason::TypeNotAllowed) | (Outcome::Suppressed(..), _) => {
                &mut self.allowed
            }
            (_, Reason::RequiredMissing | Reason::TemplateFailed | Reason::BadCampaign) => &mut self.mapped,
            (Outcome::Invalid(..) | Outcome::Accepted { .. }, _) => &mut self.valid_number,
        })
    }

    /// The steps of a run; a preview sends nothing, so it ends with who would be sent.
    pub(super) fn steps(&self, records: Records, kind: RunKind) -> Vec<FunnelStep> {
        let Self { mapped, valid_number, allowed, new, accepted } = *self;
        let mut left = records.read;
        let steps = [
            ("read", 0),
            ("mapped", mapped),
            ("valid_number", valid_number),
            ("allowed", allowed),
            ("new", new),
            ("sent", records.not_sent),
            ("accepted", accepted),
        ];
        let shown = if kind == RunKind::Preview { steps.len() - 1 } else { steps.len() };
        let after = |(step, lost): (&str, u64)| {
            left -= lost;
            FunnelStep { step: step.to_owned(), left }
        };
        steps.into_iter().take(shown).map(after).collect()
    }
}

//! A run that could call nobody is wrong more often than not: it passes nobody by before that is known.

use super::run_stats::RunStats;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// Records after which it is no accident that nobody of them can be called.
const LOOKS_AT: u64 = 100;

/// Looks for somebody who can be called, or was before. Until then no STATE goes back.
#[derive(Debug)]
pub(super) struct SearchForSomebody {
    is_over: bool,
    /// Whether somebody was found, or nobody needs to be.
    is_well: bool,
    n_records: u64,
}

impl SearchForSomebody {
    /// Nobody was looked at; with `allow_nobody` nobody is looked for.
    pub(super) fn new(allow_nobody: bool) -> Self {
        Self { is_over: allow_nobody, is_well: allow_nobody, n_records: 0 }
    }

    /// Somebody can be called, or was before.
    pub(super) fn found(&mut self) {
        (self.is_over, self.is_well) = (true, true);
    }

    /// A record ended without a call. One that was deleted in the source tells nothing.
    pub(super) fn ended(&mut self, outcome: &Outcome) {
        let is_known = matches!(outcome, Outcome::Duplicate(_) | Outcome::Unknown(_));
        let is_beyond =
            matches!(outcome.reason(), Some(Reason::MaxContactsPerSync | Reason::MaxContactsPerDay));
        if is_known || is_beyond {
            self.found();
        } else if outcome.reason() != Some(Reason::DeletedInSource) {
            self.n_records += 1;
        }
    }

    /// Why the run must stop, when it has looked at enough.
    pub(super) fn verdict(&self, stats: &RunStats) -> Option<Error> {
        let is_hopeless = !self.is_over && self.n_records >= LOOKS_AT;
        is_hopeless
            .then(|| Error::NobodyToCall { n_records: self.n_records, reasons: stats.reasons_in_words() })
    }

    /// Whether STATEs may go back.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// There is nothing more to look at: the input has ended, or too many STATEs wait.
    pub(super) fn give_up(&mut self) {
        self.is_over = true;
    }

    /// What to say of a run that was too short to be stopped.
    pub(super) fn doubt(&self, stats: &RunStats) -> Option<String> {
        let n_records = self.n_records;
        (!self.is_well && n_records > 0).then(|| {
            format!(
                "none of the {n_records} records could be called, or was before ({}): look whether a condition or a column is wrong; if this is normal, set limits.allow_nobody to true",
                stats.reasons_in_words()
            )
        })
    }
}

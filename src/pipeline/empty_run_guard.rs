//! A run that could call nobody is wrong more often than not: it passes nobody by before that is known.

use super::run_stats::RunStats;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// Records after which it is no accident that nobody of them can be called.
const LOOKS_AT: u64 = 100;

/// Looks for somebody who can be called, or was before. Until then no STATE goes back.
#[derive(Debug)]
pub(super) struct EmptyRunGuard {
    is_decided: bool,
    /// Whether somebody was found, or nobody needs to be.
    is_well: bool,
    n_records: u64,
}

impl EmptyRunGuard {
    /// Nobody was looked at; with `allow_nobody` nobody is looked for.
    pub(super) fn new(allow_nobody: bool) -> Self {
        Self { is_decided: allow_nobody, is_well: allow_nobody, n_records: 0 }
    }

    /// Somebody can be called, or was before.
    pub(super) fn note_callable(&mut self) {
        (self.is_decided, self.is_well) = (true, true);
    }

    /// A record ended without a call. One that was deleted in the source tells nothing.
    pub(super) fn note_unsent(&mut self, outcome: &Outcome) {
        let is_known = matches!(outcome, Outcome::Duplicate(_) | Outcome::Unknown(_));
        // Who is over a limit could be called, and who cools off was, a short while ago.
        let is_for_now = matches!(
            outcome.reason(),
            Some(Reason::MaxContactsPerSync | Reason::MaxContactsPerDay | Reason::CoolingOff)
        );
        if is_known || is_for_now {
            self.note_callable();
        } else if outcome.reason() != Some(Reason::DeletedInSource) {
            self.n_records += 1;
        }
    }

    /// Why the run must stop, when it has looked at enough.
    pub(super) fn failure(&self, stats: &RunStats) -> Option<Error> {
        let is_hopeless = !self.is_decided && self.n_records >= LOOKS_AT;
        is_hopeless.then(|| self.hopeless(stats))
    }

    /// Whether STATEs may go back.
    pub(super) fn is_decided(&self) -> bool {
        self.is_decided
    }

    /// There is nothing more to look at: the input has ended.
    pub(super) fn note_end_of_input(&mut self) {
        self.is_decided = true;
    }

    /// No more STATEs can wait: with records that all could not be called, that is enough to have looked at.
    pub(super) fn decide_now(&mut self, stats: &RunStats) -> Option<Error> {
        if !self.is_decided && self.n_records > 0 {
            return Some(self.hopeless(stats));
        }
        self.is_decided = true;
        None
    }

    fn hopeless(&self, stats: &RunStats) -> Error {
        Error::NobodyToCall { n_records: self.n_records, reasons: stats.reasons_in_words() }
    }

    /// What to say of a run that was too short to be stopped.
    pub(super) fn warning(&self, stats: &RunStats) -> Option<String> {
        let n_records = self.n_records;
        (!self.is_well && n_records > 0).then(|| {
            format!(
                "none of the {n_records} records could be called, or was before ({}): look whether a condition or a column is wrong; if this is normal, set limits.allow_nobody to true",
                stats.reasons_in_words()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_could_be_called_or_was_a_short_while_ago_is_somebody() {
        for (reason, is_somebody) in [
            (Reason::CoolingOff, true),
            (Reason::MaxContactsPerSync, true),
            (Reason::MaxContactsPerDay, true),
            (Reason::OnlyWhen, false),
            (Reason::DoNotCall, false),
            (Reason::OutsideWindow, false),
            (Reason::DeletedInSource, false),
        ] {
            let mut search = EmptyRunGuard::new(false);
            search.note_unsent(&Outcome::Suppressed(reason, None));
            assert_eq!(search.is_decided(), is_somebody, "{reason:?}");
        }
    }

    #[test]
    fn when_no_more_states_can_wait_records_without_anybody_stop_the_run() {
        let invalid = Outcome::Invalid(Reason::TooShort, None);
        for (name, allow_nobody, n_invalid, n_found, must_stop) in [
            ("no record", false, 0, 0, false),
            ("nobody among a few", false, 3, 0, true),
            ("somebody", false, 3, 1, false),
            ("nobody is normal", true, 3, 0, false),
        ] {
            let mut search = EmptyRunGuard::new(allow_nobody);
            (0..n_invalid).for_each(|_| search.note_unsent(&invalid));
            (0..n_found).for_each(|_| search.note_callable());
            assert_eq!(search.decide_now(&RunStats::default()).is_some(), must_stop, "{name}");
            assert_eq!(search.is_decided(), !must_stop, "{name}: whether STATEs go back");
        }
    }
}

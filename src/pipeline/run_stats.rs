//! Counts how records ended. The outcomes of a run add up to its input.

use std::collections::BTreeMap;

use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// Log lines for each reason; the rest is counted.
const SAMPLES: u64 = 20;

/// Records after which a share of rejected ones means something; those kept back on purpose are none.
const SHARE_COUNTS_AFTER: u64 = 100;

/// How the records of a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// Records that were read.
    pub received: u64,
    /// Confirmed by the vendor.
    pub accepted: u64,
    /// There already.
    pub duplicate: u64,
    /// Kept back by policy.
    pub suppressed: u64,
    /// Refused by us.
    pub invalid: u64,
    /// Refused by the vendor.
    pub rejected: u64,
    /// Sent, and nobody can say.
    pub unknown: u64,
    /// Of these, those whom an earlier run may have sent, and this one left alone.
    pub held: u64,
    /// Left alone beyond a limit: the next sync brings them again.
    pub left: u64,
    /// By reason, for everything but accepted.
    pub reasons: BTreeMap<Reason, u64>,
}

impl RunStats {
    /// How many rejected records of a reason no line of the log names.
    #[must_use]
    pub fn unnamed(&self, reason: Reason) -> u64 {
        let is_named = !reason.is_of_duplicates();
        self.reasons.get(&reason).filter(|_| is_named).map_or(0, |count| count.saturating_sub(SAMPLES))
    }

    /// Counts an outcome; gives whether it is one of the first of its reason, to be shown.
    pub fn count(&mut self, outcome: &Outcome) -> bool {
        let counter = match outcome {
            Outcome::Accepted { .. } => &mut self.accepted,
            Outcome::Duplicate(_) => &mut self.duplicate,
            Outcome::Suppressed(..) => &mut self.suppressed,
            Outcome::Invalid(..) => &mut self.invalid,
            Outcome::Rejected(..) => &mut self.rejected,
            Outcome::Unknown(_) => &mut self.unknown,
        };
        *counter += 1;
        let Some(reason) = outcome.reason() else { return false };
        let count = self.reasons.entry(reason).or_default();
        *count += 1;
        outcome.counts_as_rejected() && *count <= SAMPLES
    }

    /// Records that the platform counts as rejected.
    #[must_use]
    pub fn counted_as_rejected(&self) -> u64 {
        self.suppressed + self.invalid + self.rejected + self.unknown
    }

    /// Records that have ended.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.accepted + self.duplicate + self.counted_as_rejected()
    }

    /// Records that the user's own rules kept back.
    fn kept_back_on_purpose(&self) -> u64 {
        self.reasons.iter().filter(|(reason, _)| reason.is_on_purpose()).map(|(_, count)| count).sum()
    }

    /// How many records were rejected, and of how many: what was kept back on purpose is in neither.
    #[must_use]
    pub fn share(&self) -> (u64, u64) {
        let on_purpose = self.kept_back_on_purpose();
        (self.counted_as_rejected() - on_purpose, self.settled() - on_purpose)
    }

    /// Whether more than `percent` of the records that were to be called were rejected.
    #[must_use]
    pub fn rejected_more_than(&self, percent: u8) -> bool {
        let (rejected, total) = self.share();
        rejected * 100 > total * u64::from(percent)
    }

    /// The same, once there are so many records that a share means something.
    #[must_use]
    pub fn has_too_many_rejected(&self, percent: u8) -> bool {
        let (_, total) = self.share();
        total >= SHARE_COUNTS_AFTER && self.rejected_more_than(percent)
    }

    /// How many ended for which reason, the commonest first.
    #[must_use]
    pub fn reasons_in_words(&self) -> String {
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), **reason));
        let words: Vec<_> =
            reasons.iter().map(|(reason, count)| format!("{} {count}", reason.code())).collect();
        words.join(", ")
    }

    /// One line for the log.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { received, accepted, duplicate, suppressed, invalid, rejected, unknown, left, .. } = self;
        let open = received - self.settled() - left;
        let mut line = format!(
            "{received} records: {accepted} accepted, {duplicate} duplicate, {suppressed} suppressed, {invalid} invalid, {rejected} rejected, {unknown} unknown"
        );
        if *left > 0 {
            line.push_str(&format!(", {left} left for the next sync"));
        }
        if open > 0 {
            line.push_str(&format!(", {open} not settled"));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_decided_counts_as_rejected_and_what_somebody_decided_does_not_count() {
        for (reason, is_in_the_share) in [
            (Reason::OnlyWhen, false),
            (Reason::DeletedInSource, false),
            (Reason::MaxContactsPerSync, false),
            (Reason::DoNotCall, false),
            (Reason::CoolingOff, false),
            (Reason::ConditionUnknown, true),
        ] {
            let mut stats = RunStats::default();
            stats.count(&Outcome::Accepted { contact_id: None });
            stats.count(&Outcome::Invalid(Reason::Missing, None));
            stats.count(&Outcome::Suppressed(reason, None));
            let want = if is_in_the_share { (2, 3) } else { (1, 2) };
            assert_eq!(stats.share(), want, "{}", reason.code());
            assert_eq!(stats.counted_as_rejected(), 2, "{}: the platform counts all of them", reason.code());
        }
    }
}

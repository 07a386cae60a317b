//! The rules of calling that a ledger keeps, beside its own.

use jiff::{SignedDuration, Timestamp};

use super::list::{ListOwner, ListSource};
use crate::phone::shown;

/// The rules of calling that a ledger keeps, beside its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerRules {
    /// Nobody on this list is sent; it must be there, and not too old.
    pub do_not_call: Option<DoNotCallRule>,
    /// At most one hand-over a person in so many hours; 0: the rule is off.
    pub cooling_off_hours: u32,
}

/// Which list must be there, and how new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoNotCallRule {
    /// Whose list it is.
    pub owner: ListOwner,
    /// How old each of its sources may be.
    pub max_age_days: u32,
}

impl LedgerRules {
    /// How long one hand-over keeps the next one back.
    pub(super) fn cooling_off(&self) -> Option<SignedDuration> {
        let hours = i64::from(self.cooling_off_hours);
        (hours > 0).then(|| SignedDuration::from_hours(hours))
    }
}

impl DoNotCallRule {
    /// Why nobody may be called by this list, if so. `held` is how many numbers are really there.
    pub(super) fn refusal(&self, sources: &[(ListSource, u64)], now: Timestamp) -> Option<String> {
        const LOAD: &str =
            "load it by the sync of a stream whose `role` is do_not_call, or by `ledger do-not-call load`";
        if sources.is_empty() {
            return Some(format!("there is no do-not-call list yet, and `rules.do_not_call` is on; {LOAD}"));
        }
        let max_age = SignedDuration::from_hours(24 * i64::from(self.max_age_days));
        sources.iter().find_map(|(ListSource { name, count, loaded_at }, held)| {
            let what = match loaded_at {
                _ if count != held => {
                    format!("has lost numbers: it held {count}, and {held} are left; load it whole again")
                }
                None => format!("was never loaded to its end; {LOAD}"),
                _ if *count == 0 => format!(
                    "is empty; {LOAD}, or take the source off the list with `ledger do-not-call remove`"
                ),
                Some(loaded_at) if now.duration_since(*loaded_at) > max_age => format!(
                    "is of {loaded_at}, and `rules.do_not_call.max_age_days` allows {} days; {LOAD}",
                    self.max_age_days
                ),
                Some(_) => return None,
            };
            Some(format!("the do-not-call list's source {} {what}", shown(name)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Scope;

    #[test]
    fn a_list_that_is_missing_cut_empty_or_old_lets_nobody_be_called() {
        let owner = ListOwner::new(&crate::ledger::suite::identity(Scope::Account), Scope::Everywhere);
        let rule = DoNotCallRule { owner, max_age_days: 31 };
        let day = crate::ledger::suite::day;
        let source =
            |count, loaded_at, held| (ListSource { name: "register".to_owned(), count, loaded_at }, held);
        let good = source(2, Some(day(69)), 2);
        for (name, sources, says) in [
            ("never loaded", vec![], "no do-not-call list"),
            ("begun", vec![source(2, None, 2)], "never loaded to its end"),
            ("empty", vec![source(0, Some(day(100)), 0)], "is empty"),
            ("one of two is empty", vec![good.clone(), source(0, Some(day(100)), 0)], "is empty"),
            ("cut", vec![source(3, Some(day(100)), 2)], "lost numbers"),
            ("emptied by somebody", vec![source(3, Some(day(100)), 0)], "lost numbers"),
            ("too old", vec![source(2, Some(day(68)), 2)], "max_age_days"),
            ("just new enough", vec![good], ""),
            ("of a clock that is ahead", vec![source(2, Some(day(101)), 2)], ""),
        ] {
            let refusal = rule.refusal(&sources, day(100));
            assert_eq!(refusal.is_none(), says.is_empty(), "{name}: {refusal:?}");
            assert!(refusal.is_none_or(|why| why.contains(says)), "{name}");
        }
    }
}

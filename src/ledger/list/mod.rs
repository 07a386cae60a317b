//! The do-not-call list: whom nobody may hand over, as keys that tell no number.
//!
//! A list has sources (a stream, a file), each with its count and the day of its last load that ended well. The keys
//! of a source stand in `bucket`s, sorted: sixteen bytes a number and little more, in rows that are few enough to be
//! counted and sealed whenever a run begins. What is to be added and taken off waits in a `staging` on this machine's
//! disk, and goes into the ledger in one transaction, so that a load that breaks off has changed nothing.

pub(super) mod bucket;
mod staging;

use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::key::{REHEARSED, Scope};
use super::{DoNotCallRule, LedgerError, LedgerIdentity};
use crate::ledger::Key;

pub use staging::Staging;
pub(super) use staging::{Chunk, ListChange};

/// Whose list it is: one account's, or everybody's who shares the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOwner(Box<str>);

/// How a load changes a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadKind {
    /// Numbers are added and taken off one by one.
    Change,
    /// Afterwards nobody is on it but those who came.
    Replace,
}

/// Numbers on their way into a list.
pub struct ListLoad {
    /// Whose list.
    pub owner: ListOwner,
    /// From where, as the list's status shows it.
    pub source: String,
    /// Who.
    pub staged: Staging,
    /// How.
    pub kind: LoadKind,
    /// Whether this is all that there was to load: the source is as new as this load then.
    pub is_whole: bool,
}

/// What a load has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// How many numbers are on it that were not.
    pub added: u64,
    /// How many are not on it any more.
    pub removed: u64,
    /// How many are on it now.
    pub count: u64,
}

/// A source of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSource {
    /// Its name.
    pub name: String,
    /// How many numbers it has.
    pub count: u64,
    /// When it was loaded last, and wholly; none where that never was.
    pub loaded_at: Option<Timestamp>,
}

/// What people and loads ask of a list.
pub trait DoNotCallList {
    /// Adds, takes off or replaces, all at once; durable when it returns.
    fn load_list(
        &self,
        load: ListLoad,
        now: Timestamp,
    ) -> impl Future<Output = Result<Loaded, LedgerError>> + Send;

    /// The sources of a list, by name.
    fn list_sources(
        &self,
        owner: ListOwner,
    ) -> impl Future<Output = Result<Vec<ListSource>, LedgerError>> + Send;

    /// Which sources have a number.
    fn find_listed(
        &self,
        owner: ListOwner,
        key: Key,
    ) -> impl Future<Output = Result<Vec<String>, LedgerError>> + Send;

    /// Takes a source off the list, with all its numbers; gives how many these were, none where there is no such
    /// source.
    fn remove_source(
        &self,
        owner: ListOwner,
        source: String,
    ) -> impl Future<Output = Result<Option<u64>, LedgerError>> + Send;
}

impl ListOwner {
    /// Whose list an account goes by.
    #[must_use]
    pub fn new(identity: &LedgerIdentity, scope: Scope) -> Self {
        let rehearsed = if identity.account.starts_with(REHEARSED) { REHEARSED } else { "" };
        Self(match scope {
            Scope::Campaign | Scope::Account => identity.name().into(),
            Scope::Everywhere => format!("{rehearsed}everywhere").into(),
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
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
            Some(format!("the do-not-call list's source {} {what}", crate::phone::shown(name)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

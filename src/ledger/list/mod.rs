//! The do-not-call list: whom nobody may hand over, as keys that tell no number.
//!
//! A list has sources (a stream, a file), each with its count and the day of its last load that ended well. The keys
//! of a source stand in `bucket`s, sorted: sixteen bytes a number and little more, in rows that are few enough to be
//! counted and sealed whenever a run begins. What is to be added and taken off waits in a `staging` on this machine's
//! disk, and goes into the ledger in one transaction, so that a load that breaks off has changed nothing.

pub(super) mod bucket;
mod staging;

use std::future::Future;

use jiff::Timestamp;

use super::error::LedgerError;
use super::identity::LedgerIdentity;
use super::key::{Key, REHEARSED, Scope};

pub(super) use bucket::ListChange;
pub use bucket::LoadKind;
pub(super) use staging::Chunk;
pub use staging::Staging;

/// Whose list it is: one account's, or everybody's who shares the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOwner(Box<str>);

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

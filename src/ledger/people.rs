//! What a ledger knows of people, and what is asked of everybody in it, page by page, so that nothing grows with their number and
//! nobody who uses it waits for long.

use jiff::Timestamp;

use super::identity::LedgerIdentity;
use super::key::Key;

/// What the ledger knows of one person in one campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundContact {
    /// The campaign.
    pub campaign: String,
    /// `accepted`, `rejected`, `unknown` or `claimed`.
    pub outcome: String,
    /// The stable code of the reason, for rejected ones.
    pub reason: String,
    /// The vendor's own identifier.
    pub contact_id: String,
    /// The record's stream.
    pub stream: String,
    /// The record's primary key.
    pub primary_key: String,
    /// The run that wrote it.
    pub run: String,
    /// When.
    pub at: Timestamp,
}

/// Of whom a list is; what is left out is any.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// `accepted`, `rejected`, `unknown`, `claimed`; none: all of them.
    pub outcomes: Vec<&'static str>,
    /// The run that wrote it.
    pub run: Option<String>,
    /// The campaign.
    pub campaign: Option<String>,
}

/// A part of everybody, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Whoever is meant.
    pub people: Vec<(Key, FoundContact)>,
    /// Where the next page begins; none where nobody follows.
    pub next: Option<Key>,
}

/// Whom the rules need no longer.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Whose people; of others' accounts nobody here knows the rules.
    pub account: LedgerIdentity,
    /// The ledger's clock.
    pub now: Timestamp,
    /// Whoever was written at this time or before is old.
    pub old: Timestamp,
    /// Whoever was accepted at this time or before may be called again in any case; none: nobody may.
    pub called_again: Option<Timestamp>,
    /// Only whoever was rejected.
    pub is_rejected_only: bool,
}

/// How old people of a page stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OldPage {
    /// How many the rules need no longer; with a decision how many were forgotten.
    pub unneeded: u64,
    /// How many would be called again: they were accepted, and the rules still go by that.
    pub needed: u64,
    /// How many may have been called, nobody can say, or are just being sent.
    pub open: u64,
    /// How many are another account's, or may be.
    pub others: u64,
    /// Where the next page begins; none where nobody follows.
    pub next: Option<Key>,
}

impl OldPage {
    /// Both pages together; the next one is the other's.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            unneeded: self.unneeded + other.unneeded,
            needed: self.needed + other.needed,
            open: self.open + other.open,
            others: self.others + other.others,
            next: other.next,
        }
    }
}

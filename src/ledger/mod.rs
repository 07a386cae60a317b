//! What survives a crash: who was sent to whom.
//!
//! Before a request leaves, the contacts in it are *claimed*, and that is durable; afterwards they
//! are *settled*. A claim that is found without an ending belongs to a run that died: its people may
//! have been sent, nobody can say, so they are `Unknown` until a person settles them or the vendor
//! recognises a repeat. Keys are keyed hashes: the ledger holds no number and no name.

mod any;
mod daily;
mod error;
mod identity;
mod key;
pub mod list;
mod none;
pub(crate) mod open;
mod people;
pub mod postgres;
mod rules;
pub mod sqlite;
#[cfg(test)]
mod suite;

use std::future::Future;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::phone::WireFormat;

pub use any::AnyLedger;
pub(crate) use any::AnyRecords;
pub use daily::{DailyLimit, DailyQuota};
pub use error::LedgerError;
pub use identity::{LedgerIdentity, NumberKind};
pub use key::{Key, KeyHasher, KeyMaker, PersonKeys, RuleKeys, RuleScopes, Scope};
pub use list::ListOwner;
pub use none::NoopLedger;
pub use people::{FoundContact, ListPage, ListQuery, OldPage, Retention};
pub use rules::{DoNotCallRule, LedgerRules};

/// What the ledger says about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactStatus {
    /// May be sent: never was, was refused, or long enough ago.
    Free,
    /// May have been sent, nobody can say.
    Unknown,
    /// The same, but not as it would be sent now: to another campaign, through another account, or with the number
    /// written otherwise. A vendor that recognises repeats would not recognise this one.
    Held,
    /// Was confirmed by the vendor.
    Accepted,
    /// Is being sent by another run that lives.
    Elsewhere,
    /// Is on the do-not-call list, whatever else is known of them.
    DoNotCall,
    /// May be sent to this campaign, but was handed over to one, or is being, less than the cooling off ago.
    CoolingOff,
}

/// A contact that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimEntry {
    /// Who.
    pub key: Key,
    /// Who, to the rules of calling.
    pub rules: RuleKeys,
    /// Where to.
    pub campaign: Campaign,
    /// The record's stream, with its namespace.
    pub stream: Arc<str>,
    /// The record's primary key, as JSON text; blank where the catalog names none.
    pub primary_key: Box<str>,
}

impl ClaimEntry {
    /// By what they are known.
    #[must_use]
    pub fn person(&self) -> PersonKeys {
        PersonKeys { key: self.key, rules: self.rules }
    }
}

/// How a claimed contact ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The vendor confirmed it, or has it already.
    Accepted {
        /// The vendor's own identifier.
        contact_id: Option<Box<str>>,
    },
    /// The vendor refused it: it may be sent again.
    Rejected {
        /// The stable code of the reason.
        reason: &'static str,
    },
    /// It may have been sent.
    Unknown,
    /// It was not sent: as if it had never been claimed, or still unknown if it was that before.
    Released,
}

/// What every kind of ledger goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerOptions {
    /// The name of this run: unique, so that its claims can be told from others'.
    pub run: String,
    /// Whose people it remembers: the ledger must have been made with the same.
    pub identity: LedgerIdentity,
    /// How numbers are written for the vendor, who compares them as they are written.
    pub phone_format: WireFormat,
    /// Accepted contacts are free again after so many days; 0: never.
    pub call_again_after_days: u32,
    /// Stop when the ledger is new or empty: it was expected to remember something.
    pub expect_existing: bool,
    /// The rules of calling that are on.
    pub rules: LedgerRules,
}

impl LedgerOptions {
    /// What a repeat must have in common with the first request, beside number and campaign, for the vendor to
    /// recognise it. It is remembered of each run.
    fn route(&self) -> String {
        let format = match self.phone_format {
            WireFormat::Digits => "digits",
            WireFormat::E164 => "e164",
            WireFormat::National => "national",
            WireFormat::AsIs => "as_is",
        };
        format!("{format} {}", self.identity.name())
    }
}

/// What was found when a ledger was opened.
#[derive(Clone)]
pub struct OpenedLedger {
    /// How many contacts dead runs had claimed and not settled: they are unknown now.
    pub recovered_unknown: u64,
    /// Makes the keys of this ledger.
    pub hasher: KeyHasher,
    /// With what the ledger makes the keys of this account.
    pub identity: LedgerIdentity,
    /// The ledger's clock, at the time that the caller's showed: its server's, or the newest time in a
    /// file that the caller's is behind; else none.
    pub clock: Option<Timestamp>,
    /// Why nobody may be called by the do-not-call list; only who does not call anybody opens such a ledger.
    pub list_refusal: Option<String>,
}

impl OpenedLedger {
    /// How far the ledger's clock is ahead of the caller's.
    #[must_use]
    pub fn ahead_of(&self, now: Timestamp) -> SignedDuration {
        self.clock.map_or(SignedDuration::ZERO, |clock| clock.duration_since(now))
    }

    /// What makes the keys of this account.
    #[must_use]
    pub fn keys(&self) -> KeyMaker {
        let LedgerIdentity { account, scope, numbers: _ } = self.identity.clone();
        KeyMaker::new(self.hasher.clone(), scope, account)
    }
}

/// What came of trying a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Whether there is one already.
    pub is_there: bool,
    /// Why nobody may be called by the do-not-call list, as it is now.
    pub list_refusal: Option<String>,
}

/// The memory of who was sent to whom. Every implementation passes `suite`.
///
/// `now` is the caller's clock (a simulation's, too). Where several machines share a ledger, leases
/// go by the ledger's own clock.
pub trait Ledger: Send + Sync + 'static {
    /// Whether anything is remembered at all; where not, nobody needs to ask.
    fn remembers(&self) -> bool {
        true
    }

    /// What is known of these people, one answer for each, in order. Writes nothing. Claims of
    /// dead runs read as `Unknown`, claims of this run as `Elsewhere`.
    fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<ContactStatus>, LedgerError>> + Send;

    /// Claims those who are free (with `retake`: also those who are unknown, and would be sent as they were
    /// before), in one atomic step that is durable when it returns. Gives what each was before, in order: `Free`
    /// (and with `retake` `Unknown`, but not `Held`) means that it is claimed now. No key occurs twice. Who is on the
    /// do-not-call list when this happens, or was handed over too short a while ago, is not claimed.
    fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<ContactStatus>, LedgerError>> + Send;

    /// Takes places in the campaign's day for as many as are wanted, and no more than there are; durable when it
    /// returns. Runs that race never have more together than the limit.
    fn reserve(
        &self,
        _campaign: Campaign,
        _wanted: u64,
        _limit: DailyLimit,
        _now: Timestamp,
    ) -> impl Future<Output = Result<DailyQuota, LedgerError>> + Send {
        std::future::ready(Err(LedgerError::Unusable("it counts nobody's days".to_owned())))
    }

    /// Gives places back that nobody was sent for.
    fn return_quota(&self, _places: DailyQuota) -> impl Future<Output = Result<(), LedgerError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Settles contacts that this run claimed; durable when it returns.
    fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Ends the run: everything is settled, and other runs need not wait for its lease.
    fn close(&self) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// Refuses answers that are not as many as the contacts: somebody would get another's, or pass for free.
pub(crate) fn one_for_each(
    n_contacts: usize,
    statuses: Vec<ContactStatus>,
) -> Result<Vec<ContactStatus>, Error> {
    if statuses.len() == n_contacts {
        return Ok(statuses);
    }
    Err(Error::Defect(format!("{} statuses for {n_contacts} contacts", statuses.len())))
}

/// What people ask a ledger.
pub trait Inspect {
    /// How many contacts there are by campaign, outcome and run.
    fn status(&self) -> impl Future<Output = Result<Vec<StatusRow>, LedgerError>> + Send;

    /// What is known of one person, under any of these keys.
    fn find_contacts(
        &self,
        keys: Vec<Key>,
    ) -> impl Future<Output = Result<Vec<FoundContact>, LedgerError>> + Send;

    /// To which campaign each of these people was sent last, in their order; none of whom nothing is known.
    fn campaigns_of(
        &self,
        keys: Vec<Key>,
    ) -> impl Future<Output = Result<Vec<Option<String>>, LedgerError>> + Send;

    /// Decides the unknown contacts of a run; gives how many they were. They become accepted, or
    /// free again. With `dry_run` only counts them.
    fn settle_unknown(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// Brings people over to other keys, each from the first of a pair to the second, with what is known
    /// of them (of two that become one: accepted before unknown, and the later date), and makes the identity the account's. Whoever has neither key would be forgotten: when
    /// these are more than `leave`, and without it, nothing is changed.
    fn rescope(
        &self,
        identity: LedgerIdentity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> impl Future<Output = Result<Rescoped, LedgerError>> + Send;

    /// Whoever is meant among the next so many people after a key.
    fn list(
        &self,
        query: ListQuery,
        after: Option<Key>,
        n_people: u32,
    ) -> impl Future<Output = Result<ListPage, LedgerError>> + Send;

    /// Decides these unknown contacts of a run as `settle_unknown` does: all of them, or none where one is not unknown
    /// (any more). Gives whether it was done.
    fn settle_people(
        &self,
        run: &str,
        keys: Vec<Key>,
        accepted: bool,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Forgets whom the rules need no longer, among the next so many people after a key. Without `is_decided` they are only counted.
    fn forget_old(
        &self,
        retention: Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> impl Future<Output = Result<OldPage, LedgerError>> + Send;

    /// Forgets these people, whatever is known of them, but for those who are just being sent; gives how many.
    fn forget_people(&self, keys: Vec<Key>) -> impl Future<Output = Result<u64, LedgerError>> + Send;
}

/// How people were brought over to other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescoped {
    /// How many are, or would be.
    pub brought: u64,
    /// How many are remembered and have neither key.
    pub left: u64,
    /// Whether it was done.
    pub is_done: bool,
}

/// One line of `ledger status`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusRow {
    /// The campaign.
    pub campaign: String,
    /// `accepted`, `rejected`, `unknown` or `claimed` (a run under way).
    pub outcome: String,
    /// The run that wrote it.
    pub run: String,
    /// How many contacts.
    pub count: u64,
}

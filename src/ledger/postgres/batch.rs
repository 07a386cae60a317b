//! Contacts as columns: one array for each, whatever their number.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::ledger::{ClaimEntry, RuleKeys, Settlement};

/// The columns that claims and endings share.
pub(super) struct ClaimColumns<'a> {
    pub(super) keys: Vec<&'a [u8]>,
    pub(super) campaigns: Vec<Cow<'a, str>>,
    pub(super) streams: Vec<Cow<'a, str>>,
    pub(super) primary_keys: Vec<Cow<'a, str>>,
}

/// Who people are to the rules.
pub(super) struct RuleColumns<'a> {
    pub(super) listed: Vec<Option<&'a [u8]>>,
    /// Each once: who comes again is held back before.
    pub(super) people: Vec<Option<&'a [u8]>>,
}

/// The columns that only endings have.
pub(super) struct SettleColumns<'a> {
    /// None: given back.
    pub(super) outcomes: Vec<Option<&'static str>>,
    pub(super) reasons: Vec<&'static str>,
    pub(super) contact_ids: Vec<Cow<'a, str>>,
}

impl<'a> ClaimColumns<'a> {
    pub(super) fn new(entries: impl ExactSizeIterator<Item = &'a ClaimEntry>) -> Self {
        let n_entries = entries.len();
        let mut batch = Self {
            keys: Vec::with_capacity(n_entries),
            campaigns: Vec::with_capacity(n_entries),
            streams: Vec::with_capacity(n_entries),
            primary_keys: Vec::with_capacity(n_entries),
        };
        for entry in entries {
            batch.keys.push(&entry.key.0);
            batch.campaigns.push(storable(entry.campaign.as_str()));
            batch.streams.push(storable(&entry.stream));
            batch.primary_keys.push(storable(&entry.primary_key));
        }
        batch
    }
}

impl<'a> RuleColumns<'a> {
    pub(super) fn new(rules: impl ExactSizeIterator<Item = &'a RuleKeys>) -> Self {
        let (mut listed, mut people) = (Vec::with_capacity(rules.len()), Vec::with_capacity(rules.len()));
        let mut seen = HashSet::new();
        for RuleKeys { listed: on_the_list, cooling } in rules {
            listed.push(on_the_list.as_ref().map(|key| key.0.as_slice()));
            let person = cooling.as_ref().filter(|person| seen.insert(**person));
            people.push(person.map(|key| key.0.as_slice()));
        }
        Self { listed, people }
    }

    /// Whether the rule of cooling off asks for anybody.
    pub(super) fn has_people(&self) -> bool {
        self.people.iter().any(Option::is_some)
    }
}

impl<'a> SettleColumns<'a> {
    pub(super) fn new(settlements: impl ExactSizeIterator<Item = &'a Settlement>) -> Self {
        let n_settlements = settlements.len();
        let mut columns = Self {
            outcomes: Vec::with_capacity(n_settlements),
            reasons: Vec::with_capacity(n_settlements),
            contact_ids: Vec::with_capacity(n_settlements),
        };
        for settlement in settlements {
            let (outcome, reason, contact_id) = match settlement {
                Settlement::Accepted { contact_id } => {
                    (Some("accepted"), "", contact_id.as_deref().unwrap_or(""))
                }
                Settlement::Rejected { reason } => (Some("rejected"), *reason, ""),
                Settlement::Unknown => (Some("unknown"), "", ""),
                Settlement::Released => (None, "", ""),
            };
            columns.outcomes.push(outcome);
            columns.reasons.push(reason);
            columns.contact_ids.push(storable(contact_id));
        }
        columns
    }
}

/// PostgreSQL's texts hold any character but NUL, and a vendor's identifier may hold anything.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

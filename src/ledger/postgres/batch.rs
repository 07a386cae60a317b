//! Contacts as columns: one array for each, whatever their number.

use std::borrow::Cow;

use crate::ledger::{ClaimEntry, Settlement};

/// The columns that claims and endings share.
pub(super) struct ClaimColumns<'a> {
    pub(super) keys: Vec<&'a [u8]>,
    pub(super) campaigns: Vec<Cow<'a, str>>,
    pub(super) streams: Vec<Cow<'a, str>>,
    pub(super) primary_keys: Vec<Cow<'a, str>>,
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

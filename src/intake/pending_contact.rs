//! A contact on its way from a record to an outcome: one struct that travels whole.

use super::origin::Origin;
use super::stream_names::StreamNames;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::error::Error;
use crate::ledger::{ClaimEntry, ContactStatus, Key, PersonKeys};

/// Somebody who may be called, with all that it takes to decide about them and to account for them.
#[derive(Clone, Debug)]
pub struct PendingContact {
    /// Who would be called.
    pub contact: Contact,
    /// Where they go.
    pub campaign: Campaign,
    /// Their record.
    pub origin: Origin,
    /// What they are to the ledger.
    pub lookup: LedgerLookup,
}

/// What a contact is to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerLookup {
    /// There is no ledger.
    NoLedger,
    /// The ledger was not asked yet.
    NotAsked(PersonKeys),
    /// The ledger has said what it knows of them.
    Known(PersonKeys, ContactStatus),
}

impl PendingContact {
    /// Who they are for the ledger.
    ///
    /// # Errors
    /// When their record was read as if there were no ledger.
    pub fn key(&self) -> Result<Key, Error> {
        Ok(self.keys()?.key)
    }

    /// The same, and who they are for the rules of calling.
    ///
    /// # Errors
    /// The same.
    pub fn keys(&self) -> Result<PersonKeys, Error> {
        match self.lookup {
            LedgerLookup::NotAsked(keys) | LedgerLookup::Known(keys, _) => Ok(keys),
            LedgerLookup::NoLedger => Err(Error::Defect("a contact has no key for the ledger".to_owned())),
        }
    }

    /// What the ledger is told before they are sent, and with their ending.
    ///
    /// # Errors
    /// When they have no key, or their stream no name.
    pub fn claim_entry(&self, streams: &StreamNames) -> Result<ClaimEntry, Error> {
        let PersonKeys { key, rules } = self.keys()?;
        Ok(ClaimEntry {
            key,
            rules,
            campaign: self.campaign.clone(),
            stream: streams.text(self.origin.position.stream)?,
            primary_key: self.origin.primary_key.clone(),
        })
    }
}

impl AsRef<Contact> for PendingContact {
    fn as_ref(&self) -> &Contact {
        &self.contact
    }
}

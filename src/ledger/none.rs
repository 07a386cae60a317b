//! No ledger: everybody is free, nothing is remembered.

use jiff::Timestamp;

use super::{ClaimEntry, ContactStatus, Ledger, LedgerError, PersonKeys, Settlement};

/// Remembers nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopLedger;

impl Ledger for NoopLedger {
    fn remembers(&self) -> bool {
        false
    }

    async fn status_of(&self, people: Vec<PersonKeys>, _: Timestamp) -> Result<Vec<ContactStatus>, LedgerError> {
        Ok(vec![ContactStatus::Free; people.len()])
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        _: bool,
        _: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        Ok(vec![ContactStatus::Free; entries.len()])
    }

    async fn settle(&self, _: Vec<(ClaimEntry, Settlement)>, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

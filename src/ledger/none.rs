//! No ledger: everybody is free, nothing is remembered.

use jiff::Timestamp;

use super::list::{DoNotCallList, ListLoad, ListSource, Loaded};
use super::{ClaimEntry, ContactStatus, Key, Ledger, LedgerError, ListOwner, PersonKeys, Settlement};

/// Remembers nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopLedger;

impl DoNotCallList for NoopLedger {
    async fn load_list(&self, _: ListLoad, _: Timestamp) -> Result<Loaded, LedgerError> {
        Err(nowhere())
    }

    async fn list_sources(&self, _: ListOwner) -> Result<Vec<ListSource>, LedgerError> {
        Err(nowhere())
    }

    async fn find_listed(&self, _: ListOwner, _: Key) -> Result<Vec<String>, LedgerError> {
        Err(nowhere())
    }

    async fn remove_source(&self, _: ListOwner, _: String) -> Result<Option<u64>, LedgerError> {
        Err(nowhere())
    }
}

fn nowhere() -> LedgerError {
    LedgerError::Unusable("without one there is no do-not-call list; choose one under `ledger`".to_owned())
}

impl Ledger for NoopLedger {
    fn remembers(&self) -> bool {
        false
    }

    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        _: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
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

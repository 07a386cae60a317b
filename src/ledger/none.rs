//! No ledger: everybody is free, nothing is remembered.

use jiff::Timestamp;

use super::{Ending, Entry, Key, Ledger, LedgerError, Standing};

/// Remembers nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Ledger for Forgetful {
    fn remembers(&self) -> bool {
        false
    }

    async fn look_up(&self, keys: Vec<Key>, _: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        Ok(vec![Standing::Free; keys.len()])
    }

    async fn claim(&self, entries: Vec<Entry>, _: bool, _: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        Ok(vec![Standing::Free; entries.len()])
    }

    async fn settle(&self, _: Vec<(Entry, Ending)>, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

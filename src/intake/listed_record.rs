//! A row of the do-not-call list on its way from a record to the ledger.

use super::origin::Origin;
use crate::domain::outcome::Outcome;
use crate::ledger::Key;

/// Who must not be called, or need not be kept from it any more.
#[derive(Clone, Debug)]
pub struct ListedRecord {
    /// Its record; without key and columns where its number could be read.
    pub origin: Origin,
    /// Whether they go onto the list; otherwise they are taken off it.
    pub is_listed: bool,
    /// Who they are for the list, or why nobody can say.
    pub number: Result<Key, Outcome>,
}

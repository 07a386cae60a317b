//! Who is unknown may be sent again only as they were sent before: only such a repeat is recognised.

use rusqlite::Result;

use super::store::Store;
use super::{meta, string_table, table};
use crate::ledger::{ClaimEntry, ContactStatus};

impl Store {
    /// Makes `Held` of the unknown ones whom a vendor would not recognise.
    pub(super) fn hold_back(&mut self, entries: &[ClaimEntry], statuses: &mut [ContactStatus]) -> Result<()> {
        let unknown = entries.iter().zip(statuses).filter(|(_, status)| **status == ContactStatus::Unknown);
        let unknown: Vec<_> = unknown.collect();
        // Where somebody of this run was sent is in its journal, which a merge empties.
        if unknown.iter().any(|(entry, _)| self.settled.contains_key(&entry.key)) {
            self.merge()?;
        }
        for (entry, status) in unknown {
            if !self.is_as_before(entry)? {
                *status = ContactStatus::Held;
            }
        }
        Ok(())
    }

    /// Whether somebody would be sent to the same campaign, through the same account and by the same spelling.
    fn is_as_before(&self, entry: &ClaimEntry) -> Result<bool> {
        let Some(row) = table::read_row(&self.connection, &entry.key)? else { return Ok(false) };
        if string_table::text(&self.connection, row.campaign)? != entry.campaign.as_str() {
            return Ok(false);
        }
        let run = string_table::text(&self.connection, row.run)?;
        Ok(meta::route(&self.connection, &run)?.as_deref() == Some(&*self.route))
    }
}

//! Forgets people, in the file too: nothing of them is left on pages that are free.

use std::collections::HashMap;

use rusqlite::{Connection, Result};

use super::schema::{ACCEPTED, REJECTED, UNKNOWN};
use super::store::Store;
use super::table::{self, Row};
use super::{meta, string_table};
use crate::ledger::{Key, LedgerIdentity, OldPage, Retention};

impl Store {
    /// Forgets whom the rules need no longer, among the next so many people; or only counts them.
    pub(super) fn forget_old(
        &mut self,
        retention: &Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> Result<OldPage> {
        self.merge()?;
        let people = table::read_page(&self.connection, after, n_people)?;
        let is_full = u32::try_from(people.len()).is_ok_and(|n_read| n_read == n_people);
        let next = people.last().filter(|_| is_full).map(|(key, _)| *key);
        let mut page = OldPage { next, ..OldPage::default() };
        let mut accounts = Accounts::new(&self.connection, &retention.account)?;
        // Nobody's days have passed by a clock that is behind what was written.
        let is_believed = retention.now.as_millisecond() >= self.seal.newest;
        let called_again = retention.called_again.filter(|_| is_believed);
        let mut unneeded = Vec::new();
        for (key, row) in people {
            if row.at > retention.old.as_millisecond() {
                continue;
            }
            if row.outcome == UNKNOWN || self.claims.contains_key(&key) {
                page.open += 1;
                continue;
            }
            if retention.is_rejected_only && row.outcome != REJECTED {
                continue;
            }
            if !accounts.is_mine(&row)? {
                page.others += 1;
            } else if row.outcome == ACCEPTED
                && called_again.is_none_or(|moment| row.at > moment.as_millisecond())
            {
                page.needed += 1;
            } else {
                unneeded.push(key);
            }
        }
        page.unneeded = if is_decided { self.remove(&unneeded)? } else { count(unneeded.len()) };
        Ok(page)
    }

    /// Forgets these people, but for those who are just being sent; gives how many.
    pub(super) fn forget_people(&mut self, keys: &[Key]) -> Result<u64> {
        self.merge()?;
        let unclaimed = keys.iter().filter(|key| !self.claims.contains_key(key));
        let unclaimed: Vec<_> = unclaimed.copied().collect();
        self.remove(&unclaimed)
    }

    fn remove(&self, keys: &[Key]) -> Result<u64> {
        let mut n_removed = 0;
        for key in keys {
            n_removed += u64::from(table::remove(&self.connection, key)?);
        }
        if n_removed > 0 && !table::any(&self.connection)? {
            // It is empty because somebody wanted it so.
            meta::forget_use(&self.connection)?;
        }
        Ok(n_removed)
    }
}

/// Whose people those of each run are.
struct Accounts<'c> {
    connection: &'c Connection,
    name: String,
    /// Nobody else's people are here, so that nobody needs to ask.
    is_alone: bool,
    /// By the run's number.
    known: HashMap<i64, bool>,
}

impl<'c> Accounts<'c> {
    fn new(connection: &'c Connection, account: &LedgerIdentity) -> Result<Self> {
        let name = account.name();
        let kept = meta::identities(connection)?;
        let is_alone = !kept.is_empty() && kept.iter().all(|kept| kept.name() == name);
        Ok(Self { connection, name, is_alone, known: HashMap::new() })
    }

    fn is_mine(&mut self, row: &Row) -> Result<bool> {
        if let Some(is_mine) = self.known.get(&row.run) {
            return Ok(*is_mine);
        }
        let route = meta::route(self.connection, &string_table::text(self.connection, row.run)?)?;
        let account = route.as_deref().and_then(|route| route.split_once(' ')).map(|(_, account)| account);
        let is_mine = account.map_or(self.is_alone, |account| account == self.name);
        self.known.insert(row.run, is_mine);
        Ok(is_mine)
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).expect("a machine word fits into 64 bits")
}

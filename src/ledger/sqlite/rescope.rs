//! Brings people over to keys of another scope.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, Result};

use super::cooling;
use super::meta;
use super::schema::{ACCEPTED, UNKNOWN};
use super::store::Store;
use super::string_table;
use super::table::{self, Row};
use crate::ledger::{Key, LedgerIdentity, Rescoped};

const REMEMBERED: &str = "SELECT key FROM contact WHERE outcome IN (?1, ?2)";

impl Store {
    /// Gives whom the first key of a pair knows the second one; nothing changes when more than
    /// `leave` people have neither.
    pub(super) fn rescope(
        &mut self,
        identity: &LedgerIdentity,
        pairs: &[(Key, Key)],
        leave: Option<u64>,
    ) -> Result<Rescoped> {
        self.merge()?;
        let (people, n_brought) = self.together(pairs)?;
        let met: HashSet<Key> = pairs.iter().flat_map(|(old, new)| [*old, *new]).collect();
        let left = left(&self.connection, &met)?;
        let brought = u64::try_from(n_brought).expect("a machine word fits into 64 bits");
        let is_done = leave.is_some_and(|leave| left <= leave);
        if is_done {
            let kept: HashSet<Key> = pairs.iter().map(|(_, new)| *new).collect();
            for (key, row) in &people {
                table::write(&self.connection, key, row)?;
            }
            for (old, _) in pairs.iter().filter(|(old, _)| !kept.contains(old)) {
                table::remove(&self.connection, old)?;
            }
            cooling::rename(&self.connection, &pairs.iter().copied().collect())?;
            meta::keep_identity(&self.connection, identity)?;
        }
        Ok(Rescoped { brought, left, is_done })
    }

    /// Where those were sent who are known.
    pub(super) fn campaigns_of(&mut self, keys: &[Key]) -> Result<Vec<Option<String>>> {
        self.merge()?;
        let campaign = |key| {
            let row = table::read_row(&self.connection, key)?;
            row.map(|row| string_table::text(&self.connection, row.campaign)).transpose()
        };
        keys.iter().map(campaign).collect()
    }

    /// What is to be known under each new key, and of how many people.
    fn together(&self, pairs: &[(Key, Key)]) -> Result<(BTreeMap<Key, Row>, usize)> {
        let mut people: BTreeMap<Key, Row> = BTreeMap::new();
        let mut brought = HashSet::new();
        for (old, new) in pairs {
            let Some(known) = self.remembered(old)? else { continue };
            brought.insert(*old);
            let there = match people.remove(new) {
                Some(row) => Some(row),
                None => self.remembered(new)?,
            };
            people.insert(*new, there.map_or(known.clone(), |there| merged(there, known)));
        }
        let n_brought = brought.len().min(people.len());
        Ok((people, n_brought))
    }

    /// What matters of somebody: who was rejected may be sent in any case.
    fn remembered(&self, key: &Key) -> Result<Option<Row>> {
        let row = table::read_row(&self.connection, key)?;
        Ok(row.filter(|row| [ACCEPTED, UNKNOWN].contains(&row.outcome)))
    }
}

/// What is known of somebody who had two keys. A confirmed call counts for more than one of which nobody can
/// say, which may have been none; and the person was called last when either says.
fn merged(one: Row, other: Row) -> Row {
    let at = one.at.max(other.at);
    let rank = |row: &Row| (row.outcome == ACCEPTED, row.at);
    Row { at, ..if rank(&other) >= rank(&one) { other } else { one } }
}

/// How many people are remembered of whom no record was met.
fn left(connection: &Connection, met: &HashSet<Key>) -> Result<u64> {
    let mut statement = connection.prepare(REMEMBERED)?;
    let keys = statement.query_map((ACCEPTED, UNKNOWN), |row| row.get(0).map(Key))?;
    let mut n_left = 0;
    for key in keys {
        n_left += u64::from(!met.contains(&key?));
    }
    Ok(n_left)
}

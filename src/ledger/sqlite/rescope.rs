//! Brings people over to keys of another scope.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, Result};

use super::meta;
use super::schema::{ACCEPTED, UNKNOWN};
use super::store::Store;
use super::table::{self, Row};
use crate::ledger::{Key, LedgerIdentity, Rescoped};

const REMEMBERED: &str = "SELECT key FROM contact WHERE outcome IN (?1, ?2)";
const REMOVE: &str = "DELETE FROM contact WHERE key = ?1";

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
        let people = self.newest(pairs)?;
        let met: HashSet<Key> = pairs.iter().flat_map(|(old, new)| [*old, *new]).collect();
        let left = left(&self.connection, &met)?;
        let brought = u64::try_from(people.len()).expect("a machine word fits into 64 bits");
        let is_done = leave.is_some_and(|leave| left <= leave);
        if is_done {
            let kept: HashSet<Key> = pairs.iter().map(|(_, new)| *new).collect();
            for (key, row) in &people {
                table::write(&self.connection, key, row)?;
            }
            for (old, _) in pairs.iter().filter(|(old, _)| !kept.contains(old)) {
                self.connection.prepare_cached(REMOVE)?.execute([old.0])?;
            }
            meta::keep_identity(&self.connection, identity)?;
        }
        Ok(Rescoped { brought, left, is_done })
    }

    /// What is to be known under each new key, where that is more than is known already.
    fn newest(&self, pairs: &[(Key, Key)]) -> Result<BTreeMap<Key, Row>> {
        let mut people: BTreeMap<Key, Row> = BTreeMap::new();
        for (old, new) in pairs {
            let known = table::read_row(&self.connection, old)?;
            let Some(known) = known.filter(|row| [ACCEPTED, UNKNOWN].contains(&row.outcome)) else {
                continue;
            };
            let there = match people.get(new) {
                Some(row) => Some(row.at),
                None => table::read_row(&self.connection, new)?
                    .filter(|row| [ACCEPTED, UNKNOWN].contains(&row.outcome))
                    .map(|row| row.at),
            };
            if there.is_none_or(|at| at <= known.at) {
                people.insert(*new, known);
            }
        }
        Ok(people)
    }
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

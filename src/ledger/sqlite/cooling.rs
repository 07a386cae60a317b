//! Who was handed over when, over all campaigns: what the rule of cooling off goes by.
//!
//! `hand_over` has one row for each person; what the journal says is newer, and stays in memory until it is merged.

use std::collections::{HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension, Result};

use super::filter::KeyFilter;
use crate::ledger::{ContactStatus, Key};

const READ: &str = "SELECT key, at FROM hand_over WHERE person = ?1";
const WRITE: &str = "INSERT OR REPLACE INTO hand_over (person, key, at) VALUES (?1, ?2, ?3)";
const ALL: &str = "SELECT person, key FROM hand_over";
const REMOVE: &str = "DELETE FROM hand_over WHERE person = ?1";
const RENAME: &str = "UPDATE hand_over SET key = ?2 WHERE person = ?1";

/// By which key somebody was handed over last, and when, in milliseconds.
pub(super) type Last = (Key, i64);

/// What the journal says of who was handed over, or is being.
#[derive(Default)]
pub(super) struct HandOvers {
    last: HashMap<Key, Last, foldhash::fast::RandomState>,
    /// By which key somebody is being handed over.
    under_way: HashMap<Key, Key, foldhash::fast::RandomState>,
}

/// Somebody's last hand-over, and whether the next one is under way.
#[derive(Clone, Copy, Default)]
pub(super) struct HandOver {
    last: Option<Last>,
    is_under_way: bool,
}

impl HandOvers {
    /// Somebody is being handed over.
    pub(super) fn begin(&mut self, key: Key, person: Option<Key>) {
        self.under_way.extend(person.map(|person| (person, key)));
    }

    /// The attempt is over; it counts where the person was handed over, or may have been.
    pub(super) fn end(&mut self, person: Option<Key>, handed_over: Option<Last>) {
        let Some(person) = person else { return };
        self.under_way.remove(&person);
        self.last.extend(handed_over.map(|last| (person, last)));
    }

    /// Writes them into the table, in the order of its rows. Who is still being handed over by a run that died was
    /// handed over at `found` at the latest.
    pub(super) fn write(&self, connection: &Connection, found: Option<i64>) -> Result<()> {
        let mut rows: Vec<(Key, Last)> = self.last.iter().map(|(person, last)| (*person, *last)).collect();
        if let Some(at) = found {
            rows.extend(self.under_way.iter().map(|(person, key)| (*person, (*key, at))));
        }
        // Of two rows of one person the later one stays: the sort leaves them in their order.
        rows.sort_by_key(|(person, _)| *person);
        let mut write = connection.prepare_cached(WRITE)?;
        for (person, (key, at)) in rows {
            write.execute((person.0, key.0, at))?;
        }
        Ok(())
    }

    /// Whether somebody is being handed over.
    pub(super) fn has_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Everything is in the table but who is being handed over.
    pub(super) fn forget_settled(&mut self) {
        self.last.clear();
    }
}

/// Says who must wait.
pub(super) struct Cooling<'a> {
    statement: CachedStatement<'a>,
    keys: &'a KeyFilter,
    journal: &'a HandOvers,
    is_on: bool,
    over_since: Option<i64>,
}

impl<'a> Cooling<'a> {
    /// Who was handed over at the time of `over_since`, or before, need not wait any more.
    pub(super) fn new(
        connection: &'a Connection,
        keys: &'a KeyFilter,
        journal: &'a HandOvers,
        is_on: bool,
        over_since: Option<i64>,
    ) -> Result<Self> {
        Ok(Self { statement: connection.prepare_cached(READ)?, keys, journal, is_on, over_since })
    }

    /// How somebody was handed over, or is being.
    pub(super) fn hand_over_of(&mut self, person: Option<Key>) -> Result<HandOver> {
        let Some(person) = person.filter(|_| self.is_on) else { return Ok(HandOver::default()) };
        let is_under_way = self.journal.under_way.contains_key(&person);
        let last = self.journal.last.get(&person).copied();
        if is_under_way || last.is_some() || self.keys.lacks(person) {
            return Ok(HandOver { last, is_under_way });
        }
        let row = self.statement.query_row([person.0], |row| Ok((Key(row.get(0)?), row.get(1)?)));
        Ok(HandOver { last: row.optional()?, is_under_way })
    }

    /// How a hand-over keeps somebody back, if it does; one by their `own` key does not. An attempt that is under way
    /// may yet turn out to be none.
    pub(super) fn keeps_back(&self, hand_over: &HandOver, own: Option<Key>) -> Option<ContactStatus> {
        if hand_over.is_under_way {
            return Some(ContactStatus::Elsewhere);
        }
        let (key, at) = hand_over.last?;
        let must_wait = own != Some(key) && self.over_since.is_none_or(|moment| at > moment);
        must_wait.then_some(ContactStatus::CoolingOff)
    }
}

/// These attempts were none: whoever was handed over by one of them last need not wait.
pub(super) fn forget(connection: &Connection, keys: &HashSet<Key>) -> Result<()> {
    let mut remove = connection.prepare_cached(REMOVE)?;
    for (person, _) in of_keys(connection, |key| keys.contains(key).then_some(*key))? {
        remove.execute([person.0])?;
    }
    Ok(())
}

/// People have other keys now.
pub(super) fn rename(connection: &Connection, names: &HashMap<Key, Key>) -> Result<()> {
    let mut rename = connection.prepare_cached(RENAME)?;
    for (person, key) in of_keys(connection, |key| names.get(key).copied())? {
        rename.execute((person.0, key.0))?;
    }
    Ok(())
}

/// Whoever was handed over last by a key of which there is something to say.
fn of_keys(connection: &Connection, say: impl Fn(&Key) -> Option<Key>) -> Result<Vec<(Key, Key)>> {
    let mut statement = connection.prepare(ALL)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let person = Key(row.get(0)?);
        found.extend(say(&Key(row.get(1)?)).map(|said| (person, said)));
    }
    Ok(found)
}

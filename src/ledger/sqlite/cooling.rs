//! Who was handed over when, over all campaigns: what the rule of cooling off goes by.
//!
//! `hand_over` has one row for each person; what the journal says is newer, and stays in memory until it is merged.

use std::collections::{BTreeMap, HashMap, HashSet};

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
pub(super) struct HandOvers(HashMap<Key, HandOver, foldhash::fast::RandomState>);

/// Somebody's last hand-over, and the attempt at the next one.
#[derive(Clone, Copy, Default)]
pub(super) struct HandOver {
    /// None in the journal: what the table says.
    pub(super) last: Option<Last>,
    under_way: Option<Key>,
}

impl HandOvers {
    /// Somebody is being handed over.
    pub(super) fn begin(&mut self, key: Key, person: Option<Key>) {
        if let Some(person) = person {
            self.0.entry(person).or_default().under_way = Some(key);
        }
    }

    /// The attempt is over; it counts where the person was handed over, or may have been.
    pub(super) fn end(&mut self, person: Option<Key>, handed_over: Option<Last>) {
        let Some(person) = person else { return };
        let hand_over = self.0.entry(person).or_default();
        *hand_over = HandOver { last: handed_over.or(hand_over.last), under_way: None };
    }

    /// Writes them into the table, in the order of its rows. Who is still being handed over by a run that died was
    /// handed over at `found` at the latest.
    pub(super) fn write(&self, connection: &Connection, found: Option<i64>) -> Result<()> {
        let last = |hand_over: &HandOver| hand_over.under_way.zip(found).or(hand_over.last);
        let known = self.0.iter().filter_map(|(person, hand_over)| Some((*person, last(hand_over)?)));
        let mut write = connection.prepare_cached(WRITE)?;
        for (person, (key, at)) in known.collect::<BTreeMap<_, _>>() {
            write.execute((person.0, key.0, at))?;
        }
        Ok(())
    }

    /// Whether somebody is being handed over.
    pub(super) fn has_under_way(&self) -> bool {
        self.0.values().any(|hand_over| hand_over.under_way.is_some())
    }

    /// Everything is in the table but who is being handed over.
    pub(super) fn forget_settled(&mut self) {
        self.0.retain(|_, hand_over| {
            hand_over.last = None;
            hand_over.under_way.is_some()
        });
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
        let hand_over = self.journal.0.get(&person).copied().unwrap_or_default();
        if hand_over.under_way.is_some() || hand_over.last.is_some() || self.keys.lacks(person) {
            return Ok(hand_over);
        }
        let row = self.statement.query_row([person.0], |row| Ok((Key(row.get(0)?), row.get(1)?)));
        Ok(HandOver { last: row.optional()?, ..hand_over })
    }

    /// How a hand-over keeps somebody back, if it does; one by their `own` key does not. An attempt that is under way
    /// may yet turn out to be none.
    pub(super) fn keeps_back(&self, hand_over: &HandOver, own: Option<Key>) -> Option<ContactStatus> {
        if hand_over.under_way.is_some() {
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

//! What is known of people, in the file: one row for each.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Result};

use super::filter::KeyFilter;
use super::schema::{ACCEPTED, UNKNOWN};
use crate::ledger::{ContactStatus, Key};

const READ: &str = "
    SELECT outcome, at, campaign, stream, run, reason, primary_key, contact_id
    FROM contact WHERE key = ?1";

const PAGE: &str = "
    SELECT outcome, at, campaign, stream, run, reason, primary_key, contact_id, key
    FROM contact WHERE key > ?1 ORDER BY key LIMIT ?2";

const REMOVE: &str = "DELETE FROM contact WHERE key = ?1";

const KNOWN: &str = "SELECT outcome, at FROM contact WHERE key = ?1";

const WRITE: &str = "
    INSERT OR REPLACE INTO contact
        (key, outcome, at, campaign, stream, run, reason, primary_key, contact_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM contact)";

/// People and what is to be written of them, in the order in which that is.
pub(super) type People = BTreeMap<Key, Row>;

/// A row without its key. Numbers are those of `schema` and `string_table`; times are milliseconds.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) outcome: i64,
    pub(super) at: i64,
    pub(super) campaign: i64,
    pub(super) stream: i64,
    pub(super) run: i64,
    pub(super) reason: Option<i64>,
    pub(super) primary_key: Box<str>,
    pub(super) contact_id: Option<Box<str>>,
}

impl Row {
    pub(super) fn known(&self) -> KnownEnding {
        KnownEnding { outcome: self.outcome, at: self.at }
    }
}

/// What decides where somebody stands who is not claimed: how it ended, and when.
#[derive(Clone, Copy)]
pub(super) struct KnownEnding {
    pub(super) outcome: i64,
    pub(super) at: i64,
}

impl KnownEnding {
    /// Who was accepted at the time of `called_again`, or before, may be called again.
    pub(super) fn status(self, called_again: Option<i64>) -> ContactStatus {
        match self.outcome {
            ACCEPTED if called_again.is_none_or(|moment| self.at > moment) => ContactStatus::Accepted,
            UNKNOWN => ContactStatus::Unknown,
            _ => ContactStatus::Free,
        }
    }
}

/// Answers what is known of people, one by one.
pub(super) struct LookUp<'a> {
    statement: CachedStatement<'a>,
    keys: &'a KeyFilter,
}

impl<'a> LookUp<'a> {
    pub(super) fn new(connection: &'a Connection, keys: &'a KeyFilter) -> Result<Self> {
        Ok(Self { statement: connection.prepare_cached(KNOWN)?, keys })
    }

    pub(super) fn known(&mut self, key: &Key) -> Result<Option<KnownEnding>> {
        if self.keys.lacks(*key) {
            return Ok(None);
        }
        let known = |row: &rusqlite::Row<'_>| Ok(KnownEnding { outcome: row.get(0)?, at: row.get(1)? });
        self.statement.query_row([key.0], known).optional()
    }
}

/// Writes what is known of somebody now.
pub(super) fn write(connection: &Connection, key: &Key, row: &Row) -> Result<()> {
    // In the order of `WRITE`: to look parameters up by name takes a tenth of the whole.
    connection.prepare_cached(WRITE)?.execute((
        key.0,
        row.outcome,
        row.at,
        row.campaign,
        row.stream,
        row.run,
        row.reason,
        &row.primary_key,
        &row.contact_id,
    ))?;
    Ok(())
}

/// Writes what is known of many, in the order of their keys.
pub(super) fn write_all(connection: &Connection, people: &People) -> Result<()> {
    people.iter().try_for_each(|(key, row)| write(connection, key, row))
}

/// What is known of somebody.
pub(super) fn read_row(connection: &Connection, key: &Key) -> Result<Option<Row>> {
    let mut statement = connection.prepare_cached(READ)?;
    statement.query_row([key.0], as_row).optional()
}

/// What is known of the next so many people after a key, in the order of their keys.
pub(super) fn read_page(
    connection: &Connection,
    after: Option<Key>,
    n_people: u32,
) -> Result<Vec<(Key, Row)>> {
    let mut statement = connection.prepare_cached(PAGE)?;
    // Every key is more than none.
    let after = after.map_or(Vec::new(), |Key(key)| key.to_vec());
    let rows = statement.query_map((after, n_people), |row| Ok((Key(row.get(8)?), as_row(row)?)))?;
    rows.collect()
}

fn as_row(row: &rusqlite::Row<'_>) -> Result<Row> {
    Ok(Row {
        outcome: row.get(0)?,
        at: row.get(1)?,
        campaign: row.get(2)?,
        stream: row.get(3)?,
        run: row.get(4)?,
        reason: row.get(5)?,
        primary_key: row.get(6)?,
        contact_id: row.get(7)?,
    })
}

/// Forgets somebody; gives whether anything was known.
pub(super) fn remove(connection: &Connection, key: &Key) -> Result<bool> {
    Ok(connection.prepare_cached(REMOVE)?.execute([key.0])? > 0)
}

/// Whether anything is known of anybody.
pub(super) fn any(connection: &Connection) -> Result<bool> {
    connection.query_row(ANY, [], |row| row.get(0))
}

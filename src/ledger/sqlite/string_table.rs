//! Texts that occur in many rows (campaigns, streams, runs, reasons) are kept once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, Result};

/// Campaigns may come out of a template, so that there can be as many as records.
const LARGEST_CACHE: usize = 4_096;

const ID_OF: &str = "SELECT id FROM word WHERE text = ?1";
const TEXT_OF: &str = "SELECT text FROM word WHERE id = ?1";
const ADD: &str = "INSERT INTO word (text) VALUES (?1)";

/// The numbers of texts, as far as they are known.
#[derive(Default)]
pub(super) struct StringTable(HashMap<Box<str>, i64, foldhash::fast::RandomState>);

impl StringTable {
    /// The number of a text, which is given one if it has none.
    pub(super) fn id(&mut self, connection: &Connection, text: &str) -> Result<i64> {
        if let Some(&id) = self.0.get(text) {
            return Ok(id);
        }
        let known = connection.prepare_cached(ID_OF)?.query_row([text], |row| row.get(0)).optional()?;
        let id = match known {
            Some(id) => id,
            None => connection.prepare_cached(ADD)?.insert([text])?,
        };
        if self.0.len() >= LARGEST_CACHE {
            self.0.clear();
        }
        self.0.insert(text.into(), id);
        Ok(id)
    }

    /// Forgets what may not have been committed.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// The text behind a number. The seal knows each of them, so it is away only where a person has accepted
/// a loss, who is to see what is left.
pub(super) fn text(connection: &Connection, id: i64) -> Result<String> {
    let text = connection.prepare_cached(TEXT_OF)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(text.unwrap_or_else(|| "(lost)".to_owned()))
}

/// The texts behind numbers, each looked up once.
pub(super) struct Texts<'c> {
    connection: &'c Connection,
    known: HashMap<i64, Box<str>, foldhash::fast::RandomState>,
}

impl<'c> Texts<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, known: HashMap::default() }
    }

    pub(super) fn text(&mut self, id: i64) -> Result<&str> {
        Ok(match self.known.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(text(self.connection, id)?.into()),
        })
    }
}

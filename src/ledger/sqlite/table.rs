//! What is known of people, in the file: one row for each.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Result};

use super::schema::{ACCEPTED, UNKNOWN};
use crate::ledger::{ContactStatus, Key};

const READ: &str = "
    SELECT outcome, at, campaign, stream, run, reason, primary_key, contact_id
    FROM contact WHERE key = ?1";

const KNOWN: &str = "SELECT outcome, at FROM contact WHERE key = ?1";

const WRITE: &str = "
    INSERT OR REPLACE INTO contact
        (key, outcome, at, campaign, stream, run, reason, primary_key, contact_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM contact)";

/// A row without its key. Numbers are those of `schema` and `words`; times are milliseconds.
#[derive(Clone)]
pub(super) struct Row<Text> {
    pub(super) outcome: i64,
    pub(super) at: i64,
    pub(super) campaign: i64,
    pub(super) stream: i64,
    pub(super) run: i64,
    pub(super) reason: Option<i64>,
    pub(super) primary_key: Text,
    pub(super) contact_id: Option<Text>,
}

impl<Text> Row<Text> {
    /// The same with other texts.
    pub(super) fn map<Other>(self, mut text: impl FnMut(Text) -> Other) -> Row<Other> {
        let Self { outcome, at, campaign, stream, run, reason, primary_key, contact_id } = self;
        let (primary_key, contact_id) = (text(primary_key), contact_id.map(text));
        Row { outcome, at, campaign, stream, run, reason, primary_key, contact_id }
    }
}

impl Row<String> {
    pub(super) fn as_ref(&self) -> Row<&str> {
        let Self { outcome, at, campaign, stream, run, reason, primary_key, contact_id } = self;
        let (outcome, at, campaign, stream, run, reason) = (*outcome, *at, *campaign, *stream, *run, *reason);
        let contact_id = contact_id.as_deref();
        Row { outcome, at, campaign, stream, run, reason, primary_key, contact_id }
    }
}

/// What decides where somebody stands who is not claimed: how it ended, and when. In one number,
/// because a map of many people is made of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known(i64);

impl Known {
    const N_OUTCOMES: i64 = 4;

    pub(super) fn new(outcome: i64, at: i64) -> Self {
        Self(at.saturating_mul(Self::N_OUTCOMES).saturating_add(outcome))
    }

    /// Who was accepted at the time of `called_again`, or before, may be called again.
    pub(super) fn status(self, called_again: Option<i64>) -> ContactStatus {
        let at = self.0.div_euclid(Self::N_OUTCOMES);
        match self.0.rem_euclid(Self::N_OUTCOMES) {
            ACCEPTED if called_again.is_none_or(|moment| at > moment) => ContactStatus::Accepted,
            UNKNOWN => ContactStatus::Unknown,
            _ => ContactStatus::Free,
        }
    }
}

/// Answers what is known of people, one by one.
pub(super) struct LookUp<'a>(CachedStatement<'a>);

impl<'a> LookUp<'a> {
    pub(super) fn new(connection: &'a Connection) -> Result<Self> {
        connection.prepare_cached(KNOWN).map(Self)
    }

    pub(super) fn known(&mut self, key: &Key) -> Result<Option<Known>> {
        let row = self.0.query_row([key.0], |row| Ok(Known::new(row.get(0)?, row.get(1)?)));
        row.optional()
    }
}

/// Writes what is known of somebody now.
pub(super) fn write(connection: &Connection, key: &Key, row: &Row<&str>) -> Result<()> {
    // In the order of `WRITE`: to look parameters up by name takes a tenth of the whole.
    connection.prepare_cached(WRITE)?.execute((
        key.0,
        row.outcome,
        row.at,
        row.campaign,
        row.stream,
        row.run,
        row.reason,
        row.primary_key,
        row.contact_id,
    ))?;
    Ok(())
}

/// What is known of somebody.
pub(super) fn read_row(connection: &Connection, key: &Key) -> Result<Option<Row<String>>> {
    let mut statement = connection.prepare_cached(READ)?;
    let row = statement.query_row([key.0], |row| {
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
    });
    row.optional()
}

/// Whether anything is known of anybody.
pub(super) fn any(connection: &Connection) -> Result<bool> {
    connection.query_row(ANY, [], |row| row.get(0))
}

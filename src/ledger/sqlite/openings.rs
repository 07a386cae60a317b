//! Which openings went into a file, and where each began: by that a copy that went its own way is told from the
//! ledger that went on, although it may have counted further.

use rusqlite::{Connection, Result};

use super::error::damaged;
use super::reach::Reach;

/// Whose mark is older than all of these is not known any more.
const MOST_KEPT: i64 = 512;

const PREFIX: &str = "opening ";
const READ: &str = "
    SELECT substr(name, length(?1) + 1), value FROM meta
    WHERE substr(name, 1, length(?1)) = ?1
    ORDER BY CAST(value AS INTEGER)";
/// SQLite's generator is seeded by the operating system; its lowest bit makes sure that none is 0.
const ADD: &str = "INSERT INTO meta (name, value) VALUES (?1 || (random() | 1), ?2) RETURNING name";
const FORGET: &str = "
    DELETE FROM meta WHERE name IN (
        SELECT name FROM meta WHERE substr(name, 1, length(?1)) = ?1
        ORDER BY CAST(value AS INTEGER) DESC LIMIT -1 OFFSET ?2
    )";

/// Each with the sequence of its first transaction, in their order.
#[derive(Clone)]
pub(super) struct Openings(Vec<(i64, i64)>);

impl Openings {
    pub(super) fn read_all(connection: &Connection) -> Result<Self> {
        let mut statement = connection.prepare(READ)?;
        let rows = statement.query_map([PREFIX], |row| Ok([row.get(0)?, row.get(1)?]))?;
        let number = |text: &String| text.parse().map_err(|_| damaged());
        let openings = rows.map(|row| row.and_then(|[name, begun]| Ok((number(&name)?, number(&begun)?))));
        openings.collect::<Result<_>>().map(Self)
    }

    /// Adds one that begins with a sequence; gives its number.
    pub(super) fn append(connection: &Connection, begun: i64) -> Result<i64> {
        let name: String = connection.query_row(ADD, (PREFIX, begun.to_string()), |row| row.get(0))?;
        connection.execute(FORGET, (PREFIX, MOST_KEPT))?;
        name.strip_prefix(PREFIX).and_then(|number| number.parse().ok()).ok_or_else(damaged)
    }

    /// The one that wrote last.
    pub(super) fn last(&self) -> i64 {
        self.0.last().map_or(Reach::NO_OPENING, |(opening, _)| *opening)
    }

    /// Whether what a mark tells of is in this file: its opening is, and went on as long as the mark says.
    pub(super) fn has(&self, mark: Reach) -> bool {
        let next = if mark.opening == Reach::NO_OPENING {
            Some(0)
        } else {
            self.0.iter().position(|(opening, _)| *opening == mark.opening).map(|place| place + 1)
        };
        next.is_some_and(|next| self.0.get(next).is_none_or(|(_, begun)| mark.sequence < *begun))
    }
}

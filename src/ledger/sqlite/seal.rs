//! What the file must hold: a digest of every row, kept with every transaction, so that a flipped bit,
//! a lost page or somebody else's journal is found at the next opening and not believed.
//!
//! Triggers of this connection tell of each row that comes or goes, so no statement can forget to.
//! Whoever writes the file on purpose can write the seal, too: it is against accidents.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Result};

use super::error::damaged;
use super::filter::KeyFilter;
use super::openings::Openings;
use super::reach::Reach;

/// What is sealed, with its columns; the first one is in ascending order.
const TABLES: [(&str, &[&str]); 9] = [
    (
        "contact",
        &["key", "outcome", "at", "campaign", "stream", "run", "reason", "primary_key", "contact_id"],
    ),
    ("intent", &["id", "run", "at", "body"]),
    ("ending", &["intent", "body"]),
    ("word", &["id", "text"]),
    ("meta", &["name", "value"]),
    ("list", &["id", "owner", "source", "count", "loaded_at"]),
    ("listed", &["id", "body"]),
    ("hand_over", &["person", "key", "at"]),
    ("intent_person", &["intent", "body"]),
];

const READ: &str = "SELECT ledger, sequence, is_open, newest, digest FROM seal";
const WRITE: &str = "
    INSERT INTO seal (id, ledger, sequence, is_open, newest, digest) VALUES (1, ?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (id) DO UPDATE SET
        ledger = excluded.ledger, sequence = excluded.sequence, is_open = excluded.is_open, newest = excluded.newest,
        digest = excluded.digest";
/// SQLite's generator is seeded by the operating system.
const RANDOM: &str = "SELECT randomblob(16)";
const NEWEST: &str = "
    SELECT coalesce(max(at), 0) FROM (SELECT max(at) AS at FROM contact UNION ALL SELECT max(at) FROM intent)";

/// The seal of a connection's file.
pub(super) struct Seal {
    pub(super) reach: Reach,
    /// As the file was found.
    openings: Openings,
    /// A run has the file, or died with it.
    pub(super) is_open: bool,
    /// The newest time that was ever written, in milliseconds.
    pub(super) newest: i64,
    /// What was read, and what the triggers have seen since.
    rows: Arc<Rows>,
    /// As it was written last.
    written: Option<Written>,
}

/// All rows of the tables.
struct Rows {
    /// Each as a number, together.
    sum: AtomicU64,
    keys: KeyFilter,
}

impl Rows {
    /// One comes or goes.
    fn see<'a>(&self, row: impl Iterator<Item = ValueRef<'a>> + Clone) {
        self.keys.add(row.clone());
        self.sum.fetch_xor(digest(row), Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Written {
    sequence: i64,
    opening: i64,
    is_open: bool,
    newest: i64,
    rows: u64,
}

impl Seal {
    /// Reads all rows, and what the file says of them; gives whether that is the same. A file that was
    /// never sealed gets its seal when it is written next.
    pub(super) fn read_seal(connection: &Connection, was_sealed: bool) -> Result<(Self, bool)> {
        let rows = Arc::new(Rows { sum: AtomicU64::new(0), keys: KeyFilter::new() });
        let mut is_whole = true;
        for (table, columns) in TABLES {
            is_whole &= add_all(connection, table, columns, &rows)?;
        }
        let openings = Openings::read_all(connection)?;
        let opening = openings.last();
        let row = connection.query_row(READ, [], |row| {
            let reach = Reach { ledger: row.get(0)?, sequence: row.get(1)?, opening };
            let seal = Self {
                reach,
                openings: openings.clone(),
                is_open: row.get(2)?,
                newest: row.get(3)?,
                rows: Arc::clone(&rows),
                written: None,
            };
            Ok((seal, row.get::<_, i64>(4)?))
        });
        if let Some((seal, digest)) = row.optional()? {
            is_whole &= seal.digest() == digest;
            return Ok((Self { written: Some(seal.now()), ..seal }, is_whole));
        }
        let ledger = connection.query_row(RANDOM, [], |row| row.get(0))?;
        let newest = connection.query_row(NEWEST, [], |row| row.get(0))?;
        let reach = Reach { ledger, sequence: 0, opening };
        let seal = Self { reach, openings, is_open: false, newest, rows, written: None };
        Ok((seal, is_whole && !was_sealed))
    }

    /// Which ledger a file says that it is, and how far it reaches, where it was sealed; not by which opening.
    pub(super) fn reach(connection: &Connection) -> Result<Option<Reach>> {
        let opening = Reach::NO_OPENING;
        let reach = connection
            .query_row(READ, [], |row| Ok(Reach { ledger: row.get(0)?, sequence: row.get(1)?, opening }));
        reach.optional()
    }

    /// Whether this file has everything that a ledger had when its mark was written.
    pub(super) fn has(&self, mark: Reach) -> bool {
        let Reach { ledger, sequence, .. } = self.reach;
        mark.ledger == ledger && mark.sequence <= sequence && self.openings.has(mark)
    }

    /// The keys by which people are looked up.
    pub(super) fn keys(&self) -> &KeyFilter {
        &self.rows.keys
    }

    /// From here on the file goes its own way: what another copy of it writes is not in it.
    pub(super) fn begin(&mut self, connection: &Connection) -> Result<()> {
        self.reach.opening = Openings::append(connection, self.reach.sequence + 1)?;
        // Whoever had it open before is gone.
        self.is_open = false;
        Ok(())
    }

    /// Takes the rows as they are, whatever they were before. It is another ledger from here on: a copy from
    /// before may reach further, and does not know who is sent from now on.
    pub(super) fn renew(&mut self, connection: &Connection) -> Result<()> {
        self.reach.ledger = connection.query_row(RANDOM, [], |row| row.get(0))?;
        self.is_open = false;
        self.written = None;
        Ok(())
    }

    /// From now on no row comes or goes unseen.
    pub(super) fn watch(&self, connection: &Connection) -> Result<()> {
        let rows = Arc::clone(&self.rows);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("came_or_went", -1, flags, move |row| {
            rows.see((0..row.len()).map(|column| row.get_raw(column)));
            Ok(rusqlite::types::Null)
        })?;
        // A row that replaces another one takes it away.
        connection.pragma_update(None, "recursive_triggers", true)?;
        for (table, columns) in TABLES {
            let row = |version: &str| {
                let values: Vec<_> = columns.iter().map(|column| format!("{version}.{column}")).collect();
                format!("SELECT came_or_went('{table}', {});", values.join(", "))
            };
            let (before, after) = (row("OLD"), row("NEW"));
            connection.execute_batch(&format!(
                "CREATE TEMP TRIGGER IF NOT EXISTS {table}_came AFTER INSERT ON main.{table} BEGIN {after} END;
                 CREATE TEMP TRIGGER IF NOT EXISTS {table}_changed AFTER UPDATE ON main.{table} BEGIN {before} {after} END;
                 CREATE TEMP TRIGGER IF NOT EXISTS {table}_went AFTER DELETE ON main.{table} BEGIN {before} END;"
            ))?;
        }
        Ok(())
    }

    /// The time to write: what was written before is never in the future.
    pub(super) fn date(&mut self, now: Timestamp) -> i64 {
        self.newest = self.newest.max(now.as_millisecond());
        self.newest
    }

    /// Seals what the transaction under way has changed, if it has.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<()> {
        if self.written == Some(self.now()) {
            return Ok(());
        }
        if self.reach.opening == self.openings.last() {
            self.begin(connection)?;
        }
        self.reach.sequence += 1;
        let Reach { ledger, sequence, opening: _ } = self.reach;
        let row = (ledger, sequence, self.is_open, self.newest, self.digest());
        connection.prepare_cached(WRITE)?.execute(row)?;
        Ok(())
    }

    /// The transaction was committed.
    pub(super) fn keep(&mut self) {
        self.written = Some(self.now());
    }

    /// The transaction was rolled back.
    pub(super) fn undo(&mut self) {
        if let Some(Written { sequence, opening, is_open, newest, rows }) = self.written {
            (self.reach.sequence, self.reach.opening) = (sequence, opening);
            (self.is_open, self.newest) = (is_open, newest);
            self.rows.sum.store(rows, Ordering::Relaxed);
        }
    }

    fn now(&self) -> Written {
        let rows = self.rows.sum.load(Ordering::Relaxed);
        let Reach { ledger: _, sequence, opening } = self.reach;
        Written { sequence, opening, is_open: self.is_open, newest: self.newest, rows }
    }

    /// Of all rows and of the seal itself.
    fn digest(&self) -> i64 {
        let Self { reach: Reach { ledger, sequence, opening: _ }, is_open, newest, .. } = self;
        let own = [
            ValueRef::Blob(ledger),
            ValueRef::Integer(*sequence),
            ValueRef::Integer((*is_open).into()),
            ValueRef::Integer(*newest),
        ];
        (self.rows.sum.load(Ordering::Relaxed) ^ digest(own)).cast_signed()
    }
}

/// Adds all rows of a table; gives whether they are in the order in which they are looked up.
fn add_all(connection: &Connection, table: &str, columns: &[&str], rows: &Rows) -> Result<bool> {
    let mut statement = connection.prepare(&format!("SELECT {} FROM main.{table}", columns.join(", ")))?;
    let mut read = statement.query([])?;
    let mut before = Vec::new();
    let mut is_ascending = true;
    while let Some(row) = read.next()? {
        let mut values = Vec::with_capacity(1 + columns.len());
        values.push(ValueRef::Text(table.as_bytes()));
        for column in 0..columns.len() {
            values.push(row.get_ref(column)?);
        }
        let place = place(row.get_ref(0)?)?;
        is_ascending &= before.is_empty() || before < place;
        before = place;
        rows.see(values.into_iter());
    }
    Ok(is_ascending)
}

/// What a row is found by, as bytes that sort as it does.
fn place(value: ValueRef<'_>) -> Result<Vec<u8>> {
    match value {
        ValueRef::Integer(id) => Ok((id.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
        ValueRef::Null | ValueRef::Real(_) => Err(damaged()),
    }
}

/// A row as a number: no two rows of a table are the same.
fn digest<'a>(values: impl IntoIterator<Item = ValueRef<'a>>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for value in values {
        match value {
            ValueRef::Null => hasher.update(&[0]),
            ValueRef::Integer(number) => hasher.update(&[1]).update(&number.to_le_bytes()),
            ValueRef::Real(number) => hasher.update(&[2]).update(&number.to_le_bytes()),
            ValueRef::Text(bytes) => hasher.update(&[3]).update(&bytes.len().to_le_bytes()).update(bytes),
            ValueRef::Blob(bytes) => hasher.update(&[4]).update(&bytes.len().to_le_bytes()).update(bytes),
        };
    }
    let mut number = [0; 8];
    hasher.finalize_xof().fill(&mut number);
    u64::from_le_bytes(number)
}

//! The tables, and how they came to be.

use rusqlite::{Connection, Result};

/// In no row: stands for those who are in `intent` and have no `ending`.
pub(super) const CLAIMED: i64 = 0;
/// In `contact.outcome`.
pub(super) const ACCEPTED: i64 = 1;
/// In `contact.outcome`. Without a reason: a person decided that it was not called.
pub(super) const REJECTED: i64 = 2;
/// In `contact.outcome`.
pub(super) const UNKNOWN: i64 = 3;

/// What each version added to the one before. A line that was released is never changed.
///
/// `contact` is clustered by its key, so that a contact costs one write; campaign, stream, run and
/// reason are numbers of `word`. Times are milliseconds. `intent` and `ending` are the journal, which
/// `journal` packs; before there were endings, whoever was settled was taken out of its intent. `seal`
/// has one row, which is about all others. `listed` has the buckets of the do-not-call list's sources, under
/// the source's number and the bucket's; `hand_over` says when somebody was handed over last, by which of
/// their keys, and `intent_person` belongs to `intent`: who these are to the rule of cooling off.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE meta (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE word (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE contact (
        key BLOB PRIMARY KEY,
        outcome INTEGER NOT NULL,
        at INTEGER NOT NULL,
        campaign INTEGER NOT NULL,
        stream INTEGER NOT NULL,
        run INTEGER NOT NULL,
        reason INTEGER,
        primary_key TEXT NOT NULL,
        contact_id TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE intent (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    ",
    "
    CREATE TABLE ending (
        intent INTEGER PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT;
    ",
    "
    CREATE TABLE seal (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        ledger BLOB NOT NULL,
        sequence INTEGER NOT NULL,
        is_open INTEGER NOT NULL,
        newest INTEGER NOT NULL,
        digest INTEGER NOT NULL
    ) STRICT;
    ",
    "
    CREATE TABLE list (
        id INTEGER PRIMARY KEY,
        owner TEXT NOT NULL,
        source TEXT NOT NULL,
        count INTEGER NOT NULL,
        loaded_at INTEGER,
        UNIQUE (owner, source)
    ) STRICT;

    CREATE TABLE listed (
        id INTEGER PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT;

    CREATE TABLE hand_over (
        person BLOB PRIMARY KEY,
        key BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE intent_person (
        intent INTEGER PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT;
    ",
];

/// The first version that is sealed.
pub(super) const SEALED: u32 = 3;

/// Marks the file as a ledger of this program: "AVL1".
const APPLICATION: i32 = 0x4156_4c31;

/// What `migrate` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// The tables are there now.
    Current {
        /// The version that was found, 0 where there was nothing.
        was: u32,
    },
    /// Made by a newer program: this one knows fewer versions.
    Newer {
        /// Its version.
        made: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// Somebody else's database.
    Foreign,
}

/// Makes the tables, or brings them up to date, within the caller's transaction.
pub(super) fn migrate(connection: &Connection, migrations: &[&str]) -> Result<Version> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let n_tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && n_tables > 0 {
        return Ok(Version::Foreign);
    }
    let made: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mut version = 0;
    for migration in migrations {
        version += 1;
        if version > made {
            connection.execute_batch(migration)?;
        }
    }
    if made > version {
        return Ok(Version::Newer { made, known: version });
    }
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", version)?;
    Ok(Version::Current { was: made })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_becomes_the_current_one() {
        let steps =
            ["CREATE TABLE one (a);", "ALTER TABLE one ADD COLUMN b DEFAULT 'new';", "CREATE TABLE two (c);"];
        for (name, before, after, want) in [
            ("new", 0, 3, Version::Current { was: 0 }),
            ("first", 1, 3, Version::Current { was: 1 }),
            ("second", 2, 3, Version::Current { was: 2 }),
            ("current", 3, 3, Version::Current { was: 3 }),
            ("newer", 3, 2, Version::Newer { made: 3, known: 2 }),
        ] {
            let connection = Connection::open_in_memory().unwrap();
            migrate(&connection, &steps[..before]).unwrap();
            if before > 0 {
                connection.execute("INSERT INTO one (a) VALUES ('kept')", []).unwrap();
            }
            assert_eq!(migrate(&connection, &steps[..after]).unwrap(), want, "{name}");
            let row = connection.query_row("SELECT a, b FROM one", [], |row| {
                Ok([row.get::<_, String>(0)?, row.get::<_, String>(1)?])
            });
            if before > 0 {
                assert_eq!(row.unwrap(), ["kept", "new"], "{name}");
            }
        }
    }

    #[test]
    fn somebody_elses_database_is_left_alone() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE customers (id)").unwrap();
        assert_eq!(migrate(&connection, MIGRATIONS).unwrap(), Version::Foreign);
        assert!(connection.prepare("SELECT * FROM contact").is_err());
    }
}

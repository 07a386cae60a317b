//! The numbers that memory has no room for, in a database without a name: SQLite deletes its file
//! as soon as it is opened, so nothing of it outlives the run.

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql, params};

use super::digits;
use crate::contact::Campaign;
use crate::error::Error;
use crate::phone::Phone;

/// Nobody else reads it and a crash may lose it, so it needs neither journal nor flushes.
const OPENING: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -8192;
    CREATE TABLE seen (campaign TEXT, number, PRIMARY KEY (campaign, number)) WITHOUT ROWID;
    BEGIN;
";

/// Numbers on disk.
#[derive(Debug)]
pub(super) struct Overflow {
    database: Connection,
}

impl Overflow {
    /// An empty database in the system's folder for temporary files.
    pub(super) fn open() -> Result<Self, Error> {
        let open = || {
            let database = Connection::open("")?;
            database.execute_batch(OPENING)?;
            Ok(Self { database })
        };
        open().map_err(refused)
    }

    /// Whether the number is there.
    pub(super) fn contains(&self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        let ask = || {
            let mut statement =
                self.database.prepare_cached("SELECT 1 FROM seen WHERE campaign = ?1 AND number = ?2")?;
            statement.exists(params![campaign.as_str(), Number(phone)])
        };
        ask().map_err(refused)
    }

    /// Adds a number; gives whether it is new.
    pub(super) fn insert(&mut self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        let add = || {
            let mut statement = self.database.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?;
            statement.execute(params![campaign.as_str(), Number(phone)])
        };
        add().map(|n_added| n_added == 1).map_err(refused)
    }
}

/// A number as an integer, an identifier as text: they never equal each other.
struct Number<'a>(&'a Phone);

impl ToSql for Number<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match digits(self.0).and_then(|number| i64::try_from(number).ok()) {
            Some(number) => Ok(number.into()),
            None => Ok(self.0.expose().into()),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives the error away")]
fn refused(error: rusqlite::Error) -> Error {
    Error::TemporaryFile(error.to_string())
}

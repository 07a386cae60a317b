//! The numbers that memory has no room for, in a database without a name: SQLite deletes its file
//! as soon as it is opened, so nothing of it outlives the run.

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql, params};

use crate::domain::contact::Campaign;
use crate::domain::error::Error;
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
pub(super) struct SpillTable {
    database: Connection,
}

impl SpillTable {
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
            statement.exists(params![campaign.as_str(), PackedNumber(phone)])
        };
        ask().map_err(refused)
    }

    /// Adds a number; gives whether it is new.
    pub(super) fn insert(&mut self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        let add = || {
            let mut statement = self.database.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?;
            statement.execute(params![campaign.as_str(), PackedNumber(phone)])
        };
        add().map(|n_added| n_added == 1).map_err(refused)
    }
}

/// A number as an integer, an identifier as text: they never equal each other.
struct PackedNumber<'a>(&'a Phone);

impl ToSql for PackedNumber<'_> {
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

#[cfg(target_os = "linux")]
/// The number behind the plus; identifiers have none.
pub(super) fn digits(phone: &Phone) -> Option<u64> {
    phone.expose().strip_prefix('+')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Large files of this process that no path leads to any more: where they were, and who may open them.
    fn without_a_name() -> Vec<(String, u32)> {
        let open = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
        let files = open.filter_map(|path| {
            let (target, file) = (fs::read_link(&path).ok()?, fs::metadata(&path).ok()?);
            let is_one = target.to_string_lossy().ends_with(" (deleted)") && file.len() > 4 << 20;
            is_one.then(|| (target.display().to_string(), file.permissions().mode() & 0o777))
        });
        files.collect()
    }

    #[test]
    fn what_memory_has_no_room_for_lies_in_a_file_that_nobody_else_can_open() {
        let mut overflow = SpillTable::open().unwrap();
        let campaign =
            Campaign::new("a campaign with a name that makes its rows long, so that few of them are enough");
        for n in 0..150_000 {
            assert!(overflow.insert(&campaign, &Phone::e164(&format!("+1415{n:07}"))).unwrap());
        }
        let files = without_a_name();
        assert!(!files.is_empty(), "all of it is in memory still");
        assert!(files.iter().all(|(_, mode)| *mode == 0o600), "{files:?}");
        assert!(overflow.contains(&campaign, &Phone::e164("+14150000000")).unwrap());
    }
}

//! Who is on the do-not-call list, and from where.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Result};

use super::error::damaged;
use super::filter::KeyFilter;
use crate::ledger::list::ListSource;
use crate::ledger::list::bucket::{self, KEY, N_BUCKETS};
use crate::ledger::{DoNotCallRule, Key, ListOwner};

const SOURCES: &str = "SELECT id, source, count, loaded_at FROM list WHERE owner = ?1 ORDER BY source";
pub(super) const BUCKET: &str = "SELECT body FROM listed WHERE id = ?1";
const COUNT: &str = "SELECT coalesce(sum(length(body)), 0) FROM listed WHERE id >= ?1 AND id < ?2";

/// Says whether somebody is on one of the sources.
pub(super) struct ListLookUp<'a> {
    statement: CachedStatement<'a>,
    keys: &'a KeyFilter,
    lists: &'a [i64],
}

impl<'a> ListLookUp<'a> {
    pub(super) fn new(connection: &'a Connection, keys: &'a KeyFilter, lists: &'a [i64]) -> Result<Self> {
        Ok(Self { statement: connection.prepare_cached(BUCKET)?, keys, lists })
    }

    pub(super) fn has(&mut self, key: &Key) -> Result<bool> {
        if self.keys.lacks(*key) {
            return Ok(false);
        }
        for list in self.lists {
            let id = list * i64::from(N_BUCKETS) + i64::from(bucket::bucket_of(key));
            let mut rows = self.statement.query([id])?;
            if let Some(row) = rows.next()?
                && bucket::holds(row.get_ref(0)?.as_blob()?, key)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Why nobody may be called by the list that a run goes by, if so.
pub(super) fn refusal(
    connection: &Connection,
    rule: Option<&DoNotCallRule>,
    now: Timestamp,
) -> Result<Option<String>> {
    let Some(rule) = rule else { return Ok(None) };
    let held = |(id, source): (i64, ListSource)| Ok((source, count(connection, id)?));
    let sources = sources(connection, &rule.owner)?.into_iter().map(held).collect::<Result<Vec<_>>>()?;
    Ok(rule.refusal(&sources, now))
}

/// The numbers of a list's sources.
pub(super) fn list_ids(connection: &Connection, owner: &ListOwner) -> Result<Vec<i64>> {
    Ok(sources(connection, owner)?.into_iter().map(|(id, _)| id).collect())
}

pub(super) fn sources(connection: &Connection, owner: &ListOwner) -> Result<Vec<(i64, ListSource)>> {
    let mut statement = connection.prepare(SOURCES)?;
    let rows = statement.query_map([owner.as_str()], |row| {
        let (count, loaded_at): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
        let source = ListSource {
            name: row.get(1)?,
            count: u64::try_from(count).map_err(|_| damaged())?,
            loaded_at: loaded_at.map(Timestamp::from_millisecond).transpose().map_err(|_| damaged())?,
        };
        Ok((row.get(0)?, source))
    })?;
    rows.collect()
}

/// How many numbers a source really has.
fn count(connection: &Connection, list: i64) -> Result<u64> {
    let (first, end) = (list * i64::from(N_BUCKETS), (list + 1) * i64::from(N_BUCKETS));
    let n_bytes: i64 = connection.query_row(COUNT, [first, end], |row| row.get(0))?;
    let n_bytes = u64::try_from(n_bytes).map_err(|_| damaged())?;
    Ok(n_bytes / u64::try_from(KEY).map_err(|_| damaged())?)
}

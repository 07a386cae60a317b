//! The do-not-call list in the file: one row for each bucket of each source.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use super::error::{damaged, own};
use super::listed::{BUCKET, ListLookUp, sources};
use super::store::Store;
use crate::ledger::list::bucket::{self, Changed, N_BUCKETS};
use crate::ledger::list::{Chunk, ListLoad, ListSource, LoadKind, Loaded};
use crate::ledger::{Key, ListOwner};

const BEGIN: &str = "INSERT OR IGNORE INTO list (owner, source, count) VALUES (?1, ?2, 0)";
const SOURCE: &str = "SELECT id, count FROM list WHERE owner = ?1 AND source = ?2";
const END: &str = "UPDATE list SET count = ?2, loaded_at = coalesce(?3, loaded_at) WHERE id = ?1";
const REMOVE: &str = "DELETE FROM list WHERE id = ?1";
const WRITE: &str = "
    INSERT INTO listed (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
const EMPTY: &str = "DELETE FROM listed WHERE id >= ?1 AND id < ?2";
const THERE: &str = "SELECT id FROM listed WHERE id >= ?1 AND id < ?2 ORDER BY id";

impl Store {
    /// Changes a source in the transaction under way.
    pub(super) fn load_list(&mut self, load: ListLoad, now: Timestamp) -> Result<Loaded> {
        let ListLoad { owner, source, staged, kind, is_whole } = load;
        self.connection.execute(BEGIN, [owner.as_str(), &source])?;
        let (id, count): (i64, i64) =
            self.connection
                .query_row(SOURCE, [owner.as_str(), &source], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut loaded = Loaded { count: u64::try_from(count).map_err(|_| damaged())?, ..Loaded::default() };
        for chunk in staged.chunks().map_err(own)? {
            change_buckets(&self.connection, id, &chunk.map_err(own)?, kind, &mut loaded)?;
        }
        loaded.count = (loaded.count + loaded.added).checked_sub(loaded.removed).ok_or_else(damaged)?;
        let count = i64::try_from(loaded.count).map_err(|_| damaged())?;
        let loaded_at = is_whole.then(|| self.seal.date(now));
        self.connection.execute(END, (id, count, loaded_at))?;
        self.find_lists()?;
        Ok(loaded)
    }

    /// The sources of a list, by name.
    pub(super) fn list_sources(&mut self, owner: &ListOwner) -> Result<Vec<ListSource>> {
        Ok(sources(&self.connection, owner)?.into_iter().map(|(_, source)| source).collect())
    }

    /// Which sources have a number.
    pub(super) fn find_listed(&mut self, owner: &ListOwner, key: &Key) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (id, source) in sources(&self.connection, owner)? {
            if ListLookUp::new(&self.connection, self.seal.keys(), &[id])?.has(key)? {
                names.push(source.name);
            }
        }
        Ok(names)
    }

    /// Takes a source off the list.
    pub(super) fn remove_source(&mut self, owner: &ListOwner, source: &str) -> Result<Option<u64>> {
        let found =
            self.connection.query_row(SOURCE, [owner.as_str(), source], |row| Ok((row.get(0)?, row.get(1)?)));
        let Some((id, count)): Option<(i64, i64)> = found.optional()? else { return Ok(None) };
        self.connection.execute(EMPTY, (id * i64::from(N_BUCKETS), (id + 1) * i64::from(N_BUCKETS)))?;
        self.connection.execute(REMOVE, [id])?;
        self.find_lists()?;
        Ok(Some(u64::try_from(count).unwrap_or_default()))
    }
}

fn change_buckets(
    connection: &Connection,
    list: i64,
    chunk: &Chunk,
    kind: LoadKind,
    loaded: &mut Loaded,
) -> Result<()> {
    let (mut read, mut write) = (connection.prepare_cached(BUCKET)?, connection.prepare_cached(WRITE)?);
    let mut empty = connection.prepare_cached(EMPTY)?;
    let id_of = |bucket: u32| list * i64::from(N_BUCKETS) + i64::from(bucket);
    // Most buckets of a short list are not there, and to ask for each takes much longer than the load.
    let there: Vec<i64> = if kind == LoadKind::Replace {
        let range = (id_of(chunk.buckets.start), id_of(chunk.buckets.end));
        connection.prepare_cached(THERE)?.query_map(range, |row| row.get(0))?.collect::<Result<_>>()?
    } else {
        Vec::new()
    };
    for (bucket, changes) in chunk.by_bucket(kind == LoadKind::Replace) {
        let id = id_of(bucket);
        if changes.is_empty() && there.binary_search(&id).is_err() {
            continue;
        }
        let old: Vec<u8> = read.query_row([id], |row| row.get(0)).optional()?.unwrap_or_default();
        let Changed { body, added, removed } = bucket::change(&old, changes, kind);
        loaded.added += added;
        loaded.removed += removed;
        if added == 0 && removed == 0 {
            continue;
        }
        if body.is_empty() {
            empty.execute((id, id + 1))?;
        } else {
            write.execute((id, body))?;
        }
    }
    Ok(())
}

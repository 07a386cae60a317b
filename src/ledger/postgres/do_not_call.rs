//! The do-not-call list in the database: one row for each bucket of each source.
//!
//! A load is one transaction of many statements. Until it is committed every claim goes by the list as it was; two
//! loads of one source come one after the other.

use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::PostgresError;
use super::inspect::PostgresRecords;
use super::query::Query;
use super::session::Step;
use crate::ledger::list::bucket::{self, Changed};
use crate::ledger::list::{Chunk, DoNotCallList, ListChange, ListLoad, ListSource, LoadKind, Loaded};
use crate::ledger::{DoNotCallRule, Key, LedgerError, ListOwner};

/// Buckets in a statement: a megabyte, where ten million numbers are on a list.
const BUCKETS_IN_A_STATEMENT: usize = 512;

const PURPOSE: &str = "loading the do-not-call list";

const fn list(sql: &'static str, types: &'static [Type]) -> Query {
    Query { purpose: PURPOSE, sql, types }
}

/// With how many numbers each really has.
const SOURCES: Query = list(
    "SELECT l.source, l.count, l.loaded_at, (
        SELECT coalesce(sum(octet_length(d.body)), 0)::bigint / 16 FROM ledger.listed AS d WHERE d.list = l.id
    )
    FROM ledger.list AS l WHERE l.owner = $1 ORDER BY l.source",
    &[Type::TEXT],
);
const BEGIN: Query = list(
    "INSERT INTO ledger.list (owner, source) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    &[Type::TEXT, Type::TEXT],
);
const HOLD: Query = list(
    "SELECT id, count FROM ledger.list WHERE owner = $1 AND source = $2 FOR UPDATE",
    &[Type::TEXT, Type::TEXT],
);
const READ: Query = list(
    "SELECT bucket, body FROM ledger.listed WHERE list = $1 AND bucket = ANY($2)",
    &[Type::INT8, Type::INT4_ARRAY],
);
const WRITE: Query = list(
    "INSERT INTO ledger.listed (list, bucket, body)
    SELECT $1, b.bucket, b.body FROM unnest($2::integer[], $3::bytea[]) AS b (bucket, body)
    ON CONFLICT (list, bucket) DO UPDATE SET body = excluded.body",
    &[Type::INT8, Type::INT4_ARRAY, Type::BYTEA_ARRAY],
);
const EMPTY: Query =
    list("DELETE FROM ledger.listed WHERE list = $1 AND bucket = ANY($2)", &[Type::INT8, Type::INT4_ARRAY]);
const END: Query = list(
    "UPDATE ledger.list SET count = $2, loaded_at = coalesce($3, loaded_at) WHERE id = $1",
    &[Type::INT8, Type::INT8, Type::TIMESTAMPTZ],
);
const REMOVE: Query = list(
    "WITH gone AS (
        DELETE FROM ledger.list WHERE owner = $1 AND source = $2 RETURNING id, count
    ), emptied AS (
        DELETE FROM ledger.listed AS d USING gone WHERE d.list = gone.id
    )
    SELECT count FROM gone",
    &[Type::TEXT, Type::TEXT],
);
const FIND: Query = list(
    "SELECT l.source FROM ledger.list AS l JOIN ledger.listed AS d ON d.list = l.id AND d.bucket = $3
    WHERE l.owner = $1 AND position($2 IN d.body) > 0
    ORDER BY l.source",
    &[Type::TEXT, Type::BYTEA, Type::INT4],
);

/// Why nobody may be called by the list that a run goes by, if so.
pub(super) async fn refusal(
    step: &Step<'_>,
    rule: Option<&DoNotCallRule>,
    now: Timestamp,
) -> Result<Option<String>, PostgresError> {
    let Some(rule) = rule else { return Ok(None) };
    let rows = step.rows(&SOURCES, &[&rule.owner.as_str()]).await?;
    let sources = rows.iter().map(|row| Ok((source(row)?, count(row, 3)?)));
    Ok(rule.refusal(&sources.collect::<Result<Vec<_>, PostgresError>>()?, now))
}

impl DoNotCallList for PostgresRecords {
    async fn load_list(&self, load: ListLoad, now: Timestamp) -> Result<Loaded, LedgerError> {
        let ListLoad { owner, source, staged, kind, is_whole } = load;
        let mut session = self.client.first().await?;
        let begun = async {
            let step = session.step().await?;
            step.written(&BEGIN, &[&owner.as_str(), &source]).await?;
            let rows = step.rows(&HOLD, &[&owner.as_str(), &source]).await?;
            let row = rows.first().ok_or_else(|| unfit("the source is gone again"))?;
            Ok((step, row.try_get::<_, i64>(0)?, count(row, 1)?))
        };
        let (step, list, before) = self.client.within(PURPOSE, begun).await?;
        let mut loaded = Loaded { count: before, ..Loaded::default() };
        let mut chunks = Some(staged.chunks()?);
        while let Some(chunk) = next_chunk(&mut chunks).await? {
            let buckets: Vec<_> = chunk.by_bucket(kind == LoadKind::Replace).collect();
            for part in buckets.chunks(BUCKETS_IN_A_STATEMENT) {
                self.client.within(PURPOSE, change(&step, list, part, kind, &mut loaded)).await?;
            }
        }
        let is_counted = (loaded.count + loaded.added).checked_sub(loaded.removed);
        let ended = async {
            loaded.count =
                is_counted.ok_or_else(|| unfit("the do-not-call list has lost numbers; load it whole"))?;
            let count = i64::try_from(loaded.count).unwrap_or(i64::MAX);
            let loaded_at = is_whole.then(|| SystemTime::from(now));
            step.written(&END, &[&list, &count, &loaded_at]).await?;
            step.commit().await?;
            Ok(loaded)
        };
        self.client.within(PURPOSE, ended).await
    }

    async fn list_sources(&self, owner: ListOwner) -> Result<Vec<ListSource>, LedgerError> {
        let rows = self.client.rows(&SOURCES, &[&owner.as_str()]).await?;
        self.read(&SOURCES, rows.iter().map(source).collect())
    }

    async fn find_listed(&self, owner: ListOwner, key: Key) -> Result<Vec<String>, LedgerError> {
        let bucket = number(bucket::bucket_of(&key));
        let rows = self.client.rows(&FIND, &[&owner.as_str(), &key.0.as_slice(), &bucket]).await?;
        self.read(&FIND, rows.iter().map(|row| Ok(row.try_get(0)?)).collect())
    }

    async fn remove_source(&self, owner: ListOwner, source: String) -> Result<Option<u64>, LedgerError> {
        let rows = self.client.rows(&REMOVE, &[&owner.as_str(), &source]).await?;
        self.read(&REMOVE, rows.first().map(|row| count(row, 0)).transpose())
    }
}

/// Sorting takes its time, and the runtime has other things to do meanwhile.
async fn next_chunk(
    chunks: &mut Option<Receiver<Result<Chunk, LedgerError>>>,
) -> Result<Option<Chunk>, LedgerError> {
    let Some(receiver) = chunks.take() else { return Ok(None) };
    let waiting = spawn_blocking(move || (receiver.recv().ok(), receiver)).await;
    let (chunk, receiver) =
        waiting.map_err(|_| LedgerError::Unavailable("sorting the list ended in a panic".to_owned()))?;
    *chunks = Some(receiver);
    chunk.transpose()
}

async fn change(
    step: &Step<'_>,
    list: i64,
    buckets: &[(u32, &[ListChange])],
    kind: LoadKind,
    loaded: &mut Loaded,
) -> Result<(), PostgresError> {
    let numbers: Vec<i32> = buckets.iter().map(|(bucket, _)| number(*bucket)).collect();
    let rows = step.rows(&READ, &[&list, &numbers]).await?;
    let mut old = std::collections::HashMap::with_capacity(rows.len());
    for row in &rows {
        old.insert(row.try_get::<_, i32>(0)?, row.try_get::<_, &[u8]>(1)?);
    }
    let (mut empty, mut changed, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (_, changes)) in numbers.iter().zip(buckets) {
        let old = old.get(number).copied().unwrap_or_default();
        let Changed { body, added, removed } = bucket::change(old, changes, kind);
        loaded.added += added;
        loaded.removed += removed;
        if added == 0 && removed == 0 {
            continue;
        }
        if body.is_empty() {
            empty.push(*number);
        } else {
            changed.push(*number);
            bodies.push(body);
        }
    }
    if !changed.is_empty() {
        step.written(&WRITE, &[&list, &changed, &bodies]).await?;
    }
    if !empty.is_empty() {
        step.written(&EMPTY, &[&list, &empty]).await?;
    }
    Ok(())
}

fn source(row: &Row) -> Result<ListSource, PostgresError> {
    let loaded_at = row.try_get::<_, Option<SystemTime>>(2)?.map(Timestamp::try_from).transpose();
    Ok(ListSource {
        name: row.try_get(0)?,
        count: count(row, 1)?,
        loaded_at: loaded_at.map_err(|error| unfit(&format!("a list's time is out of range: {error}")))?,
    })
}

fn count(row: &Row, column: usize) -> Result<u64, PostgresError> {
    Ok(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or_default())
}

fn number(bucket: u32) -> i32 {
    i32::try_from(bucket).expect("a bucket's number has two bytes")
}

fn unfit(why: &str) -> PostgresError {
    PostgresError::Unfit(why.to_owned())
}

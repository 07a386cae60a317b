//! What people ask this ledger, with or without a run of their own.

use std::time::SystemTime;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::fault::Fault;
use super::line::Line;
use crate::ledger::{Found, Identity, Inspect, Key, LedgerError, Rescoped, StatusRow};

const STATUS: &str = "SELECT k.campaign, k.outcome, r.name, count(*)
    FROM known AS k LEFT JOIN run AS r ON r.id = k.run
    WHERE k.outcome IS NOT NULL
    GROUP BY k.campaign, k.outcome, r.name
    ORDER BY k.campaign, k.outcome, r.name";

const FIND: &str =
    "SELECT k.campaign, k.outcome, k.reason, k.contact_id, k.stream, k.primary_key, r.name, k.at
    FROM known AS k LEFT JOIN run AS r ON r.id = k.run
    WHERE k.key = ANY($1) AND k.outcome IS NOT NULL
    ORDER BY k.at";

const COUNT_UNKNOWN: &str = "SELECT count(*)
    FROM known AS k JOIN run AS r ON r.id = k.run
    WHERE r.name = $1 AND k.outcome = 'unknown'";

/// Asks `contact` once more what `known` said: between the two, somebody may have claimed the person.
const DECIDE: &str = "WITH undecided AS (
        SELECT k.key, k.run FROM known AS k JOIN run AS r ON r.id = k.run
        WHERE r.name = $1 AND k.outcome = 'unknown'
        ORDER BY k.key
    )
    UPDATE contact AS c SET
        outcome = CASE WHEN $2 THEN 'accepted' END,
        reason = '',
        contact_id = '',
        run = u.run,
        at = $3,
        claimed_by = NULL,
        claimed_at = NULL,
        claim = NULL
    FROM undecided AS u
    WHERE c.key = u.key AND (c.claimed_by = u.run OR c.claimed_by IS NULL AND c.outcome = 'unknown' AND c.run = u.run)";

/// A ledger that is only looked at: it has no run, makes no tables and holds no lease.
pub struct Records {
    pub(super) line: Line,
}

impl Inspect for Records {
    async fn status(&self) -> Result<Vec<StatusRow>, LedgerError> {
        self.line
            .repeat(
                |session| async move { session.rows(STATUS, &[]).await?.iter().map(status_row).collect() },
            )
            .await
    }

    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Found>, LedgerError> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let keys = &keys;
        self.line
            .repeat(|session| async move { session.rows(FIND, &[keys]).await?.iter().map(found).collect() })
            .await
    }

    /// Asked once: a repeat after a lost answer would count nobody.
    async fn decide(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        let now = SystemTime::from(now);
        let decided = self.line.once(|session| async move {
            if !dry_run {
                return session.written(DECIDE, &[&run, &accepted, &now]).await;
            }
            let rows = session.rows(COUNT_UNKNOWN, &[&run]).await?;
            let count = rows.first().map(|row| row.try_get::<_, i64>(0)).transpose()?;
            Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
        });
        decided.await.map_err(|fault| fault.at(self.line.place()))
    }

    async fn rescope(
        &self,
        identity: Identity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        self.bring_over(&identity, &pairs, leave).await
    }
}

fn status_row(row: &Row) -> Result<StatusRow, Fault> {
    Ok(StatusRow {
        campaign: row.try_get(0)?,
        outcome: row.try_get(1)?,
        run: run_name(row, 2)?,
        count: u64::try_from(row.try_get::<_, i64>(3)?).unwrap_or_default(),
    })
}

fn found(row: &Row) -> Result<Found, Fault> {
    let at = Timestamp::try_from(row.try_get::<_, SystemTime>(7)?);
    Ok(Found {
        campaign: row.try_get(0)?,
        outcome: row.try_get(1)?,
        reason: row.try_get(2)?,
        contact_id: row.try_get(3)?,
        stream: row.try_get(4)?,
        primary_key: row.try_get(5)?,
        run: run_name(row, 6)?,
        at: at.map_err(|error| Fault::Unfit(format!("a contact's time is out of range: {error}")))?,
    })
}

/// Blank when somebody deleted the run's row.
fn run_name(row: &Row, column: usize) -> Result<String, Fault> {
    Ok(row.try_get::<_, Option<String>>(column)?.unwrap_or_default())
}

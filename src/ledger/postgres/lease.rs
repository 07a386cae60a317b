//! Whether this run lives, in the eyes of the others.
//!
//! The server's clock decides: it writes when a lease expires and compares it. Our own clock only
//! decides that a lease is lost *earlier*, which is the safe side.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::client::LedgerClient;
use super::error::PostgresError;
use super::query::Query;
use super::session::Step;
use super::timing::Timing;
use crate::ledger::LedgerError;

/// What a run sends by is kept beside what is kept of accounts: older programs share the tables. The transaction may
/// have waited for a while before this.
const START: Query = Query {
    purpose: "starting the run",
    sql: "WITH started AS (
        INSERT INTO ledger.run (name, started, heartbeat, expires)
        VALUES ($1, $2, clock_timestamp(), clock_timestamp() + $3::bigint * interval '1 millisecond')
        RETURNING id
    ), kept AS (
        INSERT INTO ledger.meta (name, value) SELECT 'route ' || id, $4 FROM started
    )
    SELECT id FROM started",
    types: &[Type::TEXT, Type::TIMESTAMPTZ, Type::INT8, Type::TEXT],
};

/// A lease that has run out is not renewed: others may have acted on it.
pub(super) const BEAT: Query = Query {
    purpose: "renewing the lease",
    sql: "UPDATE ledger.run
    SET heartbeat = now(), expires = now() + $2::bigint * interval '1 millisecond'
    WHERE id = $1 AND ended IS NULL AND expires > clock_timestamp()",
    types: &[Type::INT8, Type::INT8],
};

pub(super) const END: Query = Query {
    purpose: "ending the run",
    sql: "UPDATE ledger.run SET ended = now() WHERE id = $1 AND ended IS NULL",
    types: &[Type::INT8],
};

/// Runs that died are found by whoever starts next; counted once.
const BURY: Query = Query {
    purpose: "starting the run",
    sql: "WITH dead AS (
        UPDATE ledger.run SET ended = expires WHERE ended IS NULL AND expires <= now() RETURNING id
    )
    SELECT count(*) FROM ledger.contact JOIN dead ON dead.id = contact.claimed_by",
    types: &[],
};

/// A run that others know of.
pub(super) struct Registered {
    pub(super) id: i64,
    /// How many contacts the dead runs before it left unknown.
    pub(super) left_unknown: u64,
    /// Its lease begins no earlier.
    asked: Instant,
}

/// Registers a run, in the same step that looked at the ledger: in between, nobody may make another one
/// of it. A lost answer leaves a run behind that never claims anything.
pub(super) async fn register(
    step: &Step<'_>,
    (name, route): (&str, &str),
    now: Timestamp,
    timing: Timing,
) -> Result<Registered, PostgresError> {
    let left_unknown = u64::try_from(number(&step.rows(&BURY, &[]).await?)?).unwrap_or_default();
    let (asked, started) = (Instant::now(), SystemTime::from(now));
    let id = number(&step.rows(&START, &[&name, &started, &millis(timing), &route]).await?)?;
    Ok(Registered { id, left_unknown, asked })
}

/// A run that is registered and keeps saying that it lives.
pub(super) struct LeasedRun {
    pub(super) id: i64,
    lease: Arc<Lease>,
    heart: JoinHandle<()>,
}

/// Until when the others certainly know that we live; `None` when that is over for good.
struct Lease {
    safe_until: Mutex<Option<Instant>>,
    /// What the last renewal failed by.
    trouble: Mutex<Option<LedgerError>>,
}

impl LeasedRun {
    /// Lets a run that was registered say that it lives, by a connection of its own.
    pub(super) fn live(beside: LedgerClient, registered: &Registered, timing: Timing) -> Self {
        let &Registered { id, asked, .. } = registered;
        let lease =
            Arc::new(Lease { safe_until: Mutex::new(Some(asked + timing.lease)), trouble: Mutex::default() });
        let heart = tokio::spawn(beat(beside, id, timing, Arc::clone(&lease)));
        Self { id, lease, heart }
    }

    /// Refuses when others may take this run for dead.
    pub(super) fn check(&self) -> Result<(), PostgresError> {
        if self.lease.holds() { Ok(()) } else { Err(self.lost()) }
    }

    /// The lease is over.
    pub(super) fn lost(&self) -> PostgresError {
        PostgresError::LeaseLost(self.lease.trouble().clone())
    }

    /// Ends the run: what it has not settled is unknown.
    pub(super) async fn end(&self, client: &LedgerClient) -> Result<(), LedgerError> {
        self.heart.abort();
        self.lease.lose();
        client.written(&END, &[&self.id]).await.map(drop)
    }
}

impl Drop for LeasedRun {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

impl Lease {
    fn holds(&self) -> bool {
        let safe_until = self.safe_until.lock().unwrap_or_else(PoisonError::into_inner);
        safe_until.is_some_and(|end| Instant::now() < end)
    }

    /// A renewal that is heard of after the old lease's end is none: in between, others may have
    /// seen the old one only.
    fn renew(&self, until: Instant) -> bool {
        let mut safe_until = self.safe_until.lock().unwrap_or_else(PoisonError::into_inner);
        let in_time = safe_until.is_some_and(|end| Instant::now() < end);
        *safe_until = in_time.then_some(until);
        in_time
    }

    fn trouble(&self) -> MutexGuard<'_, Option<LedgerError>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self) {
        *self.safe_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn beat(client: LedgerClient, id: i64, timing: Timing, lease: Arc<Lease>) {
    loop {
        tokio::time::sleep(timing.heartbeat).await;
        let asked = Instant::now();
        match client.written(&BEAT, &[&id, &millis(timing)]).await {
            Ok(1) if lease.renew(asked + timing.lease) => {}
            Ok(_) => return lease.lose(),
            // The lease may still hold, and the database may come back in time.
            Err(error) => *lease.trouble() = Some(error),
        }
    }
}

/// The one number that was asked for.
pub(super) fn number(rows: &[Row]) -> Result<i64, PostgresError> {
    let row = rows.first().ok_or_else(|| PostgresError::Unfit("the database gave no number".to_owned()))?;
    Ok(row.try_get(0)?)
}

fn millis(timing: Timing) -> i64 {
    i64::try_from(timing.lease.as_millis()).unwrap_or(i64::MAX)
}

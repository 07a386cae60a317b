//! What people ask this ledger, with or without a run of their own.

use std::time::SystemTime;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::client::LedgerClient;
use super::error::PostgresError;
use super::lease::number;
use super::query::Query;
use crate::ledger::{
    FoundContact, Inspect, Key, LedgerError, LedgerIdentity, ListPage, ListQuery, OldPage, Rescoped,
    Retention, StatusRow,
};

/// A run whose row somebody deleted has a name all the same, by which its people can be settled.
const STATUS: Query = Query {
    purpose: "reading the ledger",
    sql: "SELECT k.campaign, k.outcome, coalesce(r.name, 'deleted-' || k.run), count(*)
    FROM ledger.known AS k LEFT JOIN ledger.run AS r ON r.id = k.run
    WHERE k.outcome IS NOT NULL
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3",
    types: &[],
};

const FIND: Query = Query {
    purpose: "reading the ledger",
    sql: "SELECT k.campaign, k.outcome, k.reason, k.contact_id, k.stream, k.primary_key,
        coalesce(r.name, 'deleted-' || k.run), k.at
    FROM ledger.known AS k LEFT JOIN ledger.run AS r ON r.id = k.run
    WHERE k.key = ANY($1) AND k.outcome IS NOT NULL
    ORDER BY k.at",
    types: &[Type::BYTEA_ARRAY],
};

const CAMPAIGNS: Query = Query {
    purpose: "reading the ledger",
    sql: "SELECT k.campaign
    FROM unnest($1::bytea[]) WITH ORDINALITY AS e (key, place)
        LEFT JOIN ledger.known AS k ON k.key = e.key AND k.outcome IS NOT NULL
    ORDER BY e.place",
    types: &[Type::BYTEA_ARRAY],
};

const COUNT_UNKNOWN: Query = Query {
    purpose: "reading the ledger",
    sql: "SELECT count(*)
    FROM ledger.known AS k LEFT JOIN ledger.run AS r ON r.id = k.run
    WHERE coalesce(r.name, 'deleted-' || k.run) = $1 AND k.outcome = 'unknown'",
    types: &[Type::TEXT],
};

/// Decides about unknown people, whom a query names. Asks `contact` once more what `known` said: between the two,
/// somebody may have claimed the person. Who was not delivered was not handed over either.
macro_rules! decide {
    ($undecided:literal) => {
        concat!(
            "WITH undecided AS (",
            $undecided,
            "), freed AS (
                UPDATE ledger.hand_over AS h SET
                    key = CASE WHEN h.claimed_by IS NULL THEN NULL ELSE h.key END,
                    at = CASE WHEN h.claimed_by IS NULL THEN NULL ELSE h.at END,
                    claimed_by = NULL
                FROM (
                    SELECT o.person FROM ledger.hand_over AS o JOIN undecided AS u
                        ON o.claimed_by = u.run AND o.claimed_key = u.key
                    UNION
                    SELECT o.person FROM ledger.hand_over AS o JOIN undecided AS u
                        ON o.key = u.key AND o.claimed_by IS NULL
                ) AS not_delivered
                WHERE NOT $2 AND h.person = not_delivered.person
            )
            UPDATE ledger.contact AS c SET
                outcome = CASE WHEN $2 THEN 'accepted' ELSE 'rejected' END,
                reason = '',
                contact_id = '',
                run = u.run,
                at = $3,
                claimed_by = NULL,
                claimed_at = NULL,
                claim = NULL
            FROM undecided AS u
            WHERE c.key = u.key
                AND (c.claimed_by = u.run OR c.claimed_by IS NULL AND c.outcome = 'unknown' AND c.run = u.run)"
        )
    };
}

const DECIDE: Query = Query {
    purpose: "deciding about people",
    sql: decide!(
        "SELECT k.key, k.run FROM ledger.known AS k LEFT JOIN ledger.run AS r ON r.id = k.run
        WHERE coalesce(r.name, 'deleted-' || k.run) = $1 AND k.outcome = 'unknown'
        ORDER BY k.key"
    ),
    types: &[Type::TEXT, Type::BOOL, Type::TIMESTAMPTZ],
};

const DECIDE_PEOPLE: Query = Query {
    purpose: "deciding about people",
    sql: decide!(
        "SELECT k.key, k.run
        FROM unnest($4::bytea[]) AS e (key)
            JOIN ledger.known AS k ON k.key = e.key
            LEFT JOIN ledger.run AS r ON r.id = k.run
        WHERE coalesce(r.name, 'deleted-' || k.run) = $1 AND k.outcome = 'unknown'
        ORDER BY k.key"
    ),
    types: &[Type::TEXT, Type::BOOL, Type::TIMESTAMPTZ, Type::BYTEA_ARRAY],
};

/// So many people in a statement, all of them in one transaction.
const N_DECIDED: usize = 5_000;

/// Questions and changes that need no run: makes no tables and holds no lease.
pub struct PostgresRecords {
    pub(super) client: LedgerClient,
}

impl Inspect for PostgresRecords {
    async fn status(&self) -> Result<Vec<StatusRow>, LedgerError> {
        let rows = self.client.rows(&STATUS, &[]).await?;
        self.read(&STATUS, rows.iter().map(status_row).collect())
    }

    async fn find_contacts(&self, keys: Vec<Key>) -> Result<Vec<FoundContact>, LedgerError> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let rows = self.client.rows(&FIND, &[&keys]).await?;
        self.read(&FIND, rows.iter().map(found).collect())
    }

    async fn campaigns_of(&self, keys: Vec<Key>) -> Result<Vec<Option<String>>, LedgerError> {
        let asked: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let rows = self.client.rows(&CAMPAIGNS, &[&asked]).await?;
        self.read(&CAMPAIGNS, rows.iter().map(|row| Ok(row.try_get(0)?)).collect())
    }

    async fn settle_unknown(
        &self,
        run: &str,
        accepted: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        if !dry_run {
            // A repeat after a lost answer would count nobody.
            return self.client.written_once(&DECIDE, &[&run, &accepted, &SystemTime::from(now)]).await;
        }
        let rows = self.client.rows(&COUNT_UNKNOWN, &[&run]).await?;
        let count = self.read(&COUNT_UNKNOWN, number(&rows))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn rescope(
        &self,
        identity: LedgerIdentity,
        pairs: Vec<(Key, Key)>,
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        self.bring_over(&identity, &pairs, leave).await
    }

    async fn list(
        &self,
        query: ListQuery,
        after: Option<Key>,
        n_people: u32,
    ) -> Result<ListPage, LedgerError> {
        self.page(&query, after, n_people).await
    }

    async fn settle_people(
        &self,
        run: &str,
        keys: Vec<Key>,
        accepted: bool,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.decide_people(run, keys, accepted, now).await
    }

    async fn forget_old(
        &self,
        retention: Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> Result<OldPage, LedgerError> {
        self.old_page(&retention, after, n_people, is_decided).await
    }

    async fn forget_people(&self, keys: Vec<Key>) -> Result<u64, LedgerError> {
        self.forget(&keys).await
    }
}

impl PostgresRecords {
    /// All of them or none: a transaction of its own. Said again after a lost answer, it would find nobody undecided.
    async fn decide_people(
        &self,
        run: &str,
        mut keys: Vec<Key>,
        accepted: bool,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        // In the order in which claims lock people, too.
        keys.sort_unstable();
        keys.dedup();
        let now = SystemTime::from(now);
        let mut session = self.client.first().await?;
        let decided = async {
            let step = session.step().await?;
            for keys in keys.chunks(N_DECIDED) {
                let wanted: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
                let n_decided = step.written(&DECIDE_PEOPLE, &[&run, &accepted, &now, &wanted]).await?;
                if usize::try_from(n_decided).is_ok_and(|n_decided| n_decided != keys.len()) {
                    step.roll_back().await?;
                    return Ok(false);
                }
            }
            step.commit().await?;
            Ok(true)
        };
        self.client.within(DECIDE_PEOPLE.purpose, decided).await
    }

    pub(super) fn read<T>(&self, query: &Query, read: Result<T, PostgresError>) -> Result<T, LedgerError> {
        read.map_err(|fault| fault.at(self.client.place(), query.purpose))
    }
}

fn status_row(row: &Row) -> Result<StatusRow, PostgresError> {
    Ok(StatusRow {
        campaign: row.try_get(0)?,
        outcome: row.try_get(1)?,
        run: row.try_get(2)?,
        count: u64::try_from(row.try_get::<_, i64>(3)?).unwrap_or_default(),
    })
}

pub(super) fn found(row: &Row) -> Result<FoundContact, PostgresError> {
    let at = Timestamp::try_from(row.try_get::<_, SystemTime>(7)?);
    Ok(FoundContact {
        campaign: row.try_get(0)?,
        outcome: row.try_get(1)?,
        reason: row.try_get(2)?,
        contact_id: row.try_get(3)?,
        stream: row.try_get(4)?,
        primary_key: row.try_get(5)?,
        run: row.try_get(6)?,
        at: at.map_err(|error| PostgresError::Unfit(format!("a contact's time is out of range: {error}")))?,
    })
}

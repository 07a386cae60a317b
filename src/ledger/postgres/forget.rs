//! Forgets people, in short transactions: a sync that runs beside it waits for none of them for long, and
//! whoever it has claimed meanwhile is left alone.

use std::time::SystemTime;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::PostgresError;
use super::inspect::PostgresRecords;
use super::key;
use super::lease::number;
use super::query::{Query, QueryParameter};
use super::schema::USED;
use crate::ledger::{Key, LedgerError, LedgerIdentity, OldPage, Retention};

/// A row without an outcome and without a claim says of nobody that anything is known: it goes, too, and is not counted. What
/// decides is asked of each row once more when it is deleted: meanwhile it may have been claimed.
///
/// `$1` after this key, `$2` how many rows, `$3` old, `$4` accepted until then may be called again, `$5` rejected ones
/// only, `$6` the account, `$7` what all accounts' names begin with, `$8` whether it is decided.
const OLD: Query = Query {
    purpose: "forgetting people",
    sql: "WITH account AS (
        SELECT coalesce(bool_and(name = $6::text), false) AS is_alone FROM ledger.meta WHERE starts_with(name, $7)
    ), page AS (
        SELECT c.key, CASE
            WHEN c.claimed_by IS NOT NULL THEN CASE WHEN c.claimed_at <= $3 THEN 'open' END
            WHEN c.outcome IS NULL THEN 'blank'
            WHEN c.at > $3 THEN NULL
            WHEN c.outcome = 'unknown' THEN 'open'
            WHEN $5 AND c.outcome <> 'rejected' THEN NULL
            WHEN NOT coalesce(substr(m.value, strpos(m.value, ' ') + 1) = $6, account.is_alone) THEN 'other'
            WHEN c.outcome = 'rejected' OR c.at <= $4 THEN 'unneeded'
            ELSE 'needed'
        END AS stands
        FROM account, (SELECT * FROM ledger.contact WHERE key > $1 ORDER BY key LIMIT $2) AS c
            LEFT JOIN ledger.meta AS m ON m.name = 'route ' || c.run
    ), gone AS (
        DELETE FROM ledger.contact AS c USING page AS p
        WHERE $8
            AND c.key = p.key
            AND p.stands IN ('unneeded', 'blank')
            AND c.claimed_by IS NULL
            AND (c.outcome IS NULL OR c.at <= $3 AND (c.outcome = 'rejected' OR c.outcome = 'accepted' AND c.at <= $4))
        RETURNING c.outcome
    )
    SELECT
        CASE WHEN $8 THEN (SELECT count(outcome) FROM gone) ELSE count(*) FILTER (WHERE stands = 'unneeded') END,
        count(*) FILTER (WHERE stands = 'needed'),
        count(*) FILTER (WHERE stands = 'open'),
        count(*) FILTER (WHERE stands = 'other'),
        (SELECT key FROM page ORDER BY key DESC LIMIT 1)
    FROM page",
    types: &[
        Type::BYTEA,
        Type::INT8,
        Type::TIMESTAMPTZ,
        Type::TIMESTAMPTZ,
        Type::BOOL,
        Type::TEXT,
        Type::TEXT,
        Type::BOOL,
    ],
};

/// Of these people all but those whom a run that lives has claimed. One that this statement does not see may have
/// begun a moment ago.
const FORGET: Query = Query {
    purpose: "forgetting people",
    sql: "WITH gone AS (
        DELETE FROM ledger.contact AS c
        WHERE c.key = ANY($1) AND (c.claimed_by IS NULL OR EXISTS (
            SELECT FROM ledger.run AS r WHERE r.id = c.claimed_by AND (r.ended IS NOT NULL OR r.expires <= now())
        ))
        RETURNING coalesce(c.claimed_by::text, c.outcome) AS known
    )
    SELECT count(known) FROM gone",
    types: &[Type::BYTEA_ARRAY],
};

/// Where nobody is left, it is because somebody wanted it so: it is no ledger that was lost.
const UNMARK_USED: Query = Query {
    purpose: "forgetting people",
    sql: "DELETE FROM ledger.meta WHERE name = $1 AND NOT EXISTS (SELECT FROM ledger.contact)",
    types: &[Type::TEXT],
};

impl PostgresRecords {
    pub(super) async fn old_page(
        &self,
        retention: &Retention,
        after: Option<Key>,
        n_people: u32,
        is_decided: bool,
    ) -> Result<OldPage, LedgerError> {
        let Retention { account, now: _, old, called_again, is_rejected_only } = retention;
        let after: &[u8] = after.as_ref().map_or(&[], |key| &key.0);
        let (old, called_again) = (SystemTime::from(*old), called_again.map(SystemTime::from));
        let (n_people, account) = (i64::from(n_people), account.name());
        let parameters: [QueryParameter<'_>; 8] = [
            &after,
            &n_people,
            &old,
            &called_again,
            is_rejected_only,
            &account,
            &LedgerIdentity::PREFIX,
            &is_decided,
        ];
        // A repeat after a lost answer would count fewer.
        let rows = self.client.rows_once(&OLD, &parameters).await?;
        let page = self.read(&OLD, old_page(&rows))?;
        if is_decided && page.next.is_none() {
            self.client.written(&UNMARK_USED, &[&USED]).await?;
        }
        Ok(page)
    }

    pub(super) async fn forget(&self, keys: &[Key]) -> Result<u64, LedgerError> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let rows = self.client.rows_once(&FORGET, &[&keys]).await?;
        let count = self.read(&FORGET, number(&rows))?;
        self.client.written(&UNMARK_USED, &[&USED]).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

fn old_page(rows: &[Row]) -> Result<OldPage, PostgresError> {
    let row = rows.first().ok_or_else(|| PostgresError::Unfit("the ledger counted nobody".to_owned()))?;
    let count =
        |column| Ok::<_, PostgresError>(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or_default());
    let next = row.try_get::<_, Option<&[u8]>>(4)?.map(key).transpose()?;
    Ok(OldPage { unneeded: count(0)?, needed: count(1)?, open: count(2)?, others: count(3)?, next })
}

//! Brings people over to keys of another scope.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::PostgresError;
use super::inspect::PostgresRecords;
use super::query::Query;
use super::schema;
use crate::ledger::{Key, LedgerError, LedgerIdentity, Rescoped};

/// One step: everybody is brought over and the account's scope is another one, or nothing changes.
///
/// Of two keys that become one, a confirmed call counts for more than one of which nobody can say, which may have
/// been none; and the person was called last when either says.
///
/// `$1` old keys, `$2` new keys, `$3` how many may be left (none: nothing is changed), `$4` and `$5`
/// what `meta` keeps of the account.
const RESCOPE: Query = Query {
    purpose: "bringing people over to another scope",
    sql: "WITH pair AS (
        SELECT * FROM unnest($1::bytea[], $2::bytea[]) AS p (old, new)
    ), remembered AS (
        SELECT * FROM ledger.known WHERE outcome IN ('accepted', 'unknown')
    ), people AS (
        SELECT DISTINCT ON (c.new)
            c.new AS key, k.campaign, k.stream, k.primary_key, k.outcome, k.reason, k.contact_id, k.run,
            max(k.at) OVER (PARTITION BY c.new) AS at
        FROM (
            SELECT new, old AS known_as FROM pair
            UNION
            SELECT new, new FROM pair WHERE EXISTS (SELECT FROM remembered WHERE key = pair.old)
        ) AS c JOIN remembered AS k ON k.key = c.known_as
        ORDER BY c.new, k.outcome = 'accepted' DESC, k.at DESC
    ), verdict AS (
        SELECT n_left, n_left <= $3::bigint AND NOT EXISTS (
            SELECT FROM ledger.run WHERE ended IS NULL AND expires > now()
        ) AS is_done
        FROM (
            SELECT count(*) AS n_left FROM remembered AS k
            WHERE NOT EXISTS (SELECT FROM pair WHERE old = k.key) AND NOT EXISTS (SELECT FROM pair WHERE new = k.key)
        ) AS counted
    ), written AS (
        INSERT INTO ledger.contact AS c (key, campaign, stream, primary_key, outcome, reason, contact_id, run, at)
        SELECT p.* FROM people AS p, verdict WHERE verdict.is_done
        ON CONFLICT (key) DO UPDATE SET
            campaign = excluded.campaign, stream = excluded.stream, primary_key = excluded.primary_key,
            outcome = excluded.outcome, reason = excluded.reason, contact_id = excluded.contact_id,
            run = excluded.run, at = excluded.at, claimed_by = NULL, claimed_at = NULL, claim = NULL
    ), removed AS (
        DELETE FROM ledger.contact AS c USING verdict
        WHERE verdict.is_done AND c.key IN (SELECT old FROM pair EXCEPT SELECT new FROM pair)
    ), renamed AS (
        UPDATE ledger.hand_over AS h SET key = coalesce(n.key, h.key), claimed_key = coalesce(n.claimed_key, h.claimed_key)
        FROM (
            SELECT o.person, p.new AS key, q.new AS claimed_key
            FROM ledger.hand_over AS o LEFT JOIN pair AS p ON p.old = o.key LEFT JOIN pair AS q ON q.old = o.claimed_key
            WHERE p.new IS NOT NULL OR q.new IS NOT NULL
        ) AS n, verdict
        WHERE verdict.is_done AND h.person = n.person
    ), marked AS (
        INSERT INTO ledger.meta (name, value) SELECT $4, $5 FROM verdict WHERE is_done
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
    )
    SELECT
        least(
            (SELECT count(*) FROM people),
            (SELECT count(DISTINCT old) FROM pair WHERE EXISTS (SELECT FROM remembered WHERE key = pair.old))
        ),
        n_left, is_done FROM verdict",
    types: &[Type::BYTEA_ARRAY, Type::BYTEA_ARRAY, Type::INT8, Type::TEXT, Type::TEXT],
};

impl PostgresRecords {
    pub(super) async fn bring_over(
        &self,
        identity: &LedgerIdentity,
        pairs: &[(Key, Key)],
        leave: Option<u64>,
    ) -> Result<Rescoped, LedgerError> {
        let old: &Vec<&[u8]> = &pairs.iter().map(|(old, _)| old.0.as_slice()).collect();
        let new: &Vec<&[u8]> = &pairs.iter().map(|(_, new)| new.0.as_slice()).collect();
        let leave = leave.map(|leave| i64::try_from(leave).unwrap_or(i64::MAX));
        let (name, value) = (identity.name(), identity.value());
        let mut session = self.client.first().await?;
        // Said again after a lost answer, it would find nobody under an old key.
        let done = async {
            let step = session.step().await?;
            // A statement sees who was registered before it began: a run that begins meanwhile waits.
            schema::lock(&step).await?;
            let done = rescoped(&step.rows(&RESCOPE, &[old, new, &leave, &name, &value]).await?)?;
            step.commit().await?;
            Ok(done)
        };
        self.client.within(RESCOPE.purpose, done).await
    }
}

fn rescoped(rows: &[Row]) -> Result<Rescoped, PostgresError> {
    let row = rows.first().ok_or_else(|| PostgresError::Unfit("the ledger counted nobody".to_owned()))?;
    let count =
        |column| Ok::<_, PostgresError>(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or_default());
    let is_done = row.try_get::<_, Option<bool>>(2)?.unwrap_or_default();
    Ok(Rescoped { brought: count(0)?, left: count(1)?, is_done })
}

//! The statements that a run lives by. Each is one step: it happens wholly, or not at all.

use tokio_postgres::types::Type;

use super::query::Query;

/// Those of whom something is known that matters, and by which run that is not there any more they are
/// claimed. `$2`: accepted before this is free again.
pub(super) const LOOK_UP: Query = Query {
    purpose: "looking people up",
    sql: "SELECT k.key, k.outcome, CASE
        WHEN k.outcome = 'unknown' AND NOT EXISTS (SELECT FROM ledger.run AS r WHERE r.id = k.run) THEN k.run
    END
    FROM ledger.known AS k
    WHERE k.key = ANY($1)
        AND (k.outcome IN ('claimed', 'unknown') OR k.outcome = 'accepted' AND ($2::timestamptz IS NULL OR k.at > $2))",
    types: &[Type::BYTEA_ARRAY, Type::TIMESTAMPTZ],
};

/// Claims whoever may be claimed and gives who that was, and who had been unknown. No row at all: the
/// run's lease is over; one empty row: nobody.
///
/// In key order, so that two connectors that want the same people wait for each other in line
/// instead of in a circle. A claim that carries the same number (`$2`) is our own: its answer was
/// lost. A run that this statement does not see is taken for alive (it began a moment ago), unless an
/// earlier one saw its claim, and no such run (`$11`): numbers are never given twice.
///
/// `$1` run, `$2` number of this claim, `$3` now, `$4` accepted before this is free, `$5` retake, `$10` how this run
/// sends people: whoever is unknown is taken again only for the same campaign by the same route.
pub(super) const CLAIM: Query = Query {
    purpose: "claiming people",
    sql: "WITH me AS (
        SELECT id FROM ledger.run WHERE id = $1 AND ended IS NULL AND expires > now()
    ), taken AS (
        INSERT INTO ledger.contact AS c (key, campaign, stream, primary_key, claimed_by, claimed_at, claim)
        SELECT e.key, e.campaign, e.stream, e.primary_key, me.id, $3, $2
        FROM me, unnest($6::bytea[], $7::text[], $8::text[], $9::text[]) AS e (key, campaign, stream, primary_key)
        ORDER BY e.key
        ON CONFLICT (key) DO UPDATE SET
            campaign = excluded.campaign,
            stream = excluded.stream,
            primary_key = excluded.primary_key,
            outcome = CASE WHEN c.claimed_by <> $1 THEN 'unknown' ELSE c.outcome END,
            reason = CASE WHEN c.claimed_by <> $1 THEN '' ELSE c.reason END,
            contact_id = CASE WHEN c.claimed_by <> $1 THEN '' ELSE c.contact_id END,
            run = CASE WHEN c.claimed_by <> $1 THEN c.claimed_by ELSE c.run END,
            at = CASE WHEN c.claimed_by <> $1 THEN c.claimed_at ELSE c.at END,
            claimed_by = excluded.claimed_by,
            claimed_at = excluded.claimed_at,
            claim = excluded.claim
        WHERE c.claimed_by IS NULL AND (
                c.outcome IS NULL
                OR c.outcome = 'rejected'
                OR c.outcome = 'accepted' AND c.at <= $4::timestamptz
                OR c.outcome = 'unknown' AND $5::boolean AND c.campaign = excluded.campaign AND EXISTS (
                    SELECT FROM ledger.meta AS m WHERE m.name = 'route ' || c.run AND m.value = $10
                )
            )
            OR $5::boolean AND c.campaign = excluded.campaign AND EXISTS (
                SELECT FROM ledger.meta AS m WHERE m.name = 'route ' || c.claimed_by AND m.value = $10
            ) AND (c.claimed_by = ANY($11::bigint[]) OR EXISTS (
                SELECT FROM ledger.run AS r WHERE r.id = c.claimed_by AND (r.ended IS NOT NULL OR r.expires <= now())
            ))
            OR c.claimed_by = $1 AND c.claim = $2
        RETURNING c.key, c.outcome IS NOT DISTINCT FROM 'unknown' AS was_unknown
    )
    SELECT taken.key, taken.was_unknown FROM me LEFT JOIN taken ON true",
    types: &[
        Type::INT8,
        Type::INT8,
        Type::TIMESTAMPTZ,
        Type::TIMESTAMPTZ,
        Type::BOOL,
        Type::BYTEA_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT,
        Type::INT8_ARRAY,
    ],
};

/// Of people who are unknown, those whom a vendor would not recognise: sent to another campaign, or by another route.
/// `$3`: the route of this run.
pub(super) const HELD: Query = Query {
    purpose: "claiming people",
    sql: "SELECT e.key
    FROM unnest($1::bytea[], $2::text[]) AS e (key, campaign)
        JOIN ledger.known AS k ON k.key = e.key
        LEFT JOIN ledger.meta AS m ON m.name = 'route ' || k.run
    WHERE k.outcome = 'unknown' AND (k.campaign <> e.campaign OR m.value IS DISTINCT FROM $3)",
    types: &[Type::BYTEA_ARRAY, Type::TEXT_ARRAY, Type::TEXT],
};

/// Settles what this run claimed; no outcome: gives the claim back. A run whose lease was lost may
/// still hear from the vendor. Then `accepted` counts whoever holds the contact by now, and
/// `unknown` where nobody does: both only ever keep a person from being called.
///
/// `$1` run, `$2` now.
pub(super) const SETTLE: Query = Query {
    purpose: "writing what became of people",
    sql: "INSERT INTO ledger.contact AS c
        (key, campaign, stream, primary_key, outcome, reason, contact_id, run, at)
    SELECT e.key, e.campaign, e.stream, e.primary_key, e.outcome, e.reason, e.contact_id, $1, $2
    FROM unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
        AS e (key, campaign, stream, primary_key, outcome, reason, contact_id)
    ORDER BY e.key
    ON CONFLICT (key) DO UPDATE SET
        campaign = excluded.campaign,
        stream = excluded.stream,
        primary_key = excluded.primary_key,
        outcome = coalesce(excluded.outcome, c.outcome),
        reason = CASE WHEN excluded.outcome IS NULL THEN c.reason ELSE excluded.reason END,
        contact_id = CASE WHEN excluded.outcome IS NULL THEN c.contact_id ELSE excluded.contact_id END,
        run = CASE WHEN excluded.outcome IS NULL THEN c.run ELSE excluded.run END,
        at = CASE WHEN excluded.outcome IS NULL THEN c.at ELSE excluded.at END,
        claimed_by = NULL,
        claimed_at = NULL,
        claim = NULL
    WHERE c.claimed_by = $1
        OR excluded.outcome = 'accepted'
        OR excluded.outcome = 'unknown' AND c.claimed_by IS NULL AND c.outcome IS DISTINCT FROM 'accepted'",
    types: &[
        Type::INT8,
        Type::TIMESTAMPTZ,
        Type::BYTEA_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
    ],
};

/// Once a contact was claimed, an empty ledger is a lost one.
pub(super) const MARK_USED: Query = Query {
    purpose: "claiming people",
    sql: "INSERT INTO ledger.meta (name, value) VALUES ($1, 'yes') ON CONFLICT DO NOTHING",
    types: &[Type::TEXT],
};

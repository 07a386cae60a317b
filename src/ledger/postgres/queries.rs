//! The statements that a run lives by. Each is one step: it happens wholly, or not at all.

use tokio_postgres::types::Type;

use super::query::Query;

/// Whether somebody (`e.listed`) is on any source of a list. A key begins where it likes in a bucket's bytes: that one
/// is found across two others has a chance of one in 2¹²⁰.
macro_rules! on_the_list {
    ($owner:literal) => {
        concat!(
            "EXISTS (
                SELECT FROM ledger.list AS l JOIN ledger.listed AS d ON d.list = l.id
                    AND d.bucket = get_byte(e.listed, 0) * 256 + get_byte(e.listed, 1)
                WHERE l.owner = ",
            $owner,
            "::text AND position(e.listed IN d.body) > 0
            )"
        )
    };
}

/// Those of whom something is known that matters: who is on the do-not-call list, or not free, or kept back by a
/// hand-over; by which run that is not there any more they are claimed; and how a hand-over by another key keeps them
/// back. One that is under way may yet turn out to be none; with a run that is not there any more nobody waits for that.
///
/// `$2` and `$3` who they are to the rules, `$4` accepted before this is free, `$5` handed over before this keeps
/// nobody back, `$6` whose list.
pub(super) const LOOK_UP: Query = Query {
    purpose: "looking people up",
    sql: concat!(
        "SELECT * FROM (
        SELECT e.key, CASE
            WHEN ",
        on_the_list!("$6"),
        " THEN 'do_not_call'
            WHEN k.outcome IN ('claimed', 'unknown')
                OR k.outcome = 'accepted' AND ($4::timestamptz IS NULL OR k.at > $4) THEN k.outcome
            ELSE hand_over.status
        END AS status,
        CASE
            WHEN k.outcome = 'unknown' AND NOT EXISTS (SELECT FROM ledger.run AS r WHERE r.id = k.run) THEN k.run
        END,
        CASE WHEN h.key <> e.key THEN hand_over.status END
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS e (key, listed, person)
            LEFT JOIN ledger.known AS k ON k.key = e.key
            LEFT JOIN ledger.handed_over AS h ON h.person = e.person
            CROSS JOIN LATERAL (
                SELECT CASE WHEN h.at > $5::timestamptz THEN
                    CASE
                        WHEN h.at = 'infinity' AND EXISTS (SELECT FROM ledger.run AS r WHERE r.id = h.claimed_by)
                            THEN 'claimed'
                        ELSE 'cooling_off'
                    END
                END AS status
            ) AS hand_over
    ) AS asked
    WHERE status IS NOT NULL"
    ),
    types: &[
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::TIMESTAMPTZ,
        Type::TIMESTAMPTZ,
        Type::TEXT,
    ],
};

/// Holds people's rows until the end of the transaction, in their order, so that what is asked next is not yet
/// decided otherwise by another run, for another campaign.
pub(super) const HOLD_PEOPLE: Query = Query {
    purpose: "claiming people",
    sql: "INSERT INTO ledger.hand_over (person)
    SELECT e.person FROM unnest($1::bytea[]) AS e (person) WHERE e.person IS NOT NULL ORDER BY e.person
    ON CONFLICT (person) DO UPDATE SET person = excluded.person",
    types: &[Type::BYTEA_ARRAY],
};

/// Claims whoever may be claimed and gives who that was, and who had been unknown. No row at all: the
/// run's lease is over; one empty row: nobody; and whether there is still a list to go by.
///
/// In key order, so that two connectors that want the same people wait for each other in line
/// instead of in a circle. A claim that carries the same number (`$2`) is our own: its answer was
/// lost. A run that this statement does not see is taken for alive (it began a moment ago), unless an
/// earlier one saw its claim, and no such run (`$11`): numbers are never given twice.
///
/// Who was handed over too short a while ago may only be taken again where that was this very attempt, of which
/// nobody can say whether it arrived.
///
/// `$1` run, `$2` number of this claim, `$3` now, `$4` accepted before this is free, `$5` retake, `$10` how this run
/// sends people: whoever is unknown is taken again only for the same campaign by the same route; `$12` and `$13` who
/// they are to the rules, `$14` handed over before this keeps nobody back, `$15` whose do-not-call list.
pub(super) const CLAIM: Query = Query {
    purpose: "claiming people",
    sql: concat!(
        "WITH me AS (
        SELECT id, $15::text IS NULL OR EXISTS (
            SELECT FROM ledger.list AS l WHERE l.owner = $15 AND l.count > 0 AND l.loaded_at IS NOT NULL
        ) AS has_list
        FROM ledger.run WHERE id = $1 AND ended IS NULL AND expires > now()
    ), entry AS (
        SELECT e.*, h.at AS handed_at
        FROM unnest($6::bytea[], $7::text[], $8::text[], $9::text[], $12::bytea[], $13::bytea[])
            AS e (key, campaign, stream, primary_key, listed, person)
            LEFT JOIN ledger.handed_over AS h ON h.person = e.person
        WHERE NOT ",
        on_the_list!("$15"),
        "
            AND (
                h.at IS NULL
                OR h.at <= $14::timestamptz
                OR h.key = e.key AND (h.claimed_by = $1 OR $5 AND EXISTS (
                    SELECT FROM ledger.known AS k WHERE k.key = e.key AND k.outcome = 'unknown'
                ))
            )
    ), taken AS (
        INSERT INTO ledger.contact AS c (key, campaign, stream, primary_key, claimed_by, claimed_at, claim)
        SELECT e.key, e.campaign, e.stream, e.primary_key, me.id, $3, $2
        FROM me, entry AS e
        WHERE me.has_list
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
    ), handed AS (
        UPDATE ledger.hand_over AS h SET
            key = CASE WHEN h.claimed_by <> $1 THEN h.claimed_key ELSE h.key END,
            at = CASE WHEN h.claimed_by <> $1 THEN least(e.handed_at, $3) ELSE h.at END,
            claimed_by = $1,
            claimed_key = e.key
        FROM taken JOIN entry AS e ON e.key = taken.key
        WHERE h.person = e.person
    )
    SELECT taken.key, taken.was_unknown, me.has_list FROM me LEFT JOIN taken ON true"
    ),
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
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::TIMESTAMPTZ,
        Type::TEXT,
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

/// Says of people when they were handed over, before their contacts are settled: nobody waits for a person who holds
/// a contact. An attempt that was refused or given back was none.
///
/// `$1` run, `$2` now.
pub(super) const SETTLE_PEOPLE: Query = Query {
    purpose: "writing what became of people",
    sql: "INSERT INTO ledger.hand_over AS h (person, claimed_key, key, at)
    SELECT e.person, e.key,
        CASE WHEN e.outcome IN ('accepted', 'unknown') THEN e.key END,
        CASE WHEN e.outcome IN ('accepted', 'unknown') THEN $2 END
    FROM unnest($3::bytea[], $4::text[], $5::bytea[]) AS e (key, outcome, person)
    WHERE e.person IS NOT NULL
    ORDER BY e.person
    ON CONFLICT (person) DO UPDATE SET
        key = coalesce(excluded.key, h.key),
        at = CASE WHEN excluded.key IS NULL THEN h.at ELSE greatest(h.at, excluded.at) END,
        claimed_by = CASE
            WHEN h.claimed_by = $1 AND h.claimed_key = excluded.claimed_key THEN NULL
            ELSE h.claimed_by
        END",
    types: &[Type::INT8, Type::TIMESTAMPTZ, Type::BYTEA_ARRAY, Type::TEXT_ARRAY, Type::BYTEA_ARRAY],
};

/// Once a contact was claimed, an empty ledger is a lost one.
pub(super) const MARK_USED: Query = Query {
    purpose: "claiming people",
    sql: "INSERT INTO ledger.meta (name, value) VALUES ($1, 'yes') ON CONFLICT DO NOTHING",
    types: &[Type::TEXT],
};

//! The tables: made on first use, brought forward by versions, never backward.

use std::fmt::Write as _;
use std::time::SystemTime;

use jiff::Timestamp;
use rustls::crypto::ring;
use tokio_postgres::types::Type;

use super::do_not_call;
use super::error::PostgresError;
use super::query::{Query, QueryParameter};
use super::session::Step;
use crate::ledger::{KeyHasher, LedgerIdentity, LedgerOptions};

/// One step for each version. A row of `contact` holds how a person's last run ended (`outcome`,
/// `run`, `at`, …; no outcome: free) and, apart from it, who is sending it now (`claimed_by`, …), so
/// that a claim can be given back without a trace. A claim whose run is over is an unknown ending
/// for everybody: nothing needs to be rewritten when a run dies, and `known` is where that is said.
/// Rows of `run` are never deleted; where somebody does, what they had claimed counts as a dead run's.
///
/// `listed` has the buckets of the do-not-call list's sources; they are kept in the row where they fit, so that a
/// look-up reads one page. `hand_over` holds, in the same way as `contact`, when a person was handed over last (`key`,
/// `at`) and who is doing it now. `handed_over` puts both together: a run that lives may hand over at any time yet, one
/// that died cannot have after its lease.
const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE ledger.meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);
CREATE TABLE ledger.run (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL,
    started   timestamptz NOT NULL,
    heartbeat timestamptz NOT NULL,
    expires   timestamptz NOT NULL,
    ended     timestamptz
);
CREATE TABLE ledger.contact (
    key         bytea PRIMARY KEY CHECK (octet_length(key) = 16),
    campaign    text NOT NULL,
    stream      text NOT NULL,
    primary_key text NOT NULL,
    outcome     text CHECK (outcome IN ('accepted', 'rejected', 'unknown')),
    reason      text NOT NULL DEFAULT '',
    contact_id  text NOT NULL DEFAULT '',
    run         bigint,
    at          timestamptz,
    claimed_by  bigint,
    claimed_at  timestamptz,
    claim       bigint
);
CREATE INDEX contact_claimed ON ledger.contact (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX contact_unknown ON ledger.contact (run) WHERE outcome = 'unknown';
CREATE VIEW ledger.known AS
SELECT
    c.key, c.campaign, c.stream, c.primary_key,
    CASE
        WHEN c.claimed_by IS NULL THEN c.outcome
        WHEN r.ended IS NULL AND r.expires > now() THEN 'claimed'
        ELSE 'unknown'
    END AS outcome,
    CASE WHEN c.claimed_by IS NULL THEN c.reason ELSE '' END AS reason,
    CASE WHEN c.claimed_by IS NULL THEN c.contact_id ELSE '' END AS contact_id,
    coalesce(c.claimed_by, c.run) AS run,
    coalesce(c.claimed_at, c.at) AS at
FROM ledger.contact AS c LEFT JOIN ledger.run AS r ON r.id = c.claimed_by;
",
    "
CREATE TABLE ledger.list (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner     text NOT NULL,
    source    text NOT NULL,
    count     bigint NOT NULL DEFAULT 0,
    loaded_at timestamptz,
    UNIQUE (owner, source)
);
CREATE TABLE ledger.listed (
    list   bigint NOT NULL,
    bucket integer NOT NULL,
    body   bytea NOT NULL CHECK (octet_length(body) % 16 = 0),
    PRIMARY KEY (list, bucket)
);
ALTER TABLE ledger.listed ALTER COLUMN body SET STORAGE MAIN;
CREATE TABLE ledger.hand_over (
    person      bytea PRIMARY KEY CHECK (octet_length(person) = 16),
    key         bytea,
    at          timestamptz,
    claimed_by  bigint,
    claimed_key bytea
);
CREATE VIEW ledger.handed_over AS
SELECT
    h.person, h.claimed_by,
    CASE WHEN h.claimed_by IS NULL THEN h.key ELSE h.claimed_key END AS key,
    CASE
        WHEN h.claimed_by IS NULL THEN h.at
        WHEN r.ended IS NOT NULL THEN r.ended
        WHEN r.expires <= now() THEN r.expires
        ELSE 'infinity'
    END AS at
FROM ledger.hand_over AS h LEFT JOIN ledger.run AS r ON r.id = h.claimed_by;
",
];

/// Keeps those apart who make the ledger, register with it or make another one of it; any number that
/// nobody else in the database uses.
const LOCK: Query = opening("SELECT pg_advisory_xact_lock(4710231187652211)", &[]);

const HAS_SCHEMA: Query = opening("SELECT to_regnamespace(quote_ident($1)) IS NOT NULL", &[Type::TEXT]);
const HAS_TABLES: Query =
    opening("SELECT to_regclass(quote_ident($1) || '.meta') IS NOT NULL", &[Type::TEXT]);
const META: Query = opening("SELECT value FROM ledger.meta WHERE name = $1", &[Type::TEXT]);
const SET_META: Query = opening(
    "INSERT INTO ledger.meta (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    &[Type::TEXT, Type::TEXT],
);
const HAS_CONTACTS: Query = opening("SELECT EXISTS (SELECT FROM ledger.contact)", &[]);
const ACCOUNTS: Query = opening("SELECT value FROM ledger.meta WHERE starts_with(name, $1)", &[Type::TEXT]);
const CLOCK: Query = opening("SELECT clock_timestamp()", &[]);

const VERSION: &str = "schema_version";
/// The key itself, when nobody configured one.
const HASH_KEY: &str = "hash_key";
/// What the key makes of nothing: tells whether a configured key is the right one, and tells no more.
const HASH_MARK: &str = "hash_mark";
/// Written by the first claim.
pub(super) const USED: &str = "used";

/// What the tables say about the ledger as a whole.
pub(super) struct LedgerMeta {
    pub(super) hasher: KeyHasher,
    /// With what the keys of this account are made here.
    pub(super) identity: LedgerIdentity,
    /// What the server's clock shows.
    pub(super) clock: Timestamp,
    /// Whether somebody was ever claimed.
    pub(super) used: bool,
    /// Made a moment ago.
    pub(super) is_new: bool,
    /// Brought forward a moment ago.
    pub(super) is_older: bool,
    /// Why nobody may be called by the do-not-call list.
    pub(super) list_refusal: Option<String>,
}

const fn opening(sql: &'static str, types: &'static [Type]) -> Query {
    Query { purpose: "opening the ledger", sql, types }
}

/// From now on until the step ends, no run begins.
pub(super) async fn lock(step: &Step<'_>) -> Result<(), PostgresError> {
    step.rows(&LOCK, &[]).await.map(drop)
}

/// Makes the tables or brings them forward, and checks that this is the ledger that is meant. Nothing
/// of it stays unless the caller commits.
pub(super) async fn prepare(
    step: &Step<'_>,
    hash_key: Option<&str>,
    options: &LedgerOptions,
) -> Result<LedgerMeta, PostgresError> {
    let expect_existing = options.expect_existing;
    lock(step).await?;
    let is_new = !truth(step, &HAS_TABLES, &[&step.schema()]).await?;
    if is_new {
        if expect_existing {
            return Err(unfit(
                "there is no ledger here, and one is expected; is this the right database and schema?",
            ));
        }
        if !truth(step, &HAS_SCHEMA, &[&step.schema()]).await? {
            step.run(&format!("CREATE SCHEMA \"{}\"", step.schema())).await?;
        }
        migrate(step, 0).await?;
        set_key(step, hash_key).await?;
    }
    let version = version(step).await?;
    migrate(step, version).await?;
    let kept = identities(step).await?;
    if let Some(why) = options.identity.conflict(&kept) {
        return Err(unfit(&format!("the ledger {why}")));
    }
    if options.identity.among(&kept).is_none() {
        set_meta(step, &options.identity.name(), &options.identity.value()).await?;
    }
    let condition = LedgerMeta {
        is_new,
        is_older: version < MIGRATIONS.len(),
        ..condition(step, hash_key, &options.identity).await?
    };
    let rule = options.rules.do_not_call.as_ref();
    let condition =
        LedgerMeta { list_refusal: do_not_call::refusal(step, rule, condition.clock).await?, ..condition };
    let is_empty = !truth(step, &HAS_CONTACTS, &[]).await?;
    if is_empty && (condition.used || expect_existing) {
        return Err(unfit(
            "the ledger is empty, and contacts are expected: everybody would be called again; restore it from a \
             backup, or drop its schema to begin anew",
        ));
    }
    Ok(condition)
}

/// Reads what there is, and makes nothing.
pub(super) async fn inspect(
    step: &Step<'_>,
    hash_key: Option<&str>,
    identity: &LedgerIdentity,
) -> Result<LedgerMeta, PostgresError> {
    if !truth(step, &HAS_TABLES, &[&step.schema()]).await? {
        return Err(unfit("there is no ledger here yet; is this the right database and schema?"));
    }
    if version(step).await? != MIGRATIONS.len() {
        return Err(unfit("the ledger is of an older version; the next sync brings it forward"));
    }
    condition(step, hash_key, identity).await
}

async fn version(step: &Step<'_>) -> Result<usize, PostgresError> {
    let found = meta(step, VERSION).await?.and_then(|text| text.parse().ok());
    let version: usize =
        found.ok_or_else(|| unfit("the ledger's version is missing; restore it from a backup"))?;
    if version > MIGRATIONS.len() {
        return Err(unfit(&format!(
            "the ledger has version {version}, and this program knows versions up to {}; use the newer program",
            MIGRATIONS.len()
        )));
    }
    Ok(version)
}

async fn migrate(step: &Step<'_>, version: usize) -> Result<(), PostgresError> {
    let Some(steps @ [_, ..]) = MIGRATIONS.get(version..) else { return Ok(()) };
    for migration in steps {
        step.run(migration).await?;
    }
    set_meta(step, VERSION, &MIGRATIONS.len().to_string()).await
}

async fn set_key(step: &Step<'_>, configured: Option<&str>) -> Result<(), PostgresError> {
    let made = if configured.is_none() { Some(random_key()?) } else { None };
    if let Some(made) = &made {
        set_meta(step, HASH_KEY, made).await?;
    }
    let hash_key = configured.or(made.as_deref()).unwrap_or_default();
    set_meta(step, HASH_MARK, &mark(&KeyHasher::new(hash_key))).await
}

async fn condition(
    step: &Step<'_>,
    configured: Option<&str>,
    identity: &LedgerIdentity,
) -> Result<LedgerMeta, PostgresError> {
    let kept = meta(step, HASH_KEY).await?;
    let Some(hash_key) = configured.or(kept.as_deref()) else {
        return Err(unfit("the ledger was made with a configured hash key; configure the same one"));
    };
    let hasher = KeyHasher::new(hash_key);
    if meta(step, HASH_MARK).await?.as_deref() != Some(&mark(&hasher)) {
        return Err(unfit(
            "the configured hash key is not the ledger's: nobody would be recognised, everybody called again; \
             configure the key the ledger was made with (none, if none was configured then)",
        ));
    }
    let used = meta(step, USED).await?.is_some();
    let identity = identity.among(&identities(step).await?).unwrap_or_else(|| identity.clone());
    let rows = step.rows(&CLOCK, &[]).await?;
    let shown = rows.first().ok_or_else(|| unfit("the server shows no time"))?.try_get::<_, SystemTime>(0)?;
    let clock = Timestamp::try_from(shown)
        .map_err(|error| unfit(&format!("the server's clock is out of range: {error}")))?;
    Ok(LedgerMeta { hasher, identity, clock, used, is_new: false, is_older: false, list_refusal: None })
}

/// With what the keys of each account are made.
async fn identities(step: &Step<'_>) -> Result<Vec<LedgerIdentity>, PostgresError> {
    let mut kept = Vec::new();
    for row in step.rows(&ACCOUNTS, &[&LedgerIdentity::PREFIX]).await? {
        let read = LedgerIdentity::parse(row.try_get(0)?);
        kept.push(
            read.ok_or_else(|| {
                unfit("what it keeps of an account cannot be read; restore it from a backup")
            })?,
        );
    }
    Ok(kept)
}

fn mark(hasher: &KeyHasher) -> String {
    hex(&hasher.key("hash mark", "").0)
}

/// From the source that also makes TLS keys.
fn random_key() -> Result<String, PostgresError> {
    let mut bytes = [0; 32];
    let filled = ring::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| unfit("this machine gives no random numbers"))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes whatever is written");
        text
    })
}

async fn truth(
    step: &Step<'_>,
    query: &Query,
    parameters: &[QueryParameter<'_>],
) -> Result<bool, PostgresError> {
    let rows = step.rows(query, parameters).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
}

async fn meta(step: &Step<'_>, name: &str) -> Result<Option<String>, PostgresError> {
    let rows = step.rows(&META, &[&name]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

async fn set_meta(step: &Step<'_>, name: &str, value: &str) -> Result<(), PostgresError> {
    step.written(&SET_META, &[&name, &value]).await.map(drop)
}

fn unfit(why: &str) -> PostgresError {
    PostgresError::Unfit(why.to_owned())
}

//! What a ledger knows of itself.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use super::error::damaged;
use crate::ledger::{Key, KeyHasher, LedgerIdentity};

const READ: &str = "SELECT value FROM meta WHERE name = ?1";
const WRITE: &str = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
const ACCOUNTS: &str = "SELECT value FROM meta WHERE substr(name, 1, length(?1)) = ?1";
const KEEP: &str = "INSERT OR IGNORE INTO meta (name, value) VALUES (?1, ?2)";
const REPLACE: &str = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)";
const FORGET_BETWEEN: &str = "DELETE FROM meta WHERE name > ?1 AND name < ?2";
const FORGET_USE: &str = "DELETE FROM meta WHERE name = 'used'";
const MARK_AS_USED: &str = "INSERT OR IGNORE INTO meta (name, value) VALUES ('used', 'yes')";
/// SQLite's generator is seeded by the operating system.
const RANDOM: &str = "SELECT lower(hex(randomblob(32)))";

/// Whether the hash key is the one that the ledger was made with.
pub(super) enum HashKey {
    /// It is.
    Right(KeyHasher),
    /// The configured one is another; or the ledger keeps its own.
    Differs,
    /// None is configured, and the ledger was made with one.
    Absent,
}

/// Finds the hash key, and keeps what is needed to know it again.
pub(super) fn hash_key(connection: &Connection, configured: Option<&str>, now: Timestamp) -> Result<HashKey> {
    let Some(check) = read_meta(connection, "hash_check")? else {
        write(connection, "created", &now.to_string())?;
        let hasher = if let Some(hash_key) = configured {
            KeyHasher::new(hash_key)
        } else {
            let random: String = connection.query_row(RANDOM, [], |row| row.get(0))?;
            write(connection, "hash_key", &random)?;
            KeyHasher::new(&random)
        };
        write(connection, "hash_check", &check_of(&hasher))?;
        return Ok(HashKey::Right(hasher));
    };
    let own = read_meta(connection, "hash_key")?;
    let Some(hash_key) = configured.or(own.as_deref()) else { return Ok(HashKey::Absent) };
    let hasher = KeyHasher::new(hash_key);
    Ok(if check_of(&hasher) == check { HashKey::Right(hasher) } else { HashKey::Differs })
}

/// With what the keys of each account are made.
pub(super) fn identities(connection: &Connection) -> Result<Vec<LedgerIdentity>> {
    let mut statement = connection.prepare(ACCOUNTS)?;
    let values = statement.query_map([LedgerIdentity::PREFIX], |row| row.get::<_, String>(0))?;
    values.map(|value| LedgerIdentity::parse(&value?).ok_or_else(damaged)).collect()
}

/// Remembers with what an account's keys are made.
pub(super) fn keep_identity(connection: &Connection, identity: &LedgerIdentity) -> Result<()> {
    connection.execute(REPLACE, [identity.name(), identity.value()])?;
    Ok(())
}

/// Remembers how a run sends people.
pub(super) fn keep_route(connection: &Connection, run: &str, route: &str) -> Result<()> {
    connection.prepare_cached(KEEP)?.execute([&route_of(run), route])?;
    Ok(())
}

/// How a run sent people, if that is known: it was not always kept.
pub(super) fn route(connection: &Connection, run: &str) -> Result<Option<String>> {
    read_meta(connection, &route_of(run))
}

fn route_of(run: &str) -> String {
    format!("route {run}")
}

/// Remembers that something was known of somebody.
pub(super) fn mark_as_used(connection: &Connection) -> Result<()> {
    connection.prepare_cached(MARK_AS_USED)?.execute([])?;
    Ok(())
}

/// Nobody has to be known any more: a person said so.
pub(super) fn forget_use(connection: &Connection) -> Result<()> {
    connection.execute(FORGET_USE, [])?;
    Ok(())
}

/// Whether anything was ever known of anybody.
pub(super) fn was_used(connection: &Connection) -> Result<bool> {
    Ok(read_meta(connection, "used")?.is_some())
}

/// A number that is kept under a name; 0 where there is none.
pub(super) fn count(connection: &Connection, name: &str) -> Result<u64> {
    let Some(kept) = read_meta(connection, name)? else { return Ok(0) };
    kept.parse().map_err(|_| damaged())
}

/// Keeps a number under a name.
pub(super) fn set_count(connection: &Connection, name: &str, count: u64) -> Result<()> {
    connection.execute(REPLACE, [name, &count.to_string()])?;
    Ok(())
}

/// Forgets what is kept under the names between two.
pub(super) fn forget_between(connection: &Connection, names: &[String; 2]) -> Result<()> {
    connection.execute(FORGET_BETWEEN, [&names[0], &names[1]])?;
    Ok(())
}

/// Tells keys apart without giving them away.
fn check_of(hasher: &KeyHasher) -> String {
    let Key(bytes) = hasher.key("which hash key is this?", "");
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn read_meta(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection.query_row(READ, [name], |row| row.get(0)).optional()
}

fn write(connection: &Connection, name: &str, value: &str) -> Result<()> {
    connection.execute(WRITE, [name, value])?;
    Ok(())
}

//! Opens the ledger that the configuration names, for a run.

use std::path::Path;

use jiff::Timestamp;

use crate::config::{LedgerConfig, MemoryConfig, ScopeConfig};
use crate::contact::Campaign;
use crate::error::Error;
use crate::ledger::postgres::Postgres;
use crate::ledger::sqlite::Sqlite;
use crate::ledger::{AnyLedger, Entry, Forgetful, Hasher, Key, Keys, Scope, Terms};
use crate::vendor::Vendor;

/// A ledger that is open for a run.
pub(super) struct Memory {
    pub(super) ledger: AnyLedger,
    /// None without a ledger.
    pub(super) keys: Option<Keys>,
    /// Contacts that dead runs had claimed and not settled.
    pub(super) recovered_unknown: u64,
}

/// Opens the ledger; nothing is sent when that fails.
pub(super) async fn open(
    config: &LedgerConfig,
    vendor: &dyn Vendor,
    sync_id: &str,
    now: Timestamp,
) -> Result<Memory, Error> {
    let run = format!("{}-{:08x}", if sync_id.is_empty() { "run" } else { sync_id }, fastrand::u32(..));
    let (ledger, hasher, recovered_unknown, memory) = match config {
        LedgerConfig::None => {
            return Ok(Memory { ledger: AnyLedger::None(Forgetful), keys: None, recovered_unknown: 0 });
        }
        LedgerConfig::Sqlite(sqlite) => {
            let terms = terms(&sqlite.memory, run);
            let (path, hash_key) = (sqlite.path.clone(), sqlite.memory.hash_key().map(str::to_owned));
            // A file can take its time, too; who waits for it hears signals meanwhile.
            let opening = tokio::task::spawn_blocking(move || {
                Sqlite::open(Path::new(&path), &terms, hash_key.as_deref(), now)
            });
            let opened =
                opening.await.map_err(|_| Error::Defect("the ledger's opening panicked".to_owned()))?;
            let (ledger, opened) = opened?;
            (AnyLedger::Sqlite(ledger), opened.hasher, opened.recovered_unknown, &sqlite.memory)
        }
        LedgerConfig::Postgres(postgres) => {
            let terms = terms(&postgres.memory, run);
            let url = postgres.url.expose();
            let (ledger, opened) = Postgres::open(url, &terms, postgres.memory.hash_key(), now).await?;
            (AnyLedger::Postgres(ledger), opened.hasher, opened.recovered_unknown, &postgres.memory)
        }
    };
    Ok(Memory { ledger, keys: Some(keys(hasher, memory, vendor)), recovered_unknown })
}

/// Does with the ledger what a run would do, for somebody who does not exist, and leaves nothing of it
/// behind. Gives whether there is a ledger already.
pub(super) async fn rehearse(
    config: &LedgerConfig,
    vendor: &dyn Vendor,
    now: Timestamp,
) -> Result<bool, Error> {
    let nobody = Entry {
        key: Key(fastrand::u128(..).to_be_bytes()),
        campaign: vendor.campaign("").unwrap_or_else(|_| Campaign::new("")),
        stream: "check".into(),
        primary_key: Box::default(),
    };
    match config {
        LedgerConfig::None => Ok(true),
        LedgerConfig::Sqlite(sqlite) => {
            let (path, terms) = (Path::new(&sqlite.path), terms(&sqlite.memory, "check".to_owned()));
            Ok(Sqlite::rehearse(path, &terms, sqlite.memory.hash_key(), &nobody, now)?)
        }
        LedgerConfig::Postgres(postgres) => {
            let (url, terms) = (postgres.url.expose(), terms(&postgres.memory, "check".to_owned()));
            Ok(Postgres::rehearse(url, &terms, postgres.memory.hash_key(), &nobody, now).await?)
        }
    }
}

/// The keys of this account within the configured scope.
pub(super) fn keys(hasher: Hasher, memory: &MemoryConfig, vendor: &dyn Vendor) -> Keys {
    Keys::new(hasher, scope(memory), format!("{}/{}", vendor.name(), vendor.account()))
}

/// One sentence on what this configuration guarantees.
pub(super) fn guarantee(config: &LedgerConfig) -> String {
    let Some(memory) = config.memory() else {
        return "Without a ledger people are remembered within one sync only: a repeated sync can call them again."
            .to_owned();
    };
    let within = match scope(memory) {
        Scope::Campaign => "a campaign",
        Scope::Account => "this account",
        Scope::Everywhere => "everything that shares the ledger",
    };
    match memory.call_again_after_days {
        0 => format!("The ledger works: within {within} nobody is called twice, whatever happens to a sync."),
        days => format!("The ledger works: within {within} nobody is called again for {days} days."),
    }
}

fn scope(memory: &MemoryConfig) -> Scope {
    match memory.scope {
        ScopeConfig::Campaign => Scope::Campaign,
        ScopeConfig::Account => Scope::Account,
        ScopeConfig::Everywhere => Scope::Everywhere,
    }
}

fn terms(memory: &MemoryConfig, run: String) -> Terms {
    let MemoryConfig { scope: _, call_again_after_days, hash_key: _, expect_existing } = memory;
    Terms { run, call_again_after_days: *call_again_after_days, expect_existing: *expect_existing }
}

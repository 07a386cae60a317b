//! The form's section on the memory of who was sent to whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Mistake;
use crate::secret::Secret;

/// The memory of who was sent to whom.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(tag = "ledger_type", rename_all = "snake_case")]
pub enum LedgerConfig {
    /// People are remembered within one sync only: a repeated sync can call them again.
    #[default]
    #[schemars(title = "None")]
    None,
    /// A file on a volume that stays, for one sync at a time.
    #[schemars(title = "SQLite file")]
    Sqlite(SqliteConfig),
    /// A PostgreSQL database, for containers whose disk does not stay and for many syncs at once.
    #[schemars(title = "PostgreSQL")]
    Postgres(PostgresConfig),
}

/// A file on a volume that stays.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "SQLite file")]
pub struct SqliteConfig {
    /// Where the file is, inside the container. Its folder must exist, be writable and outlive the container.
    #[schemars(title = "Path", extend("examples" = ["/local/ai-voice/ledger.sqlite"]))]
    pub path: String,

    /// What is remembered.
    #[serde(flatten)]
    pub memory: MemoryConfig,

    /// Only for a file on a network share, and only if its server keeps locks and what was flushed (NFS 4, such as EFS, does) and one sync at a time uses it. Off: such a file is refused.
    #[serde(default)]
    #[schemars(title = "On a network share")]
    pub network_share: bool,
}

/// A PostgreSQL database.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "PostgreSQL")]
pub struct PostgresConfig {
    /// Where the database is. TLS is used where the server offers it; sslmode=verify-full checks its certificate. The user must be allowed to create tables in it once.
    #[schemars(title = "URL", extend("examples" = ["postgresql://user:password@host:5432/database?sslmode=verify-full"]))]
    pub url: Secret,

    /// What is remembered.
    #[serde(flatten)]
    pub memory: MemoryConfig,
}

/// What is remembered, and for how long.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct MemoryConfig {
    /// Within what a person is called at most once. campaign: each campaign may call them once. account: all campaigns of this account together. everywhere: everything that shares the ledger.
    #[serde(default)]
    #[schemars(title = "Scope")]
    pub scope: ScopeConfig,

    /// A person who was called may be called again after so many days. 0: never.
    #[serde(default)]
    #[schemars(title = "Call again after (days)", range(min = 0, max = 36_500))]
    pub call_again_after_days: u32,

    /// The secret behind the ledger's keys. Blank: the ledger makes one and keeps it in itself. With a secret of your own, a stolen ledger tells nobody's number.
    #[serde(default)]
    #[schemars(title = "Hash key")]
    pub hash_key: Secret,

    /// Stops the sync when the ledger is new or empty: switch it on after the first sync, so that a lost volume calls nobody again.
    #[serde(default)]
    #[schemars(title = "Expect an existing ledger")]
    pub expect_existing: bool,
}

impl LedgerConfig {
    /// What is remembered, where anything is.
    #[must_use]
    pub fn memory(&self) -> Option<&MemoryConfig> {
        match self {
            Self::None => None,
            Self::Sqlite(sqlite) => Some(&sqlite.memory),
            Self::Postgres(postgres) => Some(&postgres.memory),
        }
    }

    /// What cannot work in values that were filled in. The text does not repeat an address, which may
    /// hold a password.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        match self {
            Self::Sqlite(sqlite) if sqlite.path.contains("://") => vec![Mistake::new(
                "ledger.path",
                "is a path to a file; a database is ledger_type postgres, with its address as url",
            )],
            Self::None | Self::Sqlite(_) | Self::Postgres(_) => Vec::new(),
        }
    }
}

impl MemoryConfig {
    /// The user's own hash key.
    #[must_use]
    pub fn hash_key(&self) -> Option<&str> {
        Some(self.hash_key.expose()).filter(|key| !key.is_empty())
    }
}

/// Within what a person is called at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeConfig {
    /// Each campaign may call them once.
    #[default]
    Campaign,
    /// All campaigns of this account together may call them once.
    Account,
    /// Everything that shares the ledger may call them once.
    Everywhere,
}

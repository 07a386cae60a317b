//! What went wrong at the database, and whose turn it is.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::ledger::LedgerError;

/// What went wrong.
#[derive(Debug)]
pub(super) enum PostgresError {
    /// The server said so, or the connection to it broke.
    Failed(Error),
    /// Nothing came back in time.
    Silent,
    /// Nothing can be written here: it follows another server.
    Standby,
    /// Nothing can be written here: somebody wants it so.
    ReadOnly,
    /// What was sent as one transaction was none.
    Torn,
    /// The lease of this run is over; what kept it from being renewed, where something did.
    LeaseLost(Option<LedgerError>),
    /// The ledger or its URL is not fit for use: a whole explanation.
    Unfit(String),
}

impl From<Error> for PostgresError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl PostgresError {
    /// Whether the same may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Silent | Self::Standby => true,
            Self::ReadOnly | Self::Torn | Self::LeaseLost(_) | Self::Unfit(_) => false,
            Self::Failed(error) if pools_by_statement(error) => false,
            Self::Failed(error) => match error.code() {
                Some(code) => code_may_pass(code),
                None => error.is_closed() || interruption(error).is_some(),
            },
        }
    }

    /// Whether no host was found that can be written to.
    pub(super) fn takes_no_writes(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        error.code().is_none() && interruption(error) == Some(io::ErrorKind::PermissionDenied)
    }

    /// Whether the connection is of no use any more: its server has become a standby.
    pub(super) fn wants_another_host(&self) -> bool {
        matches!(self, Self::Failed(error) if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION))
    }

    /// What the user sees.
    pub(super) fn at(&self, place: &str, purpose: &str) -> LedgerError {
        match self {
            Self::Unfit(why) => LedgerError::Unusable(format!("{place}: {why}")),
            Self::LeaseLost(trouble) => {
                let trouble = trouble.as_ref().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
                LedgerError::Unavailable(format!(
                    "{place}: this run could not renew its lease in time{trouble}, so other runs may count its \
                     contacts as unknown; start the sync again"
                ))
            }
            other => {
                let why = format!("{place}: {} while {purpose}; {}", self.cause(), self.remedy());
                if other.may_pass() { LedgerError::Unavailable(why) } else { LedgerError::Unusable(why) }
            }
        }
    }

    /// The innermost words, which are the telling ones.
    pub(super) fn cause(&self) -> String {
        let error = match self {
            Self::Failed(error) => error,
            Self::Silent => return "no answer in time".to_owned(),
            Self::Standby => return "the database is a standby, which takes no writes,".to_owned(),
            Self::ReadOnly => return "the database takes no writes".to_owned(),
            Self::Torn => return "a transaction was torn apart".to_owned(),
            Self::LeaseLost(_) => return "the lease is over".to_owned(),
            Self::Unfit(why) => return why.clone(),
        };
        if let Some(answer) = error.as_db_error() {
            return answer.message().to_owned();
        }
        error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
    }

    fn remedy(&self) -> &'static str {
        let error = match self {
            Self::Failed(error) => error,
            Self::Standby => return TO_THE_PRIMARY,
            Self::ReadOnly => {
                return "set `default_transaction_read_only` off for this user and this database";
            }
            Self::Torn => return POOLING,
            _ => return BUSY,
        };
        if pools_by_statement(error) {
            return POOLING;
        }
        let Some(code) = error.code() else { return connection_remedy(self.may_pass()) };
        REMEDIES
            .iter()
            .find(|(codes, _)| codes.contains(code))
            .map_or("see the database's log", |(_, remedy)| remedy)
    }
}

const BUSY: &str =
    "see whether the database is busy or blocked, or a pooler in front of it has no connection to give";
const POOLING: &str = "a pooler must pool by session or by transaction";
const TO_THE_PRIMARY: &str = "connect to the primary, not to a standby";

const REMEDIES: &[(&[SqlState], &str)] = &[
    (
        &[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION],
        "check user, password and `sslmode` in the URL, and the server's pg_hba.conf",
    ),
    (
        &[SqlState::PROTOCOL_VIOLATION],
        "that is a pooler's word: check that it knows user, database and options of the URL, and reaches the database",
    ),
    (&[SqlState::INVALID_CATALOG_NAME], "create the database, or correct its name in the URL"),
    (
        &[SqlState::INSUFFICIENT_PRIVILEGE],
        "make the user the owner of the ledger's schema and of everything in it, or, for the first run, grant it \
         CREATE on the database",
    ),
    (
        &[SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN, SqlState::DUPLICATE_TABLE],
        "these are not the ledger's tables as it made them: restore them from a backup, or, where they are another \
         program's, give the ledger a schema of its own (`?schema=…` in the URL)",
    ),
    (&[SqlState::READ_ONLY_SQL_TRANSACTION], TO_THE_PRIMARY),
    (
        &[SqlState::TOO_MANY_CONNECTIONS],
        "allow the user more connections (each connector takes two), or run fewer connectors at once",
    ),
    (
        &[SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN],
        "the database starts or stops; start the sync again when it runs",
    ),
    (&[SqlState::DISK_FULL], "give the database more disk"),
    (
        &[SqlState::LOCK_NOT_AVAILABLE],
        "another program holds a lock on the ledger's tables: find it in pg_stat_activity, and end it",
    ),
    (&[SqlState::QUERY_CANCELED], BUSY),
    (
        &[SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED],
        "another program changes the ledger's tables; leave them to the connectors, and start the sync again",
    ),
    // What we send has no name. A pooler that gives it one must know it wherever it sends it.
    (&[SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT], POOLING),
];

fn connection_remedy(may_pass: bool) -> &'static str {
    if may_pass {
        "see whether the database runs and can be reached from here"
    } else {
        "check host, port, `sslmode` and `sslrootcert` in the URL"
    }
}

/// By class: connection (08), transaction rolled back (40), resources (53), operator (57), locks
/// (55). A standby that is being promoted answers 25006. What a first run loses against another
/// first run is not here: an advisory lock keeps them apart.
fn code_may_pass(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53" | "55" | "57") || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

/// `PgBouncer` has no code of its own for this.
fn pools_by_statement(error: &Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.message().contains("statement pooling"))
}

/// A broken connection is an `io::Error`; so is a certificate that is refused, but that is invalid data.
fn interruption(error: &Error) -> Option<io::ErrorKind> {
    let kind = error.source()?.downcast_ref::<io::Error>()?.kind();
    (!matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)).then_some(kind)
}

//! What went wrong at the database, and whose turn it is.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::ledger::LedgerError;

/// What went wrong.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server said so, or the connection to it broke.
    Failed(Error),
    /// Nothing came back in time.
    Silent,
    /// The lease of this run is over.
    LeaseLost,
    /// The ledger or its URL is not fit for use: a whole explanation.
    Unfit(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Fault {
    /// Whether the same may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Silent => true,
            Self::LeaseLost | Self::Unfit(_) => false,
            Self::Failed(error) => match error.code() {
                Some(code) => code_may_pass(code),
                None => error.is_closed() || error.source().is_some_and(is_interruption),
            },
        }
    }

    /// What the user sees.
    pub(super) fn at(&self, place: &str) -> LedgerError {
        match self {
            Self::Unfit(why) => LedgerError::Unusable(format!("{place}: {why}")),
            Self::LeaseLost => LedgerError::Unavailable(format!(
                "{place}: this run could not renew its lease in time, so other runs may count its contacts as \
                 unknown; start the sync again"
            )),
            passing if passing.may_pass() => {
                LedgerError::Unavailable(format!("{place}: {}; {}", self.cause(), self.remedy()))
            }
            _ => LedgerError::Unusable(format!("{place}: {}; {}", self.cause(), self.remedy())),
        }
    }

    /// The innermost words, which are the telling ones.
    pub(super) fn cause(&self) -> String {
        let error = match self {
            Self::Failed(error) => error,
            Self::Silent => return "no answer in time".to_owned(),
            Self::LeaseLost => return "the lease is over".to_owned(),
            Self::Unfit(why) => return why.clone(),
        };
        if let Some(answer) = error.as_db_error() {
            return answer.message().to_owned();
        }
        error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
    }

    fn remedy(&self) -> &'static str {
        let Self::Failed(error) = self else { return "see whether the database is busy or blocked" };
        let Some(code) = error.code() else { return connection_remedy(self.may_pass()) };
        REMEDIES
            .iter()
            .find(|(codes, _)| codes.contains(code))
            .map_or("see the database's log", |(_, remedy)| remedy)
    }
}

const REMEDIES: &[(&[SqlState], &str)] = &[
    (
        &[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION],
        "check user, password and `sslmode` in the URL, and the server's pg_hba.conf",
    ),
    (&[SqlState::INVALID_CATALOG_NAME], "create the database, or correct its name in the URL"),
    (
        &[SqlState::INSUFFICIENT_PRIVILEGE],
        "grant the user CREATE on the database for the first run, or create the schema and make the user its owner",
    ),
    (
        &[SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN, SqlState::DUPLICATE_TABLE],
        "the ledger's tables were changed from outside; restore them from a backup",
    ),
    (&[SqlState::READ_ONLY_SQL_TRANSACTION], "connect to the primary, not to a standby"),
    (
        &[SqlState::TOO_MANY_CONNECTIONS],
        "allow the user more connections (each connector takes two), or run fewer connectors at once",
    ),
    (&[SqlState::DISK_FULL], "give the database more disk"),
    (
        &[SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE],
        "see whether the database is busy or blocked",
    ),
    (&[SqlState::INVALID_SQL_STATEMENT_NAME], "a pooler must keep prepared statements, or pool by session"),
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

/// A broken connection is an `io::Error`; so is a certificate that is refused, but that is invalid data.
fn is_interruption(source: &(dyn std::error::Error + 'static)) -> bool {
    source.downcast_ref::<io::Error>().is_some_and(|error| {
        !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
    })
}

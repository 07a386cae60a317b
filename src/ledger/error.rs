//! Why a ledger cannot be used. Every text names the ledger's place and says what to do.

/// Why a ledger cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// May pass by itself: locked by another live run, unreachable, a lost connection.
    #[error("the ledger cannot be reached: {0}")]
    Unavailable(String),
    /// Only a person can mend it: made by a newer version, unexpectedly empty, no permission, damaged.
    #[error("the ledger cannot be used: {0}")]
    Unusable(String),
}

impl From<LedgerError> for crate::domain::error::Error {
    fn from(error: LedgerError) -> Self {
        let text = error.to_string();
        match error {
            LedgerError::Unavailable(_) => Self::LedgerUnavailable(text),
            LedgerError::Unusable(_) => Self::LedgerUnusable(text),
        }
    }
}

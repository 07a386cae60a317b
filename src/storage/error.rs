//! Why nothing can be put. Every text names the place and says what to do; none holds a key or a signature.

/// Why nothing can be put.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// May pass by itself: unreachable, overloaded, full.
    #[error("the storage of rejected records cannot be reached: {0}")]
    Unavailable(String),
    /// Only a person can mend it: keys, a bucket that is not there, permissions.
    #[error("the storage of rejected records cannot be used: {0}")]
    Unusable(String),
}

impl StorageError {
    /// The same, and something else that its reader must know.
    pub(super) fn followed_by(self, words: &str) -> Self {
        match self {
            Self::Unavailable(why) => Self::Unavailable(format!("{why}; {words}")),
            Self::Unusable(why) => Self::Unusable(format!("{why}; {words}")),
        }
    }
}

impl From<StorageError> for crate::domain::error::Error {
    fn from(error: StorageError) -> Self {
        let text = error.to_string();
        match error {
            StorageError::Unavailable(_) => Self::StorageUnavailable(text),
            StorageError::Unusable(_) => Self::StorageUnusable(text),
        }
    }
}

/// Why an object was not put.
#[derive(Debug)]
pub(super) enum PutError {
    /// Something of this name is there.
    Taken,
    Storage(StorageError),
}

impl From<StorageError> for PutError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

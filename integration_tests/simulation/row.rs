//! What a ledger knows of somebody.

/// What is known of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Claimed { run: u64 },
    Accepted,
    Rejected,
    Unknown,
}

impl Row {
    /// What becomes of somebody whose run died.
    pub(crate) fn without_claim(self) -> Self {
        if let Self::Claimed { .. } = self { Self::Unknown } else { self }
    }
}

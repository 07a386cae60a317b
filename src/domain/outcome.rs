//! How one contact ended.

use super::reason::Reason;

/// How one contact ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The vendor confirmed it.
    Accepted {
        /// The vendor's own identifier of the contact.
        contact_id: Option<Box<str>>,
    },
    /// Already in the campaign, in this run, or in the ledger.
    Duplicate(Reason),
    /// Policy keeps it back.
    Suppressed(Reason, Detail),
    /// Refused by us.
    Invalid(Reason, Detail),
    /// Refused by the vendor.
    Rejected(Reason, Detail),
    /// The request may have arrived; nobody can say.
    Unknown(Detail),
}

/// Words for a person, beside the stable code; without personal data.
pub type Detail = Option<Box<str>>;

impl Outcome {
    /// The stable name of the outcome itself.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Duplicate(_) => "duplicate",
            Self::Suppressed(..) => "suppressed",
            Self::Invalid(..) => "invalid",
            Self::Rejected(..) => "rejected",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether the platform counts the record as rejected.
    #[must_use]
    pub fn counts_as_rejected(&self) -> bool {
        !matches!(self, Self::Accepted { .. } | Self::Duplicate(_))
    }

    /// Why, for everything but accepted.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Accepted { .. } => None,
            Self::Duplicate(reason)
            | Self::Suppressed(reason, _)
            | Self::Invalid(reason, _)
            | Self::Rejected(reason, _) => Some(*reason),
            Self::Unknown(_) => Some(Reason::OutcomeUnknown),
        }
    }

    /// Words for a person, beside the reason.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } | Self::Duplicate(_) => None,
            Self::Suppressed(_, detail)
            | Self::Invalid(_, detail)
            | Self::Rejected(_, detail)
            | Self::Unknown(detail) => detail.as_deref(),
        }
    }
}

//! What can be decided about a contact, and which limits there are.

use crate::config::OnLimit;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// What is decided about a contact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PolicyDecision {
    /// They go out.
    Send,
    /// They have ended.
    Ended(Outcome),
    /// They are beyond a limit, and left alone with all that comes after them.
    Leave(ContactLimit),
}

/// How many may be sent at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContactLimit {
    /// In this run.
    PerSync,
    /// In a day, to one campaign, by all runs.
    PerDay,
}

impl ContactLimit {
    /// Its setting.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::PerSync => "limits.max_contacts_per_sync",
            Self::PerDay => "limits.max_contacts_per_day",
        }
    }

    /// What is decided about somebody beyond it.
    pub(crate) fn decision_beyond(self, on_limit: OnLimit) -> PolicyDecision {
        let reason = match self {
            Self::PerSync => Reason::MaxContactsPerSync,
            Self::PerDay => Reason::MaxContactsPerDay,
        };
        match on_limit {
            OnLimit::Stop => PolicyDecision::Leave(self),
            OnLimit::Suppress => PolicyDecision::Ended(Outcome::Suppressed(reason, None)),
        }
    }
}

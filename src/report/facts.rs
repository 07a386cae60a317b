//! What a report is told from outside: of the run when it begins, and how it ended.

use jiff::Timestamp;

use super::document::{EndingName, PreviewSection, RunKind};
use crate::domain::error::{Error, FailureType};
use crate::domain::reason::Reason;
use crate::phone::discreet;

/// What is known of a run when it begins.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// Whether anybody is called by it.
    pub kind: RunKind,
    /// This attempt's own name.
    pub id: String,
    /// The platform's number of the sync; blank where nobody gave one.
    pub sync_id: String,
    /// When it began.
    pub started: Timestamp,
    /// Whose campaigns they are.
    pub vendor: String,
    /// Host and port of a trial, whose requests do not go to the vendor's own address; blank otherwise.
    pub sent_to: String,
    /// Where contacts go unless a stream says otherwise.
    pub campaign: String,
    /// What remembers them.
    pub ledger: LedgerFacts,
    /// The rules of calling that are kept.
    pub rules: Vec<RuleFacts>,
    /// A hash by which one knows the same settings again.
    pub settings_digest: String,
}

/// A rule of calling.
#[derive(Clone, Debug)]
pub struct RuleFacts {
    /// The setting that makes it, as a path.
    pub setting: &'static str,
    /// One sentence.
    pub says: String,
    /// The reasons of those whom it keeps back.
    pub reasons: &'static [Reason],
}

/// What the ledger is and promises.
#[derive(Clone, Debug)]
pub struct LedgerFacts {
    /// `none`, `sqlite` or `postgres`.
    pub kind: &'static str,
    /// One sentence on what it guarantees.
    pub guarantee: String,
    /// What a verdict may say of it.
    pub promise: Promise,
}

/// How far "nobody twice" goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Over all syncs.
    NobodyTwice,
    /// Within one sync: there is no ledger.
    WithinTheSync,
    /// What may have arrived is sent again, because the user chose it.
    None,
}

/// How a run ended, and what it left behind.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// When.
    pub ended: Timestamp,
    /// Records that were read.
    pub read: u64,
    /// In which way.
    pub how: Ending,
    /// Where rejected records were put; blank where nowhere.
    pub rejects: String,
    /// Where receipts were put; blank where nowhere.
    pub receipts: String,
    /// What only a preview has.
    pub preview: Option<PreviewSection>,
}

/// The ways in which a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The input was read to its end.
    Complete,
    /// A limit was reached, and the rest of the input was left for the next sync.
    LimitReached {
        /// The setting's name.
        limit: String,
    },
    /// Somebody stopped it.
    Interrupted {
        /// A fragment of a sentence.
        why: String,
    },
    /// Something stopped it.
    Failed {
        /// Whose turn it is.
        failure: FailureType,
        /// What happened, without a number or a secret.
        why: String,
        /// The setting of the rule that stopped it, if it was one.
        rule: Option<&'static str>,
    },
}

impl Ending {
    /// The way in which a run ended, and why.
    pub(super) fn told(&self) -> (EndingName, String) {
        match self {
            Self::Complete => (EndingName::Complete, String::new()),
            Self::LimitReached { limit } => (EndingName::LimitReached, limit.clone()),
            Self::Interrupted { why } => (EndingName::Interrupted, discreet(why)),
            Self::Failed { failure, why, rule: _ } => {
                let name = match failure {
                    FailureType::Config => EndingName::ConfigError,
                    FailureType::Transient => EndingName::TransientError,
                    FailureType::System => EndingName::SystemError,
                };
                (name, discreet(why))
            }
        }
    }

    /// The rule that ended the run, by its setting.
    pub(super) fn rule(&self) -> Option<&str> {
        match self {
            Self::LimitReached { limit } => Some(limit),
            Self::Failed { rule, .. } => *rule,
            Self::Complete | Self::Interrupted { .. } => None,
        }
    }
}

impl From<&Error> for Ending {
    fn from(error: &Error) -> Self {
        match error {
            Error::Interrupted(_) | Error::Hurried(_) => Self::Interrupted { why: error.to_string() },
            _ => {
                let rule = match error {
                    Error::OutsideWindow(_) => Some("rules.window"),
                    Error::NobodyToCall { .. } => Some("limits.allow_nobody"),
                    Error::TooManyRejected { .. } => Some("limits.max_rejected_percent"),
                    _ => None,
                };
                Self::Failed { failure: error.failure_type(), why: error.to_string(), rule }
            }
        }
    }
}

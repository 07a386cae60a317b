//! What stops a run. (What happens to one contact is an `Outcome`, and is data.)

use std::fmt;
use std::io;

/// The reason a command stopped. Variants say whose turn it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user's configuration cannot work; only the user can mend it.
    #[error("the configuration cannot work:{}", Mistakes(.0))]
    Config(Vec<Mistake>),
    /// A file that the command line names cannot be read.
    #[error("cannot read {what} {path}")]
    File {
        /// What the file should hold.
        what: &'static str,
        /// Where it should be.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// A file of the platform is not what it should be.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        what: &'static str,
        /// Where it stops making sense, and what should be there.
        why: String,
    },
    /// What a person asked for would not be what they meant, or not yet.
    #[error("nothing was changed: {0}")]
    NothingDone(String),
    /// The vendor refuses this account or campaign, until somebody acts.
    #[error("{vendor} refused: {why}")]
    Refused {
        /// The vendor's name.
        vendor: &'static str,
        /// What is wrong, where to look, what to change.
        why: String,
    },
    /// No request gets to the vendor, until somebody mends the network's settings.
    #[error("there is no way to {vendor}: {why}")]
    NoWay {
        /// The vendor's name.
        vendor: &'static str,
        /// What is in the way, and what to change.
        why: String,
    },
    /// The ledger cannot be reached now: another run holds it, or its server is away.
    #[error("{0}")]
    LedgerUnavailable(String),
    /// The ledger cannot be used until a person acts.
    #[error("{0}")]
    LedgerUnusable(String),
    /// The storage of rejected records cannot be reached now, or has no space.
    #[error("{0}")]
    StorageUnavailable(String),
    /// The storage of rejected records cannot be used until a person acts.
    #[error("{0}")]
    StorageUnusable(String),
    /// More records were rejected than the user allows.
    #[error(
        "{rejected} of {total} records were rejected, more than limits.max_rejected_percent ({percent} %) allows; those that only_when, a limit or a deletion in the source kept back are not counted"
    )]
    TooManyRejected {
        /// Records that ended invalid, rejected or unknown, or kept back without anybody having asked for it.
        rejected: u64,
        /// Records that have ended, without those kept back on purpose.
        total: u64,
        /// The limit.
        percent: u8,
    },
    /// A row of the do-not-call list cannot be read: to leave it out would be to call somebody who is on it.
    #[error("the do-not-call list was not loaded: {at} {why}")]
    ListRow {
        /// Which row.
        at: String,
        /// What is wrong with it, and what to do; never what is in it.
        why: String,
    },
    /// The vendor cannot be reached, or gave no clear answer, for longer than the retry budget.
    #[error("{vendor} could not be reached: {why}")]
    Unreachable {
        /// The vendor's name.
        vendor: &'static str,
        /// What was tried, for how long, and what came back last.
        why: String,
    },
    /// Nobody may be called at this time.
    #[error(
        "rules.window is closed: nobody else is handed over, and no STATE passes by who was not; it opens {0}"
    )]
    OutsideWindow(
        /// When it opens again.
        String,
    ),
    /// Nobody among the first records can be called.
    #[error(
        "none of the first {n_records} records can be called, or was before ({reasons}): a condition or a column is probably wrong. Nothing was sent, and no STATE passes these records by; if this is normal, set limits.allow_nobody to true"
    )]
    NobodyToCall {
        /// How many were looked at.
        n_records: u64,
        /// How they ended, with counts.
        reasons: String,
    },
    /// The source stopped before it said that its streams are complete.
    #[error(
        "the input ended before the source completed stream {0}; what no STATE covers was not sent, the next attempt brings it again"
    )]
    Incomplete(String),
    /// A signal asked the run to end.
    #[error("stopped by {0} before the end of the input")]
    Interrupted(&'static str),
    /// A second signal asked the run to end at once.
    #[error(
        "stopped at once by a second signal ({0}): answers to requests under way were not awaited, so these contacts may have been sent"
    )]
    Hurried(&'static str),
    /// A line on stdin is not the protocol's.
    #[error("line {line} of the input {why}")]
    Protocol {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it; never its content.
        why: String,
    },
    /// The input cannot be read further.
    #[error("cannot read the input")]
    Input(#[source] io::Error),
    /// The process lacks what every command needs.
    #[error("{what} cannot be had at the start; give this process more: {limit}")]
    Resources {
        /// What is missing.
        what: &'static str,
        /// Which limit to look at.
        limit: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Nobody reads stdout any more.
    #[error("cannot write to stdout; see why whoever starts this destination stopped reading it")]
    Output(#[source] io::Error),
    /// A long sync needs a temporary file, and cannot write one.
    #[error(
        "the numbers of this sync do not fit into memory, and no temporary file can hold them ({0}): give the connector a writable folder with free space, named by TMPDIR"
    )]
    TemporaryFile(String),
    /// The platform asks for something that this program does not do.
    #[error("{0}")]
    Unsupported(&'static str),
    /// This program is wrong.
    #[error("this is a defect of destination-ai-voice, please report it: {0}")]
    Defect(String),
}

/// One mistake in the user's configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where: a path such as `streams[0].fields[2].column`.
    pub at: String,
    /// What is wrong and what to do, without any value that could be secret.
    pub why: String,
}

/// The platform's three classes of failure; they decide whether it tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureType {
    /// The user must act; the platform does not try again.
    Config,
    /// May pass by itself.
    Transient,
    /// A defect, or input that is not the protocol.
    System,
}

impl Error {
    /// A configuration error with one mistake.
    #[must_use]
    pub fn config(at: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Config(vec![Mistake::new(at, why)])
    }

    /// The platform's class of this failure.
    #[must_use]
    pub fn failure_type(&self) -> FailureType {
        match self {
            Self::Config(_)
            | Self::LedgerUnusable(_)
            | Self::StorageUnusable(_)
            | Self::File { .. }
            | Self::NothingDone(_)
            | Self::Refused { .. }
            | Self::NoWay { .. }
            | Self::TooManyRejected { .. }
            | Self::ListRow { .. }
            | Self::NobodyToCall { .. } => FailureType::Config,
            Self::Unreachable { .. }
            | Self::LedgerUnavailable(_)
            | Self::StorageUnavailable(_)
            | Self::OutsideWindow(_)
            | Self::Incomplete(_)
            | Self::Interrupted(_)
            | Self::Hurried(_)
            | Self::Input(_)
            | Self::TemporaryFile(_)
            | Self::Resources { .. }
            | Self::Output(_) => FailureType::Transient,
            Self::Protocol { .. } | Self::Unreadable { .. } | Self::Unsupported(_) | Self::Defect(_) => {
                FailureType::System
            }
        }
    }

    /// The message with its causes, each after a colon.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl Mistake {
    /// A mistake at a place.
    #[must_use]
    pub fn new(at: impl Into<String>, why: impl Into<String>) -> Self {
        Self { at: at.into(), why: why.into() }
    }
}

struct Mistakes<'a>(&'a [Mistake]);

impl fmt::Display for Mistakes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [only] => write!(f, " {}: {}", only.at, only.why),
            several => several.iter().try_for_each(|one| write!(f, "\n- {}: {}", one.at, one.why)),
        }
    }
}

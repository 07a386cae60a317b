//! What passes between the delivery loop and a vendor: a request, a reply, a verdict, outcomes.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::contact::{Campaign, Contact};
use crate::domain::reason::Reason;
use crate::domain::secret::Secret;

/// Contacts for one campaign, sent in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Where they go.
    pub campaign: Campaign,
    /// Who is added; no two share a number.
    pub contacts: Vec<Contact>,
    /// An earlier request with these contacts may have arrived: "already there" is then proof of
    /// success, and "not listed" proves nothing.
    pub maybe_sent: bool,
}

/// One POST, as data. Header values may be credentials, so `Debug` hides them and the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Absolute on the way out; only the path on the simulator's side.
    pub url: String,
    /// Names are compared without regard to case.
    pub headers: Vec<(Cow<'static, str>, Secret)>,
    /// UTF-8 JSON.
    pub body: Bytes,
}

/// What came back, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, as a wait from now.
    pub retry_after: Option<Duration>,
    /// The server's clock, from `Date`.
    pub date: Option<Timestamp>,
    /// The body, bounded and decoded by the transport.
    pub body: Bytes,
    /// Why the body could not be read: it broke off, or no headers' word made sense of it. It is empty then, and
    /// proves nothing; the status may.
    pub unreadable: Option<Box<str>>,
}

/// What one reply says about one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exactly one outcome per contact, in order.
    Settled(Vec<Outcome>),
    /// Nothing was taken, and the same batch may be taken later.
    Again {
        /// The least wait that the vendor asks for.
        after: Option<Duration>,
        /// For the log.
        why: String,
    },
    /// Nothing was taken, because of one or more contacts.
    Split {
        /// The vendor's words, for the log and for the contact that is found.
        why: String,
    },
    /// Nothing was taken: the signature's time is not the server's.
    ClockOff {
        /// The server's clock, when it told.
        server_time: Option<Timestamp>,
    },
    /// It may have been taken, or not.
    Unclear {
        /// For the log.
        why: String,
    },
    /// It may have been taken, or not, and nothing more may be sent until the user acts.
    Astray {
        /// What is wrong, where to look, what to change.
        why: String,
    },
    /// Nothing was taken, and nothing will be until somebody acts.
    Halt {
        /// Whose turn it is.
        blame: Blame,
        /// What is wrong, where to look, what to change.
        why: String,
    },
}

/// Who can mend what stopped the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The user: credentials, campaign, permissions.
    User,
    /// Whoever keeps the network of this machine: its proxy, its certificates.
    Network,
    /// This program.
    Us,
}

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

/// What a vendor's API allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Contacts in one request at most.
    pub max_batch: usize,
    /// The vendor recognises a repeated contact, so a batch that may have arrived can go out again.
    pub resend_is_safe: bool,
}

/// Which contact fields a vendor's API has beside the number, and which names it keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// There is a field for the name; otherwise `name` is a variable like any other.
    pub name: bool,
    /// There is a field for the gender; otherwise `gender` is a variable like any other.
    pub gender: bool,
    /// Variable names that the vendor uses itself.
    pub reserved: &'static [&'static str],
}

impl Request {
    /// The value of a header, by a name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.expose())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

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

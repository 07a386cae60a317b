//! What passes between the delivery loop and a vendor: a request, a reply, a verdict.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;

use crate::domain::outcome::Outcome;
use crate::domain::secret::Secret;

/// One request, as data. Header values may be credentials, so `Debug` hides them and the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is done at the address.
    pub method: Method,
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
    /// Some contacts have ended; of the others nothing was taken, and they may be taken later.
    Partly {
        /// Exactly one per contact, in order.
        verdicts: Vec<ContactVerdict>,
        /// The least wait that the vendor asks for.
        after: Option<Duration>,
        /// Why the others were not taken, for the log.
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

/// What one reply says about one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactVerdict {
    /// It has its outcome.
    Ended(Outcome),
    /// It was not taken, and may be taken later.
    Again,
}

/// What becomes of a contact that a vendor is sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// It may be called again: what may have arrived is not sent again.
    CallAgain,
    /// A request is recognised by its idempotency key, and does nothing again; the same contact in another request may
    /// be called again. So what may have arrived is sent again as it was, by the run that sent it, and never otherwise.
    KnownByKey,
    /// The contact is recognised in whatever request.
    KnownByContact,
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

/// What a vendor's API allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Contacts in one request at most.
    pub max_batch: usize,
    /// What becomes of a contact that is sent once more, on which it hangs whether what may have arrived can be.
    pub repeats: Repeats,
}

/// Which contact fields a vendor's API has beside the number, and which names it keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactShape {
    /// There is a field for the name; otherwise `name` is a variable like any other.
    pub name: bool,
    /// There is a field for the gender; otherwise `gender` is a variable like any other.
    pub gender: bool,
    /// Variable names that the vendor uses itself.
    pub reserved: &'static [&'static str],
}

impl Repeats {
    /// Whether the very same request can go out again and nobody is called twice.
    #[must_use]
    pub fn allow_same_request(self) -> bool {
        self != Self::CallAgain
    }

    /// Whether its contacts can go out again in another request and nobody is called twice.
    #[must_use]
    pub fn allow_other_request(self) -> bool {
        self == Self::KnownByContact
    }
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
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

//! A vendor's API from the other side, for rehearsals and tests: strict, in memory, no I/O.

use http::Method;
use jiff::{SignedDuration, Timestamp};

use super::api::{Reply, Request};
use super::call_log::{CallLog, NumberDisplay};

/// The text in a variable that makes a simulator refuse, in faults and in a user's own records.
pub const POISON: &str = "POISON";

/// One vendor's side.
pub trait Simulator: Send {
    /// The vendor's name, as in `vendor_type`.
    fn name(&self) -> &'static str;

    /// The path of the endpoint that adds contacts.
    fn path(&self) -> &'static str;

    /// How contacts are handed to it.
    fn method(&self) -> Method {
        Method::POST
    }

    /// Whether it refuses a request whose time is not its own.
    fn judges_time(&self) -> bool;

    /// What the vendor would answer on a bad day, and remembers whom it would call.
    fn answer_with(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply;

    /// How and at which paths it tells something and adds nobody, as a router matches paths.
    fn questions(&self) -> Vec<(Method, &'static str)> {
        Vec::new()
    }

    /// What the vendor would answer to a question of these. It changes nothing, so that it can call nobody.
    fn tell(&self, _request: &Request, now: Timestamp) -> Reply {
        Reply { status: 404, date: Some(now), body: "Not Found".into(), ..Reply::default() }
    }

    /// Whom it would have called by now.
    fn call_log(&self) -> &CallLog;

    /// The connector's `vendor` section that fits this simulator; `root` is `http://host:port`.
    fn connector_config(&self, root: &str) -> serde_json::Value;

    /// What the vendor would answer, and remembers whom it would call.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        self.answer_with(request, now, Twist::None)
    }
}

/// What every simulator can be told before it begins.
#[derive(Clone, Debug, Default)]
pub struct SimulatorOptions {
    /// How the book writes numbers down.
    pub numbers: NumberDisplay,
    /// Variables of every call script, for vendors that refuse contacts without them.
    pub required_variables: Vec<String>,
    /// Takes contacts for every campaign, not only for its own; of which it can tell nothing then.
    pub any_campaign: bool,
    /// Takes whatever credentials come, as somebody who rehearses without them needs it.
    pub any_credentials: bool,
}

/// What a simulator does wrong on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Twist {
    /// Nothing.
    #[default]
    None,
    /// One entry of the answer does not say whom it is about.
    NamelessLine,
    /// The vendor's clock is ahead by this much, in its judgement and in `Date`.
    WrongClock(SignedDuration),
}

impl Twist {
    /// The clock by which a simulated vendor judges and dates a request.
    #[must_use]
    pub fn vendors_clock(self, now: Timestamp) -> Timestamp {
        match self {
            Self::WrongClock(ahead) => now.checked_add(ahead).unwrap_or(now),
            Self::None | Self::NamelessLine => now,
        }
    }
}

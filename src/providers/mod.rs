//! A vendor is two pure functions: `build_request` makes a request of a batch, `read` a verdict of a reply.
//!
//! No I/O, no clock, no sleeping, no logging, no retry in here: one loop in `delivery` does all of
//! that, for every vendor. A third vendor is its folder, its example and the `// vendor:` lines.

pub mod api;
pub mod call_log;
mod contact_index;
mod endpoint;
mod http_status;
pub mod itnio; // vendor:
mod json;
mod json_writer;
mod redactor;
pub mod shortcut;
pub mod vbee; // vendor:

#[cfg(test)]
mod contract;
#[cfg(test)]
mod recorded_replies;
#[cfg(test)]
mod reply_spellings;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::batch::Batch;
use crate::domain::contact::Campaign;
use crate::domain::error::Mistake;
use crate::phone::WireFormat;

use api::{Limits, Reply, Request, Shape, Verdict};
use call_log::CallLog;
pub(crate) use endpoint::{is_loopback, unsafe_address};
use shortcut::Shortcut;

/// One vendor's API for adding contacts to a campaign.
pub trait Provider: Send + Sync {
    /// The vendor's name, as in `vendor_type`.
    fn name(&self) -> &'static str;

    /// What tells this account from others of the same vendor, for the ledger; holds no secret.
    fn account(&self) -> &str;

    /// Which fields of a contact the API has.
    fn shape(&self) -> Shape;

    /// What the API allows.
    fn limits(&self) -> Limits;

    /// The campaign of the configuration (for a blank text), or another one of the same account.
    ///
    /// # Errors
    /// Says why no campaign of this vendor can be called so.
    fn campaign(&self, id: &str) -> Result<Campaign, String>;

    /// A request that shows whether credentials and campaign work, and can dial nobody.
    fn probe(&self, now: Timestamp) -> Request;

    /// Reads the answer to the probe; `now` is this machine's clock, to say how far off it is.
    ///
    /// # Errors
    /// Says what is wrong, where to look and what to change.
    fn interpret_probe(&self, reply: &Reply, now: Timestamp) -> Result<(), String>;

    /// A request that adds the batch. Runs again for each attempt, so that each is freshly signed.
    fn build_request(&self, batch: &Batch, now: Timestamp) -> Request;

    /// What the reply says about the batch.
    fn interpret(&self, batch: &Batch, reply: &Reply) -> Verdict;
}

/// A vendor's API from the other side, for rehearsals and tests: strict, in memory, no I/O.
pub trait Simulator: Send {
    /// The path of the endpoint that adds contacts.
    fn path(&self) -> &'static str;

    /// What the vendor would answer on a bad day, and remembers whom it would call.
    fn answer_with(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply;

    /// Whom it would have called by now.
    fn book(&self) -> &CallLog;

    /// How everybody is taken without being read, for measuring.
    fn shortcut(&self) -> Shortcut;

    /// The connector's `vendor` section that fits this simulator; `root` is `http://host:port`.
    fn connector_config(&self, root: &str) -> serde_json::Value;

    /// What the vendor would answer, and remembers whom it would call.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        self.answer_with(request, now, Twist::None)
    }
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

/// Which AI voice-call service receives the contacts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "vendor_type", rename_all = "snake_case")]
pub enum Config {
    /// Calls by the jobs of an itniotech account.
    Itnio(itnio::ItnioConfig), // vendor:
    /// Calls by the campaigns of a Vbee account.
    Vbee(vbee::VbeeConfig), // vendor:
}

impl Config {
    /// The vendor that the user chose.
    #[must_use]
    pub fn build(&self) -> Arc<dyn Provider> {
        match self {
            Self::Itnio(config) => Arc::new(itnio::Itnio::new(config)), // vendor:
            Self::Vbee(config) => Arc::new(vbee::Vbee::new(config)),    // vendor:
        }
    }

    /// How numbers are written for this vendor.
    #[must_use]
    pub fn phone_format(&self) -> WireFormat {
        match self {
            Self::Itnio(config) => config.phone_format, // vendor:
            Self::Vbee(config) => config.phone_format,  // vendor:
        }
    }

    /// The address of the API, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        match self {
            Self::Itnio(config) => config.base_url(), // vendor:
            Self::Vbee(config) => config.base_url(),  // vendor:
        }
    }

    /// What cannot work in values that were filled in; blank ones are reported where forms are read.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        match self {
            Self::Itnio(config) => config.mistakes(), // vendor:
            Self::Vbee(config) => config.mistakes(),  // vendor:
        }
    }
}

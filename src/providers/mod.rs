//! A vendor is two pure functions: `build_request` makes a request of a batch, `interpret` a verdict of a reply.
//!
//! No I/O, no clock, no sleeping, no logging, no retry in here: one loop in `delivery` does all of
//! that, for every vendor. A third vendor is its folder, its example and its line in `registry`.

pub mod api;
pub mod call_log;
pub mod campaign;
mod contact_index;
mod endpoint;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod http_status;
pub mod itnio;
mod json;
mod json_writer;
#[cfg(test)]
pub mod pigeon;
mod redactor;
pub mod registry;
mod rehearsal;
pub mod section;
pub mod simulator;
pub mod spoken;
pub mod vbee;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod recorded_replies;
#[cfg(test)]
mod reply_spellings;

use jiff::Timestamp;

use crate::domain::batch::Batch;
use crate::domain::contact::Campaign;

use api::{ContactShape, Limits, Reply, Request, Verdict};
use campaign::{CampaignFacts, QuestionAnswer};
pub(crate) use endpoint::{is_loopback, is_plain_http, unsafe_address};
pub use registry::VendorConfig;
pub use simulator::{Simulator, Twist};

/// One vendor's API for adding contacts to a campaign.
pub trait Provider: Send + Sync {
    /// The vendor's name, as in `vendor_type`.
    fn name(&self) -> &'static str;

    /// What tells this account from others of the same vendor, for the ledger; holds no secret.
    fn account(&self) -> &str;

    /// Which fields of a contact the API has.
    fn shape(&self) -> ContactShape;

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

    /// The next question about a campaign after these answers; none when there is no more to ask. It only reads: no
    /// answer to it can dial anybody.
    fn ask(&self, _campaign: &Campaign, _heard: &[QuestionAnswer], _now: Timestamp) -> Option<Request> {
        None
    }

    /// What the answers to all questions say of the campaign.
    fn interpret_answers(&self, _campaign: &Campaign, _heard: &[QuestionAnswer]) -> CampaignFacts {
        CampaignFacts::unknown("this vendor documents no request that tells it")
    }

    /// A request that adds the batch. Runs again for each attempt, so that each is freshly signed.
    fn build_request(&self, batch: &Batch, now: Timestamp) -> Request;

    /// What the reply says about the batch.
    fn interpret(&self, batch: &Batch, reply: &Reply) -> Verdict;
}

//! A vendor is two pure functions: `submit` makes a request of a batch, `read` a verdict of a reply.
//!
//! No I/O, no clock, no sleeping, no logging, no retry in here: one loop in `delivery` does all of
//! that, for every vendor. A third vendor is its folder, its example and the `// vendor:` lines.

pub mod exchange;
pub mod itnio; // vendor:
pub mod vbee; // vendor:

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::contact::Campaign;

use exchange::{Batch, Limits, Reply, Request, Shape, Verdict};

/// One vendor's API for adding contacts to a campaign.
pub trait Vendor: Send + Sync {
    /// The vendor's name, as in `vendor_type`.
    fn name(&self) -> &'static str;

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

    /// Reads the answer to the probe.
    ///
    /// # Errors
    /// Says what is wrong, where to look and what to change.
    fn read_probe(&self, reply: &Reply) -> Result<(), String>;

    /// A request that adds the batch. Runs again for each attempt, so that each is freshly signed.
    fn submit(&self, batch: &Batch, now: Timestamp) -> Request;

    /// What the reply says about the batch.
    fn read(&self, batch: &Batch, reply: &Reply) -> Verdict;
}

/// A vendor's API from the other side, for rehearsals and tests: strict, in memory, no I/O.
pub trait Simulator: Send {
    /// The path of the endpoint that adds contacts.
    fn path(&self) -> &'static str;

    /// What the vendor would answer, and remembers whom it would call.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply;
}

/// Which AI voice-call service receives the contacts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "vendor_type", rename_all = "snake_case")]
pub enum Config {
    /// itniotech AI Voice
    Itnio(itnio::Config), // vendor:
    /// Vbee AICall
    Vbee(vbee::Config), // vendor:
}

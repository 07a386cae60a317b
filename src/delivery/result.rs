//! What became of a batch, contact by contact.

use crate::domain::error::Error;
use crate::domain::outcome::Outcome;

/// What became of one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactResult {
    /// It has its outcome.
    Ended(Outcome),
    /// It is not settled, the next sync brings it again.
    Open {
        /// A request with it may have arrived.
        maybe_sent: bool,
    },
    /// It was not sent, because its campaign has had enough for today; it is not settled, and the run needs not fail.
    BeyondLimit,
}

/// What became of a batch.
#[derive(Debug)]
pub struct DeliveryResult<P> {
    /// All who were to be sent, in no order that means anything.
    pub contacts: Vec<(P, ContactResult)>,
    /// Why the run must stop, if it must.
    pub failure: Option<Error>,
}

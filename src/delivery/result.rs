//! What became of a batch, contact by contact.

use super::part::Part;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;

/// What became of a batch.
#[derive(Debug)]
pub struct DeliveryResult {
    /// One for each contact, in order.
    pub results: Vec<ContactResult>,
    /// Why the run must stop, if it must.
    pub failure: Option<Error>,
}

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
}

/// Says of what is not settled whether it may have been sent.
pub(super) fn left_open(
    mut results: Vec<ContactResult>,
    part: Part,
    others: Vec<Part>,
) -> Vec<ContactResult> {
    for part in others.into_iter().chain([part]) {
        for place in part.places() {
            if let Some(result) = results.get_mut(*place) {
                *result = ContactResult::Open { maybe_sent: part.batch.maybe_sent || part.is_away };
            }
        }
    }
    results
}

/// Writes down how contacts ended, by their places in the whole batch.
pub(super) fn write_down(results: &mut [ContactResult], ended: impl IntoIterator<Item = (usize, Outcome)>) {
    for (place, outcome) in ended {
        if let Some(result) = results.get_mut(place) {
            *result = ContactResult::Ended(outcome);
        }
    }
}

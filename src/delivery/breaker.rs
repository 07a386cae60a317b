//! When it makes no sense to go on although every contact so far is settled.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::domain::error::Error;

/// So many unclear answers in a row, and the vendor is taken to be down: every further batch would
/// leave more people of whom nobody can say whether they will be called.
const UNCLEAR_IN_A_ROW: u32 = 5;

/// So many contacts refused one by one with none accepted, and the fault is not in the contacts.
const HOPELESS_AFTER: u64 = 100;

/// What all deliveries of a run have been through.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    unclear_in_a_row: AtomicU32,
    refused_alone: AtomicU64,
    taken: AtomicU64,
}

impl Breaker {
    /// An answer that leaves no doubt.
    pub(super) fn understood(&self) {
        self.unclear_in_a_row.store(0, Ordering::Relaxed);
    }

    /// An answer after which nobody can say; gives how many of them came in a row.
    pub(super) fn unclear(&self) -> u32 {
        self.unclear_in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// A contact that was refused though nobody else was in its request.
    pub(super) fn refused_alone(&self) {
        self.refused_alone.fetch_add(1, Ordering::Relaxed);
    }

    /// A request of which at least one contact was taken.
    pub(super) fn taken(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// Why nothing more should be sent.
    pub(super) fn broken(&self, vendor: &'static str) -> Option<Error> {
        let in_a_row = self.unclear_in_a_row.load(Ordering::Relaxed);
        if in_a_row >= UNCLEAR_IN_A_ROW {
            let why = format!(
                "{in_a_row} answers in a row were lost or unclear; look at the vendor's status page and console, contacts with outcome_unknown may have been added"
            );
            return Some(Error::Unreachable { vendor, why });
        }
        let refused = self.refused_alone.load(Ordering::Relaxed);
        if refused >= HOPELESS_AFTER && self.taken.load(Ordering::Relaxed) == 0 {
            let why = format!(
                "each of the first {refused} contacts, sent one by one: compare the mapped fields with what the campaign needs"
            );
            return Some(Error::Refused { vendor, why });
        }
        None
    }
}

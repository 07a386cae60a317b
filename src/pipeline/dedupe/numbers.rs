//! A set of numbers that grows a piece at a time.
//!
//! One large table would double in the middle of a sync, and hold the old and the new one meanwhile.

use std::collections::HashSet;

use foldhash::fast::FixedState;

/// A power of two.
const PIECES: usize = 64;

/// Numbers, 11 to 21 bytes each.
#[derive(Debug)]
pub(super) struct Numbers {
    pieces: Vec<HashSet<u64, FixedState>>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { pieces: vec![HashSet::default(); PIECES] }
    }
}

impl Numbers {
    /// Whether the number is in it.
    pub(super) fn contains(&self, number: u64) -> bool {
        self.pieces.get(piece(number)).is_some_and(|piece| piece.contains(&number))
    }

    /// Adds a number; gives whether it is new.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        self.pieces.get_mut(piece(number)).is_none_or(|piece| piece.insert(number))
    }
}

/// The last digits of phone numbers are spread evenly.
fn piece(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default() % PIECES
}

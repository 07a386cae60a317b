//! A set of numbers that grows a piece at a time, and keeps five bytes of each.
//!
//! One large table would double in the middle of a sync, and hold the old and the new one meanwhile.

use std::collections::HashSet;

use foldhash::fast::FixedState;

/// What the last digits tell need not be kept in a piece.
const PIECES: u64 = 64;

/// Numbers: 7 to 14 bytes each, those of 14 and 15 digits up to 21.
#[derive(Debug)]
pub(super) struct Numbers {
    pieces: Vec<HashSet<Rest, FixedState>>,
    /// Those whose rest needs more bytes.
    long: HashSet<u64, FixedState>,
}

/// A number without what its piece tells.
type Rest = [u8; 5];

impl Default for Numbers {
    fn default() -> Self {
        Self { pieces: (0..PIECES).map(|_| HashSet::default()).collect(), long: HashSet::default() }
    }
}

impl Numbers {
    /// Whether the number is in it.
    pub(super) fn contains(&self, number: u64) -> bool {
        let (piece, rest) = split(number);
        match (self.pieces.get(piece), rest) {
            (Some(piece), Some(rest)) => piece.contains(&rest),
            _ => self.long.contains(&number),
        }
    }

    /// Adds a number; gives whether it is new.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        let (piece, rest) = split(number);
        match (self.pieces.get_mut(piece), rest) {
            (Some(piece), Some(rest)) => piece.insert(rest),
            _ => self.long.insert(number),
        }
    }
}

/// The number's piece, by its last digits, which are spread evenly; and what is left of it, if that is short.
fn split(number: u64) -> (usize, Option<Rest>) {
    let piece = usize::try_from(number % PIECES).unwrap_or_default();
    let [rest @ .., 0, 0, 0] = (number / PIECES).to_le_bytes() else { return (piece, None) };
    (piece, Some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_told_apart() {
        let mut numbers = Numbers::default();
        let longest = 999_999_999_999_999_u64;
        let lengths = std::iter::successors(Some(1_u64), |number| number.checked_mul(10));
        let edges = [(1 << 46) - 1, 1 << 46, (1 << 46) + 1, longest - 1, longest];
        let all: Vec<u64> = lengths.take_while(|number| *number <= longest).chain(edges).collect();
        for number in &all {
            assert!(!numbers.contains(*number), "{number}");
            assert!(numbers.insert(*number), "{number}");
        }
        for number in &all {
            assert!(numbers.contains(*number), "{number}");
            assert!(!numbers.insert(*number), "{number}");
            assert_eq!(numbers.contains(number + PIECES), all.contains(&(number + PIECES)), "{number}");
        }
    }
}

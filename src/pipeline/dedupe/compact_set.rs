//! A set of numbers by campaign that grows a piece at a time, and keeps five bytes of most.
//!
//! One large table would double in the middle of a sync, and hold the old and the new one meanwhile;
//! one for each campaign would cost kilobytes where every record has a campaign of its own.

use std::collections::HashSet;

use foldhash::fast::FixedState;

/// What the last digits tell need not be kept in a piece.
const PIECES: u64 = 64;

/// A number of fifteen digits without what its piece tells.
const BITS_OF_REST: u32 = 44;

/// Numbers: 6 to 14 bytes each in the first campaign, 11 to 23 in the others and those of 14 and 15 digits.
#[derive(Debug)]
pub(super) struct CompactNumberSet {
    short: Vec<HashSet<Short, FixedState>>,
    long: Vec<HashSet<Long, FixedState>>,
}

/// What the piece does not tell: the rest of the number, and above it the campaign.
type Short = [u8; 5];
type Long = [u8; 9];

/// The place of a campaign among those that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CampaignNumber(pub(super) u32);

enum Rest {
    Short(Short),
    Long(Long),
}

impl Default for CompactNumberSet {
    fn default() -> Self {
        let pieces = 0..PIECES;
        Self {
            short: pieces.clone().map(|_| HashSet::default()).collect(),
            long: pieces.map(|_| HashSet::default()).collect(),
        }
    }
}

impl CompactNumberSet {
    /// Whether the number is in it.
    pub(super) fn contains(&self, campaign: CampaignNumber, number: u64) -> bool {
        let (piece, rest) = split(campaign, number);
        match rest {
            Rest::Short(rest) => self.short.get(piece).is_some_and(|piece| piece.contains(&rest)),
            Rest::Long(rest) => self.long.get(piece).is_some_and(|piece| piece.contains(&rest)),
        }
    }

    /// Adds a number of at most 15 digits; gives whether it is new.
    pub(super) fn insert(&mut self, campaign: CampaignNumber, number: u64) -> bool {
        let (piece, rest) = split(campaign, number);
        match rest {
            Rest::Short(rest) => self.short.get_mut(piece).is_some_and(|piece| piece.insert(rest)),
            Rest::Long(rest) => self.long.get_mut(piece).is_some_and(|piece| piece.insert(rest)),
        }
    }
}

/// The number's piece, by its last digits, which are spread evenly; and what is left.
fn split(campaign: CampaignNumber, number: u64) -> (usize, Rest) {
    let piece = usize::try_from(number % PIECES).unwrap_or_default();
    let rest = u128::from(campaign.0) << BITS_OF_REST | u128::from(number / PIECES);
    let rest = match rest.to_le_bytes() {
        [short @ .., 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => Rest::Short(short),
        [b0, b1, b2, b3, b4, b5, b6, b7, b8, ..] => Rest::Long([b0, b1, b2, b3, b4, b5, b6, b7, b8]),
    };
    (piece, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_and_campaign_are_told_apart() {
        let mut numbers = CompactNumberSet::default();
        let longest = 999_999_999_999_999_u64;
        let lengths = std::iter::successors(Some(1_u64), |number| number.checked_mul(10));
        let edges = [(1 << 46) - 1, 1 << 46, (1 << 46) + 1, longest - 1, longest];
        let all: Vec<u64> = lengths.take_while(|number| *number <= longest).chain(edges).collect();
        for campaign in [0, 1, 2, 255, 256, (1 << 24) - 1, 1 << 24, (1 << 28) - 1].map(CampaignNumber) {
            for number in &all {
                assert!(!numbers.contains(campaign, *number), "{number} in {campaign:?}");
                assert!(numbers.insert(campaign, *number), "{number} in {campaign:?}");
            }
            for number in &all {
                assert!(numbers.contains(campaign, *number), "{number} in {campaign:?}");
                assert!(!numbers.insert(campaign, *number), "{number} in {campaign:?}");
                let next = number + PIECES;
                assert_eq!(numbers.contains(campaign, next), all.contains(&next), "{number} in {campaign:?}");
            }
        }
    }
}

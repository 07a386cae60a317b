//! What decides where a sample may be one thing or another: chance, or a fuzzer's bytes.

use std::ops::{Bound, RangeBounds};

use fastrand::Rng;

/// Who chooses.
pub(crate) enum Choices<'a> {
    #[cfg_attr(not(test), expect(dead_code, reason = "a fuzzer leaves nothing to chance"))]
    Chance(Rng),
    /// Bytes that are used up choose the first of everything.
    Bytes(&'a [u8]),
}

impl Choices<'_> {
    pub(crate) fn bool(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn u8(&mut self, range: impl RangeBounds<u8>) -> u8 {
        self.number(range, u8::MAX)
    }

    pub(crate) fn usize(&mut self, range: impl RangeBounds<usize>) -> usize {
        let bound = |bound: Bound<&usize>| bound.map(|number| i64::try_from(*number).unwrap_or(i64::MAX));
        let chosen = self.number((bound(range.start_bound()), bound(range.end_bound())), i64::MAX);
        usize::try_from(chosen).unwrap_or_default()
    }

    pub(crate) fn i64(&mut self, range: impl RangeBounds<i64>) -> i64 {
        self.number(range, i64::MAX)
    }

    fn number<T: Copy + Into<i128> + TryFrom<i128>>(&mut self, range: impl RangeBounds<T>, most: T) -> T {
        let first = match range.start_bound() {
            Bound::Included(first) => (*first).into(),
            Bound::Excluded(before) => (*before).into() + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => (*last).into() + 1,
            Bound::Excluded(end) => (*end).into(),
            Bound::Unbounded => most.into() + 1,
        };
        let n_choices = u64::try_from(end - first).unwrap_or(u64::MAX);
        T::try_from(first + i128::from(self.below(n_choices))).unwrap_or(most)
    }

    fn below(&mut self, n_choices: u64) -> u64 {
        match self {
            Self::Chance(rng) => rng.u64(..n_choices),
            Self::Bytes(bytes) => {
                let Some((first, rest)) = bytes.split_first() else { return 0 };
                *bytes = rest;
                u64::from(*first) % n_choices
            }
        }
    }
}

//! Where in the input something stands.

/// A stream's place in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamIndex(u32);

/// The records between two STATEs, counted from the beginning of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(pub u64);

/// Where a record came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPosition {
    /// Its stream.
    pub stream: StreamIndex,
    /// Its line of the input, counted from 1.
    pub line: u64,
    /// Which STATE waits for it.
    pub interval: Interval,
}

impl StreamIndex {
    /// The stream at a place of the catalog.
    ///
    /// # Panics
    /// When a catalog has more than four billion streams.
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("a catalog has fewer than four billion streams"))
    }

    /// The place in the catalog.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).expect("32 bits fit into a machine word")
    }
}

impl Interval {
    /// The one behind the next STATE.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

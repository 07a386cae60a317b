//! Streams by their places, which cost nothing to hand around.

/// A stream's place in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamIndex(u32);

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

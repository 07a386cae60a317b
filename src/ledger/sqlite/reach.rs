//! How far a ledger's file goes, as its seal and its mark say it.

/// Which ledger, and how far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// Made by chance, so that what belongs to another ledger is told from what is its own.
    pub(super) ledger: [u8; 16],
    /// Grows with every transaction that changes something.
    pub(super) sequence: i64,
    /// Made by chance for each opening that changes something: two copies of a ledger that both went on may have
    /// the same sequence, but not this.
    pub(super) opening: i64,
}

impl Reach {
    /// Of what was written before there were openings.
    pub(super) const NO_OPENING: i64 = 0;
}

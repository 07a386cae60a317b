//! Contacts that go out together, as a vendor sees them.

use super::contact::{Campaign, Contact};

/// Contacts for one campaign, sent in one request. They are borrowed: whoever sends them keeps with each what it takes
/// to account for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Where they go.
    pub campaign: Campaign,
    /// Who is added; no two share a number.
    pub contacts: Vec<&'a Contact>,
    /// An earlier request with these contacts may have arrived: "already there" is then proof of
    /// success, and "not listed" proves nothing.
    pub maybe_sent: bool,
}

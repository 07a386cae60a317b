//! Contacts that go out together.

use super::contact::{Campaign, Contact};

/// Contacts for one campaign, sent in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Where they go.
    pub campaign: Campaign,
    /// Who is added; no two share a number.
    pub contacts: Vec<Contact>,
    /// An earlier request with these contacts may have arrived: "already there" is then proof of
    /// success, and "not listed" proves nothing.
    pub maybe_sent: bool,
}

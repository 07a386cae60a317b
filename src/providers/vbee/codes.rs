//! The codes of Vbee's answers as a table: what they mean, what follows, what a person can do.
//!
//! They live in the body, whatever their likeness to HTTP's: 401 and 500 are not statuses here.

use crate::providers::api::Blame;

/// One code.
pub(super) struct VbeeCode {
    pub(super) number: i64,
    pub(super) meaning: &'static str,
    pub(super) action: VbeeAction,
    /// Where to look and what to change.
    pub(super) hint: &'static str,
}

/// What follows from a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VbeeAction {
    /// Nothing was taken, and nothing will be until somebody acts.
    Halt(Blame),
    /// Nothing was taken: every contact is invalid.
    AllInvalid,
    /// Nobody documents whether something was taken.
    Unclear,
}

/// The row of a code.
pub(super) fn lookup(code: i64) -> Option<&'static VbeeCode> {
    CODES.iter().find(|row| row.number == code)
}

/// Codes that, for an *empty* list of contacts, prove that the credentials are right: the vendor got
/// as far as missing the contacts.
pub(super) const GOOD_ON_EMPTY: [i64; 2] = [1402, 1403];

/// The token is refused; a clock that is wrong is one of the reasons.
pub(super) const UNAUTHORIZED: i64 = 401;

const fn row(number: i64, action: VbeeAction, meaning: &'static str, hint: &'static str) -> VbeeCode {
    VbeeCode { number, meaning, action, hint }
}

/// Marked with *: documented for sibling endpoints only.
#[rustfmt::skip]
const CODES: &[VbeeCode] = &[
    row(UNAUTHORIZED, VbeeAction::Halt(Blame::User), "the access token is refused", "the API key or the API secret (or the access token) in vendor.credentials is wrong or was replaced; copy it again from AICall → Applications → your application"),
    row(500, VbeeAction::Unclear, "system error", "the vendor may or may not have added the contacts; look into its console, at the account's balance too"),
    row(1201, VbeeAction::Halt(Blame::User), "the application is not found", "no application has this API key; copy vendor.credentials again from AICall → Applications → your application"),
    row(1402, VbeeAction::Unclear, "the import of the contacts failed", "the vendor may have added some of them; check vendor.campaign_id, the campaign's state and the account's balance in its console"),
    row(1403, VbeeAction::AllInvalid, "all contacts are invalid", "check which column is mapped to phone_number, and phone.default_region"),
    row(9999, VbeeAction::Unclear, "unknown error", "the vendor may or may not have added the contacts; look into its console"), // *
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for documented in [401, 500, 1201, 1402, 1403] {
            assert!(lookup(documented).is_some_and(|row| !row.hint.is_empty()), "{documented}");
        }
        assert!(lookup(0).is_none());
    }
}

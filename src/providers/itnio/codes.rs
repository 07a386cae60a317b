//! The codes of itnio's answers as a table: what they mean, what follows, what a person can do.
//!
//! Codes of the general API and of sibling pages are in it too: a gateway may answer with either.

use crate::providers::api::Blame;

/// One code.
pub(super) struct ItnioCode {
    pub(super) number: i64,
    pub(super) meaning: &'static str,
    pub(super) action: ItnioAction,
    /// Where to look and what to change.
    pub(super) hint: &'static str,
}

/// What follows from a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItnioAction {
    /// All but the contacts in `data` were taken.
    Taken,
    /// Nothing was taken, and nothing will be until somebody acts.
    Halt(Blame),
    /// Nothing was taken: the signature's time is not the server's.
    ClockOff,
    /// Nothing was taken, because of one or more contacts.
    Split,
    /// Nothing was taken, and the same may be taken later.
    Again,
    /// Documented for other endpoints only: nobody knows what it means here.
    Unclear,
}

/// The row of a code.
pub(super) fn lookup(code: i64) -> Option<&'static ItnioCode> {
    CODES.iter().find(|row| row.number == code)
}

/// Codes that, for an *empty* list of contacts, prove that the credentials are right: the vendor got as far as missing
/// the contacts. Whether it looked for application and job before, it does not document.
pub(super) const GOOD_ON_EMPTY: [i64; 5] = [0, -22, -27, -35, -45];

const USER: ItnioAction = ItnioAction::Halt(Blame::User);
const US: ItnioAction = ItnioAction::Halt(Blame::Us);

const fn row(number: i64, action: ItnioAction, meaning: &'static str, hint: &'static str) -> ItnioCode {
    ItnioCode { number, meaning, action, hint }
}

const ALLOW_LIST: &str = "add the outgoing IP address of this worker to the allow-list (itniotech console → Home → Developer options), or switch the list off";
const STRIPPED: &str = "this program always sends it: a proxy on the way may remove the headers Sign, Timestamp and Api-Key; otherwise report this as a defect";
const PARAMETERS: &str =
    "the phone number, the name or a variable of a contact breaks one of the vendor's rules";
const CLOCK: &str = "set this machine's clock (NTP)";

/// Marked with *: documented for sibling endpoints or for the general API only.
#[rustfmt::skip]
const CODES: &[ItnioCode] = &[
    row(0, ItnioAction::Taken, "success", ""),
    row(-1, USER, "the account's authentication failed", "vendor.api_key or vendor.api_secret is wrong or was replaced; copy both again from the itniotech console → Home → Developer options"),
    row(-2, USER, "the IP address is restricted", ALLOW_LIST), // *
    row(-3, USER, "the balance is insufficient", "top the itniotech account up"), // *
    row(-4, ItnioAction::ClockOff, "the timestamp has expired", CLOCK),
    row(-6, USER, "the IP address is restricted", ALLOW_LIST),
    row(-13, USER, "the account is locked", "ask itniotech's support to unlock it"), // *
    row(-16, ItnioAction::ClockOff, "the timestamp has expired", CLOCK), // *
    row(-18, ItnioAction::Again, "the vendor's port program is in trouble", ""), // *
    row(-22, ItnioAction::Split, "a parameter was refused", PARAMETERS), // *
    row(-27, ItnioAction::Split, "the parameter check failed", PARAMETERS),
    row(-32, USER, "the outbound job does not exist", "vendor.job_id (or the stream's campaign) is not a job of vendor.app_id; compare both with the itniotech console"),
    row(-35, ItnioAction::Split, "the import of the customers failed", PARAMETERS),
    row(-37, USER, "the application does not exist", "vendor.app_id is wrong, or belongs to another account than vendor.api_key"),
    row(-43, USER, "there is no tariff", "the account has no price for calls to this destination or over this line; ask itniotech for one, and look whether numbers of other countries are among the contacts"),
    row(-45, ItnioAction::Unclear, "no customers were imported", ""), // *
    row(-46, ItnioAction::Again, "network exception", ""), // *
    row(-49, USER, "the account is not verified", "complete the verification in the itniotech console"),
    row(-50, USER, "the application has no quotation", "ask itniotech for a price for vendor.app_id"), // *
    row(-51, ItnioAction::Unclear, "a customer's custom property is incomplete", ""), // *
    row(-52, USER, "the concurrency is over the account's maximum", "lower the job's concurrency in the itniotech console, or have the account's raised"), // *
    row(-55, USER, "the call script is unbound from the job", "bind a script to the job again in the itniotech console"),
    row(-56, US, "more than 100 customers in one request", "this program never sends more than 100; report this as a defect, and set delivery.batch_size to 50 until it is mended"),
    row(-57, US, "the signature is missing", STRIPPED),
    row(-58, US, "the timestamp is missing", STRIPPED),
    row(-59, US, "the Api-Key is missing", STRIPPED),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for (position, row) in CODES.iter().enumerate() {
            assert!(
                CODES.iter().skip(position + 1).all(|other| other.number < row.number),
                "order at {}",
                row.number
            );
            let needs_hint =
                !matches!(row.action, ItnioAction::Taken | ItnioAction::Again | ItnioAction::Unclear);
            assert_eq!(!row.hint.is_empty(), needs_hint, "hint of {}", row.number);
        }
        for documented in [0, -1, -4, -6, -27, -32, -35, -37, -43, -49, -55, -56, -57, -58, -59] {
            assert!(lookup(documented).is_some(), "{documented}");
        }
    }
}

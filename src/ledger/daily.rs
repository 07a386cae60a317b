//! How many a campaign may still have today, over all runs: a number for each campaign and day, beside the ledger's
//! other facts about itself.
//!
//! Places are taken before people are claimed and given back where nobody was sent. Whatever goes wrong between
//! (a crash, an answer that was lost and is asked for again) leaves too many taken, never too few.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::LedgerIdentity;
use crate::domain::contact::Campaign;

/// At most so many contacts of a campaign in a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyLimit {
    /// How many.
    pub max: u64,
    /// In which zone a day begins and ends.
    pub zone: TimeZone,
}

/// Places in a campaign's day that were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyQuota {
    /// Whose.
    pub campaign: Campaign,
    /// Which day's.
    pub day: Date,
    /// How many.
    pub count: u64,
}

impl DailyLimit {
    pub(super) fn day(&self, now: Timestamp) -> Date {
        self.zone.to_datetime(now).date()
    }
}

/// Behind it the day comes first: in the order of the names, old days come before new ones.
const PREFIX: &str = "handed over ";

/// A fact's name: how many of an account's campaign were handed over on a day.
pub(super) fn fact(account: &str, campaign: &Campaign, day: Date) -> String {
    format!("{PREFIX}{day} {account} {}", campaign.as_str())
}

/// Between these two are the names of days that are over everywhere: nobody asks for them any more.
pub(super) fn facts_of_the_past(day: Date) -> [String; 2] {
    let over = day.checked_sub(jiff::ToSpan::days(3)).unwrap_or(day);
    [PREFIX.to_owned(), format!("{PREFIX}{over}")]
}

/// By whose name the places of an account are kept.
pub(super) fn account(identity: &LedgerIdentity) -> Box<str> {
    identity.name().into()
}

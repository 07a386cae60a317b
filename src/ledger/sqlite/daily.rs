//! Places in a campaign's day.

use jiff::Timestamp;
use rusqlite::Result;

use super::meta;
use super::store::Store;
use crate::domain::contact::Campaign;
use crate::ledger::daily;
use crate::ledger::{DailyLimit, DailyQuota};

impl Store {
    /// Takes as many places as there are, and wanted.
    pub(super) fn reserve(
        &mut self,
        campaign: Campaign,
        wanted: u64,
        limit: &DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota> {
        let day = limit.day(now);
        let fact = daily::fact(&self.account, &campaign, day);
        let taken = meta::count(&self.connection, &fact)?;
        let count = limit.max.saturating_sub(taken).min(wanted);
        meta::set_count(&self.connection, &fact, taken.saturating_add(count))?;
        if taken == 0 {
            meta::forget_between(&self.connection, &daily::facts_of_the_past(day))?;
        }
        Ok(DailyQuota { campaign, day, count })
    }

    /// Gives places back.
    pub(super) fn return_quota(&mut self, places: &DailyQuota) -> Result<()> {
        let fact = daily::fact(&self.account, &places.campaign, places.day);
        let taken = meta::count(&self.connection, &fact)?;
        meta::set_count(&self.connection, &fact, taken.saturating_sub(places.count))
    }
}

//! Places in a campaign's day: taken before anybody is claimed, so that runs that race never have more together than
//! `limits.max_contacts_per_day`, and given back for whoever was not sent.

use jiff::Timestamp;

use super::batch_task::BatchTask;
use super::policy_decision::{ContactLimit, PolicyDecision};
use crate::delivery::{ContactResult, DeliveryResult, Transport};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::intake::PendingContact;
use crate::ledger::{DailyLimit, DailyQuota, Ledger};

/// Reserves for as many as may still go, from the front, and leaves only them; gives the others, too.
pub(super) async fn reserve(
    ledger: &impl Ledger,
    campaign: &Campaign,
    asked: &mut Vec<PendingContact>,
    limit: &DailyLimit,
    now: Timestamp,
) -> Result<(DailyQuota, Vec<PendingContact>), Error> {
    let wanted = u64::try_from(asked.len()).unwrap_or(u64::MAX);
    let quota = ledger.reserve(campaign.clone(), wanted, limit.clone(), now).await?;
    let n_reserved = usize::try_from(quota.count).unwrap_or(usize::MAX);
    let beyond = asked.split_off(n_reserved.min(asked.len()));
    Ok((quota, beyond))
}

impl<C: Transport, L: Ledger> BatchTask<C, L> {
    /// Reserves for as many as may still go; the others are beyond the limit.
    pub(super) async fn reserve_quota(
        &self,
        campaign: &Campaign,
        asked: &mut Vec<PendingContact>,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<Option<DailyQuota>, Error> {
        let Some(limit) = self.daily_limit.as_ref().filter(|_| !asked.is_empty()) else { return Ok(None) };
        let (quota, beyond) = reserve(&*self.ledger, campaign, asked, limit, self.run.now()).await?;
        sent.contacts.extend(beyond.into_iter().map(|contact| (contact, self.beyond_limit())));
        Ok(Some(quota))
    }

    /// Keeps so many, and gives the others back. Those that cannot be given back stay taken: the campaign gets fewer
    /// today, and no run fails because of it.
    pub(super) async fn keep_of_quota(&self, quota: Option<DailyQuota>, n_kept: usize) -> Option<DailyQuota> {
        let quota = quota?;
        let kept = quota.count.min(u64::try_from(n_kept).unwrap_or(u64::MAX));
        let count = quota.count - kept;
        if count > 0 && self.ledger.return_quota(DailyQuota { count, ..quota.clone() }).await.is_err() {
            self.run
                .log_line(format!("{count} places of limits.max_contacts_per_day could not be given back"));
        }
        Some(DailyQuota { count: kept, ..quota })
    }

    fn beyond_limit(&self) -> ContactResult {
        match ContactLimit::PerDay.decision_beyond(self.on_limit) {
            PolicyDecision::Ended(outcome) => ContactResult::Ended(outcome),
            PolicyDecision::Leave(_) | PolicyDecision::Send => ContactResult::BeyondLimit,
        }
    }
}

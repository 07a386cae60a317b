//! Places in a campaign's day: taken before anybody is claimed, so that runs that race never have more together than
//! `limits.max_contacts_per_day`, and given back for whoever was not sent.

use super::batch_task::BatchTask;
use super::policy_decision::{ContactLimit, PolicyDecision};
use crate::delivery::{ContactResult, DeliveryResult, Transport};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::intake::PendingContact;
use crate::ledger::{DailyQuota, Ledger};

impl<C: Transport, L: Ledger> BatchTask<C, L> {
    /// Takes places for as many as there are, from the front; the others are beyond the limit.
    pub(super) async fn reserve_quota(
        &self,
        campaign: &Campaign,
        asked: &mut Vec<PendingContact>,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<Option<DailyQuota>, Error> {
        let Some(limit) = &self.daily_limit else { return Ok(None) };
        let wanted = u64::try_from(asked.len()).unwrap_or(u64::MAX);
        let quota = self.ledger.reserve(campaign.clone(), wanted, limit.clone(), self.run.now()).await?;
        let n_reserved = usize::try_from(quota.count).unwrap_or(usize::MAX);
        let beyond = asked.split_off(n_reserved.min(asked.len()));
        sent.contacts.extend(beyond.into_iter().map(|contact| (contact, self.beyond_limit())));
        Ok(Some(quota))
    }

    /// Those that cannot be given back stay taken: the campaign gets fewer today, and no run fails because of it.
    pub(super) async fn return_quota(&self, quota: Option<DailyQuota>, n_sent: usize) {
        let Some(quota) = quota else { return };
        let n_sent = u64::try_from(n_sent).unwrap_or(u64::MAX);
        let count = quota.count.saturating_sub(n_sent);
        if count > 0 && self.ledger.return_quota(DailyQuota { count, ..quota }).await.is_err() {
            self.run
                .log_line(format!("{count} places of limits.max_contacts_per_day could not be given back"));
        }
    }

    fn beyond_limit(&self) -> ContactResult {
        match ContactLimit::PerDay.decision_beyond(self.on_limit) {
            PolicyDecision::Ended(outcome) => ContactResult::Ended(outcome),
            PolicyDecision::Leave(_) | PolicyDecision::Send => ContactResult::BeyondLimit,
        }
    }
}

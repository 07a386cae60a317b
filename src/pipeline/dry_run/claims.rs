//! What would become of a batch that goes out: places in the campaign's day, then a claim.

use super::{DryRun, DryRunStep, PredictedRecord};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::intake::{LedgerLookup, PendingContact};
use crate::ledger::{ClaimEntry, ContactStatus, DailyQuota, Ledger, one_for_each};
use crate::pipeline::batcher::PendingBatch;
use crate::pipeline::daily_quota::reserve;
use crate::pipeline::policy::outcome_of_status;
use crate::pipeline::policy_decision::{ContactLimit, PolicyDecision};

impl<L: Ledger> DryRun<'_, L> {
    /// What would become of a batch that goes out.
    pub(super) async fn claim(&mut self, batch: PendingBatch, step: &mut DryRunStep) -> Result<(), Error> {
        let n_before = step.n_sent;
        let PendingBatch { campaign, mut contacts, .. } = batch;
        let quota = self.reserve_quota(&campaign, &mut contacts, step).await?;
        let statuses = self.claim_statuses(&contacts).await?;
        for (mut pending, status) in contacts.into_iter().zip(statuses) {
            let status = self.status_by_now(&pending, status)?;
            let outcome = match (outcome_of_status(status, self.plan.may_repeat), status) {
                (Some(outcome), _) => outcome,
                (None, ContactStatus::Elsewhere) => Outcome::Duplicate(Reason::InAnotherRun),
                (None, _) => {
                    step.n_sent += 1;
                    self.remember(&pending)?;
                    Outcome::Accepted { contact_id: None }
                }
            };
            if let LedgerLookup::Known(keys, _) = pending.lookup {
                pending.lookup = LedgerLookup::Known(keys, status);
            }
            self.tell(PredictedRecord::Contact(pending, outcome), step);
        }
        let n_sent = step.n_sent - n_before;
        step.n_requests += u64::from(n_sent > 0);
        if let Some(quota) = quota {
            let count = quota.count.saturating_sub(n_sent);
            self.ledger.return_quota(DailyQuota { count, ..quota }).await?;
        }
        Ok(())
    }

    /// Reserves for as many as may still go; the others are beyond the limit.
    async fn reserve_quota(
        &mut self,
        campaign: &Campaign,
        asked: &mut Vec<PendingContact>,
        step: &mut DryRunStep,
    ) -> Result<Option<DailyQuota>, Error> {
        let Some(limit) = &self.plan.daily_limit else { return Ok(None) };
        let (quota, beyond) = reserve(self.ledger, campaign, asked, limit, self.now).await?;
        for pending in beyond {
            match ContactLimit::PerDay.decision_beyond(self.plan.on_limit) {
                PolicyDecision::Ended(outcome) => self.tell(PredictedRecord::Contact(pending, outcome), step),
                PolicyDecision::Leave(_) | PolicyDecision::Send => self.leave(ContactLimit::PerDay),
            }
        }
        Ok(Some(quota))
    }

    async fn claim_statuses(&self, asked: &[PendingContact]) -> Result<Vec<ContactStatus>, Error> {
        if !self.ledger.remembers() || asked.is_empty() {
            return Ok(vec![ContactStatus::Free; asked.len()]);
        }
        let entries = asked.iter().map(|pending| pending.claim_entry(&self.streams));
        let entries: Vec<ClaimEntry> = entries.collect::<Result<_, _>>()?;
        one_for_each(asked.len(), self.ledger.claim(entries, self.plan.may_repeat, self.now).await?)
    }

    /// What the ledger of a sync would say at the claim of somebody of whom it said this before the run.
    fn status_by_now(&self, pending: &PendingContact, before: ContactStatus) -> Result<ContactStatus, Error> {
        let Some(again) = self.plan.sent_again else { return Ok(before) };
        // Somebody's own key says that they were accepted, whatever it said before; that another key cools off keeps
        // back only those who could be claimed.
        let may_change = again == ContactStatus::Accepted || is_claimable(before, self.plan.may_repeat);
        Ok(if may_change && self.is_sent(pending)? { again } else { before })
    }

    /// Whether the ledger of a sync would know by now that somebody was sent, to whatever campaign.
    pub(super) fn is_sent(&self, pending: &PendingContact) -> Result<bool, Error> {
        Ok(self.plan.sent_again.is_some() && self.people.contains(&everywhere(), &pending.contact.phone)?)
    }

    fn remember(&mut self, pending: &PendingContact) -> Result<(), Error> {
        if self.plan.sent_again.is_some() {
            self.people.insert(&everywhere(), &pending.contact.phone)?;
        }
        Ok(())
    }
}

/// Whether a claim takes somebody.
fn is_claimable(status: ContactStatus, may_repeat: bool) -> bool {
    outcome_of_status(status, may_repeat).is_none() && status != ContactStatus::Elsewhere
}

/// In the place of a campaign, where it does not tell people apart.
fn everywhere() -> Campaign {
    Campaign::new("")
}

//! Places in a campaign's day: taken before anybody is claimed, so that runs that race never have more together than
//! `limits.max_contacts_per_day`, and given back for whoever was not sent.

use super::batch_task::BatchTask;
use super::ruling::{Limit, Ruling};
use crate::delivery::{ContactResult, DeliveryResult, Transport};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::intake::PendingContact;
use crate::ledger::{Ledger, Places};

impl<C: Transport, L: Ledger> BatchTask<C, L> {
    /// Takes places for as many as there are, from the front; the others are beyond the limit.
    pub(super) async fn take_places(
        &self,
        campaign: &Campaign,
        asked: &mut Vec<PendingContact>,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<Option<Places>, Error> {
        let Some(limit) = &self.daily_limit else { return Ok(None) };
        let wanted = u64::try_from(asked.len()).unwrap_or(u64::MAX);
        let places = self.ledger.reserve(campaign.clone(), wanted, limit.clone(), self.run.now()).await?;
        let n_places = usize::try_from(places.count).unwrap_or(usize::MAX);
        let beyond = asked.split_off(n_places.min(asked.len()));
        sent.contacts.extend(beyond.into_iter().map(|contact| (contact, self.beyond_limit())));
        Ok(Some(places))
    }

    /// Those that cannot be given back stay taken: the campaign gets fewer today, and no run fails because of it.
    pub(super) async fn give_back(&self, places: Option<Places>, n_sent: usize) {
        let Some(places) = places else { return };
        let n_sent = u64::try_from(n_sent).unwrap_or(u64::MAX);
        let count = places.count.saturating_sub(n_sent);
        if count > 0 && self.ledger.give_back(Places { count, ..places }).await.is_err() {
            self.run
                .log_line(format!("{count} places of limits.max_contacts_per_day could not be given back"));
        }
    }

    fn beyond_limit(&self) -> ContactResult {
        match Limit::PerDay.ruling(self.on_limit) {
            Ruling::Ended(outcome) => ContactResult::Ended(outcome),
            Ruling::Leave(_) | Ruling::HandOver => ContactResult::BeyondLimit,
        }
    }
}

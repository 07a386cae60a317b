//! One batch's way: claim it, deliver it, settle it.
//!
//! The claim is durable before the request leaves and the ending before the loop hears of it, so a
//! crash at any point leaves nobody of whom the ledger does not know that they may have been sent.

use std::sync::Arc;
use std::time::Duration;

use super::batcher::PendingBatch;
use super::held::{handed_over_elsewhere, outcomes_without_rules};
use super::policy::outcome_of_status;
use crate::config::OnLimit;
use crate::delivery::{ContactResult, Deliverer, DeliveryResult, RunHandle, Transport};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::intake::{LedgerLookup, PendingContact, StreamNames};
use crate::ledger::{ClaimEntry, ContactStatus, DailyLimit, Ledger, Settlement, one_for_each};
use crate::phone::Phone;

/// Longer than a dead run's lease; whose own key is held then is held by a run that lives and accounts for them.
const WAIT_FOR_OTHERS: Duration = Duration::from_mins(2);

/// Another batch, of this run or another, mostly has its ending within a moment: so soon they are asked for again, and
/// then each time after twice as long.
const ASK_AGAIN_SOON: Duration = Duration::from_millis(250);

/// The longest of these waits.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(4);

/// What a batch needs on its way.
pub(super) struct BatchTask<C, L> {
    pub(super) deliverer: Arc<Deliverer<C>>,
    pub(super) ledger: Arc<L>,
    pub(super) run: RunHandle,
    pub(super) streams: Arc<StreamNames>,
    pub(super) daily_limit: Option<DailyLimit>,
    pub(super) on_limit: OnLimit,
}

impl<C, L> Clone for BatchTask<C, L> {
    fn clone(&self) -> Self {
        let Self { deliverer, ledger, run, streams, daily_limit, on_limit } = self;
        Self {
            deliverer: Arc::clone(deliverer),
            ledger: Arc::clone(ledger),
            run: run.clone(),
            streams: Arc::clone(streams),
            daily_limit: daily_limit.clone(),
            on_limit: *on_limit,
        }
    }
}

impl<C: Transport, L: Ledger> BatchTask<C, L> {
    /// Sends a batch; never fails as a whole. Who may have been sent, and nobody can say, has ended then; what is not
    /// told of was not sent, or its ending is not durable.
    pub(super) async fn send(self, batch: PendingBatch) -> DeliveryResult<PendingContact> {
        let PendingBatch { campaign, contacts, .. } = batch;
        if !self.ledger.remembers() {
            let DeliveryResult { contacts, failure } =
                self.deliverer.deliver(&campaign, contacts, false).await;
            return DeliveryResult { contacts: self.given_up(contacts).collect(), failure };
        }
        let mut sent = DeliveryResult { contacts: Vec::with_capacity(contacts.len()), failure: None };
        if let Err(error) = self.send_with_ledger(&campaign, contacts, &mut sent).await {
            sent.failure = Some(error);
        }
        sent
    }

    /// Claims, delivers and settles; those whom somebody else holds are asked for again for a while, because a run that
    /// died holds its people until its lease has ended, and an attempt for another campaign may turn out to be none. Who
    /// waits holds nobody, so that no two wait for each other.
    async fn send_with_ledger(
        &self,
        campaign: &Campaign,
        contacts: Vec<PendingContact>,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<(), Error> {
        let (mut asked, mut still_held) = (contacts, Vec::new());
        let (mut waited, mut pause, mut is_told) = (Duration::ZERO, ASK_AGAIN_SOON, false);
        loop {
            let quota = self.reserve_quota(campaign, &mut asked, sent).await?;
            let Claimed { fresh, retaken, mut elsewhere } = self.claim(asked, sent).await?;
            // Whoever waits keeps no place from others meanwhile.
            let quota = self.keep_of_quota(quota, fresh.len() + retaken.len()).await;
            elsewhere.extend(still_held);
            let mut n_sent = 0;
            for (group, maybe_sent) in [(fresh, false), (retaken, true)] {
                n_sent += self.deliver(campaign, group, maybe_sent, sent).await?;
            }
            self.keep_of_quota(quota, n_sent).await;
            if waited >= WAIT_FOR_OTHERS && sent.failure.is_none() {
                elsewhere = self.give_up_held(elsewhere, waited, sent).await?;
            }
            if elsewhere.is_empty() || sent.failure.is_some() {
                return Ok(());
            }
            if pause == ASK_AGAIN_AFTER && !is_told {
                is_told = true;
                let n_held = elsewhere.len();
                let text = format!(
                    "{n_held} contacts are held by another run, or are being handed over to another campaign; asking for them again until that has an ending, for {} to {} s",
                    WAIT_FOR_OTHERS.as_secs(),
                    self.patience().as_secs()
                );
                self.run.log_wait(text, ASK_AGAIN_AFTER, "contacts are held by another run", false);
            }
            if !self.run.pause(pause).await {
                return Ok(());
            }
            waited += pause;
            pause = (pause * 2).min(ASK_AGAIN_AFTER);
            (asked, still_held) = self.held_no_more(elsewhere).await?;
        }
    }

    /// Tells those whom nobody holds any more from those who wait on: only for the first a place is taken.
    async fn held_no_more(
        &self,
        waiting: Vec<PendingContact>,
    ) -> Result<(Vec<PendingContact>, Vec<PendingContact>), Error> {
        let people = waiting.iter().map(PendingContact::keys).collect::<Result<_, _>>()?;
        let statuses = one_for_each(waiting.len(), self.ledger.status_of(people, self.run.now()).await?)?;
        let mut statuses = statuses.into_iter();
        Ok(waiting.into_iter().partition(|_| statuses.next() != Some(ContactStatus::Elsewhere)))
    }

    /// How long an attempt for another campaign may last, in a run that is configured as this one.
    fn patience(&self) -> Duration {
        WAIT_FOR_OTHERS + self.deliverer.retry_for()
    }

    /// Ends those whose own key another run has; gives those who are only being handed over to another campaign, as long
    /// as that may last.
    async fn give_up_held(
        &self,
        held: Vec<PendingContact>,
        waited: Duration,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<Vec<PendingContact>, Error> {
        if held.is_empty() {
            return Ok(held);
        }
        let may_repeat = self.deliverer.may_repeat();
        let outcomes = outcomes_without_rules(&*self.ledger, &held, may_repeat, self.run.now()).await?;
        let is_over = waited >= self.patience();
        let mut waiting = Vec::new();
        for (contact, outcome) in held.into_iter().zip(outcomes) {
            match outcome.or_else(|| is_over.then(handed_over_elsewhere)) {
                Some(outcome) => sent.contacts.push((contact, ContactResult::Ended(outcome))),
                None => waiting.push(contact),
            }
        }
        Ok(waiting)
    }

    /// Claims contacts; those who must not be sent have ended.
    async fn claim(
        &self,
        asked: Vec<PendingContact>,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<Claimed, Error> {
        if asked.is_empty() {
            return Ok(Claimed::default());
        }
        let retake = self.deliverer.may_repeat();
        let entries: Vec<ClaimEntry> =
            asked.iter().map(|contact| contact.claim_entry(&self.streams)).collect::<Result<_, _>>()?;
        let statuses = self.ledger.claim(entries, retake, self.run.now()).await?;
        let statuses = one_for_each(asked.len(), statuses)?;
        let mut claimed = Claimed::default();
        for (mut contact, status) in asked.into_iter().zip(statuses) {
            contact.lookup = LedgerLookup::Known(contact.keys()?, status);
            match (outcome_of_status(status, retake), status) {
                (Some(outcome), _) => sent.contacts.push((contact, ContactResult::Ended(outcome))),
                (None, ContactStatus::Elsewhere) => claimed.elsewhere.push(contact),
                (None, ContactStatus::Unknown | ContactStatus::Held) => claimed.retaken.push(contact),
                (None, ContactStatus::Free) => claimed.fresh.push(contact),
                (None, ContactStatus::Accepted | ContactStatus::DoNotCall | ContactStatus::CoolingOff) => {
                    return Err(Error::Defect(
                        "somebody was to be sent whom the ledger keeps back".to_owned(),
                    ));
                }
            }
        }
        Ok(claimed)
    }

    /// Delivers and settles a group that was claimed; gives how many of it were, or may have been, sent. After a failure
    /// nobody is: the group is let go of as it was.
    async fn deliver(
        &self,
        campaign: &Campaign,
        group: Vec<PendingContact>,
        maybe_sent: bool,
        sent: &mut DeliveryResult<PendingContact>,
    ) -> Result<usize, Error> {
        if group.is_empty() {
            return Ok(0);
        }
        let contacts = if sent.failure.is_some() {
            group.into_iter().map(|contact| (contact, ContactResult::Open { maybe_sent })).collect()
        } else {
            let delivered = self.deliverer.deliver(campaign, group, maybe_sent).await;
            sent.failure = delivered.failure;
            delivered.contacts
        };
        let settled = |(contact, result): &(PendingContact, ContactResult)| {
            Ok((contact.claim_entry(&self.streams)?, settlement_of(result, &contact.contact.phone)))
        };
        let settlements = contacts.iter().map(settled).collect::<Result<Vec<_>, Error>>()?;
        let n_sent = settlements.iter().filter(|(_, settlement)| *settlement != Settlement::Released).count();
        self.ledger.settle(settlements, self.run.now()).await?;
        sent.contacts.extend(self.given_up(contacts));
        Ok(n_sent)
    }

    /// Who may have been sent comes again only where the vendor recognises them; everywhere else nobody can say.
    fn given_up(
        &self,
        contacts: Vec<(PendingContact, ContactResult)>,
    ) -> impl Iterator<Item = (PendingContact, ContactResult)> {
        let may_repeat = self.deliverer.may_repeat();
        contacts.into_iter().map(move |(contact, result)| match result {
            ContactResult::Open { maybe_sent: true } if !may_repeat => {
                let why = "the run stopped before it knew";
                (contact, ContactResult::Ended(Outcome::Unknown(Some(why.into()))))
            }
            result => (contact, result),
        })
    }
}

/// How a claim was answered. The first two are ours now. They go apart: what a refusal proves of people who were
/// never sent, it does not prove of the others.
#[derive(Default)]
struct Claimed {
    /// Nobody sent them before.
    fresh: Vec<PendingContact>,
    /// A run that died may have sent them.
    retaken: Vec<PendingContact>,
    /// Held by somebody else: another run, or an attempt for another campaign.
    elsewhere: Vec<PendingContact>,
}

/// What the ledger is told. It holds no number, so neither an identifier that is one.
fn settlement_of(result: &ContactResult, phone: &Phone) -> Settlement {
    match result {
        ContactResult::Ended(Outcome::Accepted { contact_id }) => {
            let contact_id = contact_id.clone().filter(|id| !phone.occurs_in(id));
            Settlement::Accepted { contact_id }
        }
        ContactResult::Ended(Outcome::Duplicate(_)) => Settlement::Accepted { contact_id: None },
        ContactResult::Ended(Outcome::Unknown(_)) | ContactResult::Open { maybe_sent: true } => {
            Settlement::Unknown
        }
        // Kept back by us: nobody was sent.
        ContactResult::Ended(Outcome::Suppressed(..))
        | ContactResult::Open { maybe_sent: false }
        | ContactResult::BeyondLimit => Settlement::Released,
        ContactResult::Ended(outcome) => {
            Settlement::Rejected { reason: outcome.reason().map_or("", Reason::code) }
        }
    }
}

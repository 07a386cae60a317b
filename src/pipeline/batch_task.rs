//! One batch's way: claim it, deliver it, settle it.
//!
//! The claim is durable before the request leaves and the ending before the loop hears of it, so a
//! crash at any point leaves nobody of whom the ledger does not know that they may have been sent.

use std::sync::Arc;
use std::time::Duration;

use super::batcher::{PendingContact, SealedBatch};
use crate::delivery::{ContactResult, Deliverer, DeliveryResult, Transport};
use crate::domain::batch::Batch;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::ledger::{ClaimEntry, ContactStatus, Ledger, Settlement};
use crate::phone::Phone;

/// Longer than a dead run's lease; who is held then is held by a run that lives and accounts for them.
const WAIT_FOR_OTHERS: Duration = Duration::from_mins(2);

const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// A batch whose way has ended.
pub(super) struct BatchResult {
    pub(super) tickets: Vec<PendingContact>,
    pub(super) phones: Vec<Phone>,
    /// One for each contact, in order. None: it is not settled, the next sync brings it again.
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// Why the run must stop, if it must.
    pub(super) failure: Option<Error>,
}

/// What a batch needs on its way.
pub(super) struct BatchTask<C, L> {
    pub(super) deliverer: Arc<Deliverer<C>>,
    pub(super) ledger: Arc<L>,
}

impl<C, L> Clone for BatchTask<C, L> {
    fn clone(&self) -> Self {
        let Self { deliverer, ledger } = self;
        Self { deliverer: Arc::clone(deliverer), ledger: Arc::clone(ledger) }
    }
}

impl<C: Transport, L: Ledger> BatchTask<C, L> {
    /// Sends a batch; never fails as a whole. `entries` are what the ledger, if there is one, is told.
    pub(super) async fn send(self, ready: SealedBatch, entries: Vec<ClaimEntry>) -> BatchResult {
        let SealedBatch { batch, tickets, bytes: _ } = ready;
        let phones = batch.contacts.iter().map(|contact| contact.phone.clone()).collect();
        let n_contacts = batch.contacts.len();
        let sent = if self.ledger.remembers() {
            self.send_with_ledger(batch, entries).await
        } else {
            self.forgotten(batch).await
        };
        // What was not claimed was not sent, and what was not settled must not count as settled.
        let (outcomes, failure) = sent.unwrap_or_else(|error| (vec![None; n_contacts], Some(error)));
        BatchResult { tickets, phones, outcomes, failure }
    }

    /// Delivers what nobody remembers.
    async fn forgotten(&self, batch: Batch) -> Result<Sent, Error> {
        let (results, failure) = self.results(batch).await?;
        let may_repeat = self.deliverer.may_repeat();
        Ok((results.into_iter().map(|result| outcome_of(result, may_repeat)).collect(), failure))
    }

    /// Claims, delivers and settles; those whom another run holds are asked for again for a while,
    /// because a run that died holds its people until its lease has ended.
    async fn send_with_ledger(&self, batch: Batch, entries: Vec<ClaimEntry>) -> Result<Sent, Error> {
        // Who may have been sent before is what the claim says, each for themselves.
        let Batch { campaign, contacts, maybe_sent: _ } = batch;
        let mut outcomes = vec![None; contacts.len()];
        let entries = one_each("entries", entries, contacts.len())?;
        let mut asked: Vec<_> = contacts.into_iter().zip(entries).enumerate().collect();
        let mut waited = Duration::ZERO;
        loop {
            let Claimed { fresh, retaken, elsewhere } = self.claim(asked, &mut outcomes).await?;
            let mut failure = None;
            for (group, maybe_sent) in [(fresh, false), (retaken, true)] {
                failure = self.deliver(&campaign, group, maybe_sent, failure, &mut outcomes).await?;
            }
            if elsewhere.is_empty() || failure.is_some() {
                return Ok((outcomes, failure));
            }
            if waited >= WAIT_FOR_OTHERS {
                for (place, _) in elsewhere {
                    set(&mut outcomes, place, Outcome::Duplicate(Reason::InAnotherRun));
                }
                return Ok((outcomes, None));
            }
            if waited.is_zero() {
                let (n_held, seconds) = (elsewhere.len(), WAIT_FOR_OTHERS.as_secs());
                self.deliverer.log_line(format!(
                    "{n_held} contacts are held by another run; asking for them again for up to {seconds} s"
                ));
            }
            if !self.deliverer.pause(ASK_AGAIN_AFTER).await {
                return Ok((outcomes, None));
            }
            waited += ASK_AGAIN_AFTER;
            asked = elsewhere;
        }
    }

    async fn claim(
        &self,
        asked: Vec<PlacedContact>,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<Claimed, Error> {
        let retake = self.deliverer.may_repeat();
        let entries: Vec<ClaimEntry> = asked.iter().map(|(_, (_, entry))| entry.clone()).collect();
        let statuses = self.ledger.claim(entries, retake, self.deliverer.now()).await?;
        let statuses = one_each("standings", statuses, asked.len())?;
        let mut claimed = Claimed::default();
        for (numbered, status) in asked.into_iter().zip(statuses) {
            match (skip_reason(status, retake), status) {
                (Some(outcome), _) => set(outcomes, numbered.0, outcome),
                (None, ContactStatus::Elsewhere) => claimed.elsewhere.push(numbered),
                (None, ContactStatus::Unknown | ContactStatus::Held) => claimed.retaken.push(numbered),
                (None, ContactStatus::Free | ContactStatus::Accepted) => claimed.fresh.push(numbered),
            }
        }
        Ok(claimed)
    }

    /// Delivers and settles a group that was claimed; gives why the run must stop. After a failure nobody is sent:
    /// the group is let go of as it was.
    async fn deliver(
        &self,
        campaign: &Campaign,
        group: Vec<PlacedContact>,
        maybe_sent: bool,
        failure: Option<Error>,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<Option<Error>, Error> {
        if group.is_empty() {
            return Ok(failure);
        }
        let (places, pairs): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let (contacts, entries): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let phones: Vec<_> = contacts.iter().map(|contact: &Contact| contact.phone.clone()).collect();
        let (results, failure) = if failure.is_some() {
            (vec![ContactResult::Open { maybe_sent }; contacts.len()], failure)
        } else {
            self.results(Batch { campaign: campaign.clone(), contacts, maybe_sent }).await?
        };
        let settlements = results.iter().zip(&phones).map(|(result, phone)| settlement_of(result, phone));
        let settlements = entries.into_iter().zip(settlements).collect();
        self.ledger.settle(settlements, self.deliverer.now()).await?;
        for (place, result) in places.into_iter().zip(results) {
            if let Some(outcome) = outcome_of(result, self.deliverer.may_repeat()) {
                set(outcomes, place, outcome);
            }
        }
        Ok(failure)
    }

    /// What became of each contact of a batch, in order, and why the run must stop.
    async fn results(&self, batch: Batch) -> Result<(Vec<ContactResult>, Option<Error>), Error> {
        let n_contacts = batch.contacts.len();
        let DeliveryResult { results, failure } = self.deliverer.deliver(batch).await;
        Ok((one_each("fates", results, n_contacts)?, failure))
    }
}

/// Refuses answers that are not as many as the contacts: somebody would get another's, or pass for free.
pub(super) fn one_each<T>(what: &str, answers: Vec<T>, n_contacts: usize) -> Result<Vec<T>, Error> {
    if answers.len() == n_contacts {
        return Ok(answers);
    }
    Err(Error::Defect(format!("{} {what} for {n_contacts} contacts", answers.len())))
}

/// What the ledger is told of a batch. Takes the primary keys out of the tickets: nobody else asks for
/// them.
pub(super) fn entries(ready: &mut SealedBatch, streams: &[Arc<str>]) -> Vec<ClaimEntry> {
    let nameless: Arc<str> = Arc::from("");
    let campaign = &ready.batch.campaign;
    let entry = |ticket: &mut PendingContact| ClaimEntry {
        key: ticket.ledger_key.key,
        campaign: campaign.clone(),
        stream: streams.get(ticket.position.stream.index()).unwrap_or(&nameless).clone(),
        primary_key: std::mem::take(&mut ticket.ledger_key.primary_key),
    };
    ready.tickets.iter_mut().map(entry).collect()
}

/// A contact with its entry and its place in the batch.
type PlacedContact = (usize, (Contact, ClaimEntry));

/// How a batch ended, contact by contact, and why the run must stop, if it must.
type Sent = (Vec<Option<Outcome>>, Option<Error>);

/// How a claim was answered. The first two are ours now. They go apart: what a refusal proves of people who were
/// never sent, it does not prove of the others.
#[derive(Default)]
struct Claimed {
    /// Nobody sent them before.
    fresh: Vec<PlacedContact>,
    /// A run that died may have sent them.
    retaken: Vec<PlacedContact>,
    /// Held by another run.
    elsewhere: Vec<PlacedContact>,
}

fn set(outcomes: &mut [Option<Outcome>], place: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = Some(outcome);
    }
}

/// How a contact ends that the ledger keeps from being sent; none for those that may be claimed, now
/// or when another run has let go of them.
pub(super) fn skip_reason(status: ContactStatus, retake: bool) -> Option<Outcome> {
    match status {
        ContactStatus::Free | ContactStatus::Elsewhere => None,
        ContactStatus::Unknown if retake => None,
        ContactStatus::Unknown => {
            let why =
                "an earlier sync may have sent it; look into the vendor's console, then `ledger settle`";
            Some(Outcome::Unknown(Some(why.into())))
        }
        ContactStatus::Held => {
            let why = "an earlier sync may have sent it to another campaign or account, or written otherwise, so that a \
                       repeat would not be recognised; look into the vendor's console, then `ledger settle`";
            Some(Outcome::Unknown(Some(why.into())))
        }
        ContactStatus::Accepted => Some(Outcome::Duplicate(Reason::AlreadyInLedger)),
    }
}

/// How a contact ends; none: it is not settled. Who may have been sent comes again only where the
/// vendor recognises them.
fn outcome_of(result: ContactResult, may_repeat: bool) -> Option<Outcome> {
    match result {
        ContactResult::Ended(outcome) => Some(outcome),
        ContactResult::Open { maybe_sent: true } if !may_repeat => {
            Some(Outcome::Unknown(Some("the run stopped before it knew".into())))
        }
        ContactResult::Open { .. } => None,
    }
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
        ContactResult::Ended(outcome) => {
            Settlement::Rejected { reason: outcome.reason().map_or("", Reason::code) }
        }
        ContactResult::Open { maybe_sent: false } => Settlement::Released,
    }
}

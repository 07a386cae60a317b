//! One batch's way: claim it, deliver it, settle it.
//!
//! The claim is durable before the request leaves and the ending before the loop hears of it, so a
//! crash at any point leaves nobody of whom the ledger does not know that they may have been sent.

use std::sync::Arc;
use std::time::Duration;

use super::batcher::{Ready, Ticket};
use crate::contact::{Campaign, Contact};
use crate::delivery::{Carrier, Courier, Delivered, Fate};
use crate::error::Error;
use crate::ledger::{Ending, Entry, Ledger, Standing};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::vendor::exchange::{Batch, Outcome};

/// Longer than a dead run's lease; who is held then is held by a run that lives and accounts for them.
const WAIT_FOR_OTHERS: Duration = Duration::from_mins(2);

const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// A batch whose way has ended.
pub(super) struct Heard {
    pub(super) tickets: Vec<Ticket>,
    pub(super) phones: Vec<Phone>,
    /// One for each contact, in order. None: it is not settled, the next sync brings it again.
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// Why the run must stop, if it must.
    pub(super) failure: Option<Error>,
}

/// What a batch needs on its way.
pub(super) struct Way<C, L> {
    pub(super) courier: Arc<Courier<C>>,
    pub(super) ledger: Arc<L>,
}

impl<C, L> Clone for Way<C, L> {
    fn clone(&self) -> Self {
        let Self { courier, ledger } = self;
        Self { courier: Arc::clone(courier), ledger: Arc::clone(ledger) }
    }
}

impl<C: Carrier, L: Ledger> Way<C, L> {
    /// Sends a batch; never fails as a whole. `entries` are what the ledger, if there is one, is told.
    pub(super) async fn send(self, ready: Ready, entries: Vec<Entry>) -> Heard {
        let Ready { batch, tickets, bytes: _ } = ready;
        let phones = batch.contacts.iter().map(|contact| contact.phone.clone()).collect();
        let n_contacts = batch.contacts.len();
        let sent = if self.ledger.remembers() {
            self.remembered(batch, entries).await
        } else {
            self.forgotten(batch).await
        };
        // What was not claimed was not sent, and what was not settled must not count as settled.
        let (outcomes, failure) = sent.unwrap_or_else(|error| (vec![None; n_contacts], Some(error)));
        Heard { tickets, phones, outcomes, failure }
    }

    /// Delivers what nobody remembers.
    async fn forgotten(&self, batch: Batch) -> Result<Sent, Error> {
        let (fates, failure) = self.fates(batch).await?;
        let may_repeat = self.courier.may_repeat();
        Ok((fates.into_iter().map(|fate| ended(fate, may_repeat)).collect(), failure))
    }

    /// Claims, delivers and settles; those whom another run holds are asked for again for a while,
    /// because a run that died holds its people until its lease has ended.
    async fn remembered(&self, batch: Batch, entries: Vec<Entry>) -> Result<Sent, Error> {
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
                self.courier.notice(format!(
                    "{n_held} contacts are held by another run; asking for them again for up to {seconds} s"
                ));
            }
            if !self.courier.pause(ASK_AGAIN_AFTER).await {
                return Ok((outcomes, None));
            }
            waited += ASK_AGAIN_AFTER;
            asked = elsewhere;
        }
    }

    async fn claim(&self, asked: Vec<Numbered>, outcomes: &mut [Option<Outcome>]) -> Result<Claimed, Error> {
        let retake = self.courier.may_repeat();
        let entries: Vec<Entry> = asked.iter().map(|(_, (_, entry))| entry.clone()).collect();
        let standings = self.ledger.claim(entries, retake, self.courier.now()).await?;
        let standings = one_each("standings", standings, asked.len())?;
        let mut claimed = Claimed::default();
        for (numbered, standing) in asked.into_iter().zip(standings) {
            match (kept_back(standing, retake), standing) {
                (Some(outcome), _) => set(outcomes, numbered.0, outcome),
                (None, Standing::Elsewhere) => claimed.elsewhere.push(numbered),
                (None, Standing::Unknown) => claimed.retaken.push(numbered),
                (None, Standing::Free | Standing::Accepted) => claimed.fresh.push(numbered),
            }
        }
        Ok(claimed)
    }

    /// Delivers and settles a group that was claimed; gives why the run must stop. After a failure nobody is sent:
    /// the group is let go of as it was.
    async fn deliver(
        &self,
        campaign: &Campaign,
        group: Vec<Numbered>,
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
        let (fates, failure) = if failure.is_some() {
            (vec![Fate::Open { maybe_sent }; contacts.len()], failure)
        } else {
            self.fates(Batch { campaign: campaign.clone(), contacts, maybe_sent }).await?
        };
        let endings = fates.iter().zip(&phones).map(|(fate, phone)| ending(fate, phone));
        let endings = entries.into_iter().zip(endings).collect();
        self.ledger.settle(endings, self.courier.now()).await?;
        for (place, fate) in places.into_iter().zip(fates) {
            if let Some(outcome) = ended(fate, self.courier.may_repeat()) {
                set(outcomes, place, outcome);
            }
        }
        Ok(failure)
    }

    /// What became of each contact of a batch, in order, and why the run must stop.
    async fn fates(&self, batch: Batch) -> Result<(Vec<Fate>, Option<Error>), Error> {
        let n_contacts = batch.contacts.len();
        let Delivered { fates, failure } = self.courier.deliver(batch).await;
        Ok((one_each("fates", fates, n_contacts)?, failure))
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
pub(super) fn entries(ready: &mut Ready, streams: &[Arc<str>]) -> Vec<Entry> {
    let nameless: Arc<str> = Arc::from("");
    let campaign = &ready.batch.campaign;
    let entry = |ticket: &mut Ticket| Entry {
        key: ticket.who.key,
        campaign: campaign.clone(),
        stream: streams.get(ticket.origin.stream.index()).unwrap_or(&nameless).clone(),
        primary_key: std::mem::take(&mut ticket.who.primary_key),
    };
    ready.tickets.iter_mut().map(entry).collect()
}

/// A contact with its entry and its place in the batch.
type Numbered = (usize, (Contact, Entry));

/// How a batch ended, contact by contact, and why the run must stop, if it must.
type Sent = (Vec<Option<Outcome>>, Option<Error>);

/// How a claim was answered. The first two are ours now. They go apart: what a refusal proves of people who were
/// never sent, it does not prove of the others.
#[derive(Default)]
struct Claimed {
    /// Nobody sent them before.
    fresh: Vec<Numbered>,
    /// A run that died may have sent them.
    retaken: Vec<Numbered>,
    /// Held by another run.
    elsewhere: Vec<Numbered>,
}

fn set(outcomes: &mut [Option<Outcome>], place: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = Some(outcome);
    }
}

/// How a contact ends that the ledger keeps from being sent; none for those that may be claimed, now
/// or when another run has let go of them.
pub(super) fn kept_back(standing: Standing, retake: bool) -> Option<Outcome> {
    match standing {
        Standing::Free | Standing::Elsewhere => None,
        Standing::Unknown if retake => None,
        Standing::Unknown => {
            let why =
                "an earlier sync may have sent it; look into the vendor's console, then `ledger settle`";
            Some(Outcome::Unknown(Some(why.into())))
        }
        Standing::Accepted => Some(Outcome::Duplicate(Reason::AlreadyInLedger)),
    }
}

/// How a contact ends; none: it is not settled. Who may have been sent comes again only where the
/// vendor recognises them.
fn ended(fate: Fate, may_repeat: bool) -> Option<Outcome> {
    match fate {
        Fate::Ended(outcome) => Some(outcome),
        Fate::Open { maybe_sent: true } if !may_repeat => {
            Some(Outcome::Unknown(Some("the run stopped before it knew".into())))
        }
        Fate::Open { .. } => None,
    }
}

/// What the ledger is told. It holds no number, so neither an identifier that is one.
fn ending(fate: &Fate, phone: &Phone) -> Ending {
    match fate {
        Fate::Ended(Outcome::Accepted { contact_id }) => {
            let contact_id = contact_id.clone().filter(|id| !phone.occurs_in(id));
            Ending::Accepted { contact_id }
        }
        Fate::Ended(Outcome::Duplicate(_)) => Ending::Accepted { contact_id: None },
        Fate::Ended(Outcome::Unknown(_)) | Fate::Open { maybe_sent: true } => Ending::Unknown,
        Fate::Ended(outcome) => Ending::Rejected { reason: outcome.reason().map_or("", Reason::code) },
        Fate::Open { maybe_sent: false } => Ending::Released,
    }
}

//! A part of a batch: whom one request is about, and what an answer to it proves.

use crate::domain::batch::Batch;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::providers::api::ContactVerdict;

/// A part of a batch: what is left of it after halving, and after some of its contacts have ended.
pub(super) struct Part {
    /// The place of each contact in the whole batch.
    places: Vec<usize>,
    pub(super) batch: Batch,
    /// A request with it has left, and what came of it is not understood yet.
    pub(super) is_away: bool,
    /// Who has ended while others were still to be sent again, by their places in the whole batch.
    pub(super) ended: Vec<(usize, Outcome)>,
    /// What may have arrived is another run's request, which may have said other things of its people.
    foreign: bool,
}

impl Part {
    /// A batch that nothing was attempted with yet.
    pub(super) fn whole(batch: Batch) -> Self {
        let places = (0..batch.contacts.len()).collect();
        Self { places, is_away: false, ended: Vec::new(), foreign: batch.maybe_sent, batch }
    }

    /// The front half last, so that it is taken off the stack first. Each is another request, so it has an id of its own.
    pub(super) fn halves(self, mut new_id: impl FnMut() -> u128) -> [Self; 2] {
        let Self { places: mut front, mut batch, foreign, is_away: _, ended: _ } = self;
        let middle = batch.contacts.len() / 2;
        let back = front.split_off(middle);
        let behind = batch.contacts.split_off(middle);
        let behind = Batch { contacts: behind, campaign: batch.campaign.clone(), ..batch };
        let mut part = |places, mut batch: Batch| {
            batch.ids.request = new_id();
            Self { places, batch, foreign, is_away: false, ended: Vec::new() }
        };
        [part(back, behind), part(front, batch)]
    }

    /// The places of its contacts in the whole batch.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// A vendor that knows a request by its id answers for every attempt that bore it.
    pub(super) fn is_answered_for(&mut self) {
        self.batch.maybe_sent = self.foreign;
    }

    /// Lets go of who has ended; who is left is another request.
    pub(super) fn keep_unsettled(&mut self, verdicts: Vec<ContactVerdict>, new_id: u128) {
        let contacts = std::mem::take(&mut self.batch.contacts);
        let placed = std::mem::take(&mut self.places).into_iter().zip(contacts);
        for ((place, contact), verdict) in placed.zip(verdicts) {
            match verdict {
                ContactVerdict::Ended(outcome) => self.ended.push((place, self.proof(outcome))),
                ContactVerdict::Again => {
                    self.places.push(place);
                    self.batch.contacts.push(contact);
                }
            }
        }
        self.batch.ids.request = new_id;
    }

    /// What an outcome proves of a contact whom an earlier request may have brought. A refusal is about this request
    /// alone, and its cause may be that the contact is there already; only a variable that is missing was missing in
    /// the same request before.
    pub(super) fn proof(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Rejected(reason, detail)
                if self.batch.maybe_sent && (self.foreign || reason != Reason::MissingVariable) =>
            {
                let words = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                let why = format!(
                    "refused now ({}), but an earlier request may have added it{words}",
                    reason.code()
                );
                Outcome::Unknown(Some(why.into()))
            }
            other => other,
        }
    }
}

//! A part of a batch: whom one request is about, and what an answer to it proves.

use super::result::ContactResult;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::providers::api::ContactVerdict;

/// A part of a batch: what is left of it after halving, and after some of its contacts have ended.
pub(super) struct BatchPart<P> {
    pub(super) contacts: Vec<P>,
    /// An earlier request with these contacts may have arrived.
    pub(super) maybe_sent: bool,
    /// A request with it has left, and what came of it is not understood yet.
    pub(super) is_away: bool,
    /// What all attempts with these very contacts have in common, and nothing else.
    pub(super) request_id: u128,
    /// Who has ended while others were still to be sent again.
    pub(super) ended: Vec<(P, ContactResult)>,
    /// What may have arrived is another run's request, which may have said other things of its people.
    foreign: bool,
}

impl<P> BatchPart<P> {
    /// A batch that nothing was attempted with yet.
    pub(super) fn whole(contacts: Vec<P>, maybe_sent: bool, request_id: u128) -> Self {
        Self { contacts, maybe_sent, is_away: false, request_id, ended: Vec::new(), foreign: maybe_sent }
    }

    /// The front half last, so that it is taken off the stack first. Each is another request, so it has an id of its own.
    pub(super) fn halves(mut self, new_id: impl Fn() -> u128) -> [Self; 2] {
        let Self { maybe_sent, foreign, .. } = self;
        let back = self.contacts.split_off(self.contacts.len() / 2);
        let half = |contacts| {
            let (request_id, ended) = (new_id(), Vec::new());
            Self { contacts, maybe_sent, is_away: false, request_id, ended, foreign }
        };
        [half(back), half(self.contacts)]
    }

    /// A vendor that knows a request by its id answers for every attempt that bore it.
    pub(super) fn is_answered_for(&mut self) {
        self.maybe_sent = self.foreign;
    }

    /// Lets go of who has ended; who is left is another request.
    pub(super) fn keep_unsettled(&mut self, verdicts: Vec<ContactVerdict>, new_id: u128) {
        for (contact, verdict) in std::mem::take(&mut self.contacts).into_iter().zip(verdicts) {
            match verdict {
                ContactVerdict::Ended(outcome) => {
                    let result = ContactResult::Ended(self.proof(outcome));
                    self.ended.push((contact, result));
                }
                ContactVerdict::Again => self.contacts.push(contact),
            }
        }
        self.request_id = new_id;
    }

    /// Lets go of those who may not be handed over now; who is left is another request.
    pub(super) fn end_outside_window(
        &mut self,
        outcome_if_closed: impl Fn(&P) -> Option<Outcome>,
        new_id: u128,
    ) {
        for contact in std::mem::take(&mut self.contacts) {
            match outcome_if_closed(&contact) {
                Some(outcome) => {
                    let result = ContactResult::Ended(self.proof(outcome));
                    self.ended.push((contact, result));
                }
                None => self.contacts.push(contact),
            }
        }
        self.request_id = new_id;
    }

    /// Its contacts, not settled.
    pub(super) fn left_open(self) -> impl Iterator<Item = (P, ContactResult)> {
        let maybe_sent = self.maybe_sent || self.is_away;
        self.contacts.into_iter().map(move |contact| (contact, ContactResult::Open { maybe_sent }))
    }

    /// What an outcome proves of a contact whom an earlier request may have brought. A refusal is about this request
    /// alone, and its cause may be that the contact is there already; only a variable that is missing was missing in
    /// the same request before.
    pub(super) fn proof(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Rejected(reason, detail)
                if self.maybe_sent && (self.foreign || reason != Reason::MissingVariable) =>
            {
                let words = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                let why = format!(
                    "refused now ({}), but an earlier request may have added it{words}",
                    reason.code()
                );
                Outcome::Unknown(Some(why.into()))
            }
            Outcome::Suppressed(reason, _) if self.maybe_sent => {
                let why =
                    format!("kept back now ({}), but an earlier request may have added it", reason.code());
                Outcome::Unknown(Some(why.into()))
            }
            other => other,
        }
    }
}

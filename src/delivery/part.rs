//! A part of a batch: whom one request is about, and what an answer to it proves.

use super::result::ContactResult;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// A part of a batch, after halving.
pub(super) struct Part<P> {
    pub(super) contacts: Vec<P>,
    /// An earlier request with these contacts may have arrived.
    pub(super) maybe_sent: bool,
    /// A request with it has left, and what came of it is not understood yet.
    pub(super) is_away: bool,
    /// What may have arrived is another run's request, which may have said other things of its people.
    foreign: bool,
}

impl<P> Part<P> {
    /// A batch that nothing was attempted with yet.
    pub(super) fn whole(contacts: Vec<P>, maybe_sent: bool) -> Self {
        Self { contacts, maybe_sent, is_away: false, foreign: maybe_sent }
    }

    /// The front half last, so that it is taken off the stack first.
    pub(super) fn halves(mut self) -> [Self; 2] {
        let back = self.contacts.split_off(self.contacts.len() / 2);
        let half = |contacts| Self { contacts, is_away: false, ..self };
        [half(back), half(self.contacts)]
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
            other => other,
        }
    }
}

//! A part of a batch: whom one request is about, and what an answer to it proves.

use crate::domain::batch::Batch;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// A part of a batch, after halving.
pub(super) struct Part {
    /// Index of its first contact in the whole batch.
    pub(super) start: usize,
    pub(super) batch: Batch,
    /// A request with it has left, and what came of it is not understood yet.
    pub(super) is_away: bool,
    /// What may have arrived is another run's request, which may have said other things of its people.
    foreign: bool,
}

impl Part {
    /// A batch that nothing was attempted with yet.
    pub(super) fn whole(batch: Batch) -> Self {
        Self { start: 0, is_away: false, foreign: batch.maybe_sent, batch }
    }

    /// The front half last, so that it is taken off the stack first.
    pub(super) fn halves(self) -> [Self; 2] {
        let Self { start, mut batch, foreign, is_away: _ } = self;
        let middle = batch.contacts.len() / 2;
        let back = Batch {
            campaign: batch.campaign.clone(),
            contacts: batch.contacts.split_off(middle),
            maybe_sent: batch.maybe_sent,
        };
        let part = |start, batch| Self { start, batch, foreign, is_away: false };
        [part(start.saturating_add(middle), back), part(start, batch)]
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

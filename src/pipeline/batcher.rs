//! Gathers contacts into batches, one open batch for each campaign.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::contact::Campaign;
use crate::intake::{Interval, LedgerLookup, PendingContact};
use crate::ledger::ContactStatus;

/// Text in one batch at most; records can be a megabyte each, and servers refuse long bodies.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// Text in all open batches at most.
const MAX_OPEN_BYTES: usize = 4 << 20;

/// Open batches at most; a template can name a campaign for each record.
const MAX_OPEN: usize = 64;

/// Contacts that go out together: open while it is gathered, then on its way.
#[derive(Debug)]
pub(super) struct PendingBatch {
    /// Where they go.
    pub(super) campaign: Campaign,
    /// An earlier run may have sent them.
    maybe_sent: bool,
    /// Who is in it.
    pub(super) contacts: Vec<PendingContact>,
    /// Text in all contacts.
    pub(super) bytes: usize,
    /// When the first of them came.
    since: Instant,
}

/// Gathers contacts.
#[derive(Debug)]
pub(super) struct Batcher {
    capacity: usize,
    max_age: Duration,
    /// No two for the same campaign and the same doubt.
    open: Vec<PendingBatch>,
    bytes: usize,
}

impl Batcher {
    /// Batches of `capacity` contacts, or fewer when the first one has waited `max_age`.
    pub(super) fn new(capacity: usize, max_age: Duration) -> Self {
        Self { capacity, max_age, open: Vec::new(), bytes: 0 }
    }

    /// Adds a contact; gives the batch that it completes, or the one that makes room for it.
    pub(super) fn push(&mut self, pending: PendingContact, now: Instant) -> Option<PendingBatch> {
        let bytes = pending.contact.text_bytes() + pending.origin.text_bytes();
        let place = self.place_for(&pending, now);
        let open = self.open.get_mut(place)?;
        open.contacts.push(pending);
        open.bytes += bytes;
        self.bytes += bytes;
        if open.contacts.len() >= self.capacity || open.bytes >= MAX_BATCH_BYTES {
            return Some(self.seal(place));
        }
        if self.open.len() > MAX_OPEN || self.bytes > MAX_OPEN_BYTES {
            return self.take_any();
        }
        None
    }

    /// When the oldest open batch has waited long enough.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.open.iter().map(|open| open.since + self.max_age).min()
    }

    /// Gives a batch that has waited long enough.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<PendingBatch> {
        (self.next_due()? <= now).then_some(())?;
        self.take_any()
    }

    /// Gives the open batch that has waited longest; of several, by the campaign's name, so that runs can be replayed.
    pub(super) fn take_any(&mut self) -> Option<PendingBatch> {
        let open = self.open.iter().enumerate();
        let oldest = open.min_by_key(|(_, open)| (open.since, &open.campaign, open.maybe_sent));
        let (place, _) = oldest?;
        Some(self.seal(place))
    }

    /// Lets go of the contacts of one interval.
    pub(super) fn forget(&mut self, interval: Interval) {
        for open in &mut self.open {
            open.contacts.retain(|pending| pending.origin.position.interval != interval);
        }
        self.open.retain(|open| !open.contacts.is_empty());
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.bytes = 0;
    }

    /// Where the batch is that a contact goes into. Few are open: comparing takes less than a hash.
    fn place_for(&mut self, pending: &PendingContact, now: Instant) -> usize {
        let PendingContact { campaign, lookup, .. } = pending;
        let maybe_sent = matches!(lookup, LedgerLookup::Known(_, ContactStatus::Unknown));
        let is_meant = |open: &PendingBatch| open.maybe_sent == maybe_sent && open.campaign == *campaign;
        self.open.iter().position(is_meant).unwrap_or_else(|| {
            let n_open = self.open.len();
            // The more batches are open, the fewer contacts each gets: of one for each record, none but its own.
            let contacts = Vec::with_capacity(self.capacity / (n_open + 1));
            let campaign = campaign.clone();
            self.open.push(PendingBatch { campaign, maybe_sent, contacts, bytes: 0, since: now });
            n_open
        })
    }

    fn seal(&mut self, place: usize) -> PendingBatch {
        let sealed = self.open.swap_remove(place);
        self.bytes = self.bytes.saturating_sub(sealed.bytes);
        sealed
    }
}

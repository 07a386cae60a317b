//! Gathers contacts into batches, one open batch for each campaign.

use std::collections::HashMap;
use std::time::Duration;

use foldhash::fast::FixedState;
use tokio::time::Instant;

use crate::domain::contact::Campaign;
use crate::intake::{Interval, PendingContact};

/// Text in one batch at most; records can be a megabyte each, and servers refuse long bodies.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// Text in all open batches at most.
const MAX_OPEN_BYTES: usize = 4 << 20;

/// Open batches at most; a template can name a campaign for each record.
const MAX_OPEN: usize = 64;

/// Contacts that may share a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct BatchKey {
    /// Where they go.
    pub(super) campaign: Campaign,
    /// An earlier run may have sent them.
    pub(super) maybe_sent: bool,
}

/// Contacts that go out together: open while it is gathered, then on its way.
#[derive(Debug)]
pub(super) struct PendingBatch {
    /// Where they go.
    pub(super) campaign: Campaign,
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
    open: HashMap<BatchKey, PendingBatch, FixedState>,
    bytes: usize,
}

impl Batcher {
    /// Batches of `capacity` contacts, or fewer when the first one has waited `max_age`.
    pub(super) fn new(capacity: usize, max_age: Duration) -> Self {
        Self { capacity, max_age, open: HashMap::default(), bytes: 0 }
    }

    /// Adds a contact; gives the batch that it completes, or the one that makes room for it.
    pub(super) fn push(
        &mut self,
        key: &BatchKey,
        pending: PendingContact,
        now: Instant,
    ) -> Option<PendingBatch> {
        if !self.open.contains_key(key) {
            // The more batches are open, the fewer contacts each gets: of one for each record, none but its own.
            let room = self.capacity / (self.open.len() + 1);
            let batch = PendingBatch::with_room_for(room, key.campaign.clone(), now);
            self.open.insert(key.clone(), batch);
        }
        let open = self.open.get_mut(key)?;
        let bytes = pending.contact.text_bytes() + pending.origin.text_bytes();
        open.contacts.push(pending);
        open.bytes += bytes;
        self.bytes += bytes;
        if open.contacts.len() >= self.capacity || open.bytes >= MAX_BATCH_BYTES {
            return self.seal(key);
        }
        if self.open.len() > MAX_OPEN || self.bytes > MAX_OPEN_BYTES {
            return self.seal(&self.oldest()?);
        }
        None
    }

    /// When the oldest open batch has waited long enough.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.open.values().map(|open| open.since + self.max_age).min()
    }

    /// Gives a batch that has waited long enough.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<PendingBatch> {
        (self.next_due()? <= now).then_some(())?;
        self.seal(&self.oldest()?)
    }

    /// Gives any open batch.
    pub(super) fn take_any(&mut self) -> Option<PendingBatch> {
        self.seal(&self.oldest()?)
    }

    /// Lets go of the contacts of one interval.
    pub(super) fn forget(&mut self, interval: Interval) {
        for open in self.open.values_mut() {
            open.contacts.retain(|pending| pending.origin.position.interval != interval);
        }
        self.open.retain(|_, open| !open.contacts.is_empty());
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.bytes = 0;
    }

    /// First by age, then by name: never by the map's chance order, so that runs can be replayed.
    fn oldest(&self) -> Option<BatchKey> {
        let by_age = self.open.iter().min_by_key(|(key, open)| (open.since, *key));
        by_age.map(|(key, _)| key.clone())
    }

    fn seal(&mut self, key: &BatchKey) -> Option<PendingBatch> {
        let open = self.open.remove(key)?;
        self.bytes = self.bytes.saturating_sub(open.bytes);
        Some(open)
    }
}

impl PendingBatch {
    fn with_room_for(n_contacts: usize, campaign: Campaign, now: Instant) -> Self {
        Self { campaign, contacts: Vec::with_capacity(n_contacts), bytes: 0, since: now }
    }
}

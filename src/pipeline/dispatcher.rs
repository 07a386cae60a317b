//! Batches that wait to be sent, and those that are under way: as many as may be at once.

use std::collections::{HashMap, VecDeque};

use tokio::task::{Id, JoinSet};

use super::batch_task::BatchTask;
use super::batcher::PendingBatch;
use crate::delivery::{ContactResult, DeliveryResult, Transport};
use crate::domain::error::Error;
use crate::intake::PendingContact;
use crate::ledger::Ledger;

/// Text of contacts under way beyond which nothing more is sent: ordinary batches have a hundredth of
/// it, but a record can be a megabyte, and its request as much again.
const MAX_BYTES_UNDER_WAY: usize = 2 << 20;

/// Batches that wait, and batches under way.
pub(super) struct Dispatcher {
    max_in_flight: usize,
    ready: VecDeque<PendingBatch>,
    under_way: JoinSet<DeliveryResult<PendingContact>>,
    /// Of what is under way.
    loads: HashMap<Id, Load>,
}

/// What a batch under way holds.
struct Load {
    n_contacts: usize,
    bytes: usize,
}

impl Dispatcher {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self { max_in_flight, ready: VecDeque::new(), under_way: JoinSet::new(), loads: HashMap::new() }
    }

    /// Takes batches that can go out.
    pub(super) fn add(&mut self, batches: impl IntoIterator<Item = PendingBatch>) {
        self.ready.extend(batches);
    }

    /// Sends as many batches as may be under way.
    pub(super) fn send<C: Transport + 'static, L: Ledger>(&mut self, task: &BatchTask<C, L>) {
        while self.under_way.len() < self.max_in_flight
            && self.loads.values().map(|load| load.bytes).sum::<usize>() < MAX_BYTES_UNDER_WAY
        {
            let Some(batch) = self.ready.pop_front() else { return };
            let load = Load { n_contacts: batch.contacts.len(), bytes: batch.bytes };
            let started = self.under_way.spawn(task.clone().send(batch));
            self.loads.insert(started.id(), load);
        }
    }

    /// Waits for a batch that was under way; none when none is.
    pub(super) async fn next_result(&mut self) -> Option<DeliveryResult<PendingContact>> {
        let (id, result) = match self.under_way.join_next_with_id().await? {
            Ok((id, result)) => (id, result),
            // Its message may quote data. Whom it had claimed is unknown when the ledger is closed.
            Err(error) => (error.id(), defect(Vec::new(), "a delivery ended in a panic".to_owned())),
        };
        let n_contacts = self.loads.remove(&id).map_or(0, |load| load.n_contacts);
        let n_results = result.contacts.len();
        if result.failure.is_none() && n_results != n_contacts {
            let why = format!("a delivery of {n_contacts} contacts told of {n_results}");
            return Some(defect(result.contacts, why));
        }
        Some(result)
    }

    /// Lets go of what waits.
    pub(super) fn clear(&mut self) {
        self.ready.clear();
    }

    /// Whether nothing waits.
    pub(super) fn is_drained(&self) -> bool {
        self.ready.is_empty()
    }

    /// How many requests are under way.
    pub(super) fn n_under_way(&self) -> usize {
        self.under_way.len()
    }

    /// How many contacts are in them.
    pub(super) fn n_contacts_under_way(&self) -> usize {
        self.loads.values().map(|load| load.n_contacts).sum()
    }
}

fn defect(contacts: Vec<(PendingContact, ContactResult)>, why: String) -> DeliveryResult<PendingContact> {
    DeliveryResult { contacts, failure: Some(Error::Defect(why)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_delivery_that_does_not_tell_of_everybody_is_a_defect() {
        for (name, n_contacts, panics, want) in [
            ("nobody was in it", 0, false, None),
            ("nothing is told", 2, false, Some("a delivery of 2 contacts told of 0")),
            ("a panic", 2, true, Some("a delivery ended in a panic")),
        ] {
            let mut dispatcher = Dispatcher::new(1);
            let task = dispatcher.under_way.spawn(async move {
                assert!(!panics, "what a delivery must not do");
                DeliveryResult { contacts: Vec::new(), failure: None }
            });
            dispatcher.loads.insert(task.id(), Load { n_contacts, bytes: 0 });
            let told = dispatcher.next_result().await.unwrap().failure;
            let why = told.as_ref().map(ToString::to_string);
            assert_eq!(why.is_some(), want.is_some(), "{name}: {why:?}");
            assert!(why.unwrap_or_default().ends_with(want.unwrap_or_default()), "{name}");
            assert!(matches!(told, None | Some(Error::Defect(_))), "{name}");
            assert_eq!((dispatcher.n_contacts_under_way(), dispatcher.n_under_way()), (0, 0), "{name}");
        }
    }
}

//! What the loop itself asks the ledger: one thing at a time, and the loop listens meanwhile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::batch_task::one_each;
use crate::domain::error::Error;
use crate::intake::{Event, EventBatch};
use crate::ledger::{ContactStatus, Ledger, LedgerError};

/// A question under way, or none.
#[derive(Default)]
pub(super) struct LedgerQuery(Option<Pin<Box<dyn Future<Output = LedgerAnswer> + Send>>>);

/// What the ledger said.
pub(super) enum LedgerAnswer {
    /// What is known of the contacts of a batch, in their order.
    Known(EventBatch, Result<Vec<ContactStatus>, Error>),
    /// The run is closed.
    Closed(Result<(), LedgerError>),
}

impl LedgerQuery {
    /// Asks what is known of the contacts of a batch.
    pub(super) fn status_of(&mut self, ledger: &Arc<impl Ledger>, batch: EventBatch, now: Timestamp) {
        let ledger = Arc::clone(ledger);
        self.0 = Some(Box::pin(async move {
            let key = |item: &Event| match item {
                Event::Contact { ledger_key, .. } => Some(ledger_key.key),
                _ => None,
            };
            let keys: Vec<_> = batch.items.iter().filter_map(key).collect();
            let n_contacts = keys.len();
            let statuses = ledger.status_of(keys, now).await.map_err(Error::from);
            let statuses = statuses.and_then(|known| one_each("standings", known, n_contacts));
            LedgerAnswer::Known(batch, statuses)
        }));
    }

    /// Closes the ledger. What was asked before needs no answer any more.
    pub(super) fn close(&mut self, ledger: &Arc<impl Ledger>) {
        let ledger = Arc::clone(ledger);
        self.0 = Some(Box::pin(async move { LedgerAnswer::Closed(ledger.close().await) }));
    }

    /// Whether an answer is awaited.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for the answer; without a question for ever.
    pub(super) async fn answer(&mut self) -> LedgerAnswer {
        let Some(asked) = &mut self.0 else { return std::future::pending().await };
        let answer = asked.await;
        self.0 = None;
        answer
    }
}

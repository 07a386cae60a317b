//! What the loop itself asks the ledger: one thing at a time, and the loop listens meanwhile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::error::Error;
use crate::intake::EventBatch;
use crate::ledger::Ledger;

/// A question under way, or none.
#[derive(Default)]
pub(super) struct LedgerQuery(Option<Pin<Box<dyn Future<Output = LedgerAnswer> + Send>>>);

/// What the ledger said.
pub(super) enum LedgerAnswer {
    /// What is known of the contacts of a batch.
    LookedUp(Result<EventBatch, Error>),
    /// The run is closed.
    Closed(Result<(), Error>),
}

impl LedgerQuery {
    /// Asks what is known of the contacts of a batch.
    pub(super) fn look_up(&mut self, ledger: &Arc<impl Ledger>, batch: EventBatch, now: Timestamp) {
        let ledger = Arc::clone(ledger);
        self.0 = Some(Box::pin(async move { LedgerAnswer::LookedUp(batch.look_up(&*ledger, now).await) }));
    }

    /// Closes the ledger. What was asked before needs no answer any more.
    pub(super) fn close(&mut self, ledger: &Arc<impl Ledger>) {
        let ledger = Arc::clone(ledger);
        self.0 =
            Some(Box::pin(async move { LedgerAnswer::Closed(ledger.close().await.map_err(Error::from)) }));
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

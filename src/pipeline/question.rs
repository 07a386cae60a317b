//! What the loop itself asks the ledger: one thing at a time, and the loop listens meanwhile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::item::{Chunk, Item};
use super::sending::one_each;
use crate::error::Error;
use crate::ledger::{Ledger, LedgerError, Standing};

/// A question under way, or none.
#[derive(Default)]
pub(super) struct Question(Option<Pin<Box<dyn Future<Output = Answer> + Send>>>);

/// What the ledger said.
pub(super) enum Answer {
    /// What is known of the contacts of a chunk, in their order.
    Known(Chunk, Result<Vec<Standing>, Error>),
    /// The run is closed.
    Closed(Result<(), LedgerError>),
}

impl Question {
    /// Asks what is known of the contacts of a chunk.
    pub(super) fn look_up(&mut self, ledger: &Arc<impl Ledger>, chunk: Chunk, now: Timestamp) {
        let ledger = Arc::clone(ledger);
        self.0 = Some(Box::pin(async move {
            let key = |item: &Item| match item {
                Item::Contact { who, .. } => Some(who.key),
                _ => None,
            };
            let keys: Vec<_> = chunk.items.iter().filter_map(key).collect();
            let n_contacts = keys.len();
            let standings = ledger.look_up(keys, now).await.map_err(Error::from);
            let standings = standings.and_then(|known| one_each("standings", known, n_contacts));
            Answer::Known(chunk, standings)
        }));
    }

    /// Closes the ledger. What was asked before needs no answer any more.
    pub(super) fn close(&mut self, ledger: &Arc<impl Ledger>) {
        let ledger = Arc::clone(ledger);
        self.0 = Some(Box::pin(async move { Answer::Closed(ledger.close().await) }));
    }

    /// Whether an answer is awaited.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for the answer; without a question for ever.
    pub(super) async fn answer(&mut self) -> Answer {
        let Some(asked) = &mut self.0 else { return std::future::pending().await };
        let answer = asked.await;
        self.0 = None;
        answer
    }
}

//! What has ended: each record is counted once, for its STATE, for the run and, if it was rejected, in the log.

use std::io::Write;

use tokio::task::{Id, JoinError};

use super::Pipeline;
use super::batch_task::{BatchResult, one_each};
use super::checkpoint::Interval;
use crate::delivery::Transport;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::intake::RecordPosition;
use crate::ledger::Ledger;
use crate::phone::Phone;
use crate::protocol::Level;

/// Records after which a share of rejected ones means something; those kept back on purpose are none.
const SHARE_COUNTS_AFTER: u64 = 100;

impl<C: Transport, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A delivery's task has ended.
    pub(super) fn delivered(&mut self, result: Result<(Id, BatchResult), JoinError>) {
        match result {
            Ok((task, heard)) => {
                self.loads.remove(&task);
                self.heard(heard);
            }
            // Its message may quote data. Whom it had claimed is unknown when the ledger is closed.
            Err(error) => {
                self.loads.remove(&error.id());
                self.fail(Error::Defect("a delivery ended in a panic".to_owned()));
            }
        }
    }

    fn heard(&mut self, heard: BatchResult) {
        self.waiting = None;
        let BatchResult { tickets, phones, outcomes, failure } = heard;
        match one_each("outcomes", outcomes, tickets.len()) {
            Ok(outcomes) => {
                for ((ticket, phone), outcome) in tickets.into_iter().zip(&phones).zip(outcomes) {
                    if let Some(outcome) = outcome {
                        self.settle(ticket.interval, ticket.position, &outcome, Some(phone));
                    }
                }
            }
            Err(defect) => self.fail(defect),
        }
        if let Some(error) = failure {
            self.fail(error);
        }
    }

    pub(super) fn settle(
        &mut self,
        interval: Interval,
        position: RecordPosition,
        outcome: &Outcome,
        phone: Option<&Phone>,
    ) {
        let is_rejected = outcome.counts_as_rejected();
        if let Err(defect) = self.checkpoints.settle_record(interval, position.stream, is_rejected) {
            return self.fail(defect);
        }
        if self.stats.count(outcome) {
            let line = self.describe(position, outcome, phone);
            self.log(Level::Warn, &line);
        }
        let percent = self.plan.max_rejected_percent;
        if is_rejected && self.stats.rejected_more_than(percent) {
            let (_, total) = self.stats.share();
            if total >= SHARE_COUNTS_AFTER {
                self.too_many_rejected();
            }
        }
    }
}

//! What has ended: each record is counted once, for its STATE, for the run and, if it was rejected, in the log.

use std::io::Write;

use tokio::task::{Id, JoinError};

use super::Pipeline;
use super::checkpoint::Interval;
use super::item::Origin;
use super::sending::{Heard, one_each};
use crate::delivery::Carrier;
use crate::error::Error;
use crate::ledger::Ledger;
use crate::phone::Phone;
use crate::protocol::Level;
use crate::vendor::exchange::Outcome;

/// Records after which a share of rejected ones means something; those kept back on purpose are none.
const SHARE_COUNTS_AFTER: u64 = 100;

impl<C: Carrier, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A delivery's task has ended.
    pub(super) fn delivered(&mut self, result: Result<(Id, Heard), JoinError>) {
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

    fn heard(&mut self, heard: Heard) {
        self.waiting = None;
        let Heard { tickets, phones, outcomes, failure } = heard;
        match one_each("outcomes", outcomes, tickets.len()) {
            Ok(outcomes) => {
                for ((ticket, phone), outcome) in tickets.into_iter().zip(&phones).zip(outcomes) {
                    if let Some(outcome) = outcome {
                        self.settle(ticket.interval, ticket.origin, &outcome, Some(phone));
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
        origin: Origin,
        outcome: &Outcome,
        phone: Option<&Phone>,
    ) {
        let is_rejected = outcome.counts_as_rejected();
        if let Err(defect) = self.checkpoints.settle(interval, origin.stream, is_rejected) {
            return self.fail(defect);
        }
        if self.tally.count(outcome) {
            let line = self.describe(origin, outcome, phone);
            self.log(Level::Warn, &line);
        }
        let percent = self.plan.max_rejected_percent;
        if is_rejected && self.tally.rejected_more_than(percent) {
            let (_, total) = self.tally.share();
            if total >= SHARE_COUNTS_AFTER {
                self.too_many_rejected();
            }
        }
    }
}

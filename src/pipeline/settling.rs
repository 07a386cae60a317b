//! What has ended: each record is counted once, for its STATE, for the run and, if it was rejected, in the log.

use std::io::Write;

use super::ruling::Limit;
use super::sync_loop::Pipeline;
use crate::delivery::{ContactResult, DeliveryResult, Transport};
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::intake::{PendingContact, RecordPosition};
use crate::ledger::Ledger;
use crate::phone::Phone;
use crate::protocol::Level;

/// Records after which a share of rejected ones means something; those kept back on purpose are none.
const SHARE_COUNTS_AFTER: u64 = 100;

impl<C: Transport, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A batch is not under way any more.
    pub(super) fn delivered(&mut self, result: DeliveryResult<PendingContact>) {
        self.waiting = None;
        let mut n_open = 0_usize;
        for (pending, result) in result.contacts {
            match result {
                ContactResult::Ended(outcome) => {
                    self.settle_record(pending.position, &outcome, Some(&pending.contact.phone));
                }
                ContactResult::BeyondLimit => self.leave_record(Limit::PerDay),
                ContactResult::Open { .. } => n_open += 1,
            }
        }
        if let Some(error) = result.failure {
            self.fail(error);
        }
        // Whoever stops for a reason has said it by now: without one their STATE would wait for ever.
        if n_open > 0 && self.failure.is_none() {
            self.fail(Error::Defect(format!("a delivery left {n_open} contacts without an outcome")));
        }
    }

    pub(super) fn settle_record(
        &mut self,
        position: RecordPosition,
        outcome: &Outcome,
        phone: Option<&Phone>,
    ) {
        let is_rejected = outcome.counts_as_rejected();
        if let Err(defect) = self.checkpoints.settle_record(position, is_rejected) {
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

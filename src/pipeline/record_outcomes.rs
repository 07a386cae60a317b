//! What has ended: each record is counted once, for its STATE, for the run, for what the run leaves behind and, if it
//! was rejected, in the log.

use std::io::Write;
use std::sync::Arc;

use super::archive::Put;
use super::decisions::DecisionMaker;
use super::policy_decision::ContactLimit;
use super::run_log::described;
use super::sync_loop::Pipeline;
use crate::delivery::{ContactResult, DeliveryResult, Transport};
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::intake::{PendingContact, RecordPosition, RefusedRecord, StreamNames};
use crate::ledger::Ledger;
use crate::protocol::Level;

impl<C: Transport + 'static, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A batch is not under way any more.
    pub(super) fn record_delivery(&mut self, result: DeliveryResult<PendingContact>) {
        self.waiting = None;
        let streams = Arc::clone(&self.task.streams);
        let decisions = self.decision_maker(&streams);
        let mut n_open = 0_usize;
        for (pending, result) in result.contacts {
            match result {
                ContactResult::Ended(outcome) => {
                    let decision = decisions.of_contact(&pending, &outcome);
                    self.settle_record(pending.origin.position, decision);
                }
                ContactResult::BeyondLimit => self.leave_record(ContactLimit::PerDay),
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

    /// Somebody who could have been called has ended.
    pub(super) fn contact_ended(&mut self, pending: &PendingContact, outcome: &Outcome) {
        let streams = Arc::clone(&self.task.streams);
        let decision = self.decision_maker(&streams).of_contact(pending, outcome);
        self.settle_record(pending.origin.position, decision);
    }

    /// A record that maps to nobody who may be called has ended.
    pub(super) fn record_ended(&mut self, record: &RefusedRecord) {
        let streams = Arc::clone(&self.task.streams);
        let decision = self.decision_maker(&streams).of_refused(record);
        self.settle_record(record.origin.position, decision);
    }

    fn decision_maker<'s>(&self, streams: &'s StreamNames) -> DecisionMaker<'s> {
        let at = self.task.run.now();
        DecisionMaker { streams, may_repeat: self.task.deliverer.may_repeat(), at }
    }

    fn settle_record(&mut self, position: RecordPosition, decision: Result<Decision<'_>, Error>) {
        let settled = decision.and_then(|decision| {
            let is_rejected = decision.outcome.counts_as_rejected();
            let kept_in = self.archive.add(&decision)?;
            self.checkpoints.settle_record(position, is_rejected, kept_in)?;
            Ok((decision, is_rejected))
        });
        let (decision, is_rejected) = match settled {
            Ok(settled) => settled,
            Err(defect) => return self.fail(defect),
        };
        self.stats.held += u64::from(decision.is_held && decision.replay().is_doubtful());
        if self.stats.count(decision.outcome) {
            self.log(Level::Warn, &described(&decision));
        }
        if is_rejected && self.stats.has_too_many_rejected(self.plan.max_rejected_percent) {
            self.too_many_rejected();
        }
    }

    /// Rows are there for good, and the STATEs that cover them may go back; or they never will.
    pub(super) fn record_put(&mut self, put: Put) {
        match put {
            Put::Rows(Ok(())) => {}
            Put::Rows(Err(error)) => self.fail(error.into()),
            Put::Report(put) => self.log_report_place(put),
        }
    }
}

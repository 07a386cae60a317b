//! What the input says, in its order: contacts are decided about and gathered, refused records have ended, STATEs
//! close what came before them.

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::policy_decision::PolicyDecision;
use super::sync_loop::Pipeline;
use crate::delivery::Transport;
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;
use crate::intake::{Event, EventBatch, PendingContact, RecordPosition, StreamIndex};
use crate::ledger::Ledger;
use crate::protocol::Level;

impl<C: Transport + 'static, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// What was read, or nothing at the end of the input. What the ledger knows of the contacts decides about them;
    /// without one they are taken at once.
    pub(super) fn take_input(&mut self, batch: Option<EventBatch>) {
        let Some(batch) = batch else { return self.input_ended() };
        if self.task.ledger.remembers() {
            self.ledger_query.look_up(&self.task.ledger, batch, self.task.run.now());
        } else {
            self.take_events(batch);
        }
    }

    pub(super) fn take_events(&mut self, batch: EventBatch) {
        let (now, time) = (Instant::now(), self.task.run.now());
        for event in batch.events {
            if self.limit.is_some() {
                self.leave_event(event);
            } else if let Err(error) = self.take_event(event, now, time) {
                self.fail(error);
            }
        }
        self.warnings.add(batch.warnings);
        if self.checkpoints.is_full() && self.failure.is_none() {
            if let Some(error) = self.empty_run_guard.decide_now(&self.stats) {
                self.fail(error);
            }
            self.flush();
        }
        if let Some(error) = batch.failure {
            self.fail(error);
        }
    }

    fn take_event(&mut self, event: Event, now: Instant, time: Timestamp) -> Result<(), Error> {
        match event {
            Event::Contact(pending) => {
                self.received(pending.origin.position)?;
                self.decide(pending, now, time)?;
            }
            Event::Refused(record) => {
                self.received(record.origin.position)?;
                self.empty_run_guard.note_unsent(&record.outcome);
                self.record_ended(&record);
                self.stop_if_nobody_can_be_called();
            }
            Event::Listed(_) => {
                return Err(Error::Defect("a do-not-call list came where people are called".to_owned()));
            }
            Event::State(state, covers) => self.checkpoints.close_interval(state, covers),
            Event::Stream { index, name, warnings, variables: _ } => self.announced(index, &name, &warnings),
            Event::Complete(stream) => {
                self.incomplete.remove(&stream);
            }
        }
        Ok(())
    }

    fn received(&mut self, position: RecordPosition) -> Result<(), Error> {
        self.stats.received += 1;
        self.checkpoints.received(position)
    }

    /// A contact is sent, or has ended.
    fn decide(&mut self, pending: PendingContact, now: Instant, time: Timestamp) -> Result<(), Error> {
        match self.policy.decide(&pending, time)? {
            PolicyDecision::Send => self.empty_run_guard.note_callable(),
            PolicyDecision::Ended(outcome) => {
                self.empty_run_guard.note_unsent(&outcome);
                self.contact_ended(&pending, &outcome);
                self.stop_if_nobody_can_be_called();
                return Ok(());
            }
            PolicyDecision::Leave(limit) => {
                self.leave_record(limit);
                return Ok(());
            }
        }
        self.dispatcher.add(self.batcher.push(pending, now));
        Ok(())
    }

    /// A record has ended without having been sent.
    fn stop_if_nobody_can_be_called(&mut self) {
        if let Some(error) = self.empty_run_guard.failure(&self.stats) {
            self.fail(error);
        }
    }

    /// A stream that nobody knew of yet, or that looks different from here on.
    pub(super) fn announced(&mut self, index: StreamIndex, name: &StreamName, warnings: &[String]) {
        if Arc::make_mut(&mut self.task.streams).announce(index, name) {
            self.checkpoints.add_stream();
        }
        for warning in warnings {
            self.log(Level::Warn, warning);
        }
    }

    /// Nothing more will be read.
    fn input_ended(&mut self) {
        self.empty_run_guard.note_end_of_input();
        if !self.incomplete.is_empty() {
            // The source failed: what no STATE covers comes again, and would be called twice.
            self.batcher.forget(self.checkpoints.open_interval());
        }
        self.flush();
    }

    pub(super) fn flush(&mut self) {
        while let Some(batch) = self.batcher.take_any() {
            self.dispatcher.add([batch]);
        }
    }
}

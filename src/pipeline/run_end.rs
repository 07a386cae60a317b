//! How a run ends: because it must, because somebody wants it to, or because everything is done.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use super::archive::{Archive, Put};
use super::run_stats::RunStats;
use super::sync_loop::{Ended, Pipeline};
use crate::delivery::Transport;
use crate::domain::error::Error;
use crate::ledger::Ledger;
use crate::protocol::{Level, OUTLET_PATIENCE, Output};
use crate::report::{Ending, RunEnd};

/// A report of a run that read nothing is worth no longer wait.
const REPORT_WITHIN: Duration = Duration::from_secs(5);

/// What of the time for an end is spent before a report that early: the ledger is closed.
const SPENT_BEFORE: Duration = Duration::from_secs(1);

impl<W: Write> Ended<W> {
    /// A run that failed before it read anything: its report says why, as far as the time for an end goes, and as
    /// nobody wants the end at once.
    pub async fn before_it_began(
        mut output: Output<W>,
        failure: Error,
        mut archive: Archive,
        now: Timestamp,
        end_within: Duration,
        signals: &mut (impl Stream<Item = &'static str> + Unpin),
    ) -> Self {
        archive.put_report(run_end(now, 0, Ending::from(&failure)));
        let mut report_at = None;
        if archive.is_busy() {
            let within = REPORT_WITHIN.min(end_within.saturating_sub(SPENT_BEFORE));
            let put = tokio::select! {
                biased;
                Some(_) = signals.next() => None,
                put = timeout(within, archive.next_put()) => Some(put),
            };
            let (level, text) = match put {
                None => (
                    Level::Warn,
                    "there is no report of this run: there was no time left to put it".to_owned(),
                ),
                Some(Ok(Put::Report(Ok(place)))) => {
                    let text = format!("the report of this run is {place}");
                    report_at = Some(place);
                    (Level::Info, text)
                }
                Some(Ok(Put::Report(Err(error)) | Put::Rows(Err(error)))) => {
                    (Level::Warn, format!("there is no report of this run: {error}"))
                }
                Some(Ok(Put::Rows(Ok(()))) | Err(_)) => {
                    (Level::Warn, "there is no report of this run: its storage does not answer".to_owned())
                }
            };
            // The failure says more than a stdout that nobody reads.
            drop(output.log(level, &text));
        }
        Self { stats: RunStats::default(), failure: Some(failure), output, report_at }
    }
}

/// A run's end, but for where things were put.
fn run_end(ended: Timestamp, read: u64, how: Ending) -> RunEnd {
    RunEnd { ended, read, how, rejects: String::new(), receipts: String::new(), preview: None }
}

impl<C: Transport + 'static, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// From here on nothing new is sent; what is under way is heard out.
    pub(super) fn fail(&mut self, error: Error) {
        if self.failure.is_some() {
            return;
        }
        self.failure = Some(error);
        self.task.run.stop();
        self.dispatcher.clear();
        self.batcher.clear();
        self.shutdown.failed(Instant::now(), self.plan.hear_out_for);
    }

    pub(super) fn too_many_rejected(&mut self) {
        let (rejected, total) = self.stats.share();
        self.fail(Error::TooManyRejected { rejected, total, percent: self.plan.max_rejected_percent });
    }

    /// Whoever waits is not handed over, and nobody else will be: the run ends as after any other failure. One that has
    /// read everything and only hears out what is under way needs not.
    pub(super) fn window_ended(&mut self, is_open: bool) {
        self.closes_at = None;
        if is_open
            || self.ledger_query.is_open()
            || !self.dispatcher.is_drained()
            || self.batcher.next_due().is_some()
        {
            self.stop_outside_window();
        }
    }

    /// Ends the run where the window is closed.
    pub(super) fn stop_outside_window(&mut self) {
        if let Some(closed) = self.task.run.closed() {
            self.fail(closed);
        }
    }

    /// Somebody wants the run to end: soon, or, asked again, at once. One that is closing has done
    /// everything already.
    pub(super) fn interrupt(&mut self, signal: &'static str) {
        self.shutdown.signalled(Instant::now(), self.plan.end_within.saturating_sub(self.spent_unheard()));
        if self.shutdown.was_hurried() && matches!(self.failure, Some(Error::Interrupted(_))) {
            self.failure = Some(Error::Hurried(signal));
        } else if !self.is_closing {
            self.fail(Error::Interrupted(signal));
        }
    }

    /// How long the signal was not heard, because the loop waited for somebody to read what it wrote.
    fn spent_unheard(&self) -> Duration {
        match &self.failure {
            Some(Error::Output(error)) if error.kind() == ErrorKind::TimedOut => OUTLET_PATIENCE,
            _ => Duration::ZERO,
        }
    }

    /// No answer of the vendor is awaited any more.
    pub(super) fn cut_off(&mut self) {
        self.shutdown.cut_off_at = None;
        self.task.run.cut_off();
    }

    /// Nobody is waited for any more.
    pub(super) fn leave(&mut self, started: Instant) {
        if self.is_concluded {
            return self.log_missing_report("there was no time left to put it");
        }
        self.log_left_behind();
        let is_idle = self.dispatcher.n_under_way() == 0 && !self.ledger_query.is_open();
        self.fail(if is_idle && self.archive.owes_rows() {
            Error::StorageUnavailable("the storage of rejected records did not answer in the time that the end of a run has (after a signal delivery.shutdown_seconds, else four minutes); no STATE was handed back that covers what is not there: see whether the store is slow, then run the sync again".to_owned())
        } else {
            Error::LedgerUnavailable("the ledger did not answer in the time that the end of a run has (after a signal delivery.shutdown_seconds, else a minute, or four where rejected records are put somewhere); what it was told before is kept: see whether its server or disk is slow, then run the sync again".to_owned())
        });
        self.conclude(started);
    }

    /// Begins to close the ledger when nothing is under way and nothing more will be. A batch whose
    /// contacts are looked up just then is one that was not read.
    pub(super) fn close_if_settled(&mut self, is_open: bool) {
        let is_read = !is_open && self.dispatcher.is_drained() && !self.ledger_query.is_open();
        let is_idle = self.dispatcher.n_under_way() == 0;
        if !self.is_closing && is_idle && (self.failure.is_some() || is_read) {
            self.is_closing = true;
            self.shutdown.closing(Instant::now());
            self.ledger_query.close(&self.task.ledger);
        }
    }

    /// Says how the run ended when everything but that has been said, and begins to put the report.
    pub(super) fn conclude_if_closed(&mut self, started: Instant) {
        let is_closed = self.is_closing && !self.ledger_query.is_open() && !self.archive.owes_rows();
        if self.is_concluded || !is_closed {
            return;
        }
        self.conclude(started);
        let end = run_end(self.task.run.now(), self.stats.received, self.how_it_ended());
        self.archive.put_report(end);
    }

    fn how_it_ended(&self) -> Ending {
        match (&self.failure, self.limit) {
            (Some(error), _) => Ending::from(error),
            (None, Some(limit)) => Ending::LimitReached { limit: limit.setting().to_owned() },
            (None, None) => Ending::Complete,
        }
    }

    fn conclude(&mut self, started: Instant) {
        self.is_concluded = true;
        if self.failure.is_none() && self.stats.rejected_more_than(self.plan.max_rejected_percent) {
            self.too_many_rejected();
        }
        if self.failure.is_none() && !self.incomplete.is_empty() {
            self.failure = Some(self.task.streams.incomplete(&self.incomplete));
        }
        self.log_summary(started);
    }
}

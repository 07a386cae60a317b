//! What everything under way in a run shares: its time, the word to end, the log.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::clock::{self, Clock};
use crate::domain::contact::Contact;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::rules::Window;

/// Lines for the log that may wait for the loop.
const MAX_WAITING_LOG_LINES: usize = 64;

/// Clones share one run.
#[derive(Clone, Debug)]
pub struct RunHandle {
    /// The time of day.
    pub clock: Arc<Clock>,
    cut_off: CancellationToken,
    /// A child of `cut_off`: who may not wait for answers may send nothing, either.
    stopping: CancellationToken,
    log_lines: mpsc::Sender<LogLine>,
    /// When contacts may be handed over.
    window: Option<Arc<Window>>,
}

/// Something for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// A sentence.
    pub text: String,
    /// What the sentence tells of, where that is a wait.
    pub wait: Option<Wait>,
}

/// Nothing goes out for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// From when on.
    pub from: Timestamp,
    /// Until when, if the run goes on so long.
    pub to: Timestamp,
    /// What is waited for, in words.
    pub why: String,
    /// A request is repeated then.
    pub is_before_repeat: bool,
}

/// The run is ending.
pub(super) struct Stopped;

impl RunHandle {
    /// A run that goes on, and where its lines for the log come out.
    #[must_use]
    pub fn new(clock: Arc<Clock>) -> (Self, mpsc::Receiver<LogLine>) {
        let (log_lines, receiver) = mpsc::channel(MAX_WAITING_LOG_LINES);
        let cut_off = CancellationToken::new();
        let stopping = cut_off.child_token();
        (Self { clock, cut_off, stopping, log_lines, window: None }, receiver)
    }

    /// The same run, which hands contacts over inside of a window only.
    #[must_use]
    pub fn within(self, window: Option<Window>) -> Self {
        Self { window: window.map(Arc::new), ..self }
    }

    /// When contacts may be handed over; none: at any time.
    pub(crate) fn window(&self) -> Option<Arc<Window>> {
        self.window.clone()
    }

    /// Why nobody may be handed over now.
    pub(crate) fn closed(&self) -> Option<Error> {
        self.closed_at(Instant::now())
    }

    /// Why nobody may be handed over at an instant to come.
    pub(crate) fn closed_at(&self, instant: Instant) -> Option<Error> {
        let wait = SignedDuration::try_from(instant.saturating_duration_since(Instant::now())).ok()?;
        self.window.as_ref()?.closed(self.now().saturating_add(wait).ok()?)
    }

    /// How somebody ends who may not be handed over now.
    pub(crate) fn outcome_if_closed(&self, contact: &Contact) -> Option<Outcome> {
        self.window.as_ref()?.outcome_if_closed(contact, self.now())
    }

    /// When nobody may be handed over any more; none when that is not known yet.
    pub(crate) fn closes_at(&self) -> Option<Instant> {
        let (window, now) = (self.window.as_ref()?, self.now());
        let zone = window.zone.as_ref().filter(|zone| window.is_open(now, zone))?;
        let wait = window.closes_after(now, zone)?.duration_since(now);
        Some(clock::after(wait.unsigned_abs()))
    }

    /// The time of day, by which people are remembered: no vendor's clock moves it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.uncorrected()
    }

    /// Says that nothing new may be sent.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Says that no answer may be waited for, either.
    pub fn cut_off(&self) {
        self.cut_off.cancel();
    }

    /// Waits until no answer may be waited for.
    pub(super) async fn until_cut_off(&self) {
        self.cut_off.cancelled().await;
    }

    /// Waits; gives whether the run goes on.
    pub async fn pause(&self, wait: Duration) -> bool {
        self.wait_until(clock::after(wait)).await.is_ok()
    }

    pub(super) async fn wait_until(&self, instant: Instant) -> Result<(), Stopped> {
        if self.stopping.is_cancelled() {
            return Err(Stopped);
        }
        if instant <= Instant::now() {
            return Ok(());
        }
        let waited = self.stopping.run_until_cancelled(sleep_until(instant)).await;
        waited.ok_or(Stopped)
    }

    /// Says something to whoever reads the log. A full channel loses a line, never a contact.
    pub fn log_line(&self, text: String) {
        drop(self.log_lines.try_send(LogLine { text, wait: None }));
    }

    /// Says that nothing goes out for a while.
    pub fn log_wait(&self, text: String, wait: Duration, why: &str, is_before_repeat: bool) {
        let from = self.now();
        let to = from.saturating_add(wait).unwrap_or(from);
        let wait = Wait { from, to, why: why.to_owned(), is_before_repeat };
        drop(self.log_lines.try_send(LogLine { text, wait: Some(wait) }));
    }
}

//! The time of day: read once, then carried on by the runtime's own clock, which tests can hold
//! and move. A vendor's `Date` header corrects it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time of day.
#[derive(Debug)]
pub struct Clock {
    at_start: Timestamp,
    started: Instant,
    correction_ms: AtomicI64,
}

impl Clock {
    /// A clock that shows `now`. Needs a runtime's context, whose time it follows.
    #[must_use]
    pub fn starting_at(now: Timestamp) -> Self {
        Self { at_start: now, started: Instant::now(), correction_ms: AtomicI64::new(0) }
    }

    /// The time as this machine and the corrections tell it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.uncorrected() + SignedDuration::from_millis(self.correction_ms.load(Ordering::Relaxed))
    }

    /// Goes by the server's time from now on; gives how far this machine's clock is off, in seconds.
    pub fn correct(&self, server_time: Timestamp) -> i64 {
        let off = server_time.duration_since(self.uncorrected());
        let ms = i64::try_from(off.as_millis()).unwrap_or(0);
        self.correction_ms.store(ms, Ordering::Relaxed);
        off.as_secs()
    }

    /// Whether the server's time is this clock's, give or take a few seconds on the way.
    #[must_use]
    pub fn agrees_with(&self, server_time: Timestamp) -> bool {
        let tolerance = SignedDuration::from_secs(5);
        server_time.duration_since(self.now()).abs() <= tolerance
    }

    /// How long the clock has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn uncorrected(&self) -> Timestamp {
        self.at_start + self.started.elapsed()
    }
}

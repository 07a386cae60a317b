//! The time of day: read once, then carried on by the runtime's own clock, which tests can hold
//! and move. A vendor's `Date` header corrects it for signatures, and for nothing else.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A vendor's time that is so far away is no small error of either clock: a person must look.
const LONGEST_CORRECTION: SignedDuration = SignedDuration::from_hours(24);

/// What a server's whole seconds and the way may cost.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// No wait is longer; an instant beyond what the machine can tell would end the program.
const LONGEST_WAIT: Duration = Duration::from_hours(24 * 365 * 100);

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

    /// The time as this machine and the corrections tell it: for signatures.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let correction = SignedDuration::from_millis(self.correction_ms.load(Ordering::Relaxed));
        moved(self.uncorrected(), correction)
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
        server_time.duration_since(self.now()).abs() <= TOLERANCE
    }

    /// Whether the server's time is that of a request which was dated `sent_at` and answered so much later.
    #[must_use]
    pub fn fits(server_time: Timestamp, sent_at: Timestamp, waited: Duration) -> bool {
        let waited = SignedDuration::try_from(waited).unwrap_or(SignedDuration::MAX);
        let later = server_time.duration_since(sent_at);
        later >= -TOLERANCE && later <= waited.saturating_add(TOLERANCE)
    }

    /// By how much this machine's clock differs from the server's, where that is too much to be corrected.
    #[must_use]
    pub fn too_far_from(&self, server_time: Timestamp) -> Option<String> {
        let off = self.uncorrected().duration_since(server_time);
        let direction = if off.is_negative() { "behind" } else { "ahead of" };
        (off.abs() > LONGEST_CORRECTION).then(|| {
            let days = off.as_hours().unsigned_abs().div_ceil(24);
            format!(
                "this machine's clock is {days} days {direction} the vendor's, which shows {server_time}: set the one that is wrong"
            )
        })
    }

    /// How long the clock has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The time as this machine alone tells it, whatever a vendor says.
    #[must_use]
    pub fn uncorrected(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        moved(self.at_start, elapsed)
    }
}

/// The instant that is so far from now.
pub(super) fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait.min(LONGEST_WAIT)).unwrap_or(now)
}

/// A time as far as times go: a server may claim any.
fn moved(time: Timestamp, by: SignedDuration) -> Timestamp {
    let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    time.checked_add(by).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_time_that_a_server_claims_breaks_the_clock() {
        for claimed in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            for started in [Timestamp::MIN, Timestamp::from_second(1_790_000_000).unwrap(), Timestamp::MAX] {
                let clock = Clock::starting_at(started);
                clock.correct(claimed);
                tokio::time::advance(Duration::from_hours(24)).await;
                assert!(clock.now() >= claimed, "{claimed} {started}: {}", clock.now());
            }
        }
    }
}

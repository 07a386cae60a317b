//! How fast requests may start, over the whole account, and when none may.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Hands out starting times, evenly spaced.
#[derive(Debug)]
pub struct RateLimiter {
    interval: Duration,
    next: Mutex<Instant>,
}

impl RateLimiter {
    /// At most `per_second` starts a second; 0: no limit.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1).checked_div(per_second).unwrap_or(Duration::ZERO);
        Self { interval, next: Mutex::new(Instant::now()) }
    }

    /// Takes the next starting time.
    pub fn reserve(&self) -> Instant {
        let mut next = self.next.lock().expect("nothing panics while it takes a slot");
        let slot = (*next).max(Instant::now());
        *next = slot.checked_add(self.interval).unwrap_or(slot);
        slot
    }

    /// Lets nothing start before `until`: the vendor throttles the account, not one request.
    pub fn pause_until(&self, until: Instant) {
        let mut next = self.next.lock().expect("nothing panics while it takes a slot");
        *next = (*next).max(until);
    }
}

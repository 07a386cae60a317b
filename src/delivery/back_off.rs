//! How long to wait before an attempt, when nobody says.

use std::sync::Mutex;
use std::time::Duration;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Doubles with each attempt, up to a minute, and is spread so that requests do not march in step.
pub(super) struct BackOff(Mutex<fastrand::Rng>);

impl BackOff {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// The wait after so many attempts.
    pub(super) fn after(&self, attempts: u32) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
        let spread = self.0.lock().expect("nothing panics while it draws").f64();
        doubled.min(LONGEST_WAIT).mul_f64(0.75 + spread / 2.0)
    }
}

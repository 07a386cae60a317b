//! When a run that must end stops to wait, and when it leaves.
//!
//! First what is under way is heard out. Then no answer is awaited any more: its people have an
//! ending, and the ledger is told. Last the run leaves, whoever has not answered.

use std::time::Duration;

use tokio::time::Instant;

/// For what the ledger is told last: it asks a server that is away again for 45 seconds. What is put last may take longer.
const LAST_WORDS: Duration = Duration::from_mins(1);

/// The same when a signal has come, and somebody is about to kill the process.
const LAST_WORDS_AFTER_SIGNAL: Duration = Duration::from_secs(2);

/// The same when a second signal has come: enough for a ledger that answers.
const LAST_WORDS_AT_ONCE: Duration = Duration::from_millis(500);

/// The two times; none: as long as it takes.
#[derive(Debug)]
pub(super) struct Shutdown {
    last_words: Duration,
    /// From then on no answer of the vendor is awaited.
    pub(super) cut_off_at: Option<Instant>,
    /// From then on nothing is awaited.
    pub(super) leave_at: Option<Instant>,
    signals: u32,
}

impl Shutdown {
    /// A run goes on. What is put last takes so long at most, beside what the ledger is told.
    pub(super) fn new(putting: Duration) -> Self {
        Self { last_words: LAST_WORDS.max(putting), cut_off_at: None, leave_at: None, signals: 0 }
    }

    /// The run has failed: requests under way have so long.
    pub(super) fn failed(&mut self, now: Instant, hear_out_for: Duration) {
        self.no_later(Some(now + hear_out_for), now + hear_out_for + self.last_words);
    }

    /// A signal has come, after which everything may take so long; a second one ends that.
    pub(super) fn signalled(&mut self, now: Instant, end_within: Duration) {
        self.signals += 1;
        if self.was_hurried() {
            return self.no_later(Some(now), now + LAST_WORDS_AT_ONCE);
        }
        let hear_out_for = end_within.saturating_sub(LAST_WORDS_AFTER_SIGNAL);
        self.no_later(Some(now + hear_out_for), now + end_within);
    }

    /// Everything is settled; only the ledger must be closed, and what waits be put.
    pub(super) fn closing(&mut self, now: Instant) {
        self.no_later(None, now + self.last_words);
    }

    /// Whether more than one signal has come.
    pub(super) fn was_hurried(&self) -> bool {
        self.signals > 1
    }

    fn no_later(&mut self, cut_off_at: Option<Instant>, leave_at: Instant) {
        self.cut_off_at = [self.cut_off_at, cut_off_at].into_iter().flatten().min();
        self.leave_at = Some(self.leave_at.map_or(leave_at, |earlier| earlier.min(leave_at)));
    }
}

//! How long things may take.

use std::time::Duration;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A run that was silent for so long is dead.
    pub lease: Duration,
    /// How often a run says that it lives.
    pub heartbeat: Duration,
    /// A statement that takes longer is ended by the server, which says so.
    pub statement: Duration,
    /// After so much more time without a word, nobody is there any more.
    pub grace: Duration,
    /// No further attempt begins after so long.
    pub retry_for: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_mins(1),
            heartbeat: Duration::from_secs(15),
            statement: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            retry_for: Duration::from_secs(45),
        }
    }
}

//! STATEs that wait until the numbers before them are durable.

use std::collections::VecDeque;

use crate::domain::error::Error;
use crate::protocol::{State, Stats};

/// A list that is replaced holds all of its STATEs back until its end.
const MAX_BYTES: usize = 64 << 20;

/// In the order in which they came.
#[derive(Default)]
pub(super) struct HeldStates {
    waiting: VecDeque<(State, Stats)>,
    n_bytes: usize,
}

impl HeldStates {
    /// Takes one, with what was counted since the one before of its scope.
    ///
    /// # Errors
    /// When there is no room for more.
    pub(super) fn hold(&mut self, state: State, stats: Stats) -> Result<(), Error> {
        self.n_bytes += state.len();
        if self.n_bytes > MAX_BYTES {
            return Err(Error::config(
                "streams",
                "the source sends more STATEs than can be held back while a do-not-call list is replaced; let it \
                 send fewer, or choose append, which adds, in the connection",
            ));
        }
        self.waiting.push_back((state, stats));
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Everything before them is durable.
    pub(super) fn release(&mut self) -> impl Iterator<Item = (State, Stats)> {
        self.n_bytes = 0;
        std::mem::take(&mut self.waiting).into_iter()
    }
}

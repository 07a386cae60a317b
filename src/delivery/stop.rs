//! One word from the loop to everything under way: start nothing new.

use tokio::sync::watch;

/// Whether the run is ending. Clones share it.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Says it.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was said.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is said.
    pub async fn wait(&self) {
        // An error would mean that every sender is gone, and `self` holds one.
        drop(self.0.subscribe().wait_for(|said| *said).await);
    }
}

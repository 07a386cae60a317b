//! One word from the loop to everything under way: start nothing new, then: wait for no answer.

use tokio::sync::watch;

/// Whether the run is ending. Clones share it.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<Word>);

/// What was said last; it only ever becomes more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    GoOn,
    StartNothing,
    AwaitNothing,
}

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(Word::GoOn))
    }
}

impl Stop {
    /// Says that nothing new may be sent.
    pub fn set(&self) {
        self.say(Word::StartNothing);
    }

    /// Says that no answer may be waited for, either.
    pub fn cut_off(&self) {
        self.say(Word::AwaitNothing);
    }

    /// Whether nothing new may be sent.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow() >= Word::StartNothing
    }

    /// Waits until nothing new may be sent.
    pub async fn wait(&self) {
        self.hear(Word::StartNothing).await;
    }

    /// Waits until no answer may be waited for.
    pub async fn wait_for_cut_off(&self) {
        self.hear(Word::AwaitNothing).await;
    }

    fn say(&self, word: Word) {
        self.0.send_modify(|said| *said = word.max(*said));
    }

    async fn hear(&self, word: Word) {
        // An error would mean that every sender is gone, and `self` holds one.
        drop(self.0.subscribe().wait_for(|said| *said >= word).await);
    }
}

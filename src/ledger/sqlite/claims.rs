//! Who this run has claimed and not settled, in memory.

use std::collections::HashMap;

use crate::ledger::Key;

/// Who is claimed, and by which row. Changes can be taken back, as the transaction's are.
#[derive(Default)]
pub(super) struct Claims {
    intents: HashMap<Key, i64, foldhash::fast::RandomState>,
    /// What the transaction under way changed: the key and what was there before.
    changes: Vec<(Key, Option<i64>)>,
}

impl Claims {
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.intents.contains_key(key)
    }

    /// The row that claims somebody.
    pub(super) fn intent_of(&self, key: &Key) -> Option<i64> {
        self.intents.get(key).copied()
    }

    pub(super) fn add(&mut self, key: Key, intent: i64) {
        let before = self.intents.insert(key, intent);
        self.changes.push((key, before));
    }

    /// Ends a claim; gives its row.
    pub(super) fn remove(&mut self, key: &Key) -> Option<i64> {
        let before = self.intents.remove(key);
        self.changes.push((*key, before));
        before
    }

    /// The transaction was committed.
    pub(super) fn keep(&mut self) {
        self.changes.clear();
    }

    /// The transaction was rolled back.
    pub(super) fn undo(&mut self) {
        for (key, before) in self.changes.drain(..).rev() {
            match before {
                Some(intent) => self.intents.insert(key, intent),
                None => self.intents.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_can_be_taken_back() {
        let (one, other) = (Key([1; 16]), Key([2; 16]));
        let mut claims = Claims::default();
        claims.add(one, 7);
        claims.keep();
        claims.remove(&one);
        claims.add(other, 8);
        claims.add(one, 9);
        claims.undo();
        assert_eq!((claims.intent_of(&one), claims.intent_of(&other)), (Some(7), None));
    }
}

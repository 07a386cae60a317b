//! A map from people whose changes can be taken back, as the transaction's are.

use std::collections::HashMap;

use crate::ledger::Key;

type Map<V> = HashMap<Key, V, foldhash::fast::RandomState>;

/// A map from people, in memory.
pub(super) struct Revocable<V> {
    map: Map<V>,
    /// What the transaction under way changed: the key and what was there before.
    changes: Vec<(Key, Option<V>)>,
    /// If the transaction emptied the map: what was in it, and how many of the changes came before.
    emptied: Option<(Map<V>, usize)>,
}

impl<V> Default for Revocable<V> {
    fn default() -> Self {
        Self { map: Map::default(), changes: Vec::new(), emptied: None }
    }
}

impl<V: Copy> Revocable<V> {
    pub(super) fn get(&self, key: &Key) -> Option<V> {
        self.map.get(key).copied()
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.map.contains_key(key)
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    pub(super) fn insert(&mut self, key: Key, value: V) {
        let before = self.map.insert(key, value);
        self.changes.push((key, before));
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<V> {
        let before = self.map.remove(key)?;
        self.changes.push((*key, Some(before)));
        Some(before)
    }

    pub(super) fn clear(&mut self) {
        let map = std::mem::take(&mut self.map);
        // What a second time would take out was put in by the same transaction.
        self.emptied.get_or_insert((map, self.changes.len()));
    }

    /// The transaction was committed.
    pub(super) fn keep(&mut self) {
        self.changes.clear();
        if let Some((mut map, _)) = self.emptied.take() {
            // Its memory serves the next ones.
            map.clear();
            map.extend(self.map.drain());
            self.map = map;
        }
    }

    /// The transaction was rolled back.
    pub(super) fn undo(&mut self) {
        if let Some((map, n_before)) = self.emptied.take() {
            self.map = map;
            self.changes.truncate(n_before);
        }
        for (key, before) in self.changes.drain(..).rev() {
            match before {
                Some(value) => self.map.insert(key, value),
                None => self.map.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: [Key; 3] = [Key([1; 16]), Key([2; 16]), Key([3; 16])];

    fn values(map: &Revocable<i64>) -> [Option<i64>; 3] {
        PEOPLE.map(|key| map.get(&key))
    }

    #[test]
    fn changes_can_be_taken_back() {
        let [one, other, third] = PEOPLE;
        let mut map = Revocable::default();
        map.insert(one, 7);
        map.insert(third, 3);
        map.keep();
        let before = values(&map);
        map.remove(&one);
        map.insert(other, 8);
        map.insert(one, 9);
        map.remove(&third);
        map.undo();
        assert_eq!(values(&map), before);
    }

    #[test]
    fn emptying_can_be_taken_back() {
        let [one, other, third] = PEOPLE;
        for n_times in 1..3 {
            let mut map = Revocable::default();
            map.insert(one, 7);
            map.insert(other, 8);
            map.keep();
            map.remove(&one);
            map.insert(third, 3);
            for _ in 0..n_times {
                map.clear();
                assert_eq!((values(&map), map.len()), ([None; 3], 0));
                map.insert(one, 9);
            }
            map.undo();
            assert_eq!(values(&map), [Some(7), Some(8), None], "{n_times} times");
            map.clear();
            map.insert(other, 5);
            map.keep();
            map.undo();
            assert_eq!(values(&map), [None, Some(5), None], "what was kept is not taken back");
        }
    }
}

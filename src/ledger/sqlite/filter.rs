//! Who is surely in no table: most people of a sync are in none, and to find that out there costs a page of the
//! file for each.
//!
//! A Bloom filter of every key that is looked up (`contact`, `hand_over` and the do-not-call list alike), each in one
//! word. The seal fills it with all rows that it reads and that its triggers see, so no key can be left out; one that
//! went away stays, which costs a look-up.

use std::sync::{Mutex, PoisonError};

use rusqlite::types::ValueRef;

use crate::ledger::Key;

/// 8 MiB, whatever the file holds: with 3 million keys 2 look-ups of 1,000 are in vain, with 10 million 5 of 100, and with
/// very many each, as without it.
const N_WORDS: usize = 1 << 20;

/// So many bits of its word a key sets.
const BITS: u32 = 4;

/// What is looked up by key, and the column that holds it, or many of them one after the other.
const COLUMNS: [(&[u8], usize); 3] = [(b"contact", 0), (b"hand_over", 0), (b"listed", 1)];

/// The keys of a file's rows, and perhaps some more.
pub(super) struct KeyFilter(Mutex<Vec<u64>>);

impl KeyFilter {
    pub(super) fn new() -> Self {
        // Zeros are the system's until they are touched: a small file takes little of it.
        Self(Mutex::new(vec![0; N_WORDS]))
    }

    /// Adds the keys of a row, which is its table's name and then its columns.
    pub(super) fn add<'a>(&self, mut row: impl Iterator<Item = ValueRef<'a>>) {
        let Some(ValueRef::Text(table)) = row.next() else { return };
        let Some((_, column)) = COLUMNS.iter().find(|(name, _)| *name == table) else { return };
        let Some(ValueRef::Blob(keys)) = row.nth(*column) else { return };
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys.as_chunks().0 {
            let (place, bits) = place(Key(*key));
            words.get_mut(place).into_iter().for_each(|word| *word |= bits);
        }
    }

    /// Whether no row has this key; where it is not sure, one may have.
    pub(super) fn lacks(&self, key: Key) -> bool {
        let (place, bits) = place(key);
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        words.get(place).is_some_and(|word| word & bits != bits)
    }
}

/// The word of a key, and its bits there. Keys are hashes: any part of one is as good as a hash of it.
fn place(Key(key): Key) -> (usize, u64) {
    let [.., a, b, c, d] = key;
    let place = usize::try_from(u32::from_le_bytes([a, b, c, d])).expect("an address has 32 bits at least");
    let number = u128::from_le_bytes(key);
    let bits = (0..BITS).map(|n| 1 << ((number >> (6 * n)) % 64));
    (place % N_WORDS, bits.fold(0, |bits, bit: u64| bits | bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> Key {
        let mut key = [0; 16];
        blake3::Hasher::new().update(&n.to_le_bytes()).finalize_xof().fill(&mut key);
        Key(key)
    }

    fn row<'a>(table: &'a str, columns: &'a [&'a [u8]]) -> impl Iterator<Item = ValueRef<'a>> {
        let columns = columns.iter().map(|column| ValueRef::Blob(column));
        std::iter::once(ValueRef::Text(table.as_bytes())).chain(columns)
    }

    #[test]
    fn who_has_a_row_that_is_looked_up_is_never_lacking() {
        let [one, other, third] = [1, 2, 3].map(key);
        for (name, row, want) in [
            ("a contact", row("contact", &[&one.0, &other.0]), [false, true, true]),
            ("a hand-over", row("hand_over", &[&one.0, &other.0]), [false, true, true]),
            ("two on a list", row("listed", &[&third.0, &[one.0, other.0].concat()]), [false, false, true]),
            ("a claim", row("intent", &[&one.0, &other.0]), [true; 3]),
        ] {
            let filter = KeyFilter::new();
            filter.add(row);
            assert_eq!([one, other, third].map(|key| filter.lacks(key)), want, "{name}");
        }
    }

    #[test]
    fn whatever_a_key_is_like_it_is_found() {
        let filter = KeyFilter::new();
        for byte in 0..=u8::MAX {
            assert!(filter.lacks(Key([byte; 16])), "{byte}");
            filter.add(row("contact", &[&[byte; 16]]));
            assert!(!filter.lacks(Key([byte; 16])), "{byte}");
        }
    }

    #[test]
    fn of_three_million_keys_few_are_looked_up_in_vain() {
        let filter = KeyFilter::new();
        for n in 0..3_000_000 {
            filter.add(row("contact", &[&key(n).0]));
        }
        let n_looked_up = (3_000_000..3_100_000).filter(|n| !filter.lacks(key(*n))).count();
        assert!(n_looked_up < 400, "{n_looked_up} of 100,000");
    }
}

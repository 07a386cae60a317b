//! The keys of one source that begin with the same two bytes, sorted, as one text of bytes.

use crate::ledger::Key;

pub(in crate::ledger) const N_BUCKETS: u32 = 1 << 16;

/// Bytes of a key.
pub(in crate::ledger) const KEY: usize = 16;

/// How a load changes a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadKind {
    /// Numbers are added and taken off one by one.
    Change,
    /// Afterwards nobody is on it but those who came.
    Replace,
}

/// A number goes onto a list, or off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) struct ListChange {
    pub(in crate::ledger) key: Key,
    pub(in crate::ledger) is_listed: bool,
}

/// In which bucket a key is.
pub(in crate::ledger) fn bucket_of(key: &Key) -> u32 {
    let [first, second, ..] = key.0;
    u32::from(u16::from_be_bytes([first, second]))
}

/// Whether a key is among these.
pub(in crate::ledger) fn holds(body: &[u8], key: &Key) -> bool {
    let (keys, _) = body.as_chunks::<KEY>();
    keys.binary_search(&key.0).is_ok()
}

/// A bucket as a load leaves it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Changed {
    pub(in crate::ledger) body: Vec<u8>,
    pub(in crate::ledger) added: u64,
    pub(in crate::ledger) removed: u64,
}

/// What becomes of a bucket. The changes are in the order of their keys, one for each.
pub(in crate::ledger) fn change(old: &[u8], changes: &[ListChange], kind: LoadKind) -> Changed {
    let mut changed =
        Changed { body: Vec::with_capacity(old.len() + changes.len() * KEY), ..Changed::default() };
    let (keys, _) = old.as_chunks::<KEY>();
    let (mut keys, mut changes) = (keys.iter().peekable(), changes.iter().peekable());
    loop {
        let (key, was, wanted) = match (keys.peek(), changes.peek()) {
            (None, None) => return changed,
            (Some(&key), None) => (key, true, None),
            (None, Some(change)) => (&change.key.0, false, Some(change.is_listed)),
            (Some(&key), Some(change)) if *key < change.key.0 => (key, true, None),
            (Some(&key), Some(change)) => (&change.key.0, *key == change.key.0, Some(change.is_listed)),
        };
        let is = wanted.unwrap_or(kind == LoadKind::Change);
        if is {
            changed.body.extend_from_slice(key);
        }
        changed.added += u64::from(is && !was);
        changed.removed += u64::from(was && !is);
        if was {
            keys.next();
        }
        if wanted.is_some() {
            changes.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn key(n: u8) -> Key {
        let mut key = [7; KEY];
        key[15] = n;
        Key(key)
    }

    proptest! {
        #[test]
        fn a_bucket_is_changed_as_a_set_is(
            old in proptest::collection::btree_set(any::<u8>(), 0..40),
            changes in proptest::collection::btree_map(any::<u8>(), any::<bool>(), 0..40),
            replaces in any::<bool>(),
        ) {
            let body: Vec<u8> = old.iter().flat_map(|&n| key(n).0).collect();
            let kind = if replaces { LoadKind::Replace } else { LoadKind::Change };
            let mut want: BTreeSet<u8> = if replaces { BTreeSet::new() } else { old.clone() };
            let changes: BTreeMap<u8, bool> = changes;
            for (&n, &is_listed) in &changes {
                if is_listed { want.insert(n); } else { want.remove(&n); }
            }
            let listed: Vec<_> =
                changes.iter().map(|(&n, &is_listed)| ListChange { key: key(n), is_listed }).collect();
            let Changed { body, added, removed } = change(&body, &listed, kind);
            prop_assert_eq!(added, u64::try_from(want.difference(&old).count()).unwrap());
            prop_assert_eq!(removed, u64::try_from(old.difference(&want).count()).unwrap());
            for n in 0..=u8::MAX {
                prop_assert_eq!(holds(&body, &key(n)), want.contains(&n), "{}", n);
            }
        }
    }
}

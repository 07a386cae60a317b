//! Variables that stay empty: the script speaks a gap there.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::domain::contact::Contact;
use crate::intake::{StreamIndex, StreamNames};
use crate::phone::shown;
use crate::report::EmptyVariable;

/// Rows that are told.
const MOST_ROWS: usize = 100;

/// Variables of streams whose shape has changed, of which the counts are kept.
const MOST_KEPT: usize = 10_000;

/// How often which stayed empty, of people who would be called.
#[derive(Debug, Default)]
pub(super) struct EmptyVariables {
    /// By stream: the variables that are known beforehand, in the order in which contacts have them.
    expected: Vec<Vec<(Box<str>, u64)>>,
    /// Of shapes that a stream had before.
    earlier: HashMap<(StreamIndex, Box<str>), u64, FixedState>,
}

impl EmptyVariables {
    /// From here on contacts of a stream may have these variables.
    pub(super) fn expect(&mut self, stream: StreamIndex, variables: Vec<Box<str>>) {
        if self.expected.len() <= stream.index() {
            self.expected.resize_with(stream.index() + 1, Vec::new);
        }
        let Some(expected) = self.expected.get_mut(stream.index()) else { return };
        let fresh = variables.into_iter().map(|name| (name, 0)).collect();
        for (name, count) in std::mem::replace(expected, fresh) {
            if count > 0 && self.earlier.len() < MOST_KEPT {
                *self.earlier.entry((stream, name)).or_default() += count;
            }
        }
    }

    /// Somebody would be called.
    pub(super) fn add(&mut self, stream: StreamIndex, contact: &Contact) {
        let Some(expected) = self.expected.get_mut(stream.index()) else { return };
        let mut filled = contact.variables.iter().peekable();
        for (name, count) in expected {
            if filled.next_if(|(filled, _)| **filled == **name).is_none() {
                *count += 1;
            }
        }
    }

    /// The commonest first.
    pub(super) fn rows(&self, streams: &StreamNames) -> Vec<EmptyVariable> {
        let mut counts = self.earlier.clone();
        for (index, expected) in self.expected.iter().enumerate() {
            for (name, count) in expected.iter().filter(|(_, count)| *count > 0) {
                *counts.entry((StreamIndex::new(index), name.clone())).or_default() += count;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts
            .sort_by(|(one, n_one), (other, n_other)| (Reverse(n_one), one).cmp(&(Reverse(n_other), other)));
        let row = |((stream, name), count): ((StreamIndex, Box<str>), u64)| EmptyVariable {
            stream: streams.get(stream).map(ToString::to_string).unwrap_or_default(),
            variable: shown(&name),
            count,
        };
        counts.into_iter().take(MOST_ROWS).map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stream_name::StreamName;
    use crate::phone::Phone;

    #[test]
    fn what_stays_empty_is_counted_by_stream_also_when_its_shape_changes() {
        let names = |names: &[&str]| names.iter().copied().map(Box::from).collect();
        let contact = |filled: &[&str]| {
            let mut contact = Contact::new(Phone::e164("+14155550123"));
            for name in filled {
                contact.variables.push(name, "x");
            }
            contact
        };
        let (one, two) = (StreamIndex::new(0), StreamIndex::new(1));
        let mut empty = EmptyVariables::default();
        empty.expect(two, names(&["a"]));
        empty.expect(one, names(&["a", "b", "c"]));
        for (stream, filled) in [
            (one, &["a", "b", "c"][..]),
            (one, &["a", "c"]),
            (one, &[]),
            (one, &["b", "what nobody foresaw"]),
            (two, &[]),
        ] {
            empty.add(stream, &contact(filled));
        }
        empty.expect(one, names(&["b", "0987654321"]));
        empty.add(one, &contact(&[]));
        let streams =
            ["one", "two"].map(|name| (StreamName { namespace: String::new(), name: name.into() }, None));
        let rows = empty.rows(&streams.into_iter().collect());
        let rows: Vec<_> =
            rows.iter().map(|row| (row.stream.as_str(), row.variable.as_str(), row.count)).collect();
        let want =
            [("one", "b", 3), ("one", "a", 2), ("one", "c", 2), ("one", "****321", 1), ("two", "a", 1)];
        assert_eq!(rows, want);
    }
}

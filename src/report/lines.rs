//! Countries and kinds of line. Numbers are counted by their first digits, and the phone library is asked
//! about one number of each.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::document::LineRow;
use crate::phone::{Line, LinePrefix, Phone};

/// First digits that are told apart; the library takes a few microseconds for each.
const MOST_PREFIXES: usize = 500;

/// Rows of the table; the rest is counted together.
const MOST_ROWS: usize = 40;

/// Whom the numbers lead to.
#[derive(Debug, Default)]
pub(super) struct Lines {
    prefixes: HashMap<LinePrefix, (Phone, Count), RandomState>,
    rest: Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: u64,
    called: u64,
}

impl Lines {
    pub(super) fn add(&mut self, phone: Option<&Phone>, is_called: bool) {
        let Some(phone) = phone else { return };
        let has_room = self.prefixes.len() < MOST_PREFIXES;
        let count = match phone.line_prefix() {
            Some(prefix) if has_room => {
                &mut self.prefixes.entry(prefix).or_insert_with(|| (phone.clone(), Count::default())).1
            }
            Some(prefix) => self.prefixes.get_mut(&prefix).map_or(&mut self.rest, |(_, count)| count),
            None => &mut self.rest,
        };
        count.add(Count { all: 1, called: u64::from(is_called) });
    }

    /// The commonest first; last, those of whom nobody knows.
    pub(super) fn rows(&self) -> Vec<LineRow> {
        let mut lines: BTreeMap<Line, Count> = BTreeMap::new();
        let mut rest = self.rest;
        for (phone, count) in self.prefixes.values() {
            match phone.line() {
                Some(line) => lines.entry(line).or_default().add(*count),
                None => rest.add(*count),
            }
        }
        let mut lines: Vec<_> = lines.into_iter().collect();
        lines.sort_by_key(|(_, count)| Reverse(count.all));
        for (_, count) in lines.iter().skip(MOST_ROWS) {
            rest.add(*count);
        }
        lines.truncate(MOST_ROWS);
        if rest.all > 0 {
            lines.push((Line { country: String::new(), kind: "not told apart" }, rest));
        }
        let row = |(Line { country, kind }, Count { all: count, called })| LineRow {
            country,
            kind: kind.to_owned(),
            count,
            called,
        };
        lines.into_iter().map(row).collect()
    }
}

impl Count {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.called += other.called;
    }
}

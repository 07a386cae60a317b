//! Why something was waited for or repeated. Words come from outside: so many are told apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::document::Cause;
use super::people::cut;
use crate::phone::{mask_numbers, visible};

/// Causes that are told apart.
const MOST: usize = 20;

const OTHERS: &str = "other reasons";

/// Counts by cause.
#[derive(Debug, Default)]
pub(super) struct Causes(BTreeMap<String, (u64, u64)>);

impl Causes {
    pub(super) fn add(&mut self, why: &str, milliseconds: u64) {
        let why = cut(visible(&mask_numbers(why)));
        let has_room = self.0.len() < MOST || self.0.contains_key(&why);
        let (count, sum) = self.0.entry(if has_room { why } else { OTHERS.to_owned() }).or_default();
        *count += 1;
        *sum += milliseconds;
    }

    pub(super) fn rows(&self) -> Vec<Cause> {
        let rows = self.0.iter();
        let rows = rows.map(|(why, &(count, milliseconds))| Cause { why: why.clone(), count, milliseconds });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|row| Reverse((row.milliseconds, row.count)));
        rows
    }
}

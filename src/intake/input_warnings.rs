//! What was odd about the input, counted while it passes and told once, at the end.

use std::collections::BTreeMap;

use super::position::StreamIndex;
use super::stream_names::StreamNames;
use crate::domain::stream_name::StreamName;
use crate::phone::shown;

/// Different names that are told; the rest is counted together.
const MAX_NAMES: usize = 20;

const OTHERS: &str = "others";

/// What was odd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputWarnings {
    /// By stream: the first column, and how many values were left out.
    not_numbers: BTreeMap<StreamIndex, (String, u64)>,
    /// Messages of types that nobody knows.
    kinds: BTreeMap<String, u64>,
    /// STATEs of streams that are not among those of this sync.
    strangers: BTreeMap<String, u64>,
}

impl InputWarnings {
    /// Values of a record were NaN or infinite, the first of them in this column.
    pub(super) fn not_numbers(&mut self, stream: StreamIndex, column: &str, count: u64) {
        self.not_numbers.entry(stream).or_insert_with(|| (column.to_owned(), 0)).1 += count;
    }

    /// A message of an unknown type.
    pub(super) fn unknown_message(&mut self, kind: &str) {
        count(&mut self.kinds, shown(kind), 1);
    }

    /// A STATE of an unknown stream.
    pub(super) fn state_of_stranger(&mut self, stream: &StreamName) {
        count(&mut self.strangers, shown(&stream.to_string()), 1);
    }

    /// Adds what came later.
    pub(crate) fn add(&mut self, later: Self) {
        for (stream, (column, count)) in later.not_numbers {
            self.not_numbers(stream, &column, count);
        }
        later.kinds.into_iter().for_each(|(kind, n)| count(&mut self.kinds, kind, n));
        later.strangers.into_iter().for_each(|(stream, n)| count(&mut self.strangers, stream, n));
    }

    /// Lines for the log.
    pub(crate) fn lines(&self, streams: &StreamNames) -> Vec<String> {
        let mut lines = Vec::new();
        for (stream, (column, count)) in &self.not_numbers {
            let stream = streams.get(*stream).map(StreamName::to_string).unwrap_or_default();
            lines.push(format!(
                "stream {}: values that were NaN or infinite were left out, as if they were null: {count}, the first in column `{}`",
                shown(&stream),
                shown(column)
            ));
        }
        for (kind, count) in &self.kinds {
            lines.push(format!(
                "messages of type {kind}, which this version does not know, were read past: {count}"
            ));
        }
        for (stream, count) in &self.strangers {
            lines.push(format!(
                "STATEs of stream {stream}, which is not among the streams of this sync, were handed back with no records counted: {count}"
            ));
        }
        lines
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: String, n: u64) {
    let is_one_too_many = counts.len() >= MAX_NAMES && !counts.contains_key(&name);
    *counts.entry(if is_one_too_many { OTHERS.to_owned() } else { name }).or_default() += n;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_oddity_is_told_once_with_its_count() {
        let (one, two) = (StreamIndex::new(0), StreamIndex::new(1));
        let mut warnings = InputWarnings::default();
        warnings.not_numbers(one, "debt", 2);
        warnings.unknown_message("SOMETHING_NEW");
        let mut later = InputWarnings::default();
        later.not_numbers(one, "rate", 1);
        later.not_numbers(two, "\u{feff}x", 1);
        later.unknown_message("SOMETHING_NEW");
        later.unknown_message("0987654321");
        later.state_of_stranger(&StreamName { namespace: "crm".into(), name: "old".into() });
        warnings.add(later);
        let streams =
            ["one", "two"].map(|name| (StreamName { namespace: String::new(), name: name.into() }, None));
        let streams = StreamNames::from_iter(streams);
        insta::assert_snapshot!(warnings.lines(&streams).join("\n"), @r"
        stream one: values that were NaN or infinite were left out, as if they were null: 3, the first in column `debt`
        stream two: values that were NaN or infinite were left out, as if they were null: 1, the first in column `\u{feff}x`
        messages of type ****321, which this version does not know, were read past: 1
        messages of type SOMETHING_NEW, which this version does not know, were read past: 2
        STATEs of stream crm.old, which is not among the streams of this sync, were handed back with no records counted: 1
        ");
        assert_eq!(InputWarnings::default().lines(&streams), [""; 0]);
    }

    #[test]
    fn names_without_end_are_counted_together() {
        let mut warnings = InputWarnings::default();
        (0..100).for_each(|n| warnings.unknown_message(&format!("KIND_{n}")));
        assert_eq!((warnings.kinds.len(), warnings.kinds[OTHERS]), (MAX_NAMES + 1, 100 - 20));
    }
}

//! One pass over a record's members: the wanted columns fall into their slots, the others are skipped.

use std::collections::HashMap;
use std::sync::OnceLock;

use foldhash::fast::FixedState;

use crate::protocol::Object;

/// Room for the other columns of most records, so that their table need not grow.
const OTHERS: usize = 28;

/// Knows which top-level columns of a stream are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct RowReader {
    names: HashMap<Box<str>, usize, FixedState>,
    /// Identity mapping wants every column, also those that the catalog does not list.
    pub(super) keep_others: bool,
    /// The columns of the first record and their slots. Nearly all records have the same ones in the
    /// same order, and comparing a name with one other is quicker than looking it up.
    usual: OnceLock<Vec<(Box<str>, Option<usize>)>>,
}

/// The wanted values of one record, as raw JSON text.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    slots: Vec<Option<&'a str>>,
    others: Others<'a>,
}

/// Columns without a slot, in the record's order, each once.
#[derive(Debug, Default)]
struct Others<'a> {
    members: Vec<(&'a str, &'a str)>,
    places: HashMap<&'a str, usize, FixedState>,
}

/// Where a configured column is found in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// A top-level column of exactly this name.
    pub(super) exact: Option<usize>,
    /// Otherwise a path: the slot of its first name, and the names below it.
    pub(super) nested: Option<(usize, Vec<Box<str>>)>,
}

impl RowReader {
    /// The slot of a top-level column, which is wanted from now on.
    pub(super) fn want(&mut self, name: &str) -> usize {
        let next = self.names.len();
        *self.names.entry(name.into()).or_insert(next)
    }

    /// The wanted top-level columns, in the order in which they were wanted.
    pub(super) fn wanted(&self) -> Vec<String> {
        let mut names: Vec<_> = self.names.iter().map(|(name, slot)| (*slot, name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.to_string()).collect()
    }

    /// Reads a record. The last of several equal names wins.
    pub(super) fn read<'a>(&self, object: &'a Object<'_>) -> Row<'a> {
        let mut row = Row { slots: vec![None; self.names.len()], others: Others::default() };
        let slot = |name: &str| self.names.get(name).copied();
        let first = || object.members().map(|(name, _)| (name.into(), slot(name))).collect();
        let mut usual = self.usual.get_or_init(first).iter();
        for (name, raw) in object.members() {
            let slot = match usual.next() {
                Some((known, slot)) if **known == *name => *slot,
                _ => slot(name),
            };
            if let Some(slot) = slot {
                if let Some(value) = row.slots.get_mut(slot) {
                    *value = Some(raw);
                }
            } else if self.keep_others {
                row.others.put(name, raw);
            }
        }
        row
    }
}

impl<'a> Row<'a> {
    /// The raw value in a slot.
    pub(super) fn slot(&self, slot: usize) -> Option<&'a str> {
        self.slots.get(slot).copied().flatten()
    }

    /// The raw values of all slots.
    pub(super) fn slots(&self) -> &[Option<&'a str>] {
        &self.slots
    }

    /// The columns that have no slot, when they are kept.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.others.members.iter().copied()
    }

    /// Bytes of all values that are kept, a little more than their texts will take.
    pub(super) fn bytes(&self) -> usize {
        let slots = self.slots.iter().flatten().map(|raw| raw.len());
        let others = self.others.members.iter().map(|(name, raw)| name.len() + raw.len());
        slots.sum::<usize>() + others.sum::<usize>()
    }
}

impl Column {
    /// The raw value in a row.
    pub(super) fn find<'a>(&self, row: &Row<'a>) -> Option<&'a str> {
        if let Some(raw) = self.exact.and_then(|slot| row.slot(slot)) {
            return Some(raw);
        }
        let (slot, path) = self.nested.as_ref()?;
        path.iter().try_fold(row.slot(*slot)?, |raw, name| member(raw, name))
    }
}

/// One member of a JSON object; nothing of anything else. The last of several wins.
pub(super) fn member<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    object(raw).members().filter(|(other, _)| *other == name).last().map(|(_, raw)| raw)
}

/// What is no JSON object has no members.
fn object(raw: &str) -> Object<'_> {
    serde_json::from_str(raw).unwrap_or_default()
}

impl<'a> Others<'a> {
    /// The last of several equal names wins, at the place of the first.
    fn put(&mut self, name: &'a str, raw: &'a str) {
        if self.places.is_empty() {
            self.places.reserve(OTHERS);
        }
        let place = *self.places.entry(name).or_insert(self.members.len());
        match self.members.get_mut(place) {
            Some(member) => member.1 = raw,
            None => self.members.push((name, raw)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_columns_fall_into_their_slots() {
        let mut reader = RowReader::default();
        let (b, a, accent) = (reader.want("b"), reader.want("a"), reader.want("é"));
        assert_eq!(reader.want("b"), b, "a column has one slot");
        for (name, data, want) in [
            ("any order", r#"{"a":1,"x":[{"a":9}],"b":"two"}"#, [Some(r#""two""#), Some("1"), None]),
            ("the last one wins", r#"{"a":1,"a":2,"b":3,"a":null}"#, [Some("3"), Some("null"), None]),
            ("escaped names", r#"{"\u0061":1,"\u00e9":2}"#, [None, Some("1"), Some("2")]),
            ("names that are no text", r#"{"\ud800":1,"a":2}"#, [None, Some("2"), None]),
            ("white space", " { \"a\" : { } , \"b\" : 1.50 } ", [Some("1.50"), Some("{ }"), None]),
        ] {
            let object = object(data);
            let row = reader.read(&object);
            assert_eq!([row.slot(b), row.slot(a), row.slot(accent)], want, "{name}");
            assert_eq!(row.others().count(), 0, "{name}");
        }
    }

    #[test]
    fn other_columns_are_kept_in_order_once() {
        let mut reader = RowReader { keep_others: true, ..RowReader::default() };
        reader.want("known");
        let object = object(r#"{"z":1,"known":2,"a":3,"z":4}"#);
        let row = reader.read(&object);
        assert_eq!(row.others().collect::<Vec<_>>(), [("z", "4"), ("a", "3")]);
    }

    #[test]
    fn an_exact_name_is_found_before_a_path() {
        let mut reader = RowReader::default();
        let exact = Some(reader.want("a.b"));
        let nested = Some((reader.want("a"), vec!["b".into()]));
        let column = Column { exact, nested };
        for (data, want) in [
            (r#"{"a.b":1,"a":{"b":2}}"#, Some("1")),
            (r#"{"a":{"b":2}}"#, Some("2")),
            (r#"{"a":{"c":2}}"#, None),
            (r#"{"a":"b"}"#, None),
            (r#"{"a":null}"#, None),
        ] {
            assert_eq!(column.find(&reader.read(&object(data))), want, "{data}");
        }
    }
}

//! One pass over a record's members: the wanted columns fall into their slots, the others are skipped.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use foldhash::fast::FixedState;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

type Names = HashMap<Box<[u8]>, usize, FixedState>;

/// Knows which top-level columns of a stream are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct RowReader {
    names: Names,
    /// Identity mapping wants every column, also those that the catalog does not list.
    pub(super) keep_others: bool,
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
    members: Vec<(Cow<'a, str>, &'a str)>,
    places: HashMap<Cow<'a, str>, usize, FixedState>,
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
        *self.names.entry(name.as_bytes().into()).or_insert(next)
    }

    /// The wanted top-level columns, in the order in which they were wanted.
    pub(super) fn wanted(&self) -> Vec<String> {
        let mut names: Vec<_> = self.names.iter().map(|(name, slot)| (*slot, name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| String::from_utf8_lossy(name).into_owned()).collect()
    }

    /// Reads a record. What is no JSON object has no columns.
    pub(super) fn read<'a>(&self, data: &'a str) -> Row<'a> {
        let mut row = Row { slots: vec![None; self.names.len()], others: Others::default() };
        let mut json = serde_json::Deserializer::from_str(data);
        if json.deserialize_map(Members { reader: self, row: &mut row }).is_err() {
            return Row { slots: vec![None; self.names.len()], others: Others::default() };
        }
        row
    }
}

impl<'a> Row<'a> {
    /// The raw value in a slot.
    pub(super) fn slot(&self, slot: usize) -> Option<&'a str> {
        self.slots.get(slot).copied().flatten()
    }

    /// The columns that have no slot, when they are kept.
    pub(super) fn others(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.others.members.iter().map(|(name, raw)| (&**name, *raw))
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

/// One member of a JSON object; nothing of anything else.
pub(super) fn member<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    let mut reader = RowReader::default();
    let slot = reader.want(name);
    reader.read(raw).slot(slot)
}

/// All members of a JSON object, each once.
pub(super) fn members(raw: &str) -> Vec<(Cow<'_, str>, &str)> {
    let reader = RowReader { keep_others: true, ..RowReader::default() };
    reader.read(raw).others.members
}

struct Members<'r, 'a> {
    reader: &'r RowReader,
    row: &'r mut Row<'a>,
}

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(place) = members.next_key_seed(Key(self.reader))? {
            match place {
                Place::Slot(slot) => {
                    let raw: &RawValue = members.next_value()?;
                    if let Some(value) = self.row.slots.get_mut(slot) {
                        *value = Some(raw.get());
                    }
                }
                Place::Other(name) => {
                    let raw: &RawValue = members.next_value()?;
                    self.row.others.put(name, raw.get());
                }
                Place::Nowhere => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

impl<'a> Others<'a> {
    /// The last of several equal names wins, at the place of the first.
    fn put(&mut self, name: Cow<'a, str>, raw: &'a str) {
        let place = *self.places.entry(name.clone()).or_insert(self.members.len());
        match self.members.get_mut(place) {
            Some(member) => member.1 = raw,
            None => self.members.push((name, raw)),
        }
    }
}

enum Place<'a> {
    Slot(usize),
    Other(Cow<'a, str>),
    Nowhere,
}

/// Looks a name up while it is read. As bytes, because JSON can spell names that are no text.
struct Key<'r>(&'r RowReader);

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = Place<'a>;

    fn deserialize<D: Deserializer<'a>>(self, name: D) -> Result<Place<'a>, D::Error> {
        name.deserialize_bytes(self)
    }
}

impl<'a> Visitor<'a> for Key<'_> {
    type Value = Place<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'a [u8]) -> Result<Place<'a>, E> {
        Ok(match self.0.names.get(name) {
            Some(&slot) => Place::Slot(slot),
            None if self.0.keep_others => Place::Other(String::from_utf8_lossy(name)),
            None => Place::Nowhere,
        })
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Place<'a>, E> {
        Ok(match self.0.names.get(name) {
            Some(&slot) => Place::Slot(slot),
            None if self.0.keep_others => Place::Other(String::from_utf8_lossy(name).into_owned().into()),
            None => Place::Nowhere,
        })
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
            ("no object", "[1,2]", [None; 3]),
            ("no JSON", r#"{"a":1"#, [None; 3]),
        ] {
            let row = reader.read(data);
            assert_eq!([row.slot(b), row.slot(a), row.slot(accent)], want, "{name}");
            assert_eq!(row.others().count(), 0, "{name}");
        }
    }

    #[test]
    fn other_columns_are_kept_in_order_once() {
        let mut reader = RowReader { keep_others: true, ..RowReader::default() };
        reader.want("known");
        let row = reader.read(r#"{"z":1,"known":2,"a":3,"z":4}"#);
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
            assert_eq!(column.find(&reader.read(data)), want, "{data}");
        }
    }
}

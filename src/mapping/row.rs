//! One pass over a record's members: the wanted columns fall into their slots, the others are skipped.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use foldhash::fast::FixedState;

use crate::conditions::{Blocked, Raw};
use crate::protocol::Object;

use super::name;

/// Room for the other columns of most records, so that their table need not grow.
const OTHERS: usize = 28;

/// Knows which top-level columns of a stream are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct RowReader {
    names: HashMap<Box<str>, usize, FixedState>,
    /// The same by what people see of their names; none where two look alike.
    seen: HashMap<Box<str>, Option<WantedColumn>, FixedState>,
    /// A wanted name is not what people see of it.
    has_odd: bool,
    /// Columns of the catalog: one is never taken for another.
    listed: HashSet<Box<str>, FixedState>,
    /// Names that are wanted in any case, and where the spellings go that nobody foresaw.
    any_case: Vec<(Box<str>, usize)>,
    /// Names in small letters whose other spellings are no reason to take a column for missing, and the
    /// slots of those that are called so.
    watched: Vec<(Box<str>, Vec<usize>)>,
    /// Slots of watched columns, each with one of another spelling that something wants, too.
    twins: Vec<(usize, usize)>,
    /// Identity mapping wants every column, also those that the catalog does not list.
    pub(super) keep_others: bool,
    /// The columns of the first record and their slots. Nearly all records have the same ones in the
    /// same order, and comparing a name with one other is quicker than looking it up.
    usual: OnceLock<Vec<(Box<str>, Place)>>,
}

/// A column that is wanted.
#[derive(Clone, Copy, Debug)]
struct WantedColumn {
    slot: usize,
    is_listed: bool,
}

/// Where a column of a record goes.
#[derive(Clone, Copy, Debug)]
enum Place {
    Slot(usize),
    /// There, unless the record has the very column, or another one that looks the same.
    Alike(usize),
    /// It may be meant by what is watched here, and nobody can say so.
    Stray(usize),
    Other,
}

/// The wanted values of one record, as raw JSON text.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    slots: Vec<Option<&'a str>>,
    others: Others<'a>,
    /// Slots whose column is there in another spelling.
    strays: Vec<usize>,
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
    /// A reader of records whose columns a catalog lists.
    pub(super) fn of<'n>(listed: impl Iterator<Item = &'n str>) -> Self {
        Self { listed: listed.map(Box::from).collect(), ..Self::default() }
    }

    /// The slot of a top-level column, which is wanted from now on; of the one that the catalog lists
    /// where this is another spelling of it.
    pub(super) fn want(&mut self, name: &str) -> usize {
        let listed = self.as_listed(name);
        let is_listed = listed.is_some();
        let name: Box<str> = listed.unwrap_or(name).into();
        if let Some(slot) = self.names.get(&name) {
            return *slot;
        }
        let slot = self.names.len();
        let seen = name::seen(&name);
        self.has_odd |= *seen != *name;
        let wanted = WantedColumn { slot, is_listed };
        self.seen.entry(seen.into()).and_modify(|one| *one = None).or_insert(Some(wanted));
        self.names.insert(name, slot);
        slot
    }

    /// Whether a top-level column has a slot.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.names.contains_key(self.as_listed(name).unwrap_or(name))
    }

    fn as_listed(&self, name: &str) -> Option<&str> {
        name::find_name(name, self.listed.iter().map(|name| &**name))
    }

    /// The slots of a column of the platform whose name's case a warehouse may have changed: in small letters, in
    /// capitals (with any other spelling), and each as the catalog lists it.
    pub(super) fn want_in_any_case(&mut self, name: &str) -> Vec<usize> {
        let listed = self.listed.iter().filter(|other| name::seen(other).eq_ignore_ascii_case(name));
        let listed: Vec<_> = listed.cloned().collect();
        let capitals = self.want(&name.to_ascii_uppercase());
        self.any_case.push((name.into(), capitals));
        let mut slots = vec![self.want(name), capitals];
        slots.extend(listed.iter().map(|other| self.want(other)));
        slots
    }

    /// A wanted column on which it depends who is called: one that is there in another case is not missing.
    pub(super) fn watch(&mut self, name: &str) {
        let slot = self.want(name);
        let letters = letters(name);
        match self.watched.iter_mut().find(|(watched, _)| **watched == *letters) {
            Some((_, slots)) if slots.contains(&slot) => {}
            Some((_, slots)) => slots.push(slot),
            None => self.watched.push((letters.into(), vec![slot])),
        }
    }

    /// The reader when nothing more will be wanted, which knows the spellings of watched columns that have slots of
    /// their own. What the catalog lists is another column.
    pub(super) fn complete(mut self) -> Self {
        if self.watched.is_empty() {
            return self;
        }
        for (name, other) in self.names.iter().filter(|(name, _)| !self.listed.contains(*name)) {
            let letters = letters(name);
            let watched = self.watched.iter().filter(|(watched, _)| **watched == *letters);
            let slots = watched.flat_map(|(_, slots)| slots).filter(|slot| *slot != other);
            self.twins.extend(slots.map(|slot| (*slot, *other)));
        }
        self
    }

    /// The wanted top-level columns, in the order in which they were wanted.
    pub(super) fn wanted(&self) -> Vec<String> {
        let mut names: Vec<_> = self.names.iter().map(|(name, slot)| (*slot, name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.to_string()).collect()
    }

    /// Reads a record. The last of several equal names wins.
    pub(super) fn read_object<'a>(&self, object: &'a Object<'_>) -> Row<'a> {
        let mut row = Row { slots: vec![None; self.names.len()], ..Row::default() };
        let first = || object.members().map(|(name, _)| (name.into(), self.place(name))).collect();
        let mut usual = self.usual.get_or_init(first).iter();
        let mut alike = Vec::new();
        for (name, raw) in object.members() {
            let place = match usual.next() {
                Some((known, place)) if **known == *name => *place,
                _ => self.place(name),
            };
            match place {
                Place::Slot(slot) => row.put(slot, raw),
                Place::Alike(slot) => alike.push((slot, name, raw)),
                Place::Stray(watched) => {
                    row.strays.extend(self.watched.get(watched).into_iter().flat_map(|(_, slots)| slots));
                    self.keep_other(name, raw, &mut row);
                }
                Place::Other => self.keep_other(name, raw, &mut row),
            }
        }
        if !alike.is_empty() {
            self.fill_alike(&alike, &mut row);
        }
        for (slot, other) in &self.twins {
            if row.slot(*other).is_some() || row.strays.contains(other) {
                row.strays.push(*slot);
            }
        }
        row
    }

    fn place(&self, name: &str) -> Place {
        if let Some(slot) = self.names.get(name) {
            return Place::Slot(*slot);
        }
        let seen = name::seen(name);
        let spelled = self.any_case.iter().find(|(wanted, _)| seen.eq_ignore_ascii_case(wanted));
        if let Some((_, slot)) = spelled.filter(|(wanted, _)| **wanted != *seen) {
            return Place::Slot(*slot);
        }
        if !self.has_odd && *seen == *name {
            return self.stray(name, &seen);
        }
        match self.seen.get(&*seen) {
            Some(Some(wanted)) if !(wanted.is_listed && self.listed.contains(name)) => {
                Place::Alike(wanted.slot)
            }
            _ => self.stray(name, &seen),
        }
    }

    /// A column that has no place, unless a watched one may be meant.
    fn stray(&self, name: &str, seen: &str) -> Place {
        if self.watched.is_empty() || self.listed.contains(name) {
            return Place::Other;
        }
        let lower = seen.to_lowercase();
        let meant = self.watched.iter().position(|(watched, _)| **watched == *lower);
        meant.map_or(Place::Other, Place::Stray)
    }

    fn keep_other<'a>(&self, name: &'a str, raw: &'a str, row: &mut Row<'a>) {
        if self.keep_others {
            row.others.put(name, raw);
        }
    }

    /// Columns that look like wanted ones fill their slots, each where it is the only one that could.
    fn fill_alike<'a>(&self, alike: &[(usize, &'a str, &'a str)], row: &mut Row<'a>) {
        let mut only: HashMap<usize, Option<&str>, FixedState> = HashMap::default();
        for (slot, name, _) in alike {
            let is_free = row.slot(*slot).is_none();
            only.entry(*slot)
                .and_modify(|one| *one = one.filter(|one| one == name))
                .or_insert(is_free.then_some(*name));
        }
        for (slot, name, raw) in alike {
            if only.get(slot) == Some(&Some(*name)) {
                row.put(*slot, raw);
            } else {
                row.strays.push(*slot);
                self.keep_other(name, raw, row);
            }
        }
    }
}

impl<'a> Row<'a> {
    fn put(&mut self, slot: usize, raw: &'a str) {
        if let Some(value) = self.slots.get_mut(slot) {
            *value = Some(raw);
        }
    }

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
        self.seek(row).ok().flatten()
    }

    /// The same for those who must know whether it is missing, or nobody can look for it.
    pub(super) fn seek<'a>(&self, row: &Row<'a>) -> Raw<'a> {
        if let Some(raw) = self.exact.and_then(|slot| row.slot(slot)) {
            return Ok(Some(raw));
        }
        let top = self.nested.as_ref().map(|(slot, _)| *slot);
        if self
            .exact
            .into_iter()
            .chain(top)
            .any(|slot| row.slot(slot).is_none() && row.strays.contains(&slot))
        {
            return Err(Blocked::OtherSpelling);
        }
        let Some((slot, path)) = &self.nested else { return Ok(None) };
        let mut raw = row.slot(*slot);
        for (place, name) in path.iter().enumerate() {
            let Some(above) = raw else { return Ok(None) };
            raw = match above.as_bytes().first() {
                Some(b'{') => below(above, name)?,
                Some(b'n') | None => return Ok(None),
                Some(first) => {
                    return Err(Blocked::NoObject { n_names: place + 1, what: name_of_kind(*first) });
                }
            };
        }
        Ok(raw)
    }
}

/// What a JSON value is that is neither an object nor null.
fn name_of_kind(first: u8) -> &'static str {
    match first {
        b'"' => "text",
        b'[' => "a list",
        b't' | b'f' => "a truth value",
        _ => "a number",
    }
}

/// One member of a JSON object, by the rule for columns; nothing of anything else. The last of several
/// wins.
pub(super) fn member<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    let object = object(raw);
    let name = name::find_name(name, object.members().map(|(name, _)| name))?;
    object.members().filter(|(other, _)| *other == name).last().map(|(_, raw)| raw)
}

/// The same for those who must know whether it is there in another spelling.
fn below<'a>(raw: &'a str, name: &str) -> Raw<'a> {
    let found = member(raw, name);
    if found.is_none() && object(raw).members().any(|(other, _)| letters(other) == letters(name)) {
        return Err(Blocked::OtherSpelling);
    }
    Ok(found)
}

/// What all spellings of a name have in common.
fn letters(name: &str) -> String {
    name::seen(name).to_lowercase()
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
            let row = reader.read_object(&object);
            assert_eq!([row.slot(b), row.slot(a), row.slot(accent)], want, "{name}");
            assert_eq!(row.others().count(), 0, "{name}");
        }
    }

    #[test]
    fn other_columns_are_kept_in_order_once() {
        let mut reader = RowReader { keep_others: true, ..RowReader::default() };
        reader.want("known");
        let object = object(r#"{"z":1,"known":2,"a":3,"z":4}"#);
        let row = reader.read_object(&object);
        assert_eq!(row.others().collect::<Vec<_>>(), [("z", "4"), ("a", "3")]);
    }

    #[test]
    fn a_column_that_looks_like_a_wanted_one_is_it_unless_another_could_be() {
        let listed = ["phone", "name ", "name", "tên"];
        for (name, data, want) in [
            ("a blank behind it", r#"{"phone ":1}"#, [Some("1"), None, None]),
            ("a mark before it", "{\"\u{feff}phone\":1,\"x\":2}", [Some("1"), None, None]),
            ("the very one wins, first", r#"{"phone":1,"phone ":2}"#, [Some("1"), None, None]),
            ("the very one wins, last", r#"{"phone ":2,"phone":null}"#, [Some("null"), None, None]),
            ("two that look so", r#"{"phone ":1," phone":2}"#, [None, None, None]),
            ("the same twice", r#"{"phone ":1,"phone ":2}"#, [Some("2"), None, None]),
            ("two of the catalog", r#"{"name":1}"#, [None, None, None]),
            ("one of them", r#"{"name ":1}"#, [None, Some("1"), None]),
            ("a third", r#"{" name":1}"#, [None, Some("1"), None]),
            ("other code points", "{\"te\u{302}n\":1}", [None, None, Some("1")]),
            ("another case", r#"{"PHONE":1}"#, [None, None, None]),
        ] {
            let mut reader = RowReader::of(listed.into_iter());
            let slots = [reader.want("phone"), reader.want("name "), reader.want("tên")];
            let (usual, object) = (object(r#"{"x":1}"#), object(data));
            // As the first record, and behind one of another form.
            for first in [None, Some(&usual)] {
                let mut reader = reader.clone();
                reader.keep_others = first.is_some();
                if let Some(first) = first {
                    drop(reader.read_object(first));
                }
                let row = reader.read_object(&object);
                assert_eq!(slots.map(|slot| row.slot(slot)), want, "{name}");
            }
        }
    }

    #[test]
    fn two_spellings_of_one_listed_column_are_one() {
        let mut reader = RowReader::of(["phone ", "a", "a "].into_iter());
        assert_eq!(reader.want("phone"), reader.want("phone "));
        assert_ne!(reader.want("a"), reader.want("a "));
        assert_eq!(reader.wanted(), ["phone ", "a", "a "]);
        let object = object(r#"{"phone ":1}"#);
        assert_eq!(reader.read_object(&object).slot(0), Some("1"));
    }

    #[test]
    fn a_member_is_found_as_a_column_is() {
        for (raw, want) in [
            (r#"{"a ":1}"#, Some("1")),
            (r#"{"a ":1,"a":2}"#, Some("2")),
            (r#"{"a ":1," a":2}"#, None),
            (r#"{"a":1,"a":2}"#, Some("2")),
            ("7", None),
        ] {
            assert_eq!(member(raw, "a"), want, "{raw}");
        }
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
            assert_eq!(column.find(&reader.read_object(&object(data))), want, "{data}");
        }
    }
}

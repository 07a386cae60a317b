//! A JSON object whose members are found, but not read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Room for the columns of most records.
pub(super) const USUAL_MEMBERS: usize = 16;

/// The members of an object in their order; each value as its JSON text.
#[derive(Clone, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
}

/// An object, or something else that was read past.
#[derive(Debug, Default)]
pub(super) struct MaybeObject<'a>(pub(super) Option<Object<'a>>);

impl<'a> Object<'a> {
    /// An object of these members.
    pub(super) fn new(members: Vec<(Cow<'a, str>, &'a str)>) -> Self {
        Self { members }
    }

    /// The names, and the values as they are written.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members.iter().map(|(name, raw)| (&**name, *raw))
    }

    /// The object as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (name, raw) in self.members() {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::Value::from(name).to_string());
            json.push(':');
            json.push_str(raw);
        }
        json.push('}');
        json
    }
}

/// Shows no value: they are personal data, and this may end in a log.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members().map(|(name, _)| name)).finish()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for MaybeObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::with_capacity(USUAL_MEMBERS);
        while let Some((Name(name), value)) = map.next_entry::<Name<'_>, &RawValue>()? {
            members.push((name, value.get()));
        }
        Ok(Object { members })
    }
}

/// What a member's name says; half of a character, which is no text, is replaced.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Name<'de>, E> {
        let lossy = |_| String::from_utf8_lossy(name);
        Ok(Name(std::str::from_utf8(name).map_or_else(lossy, Cow::Borrowed)))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(String::from_utf8_lossy(name).into_owned())))
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = MaybeObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Members.visit_map(map).map(Some).map(MaybeObject)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(MaybeObject(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(MaybeObject(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(MaybeObject(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(MaybeObject(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(MaybeObject(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(MaybeObject(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(MaybeObject(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Object<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn members_are_cut_as_they_are_written() {
        for (json, want) in [
            ("{}", vec![]),
            (r#" { "a" : { } , "b" : 1.50 } "#, vec![("a", "{ }"), ("b", "1.50")]),
            (r#"{"a\"b":"x\\","\u00e9":null}"#, vec![("a\"b", r#""x\\""#), ("é", "null")]),
            (r#"{"a":1,"a":2}"#, vec![("a", "1"), ("a", "2")]),
            (r#"{"\ud800":[ "}" ]}"#, vec![("\u{fffd}\u{fffd}\u{fffd}", r#"[ "}" ]"#)]),
        ] {
            assert_eq!(read(json).members().collect::<Vec<_>>(), want, "{json}");
        }
    }

    #[test]
    fn an_object_becomes_text_again() {
        let object = read(r#"{ "a\"" : [1, 2] , "b":"x" }"#);
        assert_eq!(object.to_json(), r#"{"a\"":[1, 2],"b":"x"}"#);
        assert_eq!(read("{}").to_json(), "{}");
        assert_eq!(format!("{object:?}"), r#"{"a\"", "b"}"#, "values are personal data");
    }

    #[test]
    fn what_is_no_object_is_read_past() {
        for json in ["null", "true", "-1", "1", "1.5", r#""text""#, "[1,[2],{}]"] {
            assert!(serde_json::from_str::<MaybeObject<'_>>(json).unwrap().0.is_none(), "{json}");
        }
        assert!(serde_json::from_str::<MaybeObject<'_>>("{}").unwrap().0.is_some());
        assert!(serde_json::from_str::<MaybeObject<'_>>(r#"{"a":tru}"#).is_err());
    }
}

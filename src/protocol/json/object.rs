//! A JSON object whose members are found, but not read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::string::string;

/// Room for the columns of most records.
pub(in crate::protocol) const USUAL_MEMBERS: usize = 16;

/// The members of an object in their order; each value as its JSON text.
#[derive(Clone, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
    /// The whole as it is written, where that is at hand.
    text: Option<&'a str>,
}

impl<'a> Object<'a> {
    /// An object of these members.
    pub(in crate::protocol) fn new(members: Vec<(Cow<'a, str>, &'a str)>) -> Self {
        Self { members, text: None }
    }

    /// An object of these members, which is written so.
    pub(in crate::protocol) fn written(members: Vec<(Cow<'a, str>, &'a str)>, text: &'a str) -> Self {
        Self { members, text: Some(text) }
    }

    /// A member as it is written, the last of its name; nothing when it is null.
    pub(in crate::protocol) fn get(&self, name: &str) -> Option<&'a str> {
        let (_, raw) = self.members.iter().rfind(|(other, _)| other == name)?;
        Some(*raw).filter(|raw| *raw != "null")
    }

    /// A member that is text; blank when it is absent or null, nothing when it is something else.
    pub(in crate::protocol) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = self.get(name).unwrap_or(r#""""#);
        raw.starts_with('"').then(|| string(raw))
    }

    /// A member that is an object.
    pub(in crate::protocol) fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.get(name)?).ok()
    }

    /// The names, and the values as they are written.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a str)> + Clone {
        self.members.iter().map(|(name, raw)| (&**name, *raw))
    }

    /// The object as JSON text.
    #[must_use]
    pub fn json(&self) -> Cow<'a, str> {
        if let Some(text) = self.text {
            return Cow::Borrowed(text);
        }
        // Quotes, a colon and a comma.
        let length: usize = self.members().map(|(name, raw)| name.len() + raw.len() + 4).sum();
        let mut json = String::with_capacity(length + 2);
        json.push('{');
        for (name, raw) in self.members() {
            if json.len() > 1 {
                json.push(',');
            }
            push_string(name, &mut json);
            json.push(':');
            json.push_str(raw);
        }
        json.push('}');
        Cow::Owned(json)
    }
}

/// Writes a text as JSON; few have anything to escape.
pub(crate) fn push_string(text: &str, to: &mut String) {
    if text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
        to.push_str(&serde_json::Value::from(text).to_string());
    } else {
        to.push('"');
        to.push_str(text);
        to.push('"');
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
        Ok(Object::new(members))
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
        assert_eq!(object.json(), r#"{"a\"":[1, 2],"b":"x"}"#);
        assert_eq!(read("{}").json(), "{}");
        assert_eq!(format!("{object:?}"), r#"{"a\"", "b"}"#, "values are personal data");
    }

    #[test]
    fn the_last_member_of_a_name_is_taken() {
        let object = read(r#"{"a":1,"t":"x","a":{"b":"\ud83d"},"n":null,"t":"\u00e9","o":"x","o":null}"#);
        let inner = object.object("a").unwrap();
        assert_eq!(inner.text("b").unwrap(), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(object.text("t").unwrap(), "é");
        assert_eq!((object.get("n"), object.get("o"), object.get("none")), (None, None, None));
        assert_eq!((object.text("n").as_deref(), object.text("a")), (Some(""), None));
        assert!(object.object("t").is_none());
    }
}

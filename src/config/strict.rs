//! JSON in which no name stands twice in one object: of two values, the last would count in silence.

use std::fmt;

use serde::de::{DeserializeSeed, Error};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::phone::shown;

/// Reads JSON; gives the places of names that stand twice beside it.
pub(super) fn parse(text: &str) -> serde_json::Result<(Value, Vec<String>)> {
    let mut repeated = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = JsonPart { at: String::new(), repeated: &mut repeated }.deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, repeated))
}

/// The place of a name within a place.
pub(super) fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// A value that is about to be read, and where it is.
struct JsonPart<'r> {
    at: String,
    repeated: &'r mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for JsonPart<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonPart<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let at = join(&self.at, &shown(&name));
            if object.contains_key(&name) {
                self.repeated.push(at.clone());
            }
            let value = map.next_value_seed(JsonPart { at, repeated: &mut *self.repeated })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = format!("{}[{}]", self.at, list.len());
            let Some(value) = elements.next_element_seed(JsonPart { at, repeated: &mut *self.repeated })?
            else {
                return Ok(Value::Array(list));
            };
            list.push(value);
        }
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_stand_twice_are_found_where_they_are() {
        for (text, want) in [
            (r#"{"a":1,"b":{"a":2}}"#, vec![]),
            (r#"{"a":1,"a":1}"#, vec!["a"]),
            (r#"{"a":null,"\u0061":1}"#, vec!["a"]),
            (
                r#"{"streams":[{},{"fields":[{"field":"x","field":"y"}]}]}"#,
                vec!["streams[1].fields[0].field"],
            ),
            (r#"{"phone":{"0987654321":1,"0987654321":2}}"#, vec!["phone.****321"]),
        ] {
            assert_eq!(parse(text).unwrap().1, want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn everything_else_is_read_as_ever(numbers: Vec<f64>, text: String, truth: bool, signed: i64) {
            let value = json!({ "a": numbers, "b": { &text: [text, truth, null, signed] } });
            let written = value.to_string();
            let (read, repeated) = parse(&written).unwrap();
            prop_assert_eq!(&read, &serde_json::from_str::<Value>(&written).unwrap());
            prop_assert!(repeated.is_empty());
            let followed = written + " x";
            prop_assert!(parse(&followed).is_err());
        }
    }
}

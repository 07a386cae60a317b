//! A record without phone numbers: what is kept of it where nobody asked for the whole.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::phone::{Phone, mask_numbers};
use crate::protocol::{Object, push_string, string};

/// Nothing that a warehouse holds is nested so deeply.
const DEEPEST: usize = 32;

/// In the place of what cannot be looked through.
const HIDDEN: &str = r#""****""#;

/// The record with every number of six digits or more masked, in names and values, texts and numbers, at
/// any depth; and whatever else holds the contact's own number.
pub(crate) fn masked(json: &str, phone: Option<&Phone>) -> String {
    masked_by(json, &|text| without_numbers(text, phone))
}

/// The record with `mask` applied to all names and values, texts and numbers, at any depth.
pub(crate) fn masked_by(json: &str, mask: &Mask<'_>) -> String {
    let json = json.trim_ascii();
    let mut written = String::with_capacity(json.len());
    // What is in an object is looked at as it is cut out.
    if json.starts_with('{') || json.is_empty() || serde_json::from_str::<IgnoredAny>(json).is_ok() {
        value(json, mask, DEEPEST, &mut written);
    } else {
        written.push_str(HIDDEN);
    }
    written
}

/// What may be shown of a text.
type Mask<'m> = dyn Fn(&str) -> Cow<'_, str> + 'm;

fn value(raw: &str, mask: &Mask<'_>, depth: usize, to: &mut String) {
    match raw.as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 => to.push_str(HIDDEN),
        Some(b'{') => match Object::parse(raw) {
            Ok(object) => members(&object, mask, depth, to),
            Err(_) => to.push_str(HIDDEN),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(raw) {
            Ok(elements) => {
                let mut before = '[';
                for element in &elements {
                    to.push(std::mem::replace(&mut before, ','));
                    value(element.get(), mask, depth - 1, to);
                }
                to.push_str(if elements.is_empty() { "[]" } else { "]" });
            }
            Err(_) => to.push_str(HIDDEN),
        },
        Some(b'"') => match mask(&string(raw)) {
            // Nothing was escaped, and nothing masked.
            Cow::Borrowed(same) if same.len() + 2 == raw.len() => to.push_str(raw),
            written => push_string(&written, to),
        },
        Some(_) => match mask(raw) {
            Cow::Borrowed(same) => to.push_str(same),
            Cow::Owned(masked) => push_string(&masked, to),
        },
        None => to.push_str("null"),
    }
}

fn members(object: &Object<'_>, mask: &Mask<'_>, depth: usize, to: &mut String) {
    let mut before = '{';
    for (name, raw) in object.members() {
        to.push(std::mem::replace(&mut before, ','));
        push_string(&mask(name), to);
        to.push(':');
        value(raw, mask, depth - 1, to);
    }
    to.push_str(if before == '{' { "{}" } else { "}" });
}

fn without_numbers<'t>(text: &'t str, phone: Option<&Phone>) -> Cow<'t, str> {
    let masked = mask_numbers(text);
    match phone.filter(|phone| phone.occurs_in(&masked)) {
        Some(phone) => Cow::Owned(phone.to_string()),
        None => masked,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn no_number_is_left_wherever_it_stands() {
        for (json, want) in [
            (r#"{"mobile":"+84 987 654 321","name":"An"}"#, r#"{"mobile":"****321","name":"An"}"#),
            (r#"{"mobile": 84987654321, "age": 41}"#, r#"{"mobile":"****321","age":41}"#),
            (r#"{"mobile":84987654321.0}"#, r#"{"mobile":"****210"}"#),
            (r#"{"0987654321":true}"#, r#"{"****321":true}"#),
            (r#"{"a":{"b":[null,"0987654321",{}],"c":[]}}"#, r#"{"a":{"b":[null,"****321",{}],"c":[]}}"#),
            (r#"{"a":"\u0030987654321"}"#, r#"{"a":"****321"}"#),
            (r#"{"a":"\ud83d 0987654321"}"#, "{\"a\":\"\u{fffd}\u{fffd}\u{fffd} ****321\"}"),
            (r#"{"day":"2026-11-22","sum":1500}"#, r#"{"day":"2026-11-22","sum":1500}"#),
            ("{not json 0987654321", r#""****""#),
            ("987654321", r#""****321""#),
            ("0987654321", r#""****""#),
            ("no", r#""****""#),
            ("[0987654321", r#""****""#),
            (r#"{"a":no}"#, r#""****""#),
            ("", "null"),
        ] {
            assert_eq!(masked(json, None), want, "{json}");
        }
        let deep = format!("{}\"0987654321\"{}", "[".repeat(90), "]".repeat(90));
        assert!(!masked(&deep, None).contains("987"));
    }

    #[test]
    fn the_contacts_own_number_is_masked_however_it_is_written() {
        let encrypted = Phone::opaque("x8f0a92bTT");
        assert_eq!(masked(r#"{"id":"x8f0a92bTT"}"#, Some(&encrypted)), r#"{"id":"x8****"}"#);
        let phone = Phone::e164("+84987654321");
        let written = masked(r#"{"a":"9x8x7x6x5x4x3x2x1"}"#, Some(&phone));
        assert!(!phone.occurs_in(&written), "{written}");
    }

    proptest! {
        #[test]
        fn what_is_masked_is_json_and_holds_no_long_number(text in "\\PC{0,12}", number in 1_000_000_000_u64..) {
            let record = serde_json::json!({ &text: [number, format!("{text} {number} {text}")], "b": { "c": text } });
            let written = masked(&record.to_string(), None);
            prop_assert!(serde_json::from_str::<Value>(&written).is_ok(), "{written}");
            prop_assert!(!written.contains(&number.to_string()), "{written}");
        }
    }
}

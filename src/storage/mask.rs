//! A record without phone numbers: what is kept of it where nobody asked for the whole.

use std::borrow::Cow;

use memchr::memchr2;

use crate::phone::{Phone, mask_numbers};
use crate::protocol::{push_string, string};

/// In the place of what cannot be looked through.
const HIDDEN: &str = r#""****""#;

/// The record with every number of six digits or more masked, in names and values, texts and numbers, at
/// any depth; and whatever else holds the contact's own number.
pub(crate) fn masked(json: &str, phone: Option<&Phone>) -> String {
    masked_by(json, &|text| without_numbers(text, phone))
}

/// The record with `mask` applied to all names and values, texts and numbers, at any depth.
///
/// It was read as JSON before, so that only its texts and words are looked for, and what is between them is copied:
/// to read it a second time takes as long as all the rest.
pub(crate) fn masked_by(json: &str, mask: &Mask<'_>) -> String {
    rewritten(json, mask).unwrap_or_else(|| HIDDEN.to_owned())
}

/// What may be shown of a text.
type Mask<'m> = dyn Fn(&str) -> Cow<'_, str> + 'm;

/// Nothing where it is no JSON after all.
fn rewritten(json: &str, mask: &Mask<'_>) -> Option<String> {
    let mut written = String::with_capacity(json.len());
    let (mut at, mut copied_to, mut depth) = (0, 0, 0_usize);
    while let Some(byte) = json.as_bytes().get(at) {
        let end = match byte {
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
                continue;
            }
            b':' | b',' => {
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                written.push_str(json.get(copied_to..at)?);
                at += 1;
                copied_to = at;
                continue;
            }
            b'"' => end_of_string(json, at)?,
            _ => end_of_word(json, at)?,
        };
        if let Some(changed) = changed(json.get(at..end)?, mask) {
            written.push_str(json.get(copied_to..at)?);
            push_string(&changed, &mut written);
            copied_to = end;
        }
        at = end;
    }
    written.push_str(json.get(copied_to..)?);
    (depth == 0 && !written.is_empty()).then_some(written)
}

/// What stands for a text or a word from here on, if not itself. Escapes are undone, and half characters with them.
fn changed(token: &str, mask: &Mask<'_>) -> Option<String> {
    let text = if token.starts_with('"') { string(token) } else { Cow::Borrowed(token) };
    match (mask(&text), &text) {
        (Cow::Borrowed(same), Cow::Borrowed(text)) if same.len() == text.len() => None,
        (masked, _) => Some(masked.into_owned()),
    }
}

/// Behind the quote that ends a text.
fn end_of_string(json: &str, start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr2(b'"', b'\\', json.as_bytes().get(at..)?)?;
        if json.as_bytes().get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Behind a number, or a word such as `null`.
fn end_of_word(json: &str, start: usize) -> Option<usize> {
    let rest = json.get(start..)?;
    let end = rest.find(['{', '}', '[', ']', ':', ',', '"', ' ', '\t', '\r', '\n']);
    let word = rest.get(..end.unwrap_or(rest.len()))?;
    let is_word = matches!(word, "true" | "false" | "null")
        || word.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    is_word.then(|| start + word.len())
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
            ("0987654321", r#""****321""#),
            (r#""0987654321"#, r#""****""#),
            (r#"{"a":1}}"#, r#""****""#),
            ("no", r#""****""#),
            ("[0987654321", r#""****""#),
            (r#"{"a":no}"#, r#""****""#),
            ("", r#""****""#),
            ("{ \"a\" : [ 1 ,\t{ } ] }\r\n", r#"{"a":[1,{}]}"#),
            (r#"{"a":"\"\\","b":"0987654321\""}"#, r#"{"a":"\"\\","b":"****321\""}"#),
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

    fn any_json() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["\\PC{0,12}", "\\+?[0-9 .-]{0,14}", "[a-z\"\\\\/\\n]{0,6}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            let members = proptest::collection::btree_map(text.clone(), inner.clone(), 0..4);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                members.prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    /// The same by a reader of JSON.
    fn masked_value(value: &Value) -> Value {
        match value {
            Value::Array(elements) => elements.iter().map(masked_value).collect(),
            Value::Object(members) => {
                let member =
                    |(name, value): (&String, &Value)| (mask_numbers(name).into_owned(), masked_value(value));
                members.iter().map(member).collect()
            }
            Value::String(text) => mask_numbers(text).into(),
            Value::Number(number) => match mask_numbers(&number.to_string()) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(masked) => masked.into(),
            },
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }

    proptest! {
        #[test]
        fn a_record_is_masked_as_a_reader_of_json_masks_it(record in any_json(), is_spread: bool) {
            let json = if is_spread { format!("{record:#}") } else { record.to_string() };
            let written: Value = serde_json::from_str(&masked(&json, None)).unwrap();
            prop_assert_eq!(written, masked_value(&record), "{}", json);
        }

        #[test]
        fn what_is_masked_is_json_and_holds_no_long_number(text in "\\PC{0,12}", number in 1_000_000_000_u64..) {
            let record = serde_json::json!({ &text: [number, format!("{text} {number} {text}")], "b": { "c": text } });
            let written = masked(&record.to_string(), None);
            prop_assert!(serde_json::from_str::<Value>(&written).is_ok(), "{written}");
            prop_assert!(!written.contains(&number.to_string()), "{written}");
        }
    }
}

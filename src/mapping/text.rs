//! A JSON value as the text that a call script speaks.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{json, number};

/// The value as text in Unicode's NFC; nothing when it is null or blank.
pub(super) fn of(raw: &str) -> Option<Cow<'_, str>> {
    whole(raw).filter(|text| !says_nothing(text))
}

/// The value as text, also when it is blank; nothing when it is null.
pub(super) fn whole(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => Some(nfc(string(raw))),
        b'n' => None,
        b't' | b'f' => Some(Cow::Borrowed(raw)),
        b'{' | b'[' => Some(nfc(compact(raw))),
        _ => Some(number::plain(raw)),
    }
}

/// Whether the value is null, or text with nothing but white space.
pub(super) fn is_blank(raw: &str) -> bool {
    match raw.as_bytes().first() {
        Some(b'"') => says_nothing(&string(raw)),
        Some(b'n') | None => true,
        Some(_) => false,
    }
}

/// Whether a text is empty or white space.
pub(super) fn says_nothing(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// What a JSON string says.
pub(super) fn string(raw: &str) -> Cow<'_, str> {
    let inner = unquoted(raw);
    // Inside of a string, a quote has a backslash before it.
    if json::quote_or_backslash(inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    let unescaped = serde_json::Deserializer::from_str(raw).deserialize_bytes(Lossy);
    Cow::Owned(unescaped.unwrap_or_default())
}

/// A string without its quotes, escapes and all.
pub(super) fn unquoted(raw: &str) -> &str {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()
}

/// The text in NFC: decomposed letters are mispronounced by the vendors' voices.
pub(super) fn nfc(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    Cow::Owned(text.nfc().collect())
}

/// JSON without white space between its tokens.
pub(super) fn compact(raw: &str) -> Cow<'_, str> {
    if memchr::memchr3(b' ', b'\n', b'\t', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in raw.chars() {
        if !in_string && matches!(character, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        if character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = character == '\\' && !escaped;
        text.push(character);
    }
    Cow::Owned(text)
}

/// JSON can escape half of a character (`\ud83d` alone), which is no text: U+FFFD stands for it.
struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, text: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_text() {
        for (raw, want) in [
            (r#""An""#, Some("An")),
            (r#"" An ""#, Some(" An ")),
            (r#""a\"b\\c\u00e9""#, Some("a\"b\\cé")),
            (r#""\ud83d\ude00 \ud83d!""#, Some("😀 \u{fffd}\u{fffd}\u{fffd}!")),
            ("\"Nguye\u{302}\u{303}n\"", Some("Nguyễn")),
            ("null", None),
            (r#""""#, None),
            (r#"" \t\u00a0""#, None),
            ("true", Some("true")),
            ("false", Some("false")),
            ("0", Some("0")),
            ("5.0", Some("5")),
            (r#"{"a": [1, "x y\" z"] }"#, Some(r#"{"a":[1,"x y\" z"]}"#)),
            ("[ ]", Some("[]")),
        ] {
            assert_eq!(of(raw).as_deref(), want, "{raw}");
        }
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        for raw in [r#""An""#, "\"Nguyễn Văn\"", "12", "5.0", "true", r#"{"a":1}"#] {
            assert!(matches!(of(raw), Some(Cow::Borrowed(_))), "{raw}");
        }
    }

    #[test]
    fn zero_and_false_are_values() {
        for (raw, want) in [("0", false), ("false", false), ("{}", false), ("null", true), (r#""\n""#, true)]
        {
            assert_eq!(is_blank(raw), want, "{raw}");
        }
    }
}

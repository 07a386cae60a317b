//! JSON strings as they are written, read without copying where they have no escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Visitor};

/// What a JSON string says.
pub(crate) fn string(raw: &str) -> Cow<'_, str> {
    let inner = unquoted(raw);
    if !inner.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let unescaped = serde_json::Deserializer::from_str(raw).deserialize_bytes(Lossy);
    Cow::Owned(unescaped.unwrap_or_default())
}

/// A string without its quotes, escapes and all.
pub(crate) fn unquoted(raw: &str) -> &str {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()
}

/// JSON text with whole characters only: half of one, escaped, is replaced as `string` replaces it, for
/// readers that refuse it.
pub(in crate::protocol) fn with_whole_characters(json: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut copied_to = 0;
    let mut at = 0;
    while let Some(place) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += place;
        let rest = json.get(at..).unwrap_or_default();
        match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => at += 12,
            (Some(0xD800..0xE000), _) => {
                whole.push_str(json.get(copied_to..at).unwrap_or_default());
                whole.push_str(r"\ufffd\ufffd\ufffd");
                at += 6;
                copied_to = at;
            }
            _ => at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
        }
    }
    if copied_to == 0 {
        return Cow::Borrowed(json);
    }
    whole.push_str(json.get(copied_to..).unwrap_or_default());
    Cow::Owned(whole)
}

/// The number in an escape such as `\ud83d`.
fn code_unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix(r"\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
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
    fn only_half_characters_are_replaced() {
        for json in ["", r#"{"a":"x"}"#, r#""\ud83d\ude00 \\ud83d \u00e9""#, r#""\\\\ud83d\"""#] {
            assert!(matches!(with_whole_characters(json), Cow::Borrowed(same) if same == json), "{json}");
        }
        for json in
            [r#""\ud83d""#, r#""a\uDE00\ud83d\ud83d\ude00é\n\ud83d""#, r#""\\\ud83d""#, r#""\ud83d\u0041""#]
        {
            let whole: String = serde_json::from_str(&with_whole_characters(json)).unwrap();
            assert_eq!(whole, string(json), "{json}");
        }
    }

    #[test]
    fn escapes_are_undone_and_half_characters_replaced() {
        for (raw, want, is_borrowed) in [
            (r#""An""#, "An", true),
            (r#""""#, "", true),
            ("\"Nguyễn Văn An, 12\"", "Nguyễn Văn An, 12", true),
            (r#""a\"b\\c\u00e9""#, "a\"b\\cé", false),
            (r#""\ud83d\ude00 \ud83d!""#, "😀 \u{fffd}\u{fffd}\u{fffd}!", false),
        ] {
            let said = string(raw);
            assert_eq!(said, want, "{raw}");
            assert_eq!(matches!(said, Cow::Borrowed(_)), is_borrowed, "{raw}");
        }
    }
}

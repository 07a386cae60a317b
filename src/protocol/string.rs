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

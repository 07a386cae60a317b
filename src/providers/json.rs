//! Tolerant reading of vendors' JSON: what is a number today is a text tomorrow.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::phone::mask_numbers;

/// A body as text, without a byte order mark and surrounding white space. Bytes that are not UTF-8
/// are replaced: a code in front of a message in another encoding is still a code.
pub(super) fn text_of(body: &[u8]) -> Cow<'_, str> {
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(blank).to_owned()),
    }
}

/// A whole number, written as a number or as a text.
pub(super) fn integer(value: Option<&RawValue>) -> Option<i64> {
    let text = text(value)?;
    let text = text.trim();
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

/// A code as it may be shown: one that no table has may be anything, a person's number too.
pub(super) fn shown_code(code: i64) -> String {
    mask_numbers(&code.to_string()).into_owned()
}

/// A text, or a number as a text; nothing for everything else.
pub(super) fn text(value: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let raw = value?.get();
    match raw.as_bytes().first()? {
        b'"' => match raw.get(1..raw.len().saturating_sub(1)) {
            Some(plain) if !plain.contains('\\') => Some(Cow::Borrowed(plain)),
            _ => serde_json::from_str(raw).ok().map(Cow::Owned),
        },
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

/// What a body is, for a message that must not repeat it: it could echo the request.
pub(super) fn describe(text: &str) -> &'static str {
    match text.as_bytes().first() {
        None => "an empty body",
        Some(0x1f) => "compressed bytes that no header announces",
        Some(b'<') => "a web page",
        Some(b'{' | b'[') => "JSON that is not this API's",
        Some(_) => "a text that is not this API's",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_however_they_are_written() {
        for (raw, want) in [
            ("0", Some(0)),
            ("\"0\"", Some(0)),
            ("\" -35 \"", Some(-35)),
            ("\"\\u002d4\"", Some(-4)),
            // Whoever writes a code so means something else, and its zero would take everybody.
            ("\"-00\"", None),
            ("\"00\"", None),
            ("\"+0\"", None),
            ("-0", None),
            ("true", None),
            ("\"\"", None),
            ("\"ok\"", None),
            ("1.5", None),
            ("{}", None),
            ("99999999999999999999", None),
        ] {
            let value: &RawValue = serde_json::from_str(raw).unwrap();
            assert_eq!(integer(Some(value)), want, "{raw}");
        }
    }

    #[test]
    fn a_code_that_may_be_a_number_of_somebody_is_not_shown() {
        for (code, want) in [(-27, "-27"), (1403, "1403"), (84_987_654_321, "****321"), (-123_456, "-****")] {
            assert_eq!(shown_code(code), want);
        }
    }

    #[test]
    fn finds_the_text_inside_marks_and_blanks() {
        assert_eq!(text_of("\u{feff} \r\n{}\n".as_bytes()), "{}");
        assert_eq!(text_of(b""), "");
        assert_eq!(text_of(b"{\"status\":\"-1\",\"reason\":\"\xd5\xcb\"} ").chars().next(), Some('{'));
    }
}

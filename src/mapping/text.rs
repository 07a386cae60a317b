//! A JSON value as the text that a call script speaks.

use std::borrow::Cow;

use super::number;
use crate::protocol::string;
use crate::protocol::unquoted;
pub(super) use crate::values::{is_blank, nfc, spoken};

/// The value as text in Unicode's NFC; nothing when it is null or blank.
pub(super) fn of(raw: &str) -> Option<Cow<'_, str>> {
    whole(raw).filter(|text| !is_blank(text))
}

/// The value as text, also when it is blank; nothing when it is null.
pub(super) fn whole(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => {
            let inner = unquoted(raw);
            Some(if is_plain(inner.as_bytes()) { inner.into() } else { spoken(string(raw)) })
        }
        b'n' => None,
        b't' | b'f' => Some(Cow::Borrowed(raw)),
        b'{' | b'[' => Some(spoken(compact(raw))),
        _ => Some(number::plain(raw)),
    }
}

/// Whether the value is null, or text with nothing but white space.
pub(super) fn is_blank_json(raw: &str) -> bool {
    match raw.as_bytes().first() {
        Some(b'"') => is_blank(&string(raw)),
        Some(b'n') | None => true,
        Some(_) => false,
    }
}

/// Whether the inside of a JSON string has neither escapes nor control characters (those of ASCII but
/// one cannot stand there unescaped) nor what NFC could change: it knows the characters of Latin
/// scripts, Vietnamese with its marks included, and of Chinese, by their first bytes.
///
/// With `unicode-normalization`'s quick check and the search for control characters in its place a whole sync of nine columns
/// takes 8.7 % more instructions (3,340 a record of 20,000; callgrind, one build).
fn is_plain(text: &[u8]) -> bool {
    let mut rest = behind_ascii(text);
    while let Some((first, behind)) = rest.split_first() {
        rest = match first {
            b'\\' | 0x7F => return false,
            ..0x80 => behind,
            // U+0080 to U+009F.
            0xC2 if matches!(behind.first(), Some(0x80..0xA0)) => return false,
            // U+00A0 to U+02FF.
            0x80..0xCC => behind_ascii(behind.get(1..).unwrap_or_default()),
            // U+1E80 to U+1EFF.
            0xE1 if matches!(behind.first(), Some(0xBA | 0xBB)) => {
                behind_ascii(behind.get(2..).unwrap_or_default())
            }
            // U+4000 to U+9FFF.
            0xE4..0xEA => behind.get(2..).unwrap_or_default(),
            _ => return false,
        };
    }
    true
}

/// The rest behind blocks of ASCII without a backslash or a delete.
fn behind_ascii(mut text: &[u8]) -> &[u8] {
    // Not a truth value for each byte: compilers make few instructions of a block without branches.
    let odd = |so_far: u8, byte: &u8| so_far | (byte & 0x80) | u8::from(matches!(*byte, b'\\' | 0x7F));
    while let Some((block, behind)) = text.split_first_chunk::<8>() {
        if block.iter().fold(0, odd) != 0 {
            break;
        }
        text = behind;
    }
    text
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

#[cfg(test)]
mod tests {
    use unicode_normalization::char::canonical_combining_class;
    use unicode_normalization::{IsNormalized, is_nfc_quick};

    use super::*;

    #[test]
    fn values_become_text() {
        for (raw, want) in [
            (r#""An""#, Some("An")),
            (r#"" An ""#, Some(" An ")),
            (r#""a\"b\\c\u00e9""#, Some("a\"b\\cé")),
            (r#""An\u0000\u0001\u001f\u007f\u0085\u009f""#, Some("An")),
            ("\"A\u{7f}n\u{80}\u{9f} Ph\u{a0}ú\"", Some("An Ph\u{a0}ú")),
            (r#""e\u0000\u0301\tx\r\n""#, Some("é\tx\r\n")),
            (r#""\u0000 \u0007""#, None),
            ("\"\u{7f}\u{9f}\"", None),
            ("{\"a\":\"x\u{7f}\"}", Some(r#"{"a":"x"}"#)),
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
    fn what_is_plain_is_so_by_the_library() {
        let (mut n_plain, mut buffer) = (0, [0; 4]);
        for c in '\0'..=char::MAX {
            if is_plain(c.encode_utf8(&mut buffer).as_bytes()) {
                n_plain += 1;
                // No character of these joins the one before it or the one behind it.
                assert_eq!(is_nfc_quick(['e', c, 'o'].into_iter()), IsNormalized::Yes, "{c:?}");
                assert_eq!(canonical_combining_class(c), 0, "{c:?}");
            }
        }
        let controls = 1 + 0x20;
        assert_eq!(
            n_plain,
            0x300 - 1 - controls + 0x80 + 0x6000,
            "all but the backslash and what is left out"
        );
    }

    #[test]
    fn a_text_is_plain_when_all_of_it_is() {
        let plain = "Số 12 Trần Hưng Đạo, Quận 1, TP. Hồ Chí Minh; 上海市浦东新区";
        assert!(is_plain(plain.as_bytes()));
        for place in plain.char_indices().map(|(place, _)| place) {
            for odd in ["\\", "\u{7f}", "\u{80}", "\u{9f}", "\u{302}", "\u{1EA0}\u{323}", "😀"] {
                let mut text = plain.to_owned();
                text.insert_str(place, odd);
                assert!(!is_plain(text.as_bytes()), "{odd} at {place}");
            }
        }
    }

    #[test]
    fn zero_and_false_are_values() {
        for (raw, want) in [
            ("0", false),
            ("false", false),
            ("{}", false),
            ("null", true),
            (r#""\n""#, true),
            (r#""\u0000""#, true),
        ] {
            assert_eq!(is_blank_json(raw), want, "{raw}");
        }
    }
}

//! Text as it is compared and spoken.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether a text is empty, white space, or nothing that could be seen or spoken.
pub(crate) fn is_blank(text: &str) -> bool {
    // Nearly every text begins with what can be seen.
    if text.as_bytes().first().is_some_and(u8::is_ascii_graphic) {
        return false;
    }
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Unicode's default-ignorable code points, such as zero-width spaces, byte order marks and fillers, and
/// the empty pattern of Braille: what exports leave behind where there was no text.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A text as it may be sent: in NFC, and without control characters, which nobody can speak and many a
/// database refuses; what is a blank among them stays.
pub(crate) fn spoken(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_left_out = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if !text.contains(is_left_out) {
        return nfc(text);
    }
    nfc(text.replace(is_left_out, "").into())
}

/// The text in NFC: decomposed letters are mispronounced by the vendors' voices.
pub(crate) fn nfc(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    Cow::Owned(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_see_says_nothing() {
        for (text, want) in [
            ("", true),
            (" \t\u{A0}\u{3000}", true),
            ("\0\u{7F}", true),
            ("\u{200B}\u{FEFF} \u{2060}\u{AD}", true),
            ("\u{3164}\u{115F}\u{FFA0}\u{2800}\u{FE0F}\u{E0041}", true),
            ("\u{200F}\u{202E}\u{61C}\u{180E}\u{34F}", true),
            ("\u{FEFF}An", false),
            (".", false),
            ("0", false),
            ("\u{301}", false),
            ("\u{FFFD}", false),
        ] {
            assert_eq!(is_blank(text), want, "{text:?}");
        }
    }
}

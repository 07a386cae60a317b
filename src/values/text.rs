//! Text as it is compared and spoken.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether a text is empty, white space, or nothing that could be spoken.
pub(crate) fn says_nothing(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control())
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

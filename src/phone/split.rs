//! What one value can hold beside its number: an extension, or further numbers.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::digits::MAX_DIGITS;

/// In front of an extension stands a number; `098x123` is a masked one instead.
const MIN_DIGITS_BEFORE_EXTENSION: usize = 5;

/// A word of so many digits begins a number of its own.
const MIN_DIGITS_OF_ANOTHER: usize = 8;

static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?is)^(.*?[0-9])[ .,;:/()\-]*(?:",
        r"e?xtn?|ext(?:ension|ention|ensión|\.no)|ex|x",
        r"|(?:số |so )?(?:máy |may )?(?:lẻ|nhánh|nội bộ)|(?:so )?may le|(?:may |so )?(?:nhanh|noi bo)",
        r"|转分机|轉分機|转|轉|分机号?|分機|内线|内線|內線|내선|ต่อ",
        r"|anexo|interno|int|ramal|poste|durchwahl|pesawat|dahili|доб",
        r")[ .:=#\-]*[0-9]{1,9}[ .)#]*$",
    ))
    .expect("the pattern is a constant")
});

static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)[;,|/\\&\n、،؛]",
        r"|\s(?:or|and|hoặc|hoac|hay|và|va|atau|dan|oder|und|ou)\s",
        r"|或者?|和|及|與|与|または|또는|หรือ",
    ))
    .expect("the pattern is a constant")
});

/// Turns a `tel:` URI (RFC 3966) into a number as people write it.
pub(super) fn unwrap_uri(text: &str) -> Cow<'_, str> {
    let Some((_, uri)) = text.split_at_checked(4).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("tel:"))
    else {
        return unwrap_extension_parameter(text);
    };
    let Some((number, context)) = uri.split_once(";phone-context=") else {
        return unwrap_extension_parameter(uri);
    };
    let (context, rest) = context.split_at(context.find(';').unwrap_or(context.len()));
    // A context is a prefix of the number, or the domain of somebody's exchange.
    let prefix = if context.starts_with('+') && !number.trim_start().starts_with('+') { context } else { "" };
    Cow::Owned(unwrap_extension_parameter(&format!("{prefix}{number}{rest}")).into_owned())
}

fn unwrap_extension_parameter(text: &str) -> Cow<'_, str> {
    match text.split_once(";ext=") {
        Some((number, extension)) => Cow::Owned(format!("{number} ext {extension}")),
        None => Cow::Borrowed(text),
    }
}

/// The text before an extension, when there is one.
pub(super) fn before_extension(text: &str) -> Option<&str> {
    let number = EXTENSION.captures(text)?.get(1)?.as_str();
    (n_digits(number) >= MIN_DIGITS_BEFORE_EXTENSION).then_some(number)
}

/// The numbers in a text, as far as it looks like several; else the text alone.
pub(super) fn split(text: &str) -> Vec<&str> {
    let parts: Vec<_> = SEPARATOR.split(text).flat_map(split_overlong).collect();
    let n_numbers = parts.iter().filter(|part| n_digits(part) > 0).count();
    let with_words = parts.iter().any(|part| n_digits(part) == 0 && part.contains(char::is_alphanumeric));
    match n_numbers {
        0 => vec![text],
        1 if with_words => vec![text],
        _ => parts.into_iter().filter(|part| n_digits(part) > 0).collect(),
    }
}

/// All that stands between the signs and words that part numbers, also what holds none.
pub(super) fn all(text: &str) -> impl Iterator<Item = &str> {
    SEPARATOR.split(text)
}

/// Splits `0987654321 - 0912345678`, and leaves `098 - 765 - 4321` alone: only what is too long for one number
/// may be two.
fn split_overlong(part: &str) -> Vec<&str> {
    if n_digits(part) <= MAX_DIGITS {
        return vec![part];
    }
    let (mut numbers, mut start, mut at) = (Vec::new(), 0, 0);
    for word in part.split_inclusive([' ', '-']) {
        let before = part.get(start..at).unwrap_or_default();
        let begins = word.starts_with(['+', '-']) || n_digits(word) >= MIN_DIGITS_OF_ANOTHER;
        if begins && n_digits(before) >= MIN_DIGITS_OF_ANOTHER {
            numbers.push(before);
            start = at;
        }
        at += word.len();
    }
    numbers.extend(part.get(start..));
    numbers
}

fn n_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

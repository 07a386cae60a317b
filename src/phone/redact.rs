//! What may be shown of a number: its country code and its last three digits.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr3;
use regex::{Captures, Regex};

use super::written_time::is_time;
use super::{finder, simple};

const STARS: &str = "****";

/// Shorter national numbers are not shown by their end: it would be half of them.
const SHOWN_FROM_DIGITS: usize = 7;

/// In foreign text nobody knows where the country code ends, so a longer number is asked for.
const SHOWN_IN_TEXT_FROM_DIGITS: usize = 9;

/// Country calling codes of two digits; 1 and 7 have one, all others three. No code begins with another.
const CODES_OF_TWO_DIGITS: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Shorter ones are codes and counts.
const MASKED_FROM_DIGITS: usize = 6;

/// Digits side by side, also behind the sign of an escape: `%77` is a letter, `%7775180` and `%e999999` may be a number.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    let row =
        format!(r"(?P<sign>(?:%|\\u|&\#)[0-9A-Za-z]{{0,8}}?)?(?P<digits>\p{{N}}{{{MASKED_FROM_DIGITS},}})");
    Regex::new(&row).expect("the pattern is constant and tested")
});

/// Masks the rows in which the search for numbers sees none: those of an escape, and those with a sign such as 〇 in them.
fn mask_rows(text: &str) -> Cow<'_, str> {
    // Most texts have neither.
    if text.is_ascii() && memchr3(b'%', b'\\', b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    ROW.replace_all(text, |row: &Captures<'_>| {
        let sign = row.name("sign").map_or("", |sign| sign.as_str());
        let digits = &row["digits"];
        let was_searched = sign.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        format!("{sign}{}", if was_searched { digits } else { STARS })
    })
}

/// Masks every number of six digits or more in somebody else's words, so that they may be logged.
///
/// Dates (2026-11-22) and short codes (-27) stay; in doubt it masks.
#[must_use]
pub fn mask_numbers(text: &str) -> Cow<'_, str> {
    // Most texts have none, and looking for one takes longer than counting.
    if most_digits(text) < MASKED_FROM_DIGITS || is_time(text) {
        return Cow::Borrowed(text);
    }
    match plain_number(text) {
        Some(digits) => Cow::Owned([STARS, shown_end(&digits)].concat()),
        None if simple::is_simple(text) => masked(text, simple::numbers(text, MASKED_FROM_DIGITS)),
        None => mask_found(text),
    }
}

/// How many digits a text may have: a sign such as ⑳ is several.
fn most_digits(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(u8::is_ascii_digit).count();
    }
    let value = |c: char| match c {
        '0'..='9' => 1,
        c if is_of_words(c) => 0,
        c if c.is_numeric() => MASKED_FROM_DIGITS,
        _ => 0,
    };
    text.chars().map(value).sum()
}

/// Latin letters, their marks, and Chinese: no digits, without a look into tables.
fn is_of_words(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' | '\u{4e00}'..='\u{9fff}')
        || c.is_ascii() && !c.is_ascii_digit()
}

/// The digits of a text that is one number and nothing else, as nearly all columns hold it.
fn plain_number(text: &str) -> Option<String> {
    let number = text.strip_prefix('+').unwrap_or(text);
    let (mut digits, mut n_between) = (String::new(), 0);
    for byte in number.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits.push(char::from(byte));
                n_between = 0;
            }
            b' ' | b'-' | b'.' | b'(' | b')' if n_between < 3 && !digits.is_empty() => n_between += 1,
            _ => return None,
        }
    }
    (n_between == 0 && !digits.is_empty()).then_some(digits)
}

/// Masks numbers wherever and however they stand in a text.
fn mask_found(text: &str) -> Cow<'_, str> {
    masked(text, finder::numbers(text, MASKED_FROM_DIGITS).map(|found| (found.range, found.digits)))
}

/// Masks what was found in a text, but for times.
fn masked(text: &str, found: impl Iterator<Item = (Range<usize>, String)>) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied_to = 0;
    for (range, digits) in found {
        let (before, number) = (text.get(copied_to..range.start), text.get(range.clone()));
        if number.is_some_and(is_time) {
            continue;
        }
        masked.push_str(&mask_rows(before.unwrap_or_default()));
        masked.push_str(STARS);
        masked.push_str(shown_end(&digits));
        copied_to = range.end;
    }
    if copied_to == 0 {
        return mask_rows(text);
    }
    masked.push_str(&mask_rows(text.get(copied_to..).unwrap_or_default()));
    Cow::Owned(masked)
}

/// Writes `+84****321`. `digits` are those of E.164, country code first.
pub(super) fn write_number(f: &mut fmt::Formatter<'_>, digits: &str) -> fmt::Result {
    let (code, national) = digits.split_at_checked(code_length(digits)).unwrap_or_default();
    let end = match national.len().checked_sub(3) {
        Some(hidden) if national.len() >= SHOWN_FROM_DIGITS => national.get(hidden..).unwrap_or_default(),
        _ => "",
    };
    write!(f, "+{code}{STARS}{end}")
}

/// Writes the first two characters of a vendor's identifier, when there are enough others.
pub(super) fn write_identifier(f: &mut fmt::Formatter<'_>, id: &str) -> fmt::Result {
    let n_shown = if id.chars().nth(7).is_some() { 2 } else { 0 };
    for shown in id.chars().take(n_shown) {
        write!(f, "{shown}")?;
    }
    f.write_str(STARS)
}

/// How many digits the country's code has.
pub(crate) fn code_length(digits: &str) -> usize {
    if digits.starts_with(['1', '7']) {
        return 1;
    }
    let first_two = digits.get(..2).and_then(|code| code.parse().ok());
    if first_two.is_some_and(|code| CODES_OF_TWO_DIGITS.contains(&code)) { 2 } else { 3 }
}

fn shown_end(digits: &str) -> &str {
    let n_hidden = if digits.len() < SHOWN_IN_TEXT_FROM_DIGITS { digits.len() } else { digits.len() - 3 };
    digits.get(n_hidden..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    #[test]
    fn no_character_of_words_is_a_digit() {
        let digit = (0..=0x2_0000).filter_map(char::from_u32).find(|c| is_of_words(*c) && c.is_numeric());
        assert_eq!(digit, None);
    }

    #[test]
    fn calling_codes_are_as_long_as_the_library_says() {
        for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
            let code = code.to_string();
            assert_eq!(code_length(&format!("{code}00000000")), code.len(), "+{code}");
        }
    }

    #[test]
    fn letters_that_are_not_looked_up_are_no_digits() {
        for c in ('\u{c0}'..='\u{24f}').chain('\u{1e00}'..='\u{1eff}') {
            assert!(!c.is_numeric(), "{c}");
        }
    }

    #[test]
    fn numbers_in_foreign_text_are_masked() {
        for (text, want) in [
            ("84987654321 already exists", "****321 already exists"),
            ("bad number +84 987 654 321.", "bad number ****321."),
            ("(0987) 654-321, again", "(****321, again"),
            ("号码：０９８７６５４３２１无效", "号码：****321无效"),
            ("۰۹۱۲۳۴۵۶۷۸۹", "****789"),
            ("0987.654.321/0912.345.678", "****678"),
            ("098\u{200b}765\u{2011}4321", "****321"),
            ("id 123456", "id ****"),
            ("of%7775180", "of%****"),
            ("%7775180 is not %7775181", "%**** is not %****"),
            (r"\u0077751802 and &#123456;", r"\u0077**** and &#****;"),
            ("⑳⑳⑳", "****"),
            ("0987〇6h54", "****h54"),
            ("〇九八七六 〇〇〇〇〇〇", "〇九八七六 ****"),
            ("at 10:33:12.345678 no 0987〇6", "at 10:33:12.345678 no ****"),
            ("1000234", "****"),
            ("84987654321", "****321"),
            ("phones: [\"84987654321\",\"84912345678\"]", "phones: [\"****678\"]"),
            ("2014-10-1234", "****234"),
            ("2026-13-41", "****"),
            ("2026-11-22 0987654321", "****321"),
            ("2026-11-22-33", "****233"),
            ("+2026-11-22", "****"),
            ("2026-11-22 10:33:12 84987654321", "****321"),
        ] {
            assert_eq!(mask_numbers(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_short_ways_find_what_the_long_one_finds(text in "[+]?[0-9 ().+:a-]{0,24}") {
            prop_assert_eq!(mask_numbers(&text), mask_found(&text));
        }

        #[test]
        fn the_short_way_finds_the_same_in_any_text(text in "([+0-9٣ ().,:;/aZé\u{1ea1}\u{d7}\u{200b}\u{301}\"%&\\\\<>\\-\t\n电]|[0-9]{3,7}|\\.\\.\\.| {2,5}){0,16}") {
            prop_assert_eq!(mask_numbers(&text), mask_found(&text));
        }
    }

    #[test]
    fn codes_dates_and_words_stay() {
        for text in [
            "",
            "-27",
            "status -27, 3 of 100 contacts",
            "12345",
            "2026-11-22",
            "on 2026-11-22T10:33:12Z",
            "at 2026-11-22 10:33:12",
            "at 10:33:12.345 +07:00 and 2026-11-22 10:33",
            "2026-01-23T14:24:00.000000Z",
            "证件后4位",
            "098****321",
        ] {
            assert_eq!(mask_numbers(text), text);
        }
    }
}

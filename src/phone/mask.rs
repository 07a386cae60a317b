//! What may be shown of a number: its country code and its last three digits.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

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

/// Six digits or more, written as phone numbers are: with up to three separators between two digits.
static WRITTEN_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[+＋]?\d(?:[\s.,/()\[\]+＋_~·•‧・．，／（）\-",
        r"\u{AD}\u{2010}-\u{2015}\u{2043}\u{2212}\u{30FC}\u{FE58}\u{FE63}\u{FF0D}",
        r"\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{206F}\u{FEFF}]{0,3}\d){5,}",
    ))
    .expect("the pattern is a constant")
});

/// Masks every number of six digits or more in somebody else's words, so that they may be logged.
///
/// Dates (2026-11-22) and short codes (-27) stay; in doubt it masks.
#[must_use]
pub fn mask_numbers(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied_to = 0;
    for found in WRITTEN_NUMBER.find_iter(text) {
        let after = text.get(found.end()..).unwrap_or_default();
        if is_date(found.as_str(), after) {
            continue;
        }
        masked.push_str(text.get(copied_to..found.start()).unwrap_or_default());
        masked.push_str(STARS);
        masked.extend(shown_end(found.as_str()));
        copied_to = found.end();
    }
    if copied_to == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(text.get(copied_to..).unwrap_or_default());
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
pub(super) fn code_length(digits: &str) -> usize {
    if digits.starts_with(['1', '7']) {
        return 1;
    }
    let first_two = digits.get(..2).and_then(|code| code.parse().ok());
    if first_two.is_some_and(|code| CODES_OF_TWO_DIGITS.contains(&code)) { 2 } else { 3 }
}

fn shown_end(found: &str) -> impl Iterator<Item = char> + '_ {
    let n_digits = found.chars().filter(|c| c.is_numeric()).count();
    let n_hidden = if n_digits < SHOWN_IN_TEXT_FROM_DIGITS { n_digits } else { n_digits - 3 };
    found.chars().filter(|c| c.is_numeric()).skip(n_hidden)
}

/// Whether this is 2026-11-22, or such a day and the hour before its colon.
fn is_date(found: &str, after: &str) -> bool {
    let day = match found.split_once(' ') {
        Some((day, hour)) if hour.len() == 2 && after.starts_with(':') => day,
        Some(_) => return false,
        None => found,
    };
    let mut fields = day.split('-');
    let mut next_is = |n_digits: usize, from: u16, to: u16| {
        let field = fields.next().filter(|field| field.len() == n_digits);
        field.and_then(|field| field.parse().ok()).is_some_and(|value| (from..=to).contains(&value))
    };
    next_is(4, 1900, 2099) && next_is(2, 1, 12) && next_is(2, 1, 31) && fields.next().is_none()
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    #[test]
    fn calling_codes_are_as_long_as_the_library_says() {
        for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
            let code = code.to_string();
            assert_eq!(code_length(&format!("{code}00000000")), code.len(), "+{code}");
        }
    }

    #[test]
    fn numbers_in_foreign_text_are_masked() {
        for (text, want) in [
            ("84987654321 already exists", "****321 already exists"),
            ("bad number +84 987 654 321.", "bad number ****321."),
            ("(0987) 654-321, again", "(****321, again"),
            ("号码：０９８７６５４３２１无效", "号码：****３２１无效"),
            ("۰۹۱۲۳۴۵۶۷۸۹", "****۷۸۹"),
            ("0987.654.321/0912.345.678", "****678"),
            ("098\u{200b}765\u{2011}4321", "****321"),
            ("id 123456", "id ****"),
            ("phones: [\"84987654321\",\"84912345678\"]", "phones: [\"****321\",\"****678\"]"),
            ("2014-10-1234", "****234"),
            ("2026-13-41", "****"),
            ("2026-11-22 0987654321", "****321"),
            ("2026-11-22-33", "****233"),
            ("+2026-11-22", "****"),
        ] {
            assert_eq!(mask_numbers(text), want, "{text}");
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
            "证件后4位",
            "098****321",
        ] {
            assert_eq!(mask_numbers(text), text);
        }
    }
}

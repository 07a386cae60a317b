//! A count, or a second short number, beside a complete one: `0812345678 (2)`, `2) 030 901822`, `0812345670 - 2`.
//!
//! Where numbers may be longer or shorter, as in Indonesia, Germany, Austria and Italy, its digits would make
//! somebody else's number of this one.

use std::sync::LazyLock;

use regex::Regex;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use super::Phone;

/// Digits of a number that is whole without a row of small groups behind it; fewer begin one, as in `089 123 45 67`.
const COMPLETE: usize = 9;

/// `(2) …`, `2) …`, `2. …`, and `2 0…`, `02) 0…`; `(02) …` is an area.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^ *(?:[(\[]? ?[1-9][0-9]? ?[)\]][ .\-]*|[1-9][0-9]?\. +)(?<any>[^ .\-].*)$",
        r"|^ *(?:0[1-9] ?[)\].][ .\-]*|[1-9][0-9]?[ .\-]+)(?<zero>[+0].*)$",
    ))
    .expect("the pattern is a constant")
});

/// `… (2)`, `… 2`, `… - 12`. Where a label stood behind it, the closing bracket went with that.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?<number>.*[0-9][)\]]?)(?: *[(\[] ?[0-9]{1,3} ?[)\]]?|[ .\-]*[ \-](?<group>[0-9]{1,2}))[ .\-]*$",
    )
    .expect("the pattern is a constant")
});

/// The number without a count in front of it.
pub(super) fn without_first(text: &str) -> Option<&str> {
    let found = BEFORE.captures(text)?;
    found.name("any").or_else(|| found.name("zero")).map(|number| number.as_str())
}

/// The number without a count behind it. `whole` is what is read with the count's digits.
pub(super) fn without_last<'a>(text: &'a str, whole: Option<&Phone>) -> Option<&'a str> {
    let found = BEHIND.captures(text)?;
    let number = found.name("number")?.as_str();
    if whole.is_some_and(|whole| is_grouped_as(text, whole)) {
        return None;
    }
    let Some(group) = found.name("group").filter(|_| !number.ends_with([')', ']'])) else {
        return Some(number);
    };
    without_row(number, group.len())
}

/// The number without all groups as long as the last one, if there are more: `098 765 43 21` has none beside it.
fn without_row(number: &str, length: usize) -> Option<&str> {
    let mut rest = number;
    while groups(rest).last().is_some_and(|last| last.len() == length) {
        let before = rest.trim_end_matches(|c: char| !c.is_ascii_digit());
        rest = before.get(..before.len() - length)?;
    }
    let n_digits: usize = groups(rest).iter().map(|group| group.len()).sum();
    (rest.len() == number.len() || n_digits >= COMPLETE).then_some(rest)
}

/// Whether the last two groups of digits in a text are those in which this number is usually written.
fn is_grouped_as(text: &str, phone: &Phone) -> bool {
    let Ok(number) = PHONE_NUMBER_UTIL.parse(phone.expose(), None) else { return false };
    let [.., before, last] = groups(text)[..] else { return false };
    [PhoneNumberFormat::National, PhoneNumberFormat::International].into_iter().any(|format| {
        let usual = number.format_as(format);
        groups(&usual).ends_with(&[before, last])
    })
}

/// The digits of a text that stand together.
fn groups(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect()
}

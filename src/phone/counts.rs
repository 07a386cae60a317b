//! A count, or a second short number, beside a complete one: `0812345678 (2)`, `2) 030 901822`, `0812345670 - 2`.
//!
//! Where numbers may be longer or shorter, as in Indonesia, Germany, Austria and Italy, its digits would make
//! somebody else's number of this one.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Phone;

/// `(2) …`, `2) …`, `2. …`, and `2 0…`; `(02) …` is an area.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^ *(?:(?:[(\[] ?[1-9][0-9]?|[0-9]{1,2}) ?[)\]][ .\-]*|[1-9][0-9]?\. +)(?<any>[^ .\-].*)$",
        r"|^ *[1-9][0-9]?[ .\-]+(?<zero>[+0].*)$",
    ))
    .expect("the pattern is a constant")
});

/// `… (2)`, `… 2`, `… - 12`.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?<number>.*[0-9][)\]]?)(?: *[(\[] ?[0-9]{1,3} ?[)\]]|[ .\-]*[ \-](?<group>[0-9]{1,2}))[ .\-]*$",
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
    (!is_grouping(text, &found) && !whole.is_some_and(|whole| whole.is_grouped_as(text))).then_some(number)
}

/// Whether the last digits are one of several groups of their size: `098 765 43 21`.
fn is_grouping(text: &str, found: &Captures<'_>) -> bool {
    let [.., before, last] = groups(text)[..] else { return false };
    let in_brackets = found.name("number").is_some_and(|number| number.as_str().ends_with([')', ']']));
    found.name("group").is_some() && !in_brackets && before.len() == last.len()
}

/// The digits of a text that stand together.
pub(super) fn groups(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect()
}

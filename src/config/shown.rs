//! Names in messages: whoever fills in a form pastes a token or a number into the wrong field one day.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::phone::mask_numbers;

/// A name of more characters is cut.
const LONGEST: usize = 48;

/// As long as this, letters and digits without a blank, a dot or an underscore are hardly a name.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{Alphabetic}\d+/=-]{16,}").expect("the pattern is a constant"));

/// As many digits as phone numbers have, and what may follow a date.
static PHONE_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[+＋]?\d(?:[\s.()-]{0,2}\d){8,}(?::\d\d)*").expect("the pattern is a constant")
});

/// Digits that make a long word a token.
const DIGITS_OF_TOKENS: usize = 3;

/// Characters of a token that are shown, so that its owner knows it.
const SHOWN_OF_TOKENS: usize = 4;

/// A name in backticks, as [`masked`].
#[must_use]
pub(crate) fn shown(name: &str) -> String {
    format!("`{}`", masked(name))
}

/// A name that somebody wrote, without what may be a number or a credential, on one line and bounded.
#[must_use]
pub(crate) fn masked(name: &str) -> String {
    let without_tokens = without_tokens(name);
    let numberless = mask_numbers(&without_tokens);
    let mut short: String = numberless.chars().take(LONGEST).flat_map(visible).collect();
    if numberless.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// A condition or another text of some length that somebody wrote, without what may be a phone number
/// or a credential; amounts and dates stay.
#[must_use]
pub(crate) fn discreet(text: &str) -> String {
    let mask = |found: &regex::Captures<'_>| {
        mask_numbers(found.get(0).map_or("", |number| number.as_str())).into_owned()
    };
    PHONE_NUMBER.replace_all(&without_tokens(text), mask).into_owned()
}

fn without_tokens(text: &str) -> Cow<'_, str> {
    TOKEN.replace_all(text, |found: &regex::Captures<'_>| {
        let token = found.get(0).map_or("", |token| token.as_str());
        let n_digits = token.chars().filter(char::is_ascii_digit).count();
        if n_digits < DIGITS_OF_TOKENS || n_digits == token.len() {
            return token.to_owned();
        }
        let shown: String = token.chars().take(SHOWN_OF_TOKENS).collect();
        format!("{shown}****")
    })
}

/// Control characters as their escapes.
fn visible(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_and_what_is_none_is_not() {
        for (name, want) in [
            ("phone_number", "phone_number"),
            ("证件后4位", "证件后4位"),
            ("customer.full_name", "customer.full_name"),
            ("customer_last_payment_date_2024", "customer_last_payment_date_2024"),
            ("internationalization", "internationalization"),
            ("0987654321", "****321"),
            ("+84 987 654 321", "****321"),
            ("s3cr3t-t0ken-0123456789", "s3cr****"),
            ("6f1c1f0e-8a3d-4a1c-9b1e-0a1b2c3d4e5f", "6f1c****"),
            ("sk_live_51Habcdefghijklmn0123", "sk_live_51Ha****"),
            ("line\nbreak\u{1b}[31m", "line\\nbreak\\u{1b}[31m"),
        ] {
            assert_eq!(masked(name), want, "{name}");
        }
        for (text, want) in [
            ("mobile <> '+84 987 654 321'", "mobile <> '****321'"),
            ("token = 's3cr3t-t0ken-0123456789'", "token = 's3cr****'"),
            ("amount > 1000000", "amount > 1000000"),
            ("day >= '2026-01-01 10:00:00'", "day >= '2026-01-01 10:00:00'"),
        ] {
            assert_eq!(discreet(text), want);
        }
        let long = masked(&"word ".repeat(100));
        assert!(long.chars().count() == LONGEST + 1 && long.ends_with('…'), "{long}");
    }
}

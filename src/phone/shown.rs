//! Names and texts that came from outside, as messages show them: whoever fills in a form pastes a
//! number or a token into the wrong field one day.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::redact::mask_numbers;
use super::sanitize::is_invisible;

/// Longer names are cut off: whoever knows the name knows it by then.
const MAX_CHARS: usize = 100;

/// As long as this, letters and digits without a blank, a dot or an underscore are hardly a name.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{Alphabetic}\d+/=-]{16,}").expect("the pattern is a constant"));

/// Digits that make a long word a token.
const DIGITS_OF_TOKENS: usize = 3;

/// Characters of a token that are shown, so that its owner knows it.
const SHOWN_OF_TOKENS: usize = 4;

/// As many digits as phone numbers have, and what may follow a date.
static PHONE_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[+＋]?\d(?:[\s.()-]{0,2}\d){8,}(?::\d\d)*").expect("the pattern is a constant")
});

/// A name for a message: numbers and tokens masked, because a name may be anything (a file without a header has
/// its first person's number for one), what nobody sees written out (`\u{feff}id`), and bounded.
#[must_use]
pub fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let masked =
        if has_digits(name) { mask_numbers(&without_tokens(name)).into_owned() } else { name.to_owned() };
    for (place, c) in masked.chars().enumerate() {
        if place == MAX_CHARS {
            text.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) || (c.is_whitespace() && c != ' ') {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text
}

/// A condition or another text of some length that somebody wrote, without what may be a phone number
/// or a credential; amounts and dates stay.
#[must_use]
pub fn discreet(text: &str) -> String {
    if !has_digits(text) {
        return text.to_owned();
    }
    let mask = |found: &Captures<'_>| mask_numbers(whole(found)).into_owned();
    PHONE_NUMBER.replace_all(&without_tokens(text), mask).into_owned()
}

/// Whether there are enough for anything to be masked. Most names have none, and building the patterns
/// takes longer than many a sync.
fn has_digits(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).count() >= DIGITS_OF_TOKENS
}

fn without_tokens(text: &str) -> Cow<'_, str> {
    TOKEN.replace_all(text, |found: &Captures<'_>| {
        let token = whole(found);
        let n_digits = token.chars().filter(char::is_ascii_digit).count();
        if n_digits < DIGITS_OF_TOKENS || n_digits == token.len() {
            return token.to_owned();
        }
        let shown: String = token.chars().take(SHOWN_OF_TOKENS).collect();
        format!("{shown}****")
    })
}

fn whole<'t>(found: &Captures<'t>) -> &'t str {
    found.get(0).map_or("", |found| found.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_what_nobody_sees_and_no_number() {
        for (name, want) in [
            ("phone ", "phone "),
            ("\u{feff}id", "\\u{feff}id"),
            ("a\u{a0}b\u{ad}\u{200b}", "a\\u{a0}b\\u{ad}\\u{200b}"),
            ("two\nlines\t\u{1b}[31m", "two\\u{a}lines\\u{9}\\u{1b}[31m"),
            ("0987654321", "****321"),
            ("09876\u{200b}54321", "****321"),
            ("số điện thoại 电话", "số điện thoại 电话"),
            ("customer_last_payment_date_2024", "customer_last_payment_date_2024"),
            ("internationalization", "internationalization"),
            ("s3cr3t-t0ken-0123456789", "s3cr****"),
            ("6f1c1f0e-8a3d-4a1c-9b1e-0a1b2c3d4e5f", "6f1c****"),
            ("sk_live_51Habcdefghijklmn0123", "sk_live_51Ha****"),
            (&"x".repeat(101), &format!("{}…", "x".repeat(100))),
        ] {
            assert_eq!(shown(name), want, "{name:?}");
        }
    }

    #[test]
    fn a_text_keeps_amounts_and_dates_and_no_number_of_a_phone() {
        for (text, want) in [
            ("mobile <> '+84 987 654 321'", "mobile <> '****321'"),
            ("token = 's3cr3t-t0ken-0123456789'", "token = 's3cr****'"),
            ("amount > 1000000", "amount > 1000000"),
            ("day >= '2026-01-01 10:00:00'", "day >= '2026-01-01 10:00:00'"),
        ] {
            assert_eq!(discreet(text), want);
        }
    }
}

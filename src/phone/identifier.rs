//! Identifiers and keys of others, as people read them on a terminal.

use super::{Phone, SHORTEST_TOLD_APART, finder, is_invisible, mask_numbers, sanitize};

/// So many digits by themselves are a short identifier, and no number that could be dialled.
const SHORT: usize = 7;

/// So many digits behind a zero are a number as people write it, and hardly a key.
const WRITTEN: usize = 9;

/// How many digits stand between the hyphens of a UUID.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// An identifier (of a campaign, of a contact at the vendor) that its reader must find elsewhere: whole,
/// but for what could be a phone number in it. Digits that are glued to letters are none.
#[must_use]
pub fn shown_identifier(id: &str) -> String {
    if is_uuid(id) {
        return id.to_owned();
    }
    let (mut text, mut between) = (String::new(), String::new());
    for word in id.split_inclusive(|c: char| !c.is_alphanumeric()) {
        if word.contains(char::is_alphabetic) {
            text.push_str(&without_numbers(&std::mem::take(&mut between)));
            text.push_str(word);
        } else {
            between.push_str(word);
        }
    }
    text.push_str(&without_numbers(&between));
    visible(&text)
}

/// The primary key of somebody's record: whole, because it is what one looks for in the warehouse, but
/// masked where it holds their number or what is written as a number.
#[must_use]
pub fn shown_key(key: &str, phone: &Phone) -> String {
    let is_written = |digits: &str| digits.starts_with('0') && digits.len() >= WRITTEN;
    if phone.occurs_in(key)
        || key.contains(['+', '＋'])
        || key.split(|c| !char::is_numeric(c)).any(is_written)
    {
        return visible(&mask_numbers(key));
    }
    visible(key)
}

/// Whether a text holds what may be a number in another, however either is written: what is no usable number may be
/// somebody's all the same.
#[must_use]
pub fn shares_number(text: &str, other: &str) -> bool {
    let held: String = text.chars().filter_map(sanitize::digit).collect();
    let may_be_in = held.len() >= SHORTEST_TOLD_APART;
    may_be_in
        && finder::numbers(other, SHORTEST_TOLD_APART).any(|number| {
            // Behind the zeros with which a number is dialled in its country or from another.
            let number = number.digits.trim_start_matches('0');
            held.contains(number) || number.contains(held.trim_start_matches('0'))
        })
}

/// A text on one line, in which nothing steers a terminal and nothing hides.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

fn without_numbers(text: &str) -> String {
    if text.chars().filter(|c| c.is_numeric()).count() > SHORT {
        mask_numbers(text).into_owned()
    } else {
        text.to_owned()
    }
}

/// Whether it was drawn by chance, so that nothing of anybody is in it.
pub(crate) fn is_uuid(id: &str) -> bool {
    id.split('-').map(str::len).eq(UUID) && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_whole_and_numbers_are_not() {
        for (id, want) in [
            ("9", "9"),
            ("1088612", "1088612"),
            ("65f000000000000000000001", "65f000000000000000000001"),
            ("c56a4180-65aa-42ec-a945-5fd21dec0538", "c56a4180-65aa-42ec-a945-5fd21dec0538"),
            ("12345678-1234-4123-8123-123456789012", "12345678-1234-4123-8123-123456789012"),
            ("campaign-1", "campaign-1"),
            ("0987654321", "****321"),
            ("+84 987 654 321", "****321"),
            ("c-0987654321", "c-****321"),
            ("due 098-765-4321 x", "due ****321 x"),
            ("\u{1b}[31mred\r\n", "\\u{1b}[31mred\\u{d}\\u{a}"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(shown_identifier(id), want, "{id:?}");
        }
    }

    #[test]
    fn a_number_in_two_texts_is_seen_however_it_is_written() {
        for (text, other, want) in [
            ("cust-0987654321", "0987654321 ext. 5", true),
            ("0987654321", "+84 987 654 3210 9", true),
            ("84987654321", "098 765 43 21", true),
            ("0987654321", "(84) 987-654-321 / 0912345678", true),
            ("17", "0987654321", false),
            ("1000000001", "0987654321", false),
            ("7654321", "n/a", false),
        ] {
            assert_eq!(shares_number(text, other), want, "{text} {other}");
        }
    }

    #[test]
    fn keys_are_whole_unless_they_hold_a_number() {
        let phone = Phone::e164("+84987654321");
        for (key, want) in [
            ("17", "17"),
            ("1000000001, north", "1000000001, north"),
            ("2026-11-22", "2026-11-22"),
            ("cust-0987654321", "cust-****321"),
            ("84987654321", "****321"),
            ("0912345678", "****678"),
            ("+84912345678", "****678"),
            ("x\u{1b}]0;title\u{7}", "x\\u{1b}]0;title\\u{7}"),
        ] {
            assert_eq!(shown_key(key, &phone), want, "{key:?}");
        }
    }
}

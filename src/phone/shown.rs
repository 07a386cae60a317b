//! Names that came from outside, as messages show them.

use super::cleaning::is_invisible;
use super::mask::mask_numbers;

/// Longer names are cut off: whoever knows the name knows it by then.
const MAX_CHARS: usize = 100;

/// A name for a message: numbers masked, because a name may be anything (a file without a header has
/// its first person's number for one), what nobody sees written out (`\u{feff}id`), and bounded.
#[must_use]
pub fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for (place, c) in mask_numbers(name).chars().enumerate() {
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
            (&"x".repeat(101), &format!("{}…", "x".repeat(100))),
        ] {
            assert_eq!(shown(name), want, "{name:?}");
        }
    }
}

//! Finds numbers in somebody else's words, in whatever spelling a formatter made of them.
//!
//! `84,910,000,007`, `849·100·…`, `%2B84%20910…`, `+84 (0) 910…`, full-width, with zero widths, over two fields of
//! a JSON text: all are digits with at most three characters between that are no letters.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Match, Regex};
use unicode_normalization::UnicodeNormalization;

use super::sanitize::decimal_digit;

/// One digit, as it is or escaped for an address, a script or a page.
const DIGIT: &str = r"(?:\p{N}|%3[0-9]|\\u003[0-9]|&\#(?:4[89]|5[0-7]);|&\#[xX]3[0-9];)";

/// An escape or a tag. It may hold digits itself, which are none of a number's.
const ESCAPE: &str = concat!(
    r"(?:%(?:[0-24-9A-Fa-f][0-9A-Fa-f]|3[A-Fa-f])|\\u[0-9A-Fa-f]{4}|\\[nrt]",
    r"|&[A-Za-z]{2,6};|&\#[0-9]{1,6};|&\#[xX][0-9A-Fa-f]{1,5};|<[A-Za-z/ ]{1,5}>)",
);

/// The way from one field of a JSON text to the next.
const NEXT_FIELD: &str = r#"\\?"?\s*,\s*\\?"[^"\\]{1,32}\\?"\s*:\s*\\?"?"#;

/// What counts as one character between digits.
static SIGN: LazyLock<String> = LazyLock::new(|| format!(r"(?:{NEXT_FIELD}|{ESCAPE}|\s+|[^\p{{L}}\p{{N}}])"));

/// Nobody sees these, and any number of them may stand between digits.
const UNSEEN: &str = r"[\p{Cf}\p{M}]*";

/// A written number of so many digits at least, as a pattern for larger ones. It may hold several.
pub(crate) fn source(n_digits: usize) -> String {
    let n_more = n_digits.saturating_sub(1);
    format!("[+＋]?{DIGIT}(?:{UNSEEN}(?:{}{UNSEEN}){{0,3}}{DIGIT}){{{n_more},}}", *SIGN)
}

/// Digits as they are written in a text, from a first to a last one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FoundNumber {
    /// Where in the text.
    pub(crate) range: Range<usize>,
    /// The digits in ASCII.
    pub(crate) digits: String,
    /// Where in `digits` each group of them ends that has nothing between.
    pub(crate) ends: Vec<usize>,
}

/// The numbers in a text that have so many digits at least.
pub(crate) fn numbers(text: &str, n_digits: usize) -> impl Iterator<Item = FoundNumber> + '_ {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!("(?P<number>{})|{ESCAPE}", source(1))));
    let all = NUMBER.captures_iter(text).filter_map(|found| found.name("number").map(FoundNumber::new));
    all.filter(move |written| written.digits.len() >= n_digits)
}

/// The number of so many digits at least that is all a text holds beside signs.
pub(crate) fn only_number(text: &str, n_digits: usize) -> Option<FoundNumber> {
    static ALONE: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!("^{0}*?(?P<number>{1}){0}*$", *SIGN, source(1))));
    let written = FoundNumber::new(ALONE.captures(text)?.name("number")?);
    (written.digits.len() >= n_digits).then_some(written)
}

impl FoundNumber {
    fn new(found: Match<'_>) -> Self {
        /// What a number is made of, one at a time.
        static PIECE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?P<digit>{DIGIT})|{}", *SIGN)));
        let text = found.as_str();
        let mut written = Self { range: found.range(), digits: String::new(), ends: Vec::new() };
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            written.digits.push_str(text);
        } else {
            let mut ended = true;
            for piece in PIECE.captures_iter(text) {
                match piece.name("digit") {
                    Some(digit) => {
                        written.digits.extend(values(digit.as_str()));
                        ended = false;
                    }
                    None if !ended => {
                        written.ends.push(written.digits.len());
                        ended = true;
                    }
                    None => {}
                }
            }
        }
        if written.ends.last() != Some(&written.digits.len()) {
            written.ends.push(written.digits.len());
        }
        written
    }

    /// The digits of each row of groups that stand side by side, the longest first at each beginning.
    pub(crate) fn rows(&self, longest: usize) -> impl Iterator<Item = (Range<usize>, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.enumerate().flat_map(move |(first, start)| {
            let ends = self.ends.get(first..).unwrap_or_default();
            let n_fit = ends.partition_point(|end| end - start <= longest);
            let ends = ends.get(..n_fit).unwrap_or_default();
            ends.iter().rev().filter_map(move |&end| Some((start..end, self.digits.get(start..end)?)))
        })
    }
}

/// The digits that one piece stands for: `⑩` has two.
fn values(piece: &str) -> impl Iterator<Item = char> {
    let escaped = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let escape = match piece.as_bytes() {
        [b'%', ..] => piece.get(1..).and_then(|code| escaped(code, 16)),
        [b'\\', ..] => piece.get(2..).and_then(|code| escaped(code, 16)),
        [b'&', b'#', b'x' | b'X', ..] => piece.get(3..piece.len() - 1).and_then(|code| escaped(code, 16)),
        [b'&', ..] => piece.get(2..piece.len() - 1).and_then(|code| escaped(code, 10)),
        _ => None,
    };
    let plain = escape.map_or_else(|| piece.to_owned(), String::from);
    let digits: Vec<char> = plain.nfkc().map(|c| decimal_digit(c).unwrap_or(c)).collect();
    digits.into_iter().filter(char::is_ascii_digit)
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is constant and tested")
}

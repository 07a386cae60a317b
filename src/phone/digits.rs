//! Which characters a number may be made of.

use std::sync::LazyLock;

use compact_str::CompactString;
use regex::Regex;

use crate::domain::reason::Reason;

/// E.164 allows no more digits.
pub(super) const MAX_DIGITS: usize = 15;

/// Reads a text of nothing but digits, the usual punctuation and a leading plus: one pass without allocation,
/// because nearly all values are of this kind. Gives nothing where a second look is needed: a single dot may
/// begin a fraction, a long value may be two numbers, equal digits are a filler.
pub(super) fn plain_number(text: &str) -> Option<CompactString> {
    let mut number = [b'+'; 1 + MAX_DIGITS];
    let [_, digits @ ..] = &mut number;
    let mut free = digits.iter_mut();
    let (mut plus, mut first, mut varied) = (false, None, false);
    let (mut n_dots, mut before) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                *free.next()? = byte;
                varied |= *first.get_or_insert(byte) != byte;
            }
            b'+' if first.is_none() && !plus => plus = true,
            b'.' if first.is_some() && before != b'.' => n_dots += 1,
            b'-' if first.is_some() => {}
            b' ' | b'(' | b')' => {}
            _ => return None,
        }
        before = byte;
    }
    let n_digits = MAX_DIGITS - free.len();
    let number = number.get(usize::from(!plus)..=n_digits).filter(|_| varied && n_dots != 1)?;
    CompactString::from_utf8(number).ok()
}

/// The number without the trunk zero in brackets of `+48 (0) 12…`, where there is one: most countries dial it inside
/// only, Italy always.
pub(super) fn without_trunk_zero(text: &str) -> Option<CompactString> {
    static TRUNK_ZERO: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[ (\[]*(\+|00)[+ (\[]*([0-9]{1,3})[ )\].\-]*[(\[] ?0 ?[)\]](.+)$")
            .expect("the pattern is a constant")
    });
    let found = text.contains(['(', '[']).then(|| TRUNK_ZERO.captures(text)).flatten()?;
    let [prefix, code, national] = [1, 2, 3].map(|group| found.get(group).map_or("", |part| part.as_str()));
    strip_punctuation(&format!("{prefix}{code} {national}")).ok()
}

/// Leaves nothing but digits and a leading plus, or says what else there is.
pub(super) fn strip_punctuation(text: &str) -> Result<CompactString, Reason> {
    let mut number = CompactString::const_new("");
    let (mut masked, mut bad) = (text.contains("..."), false);
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            '+' if number.is_empty() => number.push(c),
            // `++84…` is what a form makes that puts a plus before what has one.
            '+' if number == "+" => {}
            ' ' | '.' | '-' | '(' | ')' | '[' | ']' => {}
            _ if c.is_alphabetic() => return Err(Reason::ContainsLetters),
            '*' | '#' | '•' | '●' | '○' | '■' | '×' => masked = true,
            _ => bad = true,
        }
    }
    let digits = number.trim_start_matches('+');
    match digits.bytes().next() {
        _ if masked => Err(Reason::Masked),
        _ if bad => Err(Reason::BadCharacter),
        None => Err(Reason::NotANumber),
        Some(first) if digits.bytes().all(|byte| byte == first) => Err(Reason::Placeholder),
        Some(_) => Ok(number),
    }
}

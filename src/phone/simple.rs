//! The short way to the numbers in texts of letters, digits and signs, which nearly all columns are: it finds what
//! `finder` finds, which also knows escapes, tags, characters that nobody sees and digits of other scripts.

use std::ops::Range;

/// So many signs may stand between two digits of a number.
const MOST_SIGNS: usize = 3;

/// What a character is to numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CharacterKind {
    Digit,
    Letter,
    Space,
    Sign,
    /// It may be more than it seems.
    Odd,
}

/// Whether there is nothing in a text that this way does not know.
pub(super) fn is_simple(text: &str) -> bool {
    text.chars().all(|c| kind(c) != CharacterKind::Odd)
}

/// The numbers in a simple text that have so many digits at least, and these.
pub(super) fn numbers(text: &str, n_digits: usize) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find(|c: char| c.is_ascii_digit())?;
            let has_plus = text.get(at..start).is_some_and(|before| before.ends_with('+'));
            let (end, digits) = number_at(text, start);
            at = end;
            if digits.len() >= n_digits {
                return Some((start - usize::from(has_plus)..end, digits));
            }
        }
    })
}

/// Where the number ends whose first digit is here, and its digits.
fn number_at(text: &str, start: usize) -> (usize, String) {
    let (mut end, mut digits) = (start, String::new());
    let (mut n_signs, mut is_in_space) = (0, false);
    for (place, c) in text.get(start..).unwrap_or_default().char_indices() {
        let kind = kind(c);
        match kind {
            CharacterKind::Digit => {
                digits.push(c);
                end = start + place + 1;
                n_signs = 0;
            }
            // White space counts once, however long it is.
            CharacterKind::Space if is_in_space => {}
            CharacterKind::Space | CharacterKind::Sign if n_signs < MOST_SIGNS => n_signs += 1,
            CharacterKind::Space | CharacterKind::Sign | CharacterKind::Letter | CharacterKind::Odd => break,
        }
        is_in_space = kind == CharacterKind::Space;
    }
    (end, digits)
}

fn kind(c: char) -> CharacterKind {
    match c {
        '0'..='9' => CharacterKind::Digit,
        // They begin escapes and tags, and the way from one field to the next.
        '%' | '\\' | '&' | '<' | '"' => CharacterKind::Odd,
        // Latin with all its marks, and Chinese.
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' => {
            CharacterKind::Letter
        }
        '\u{1e00}'..='\u{1eff}' | '\u{4e00}'..='\u{9fff}' => CharacterKind::Letter,
        '\t'..='\r' | ' ' => CharacterKind::Space,
        '\0'..='\u{7f}' => CharacterKind::Sign,
        _ => CharacterKind::Odd,
    }
}

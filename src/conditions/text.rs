//! Text in conditions: its normal form, its case, its parts, and patterns.

use std::cell::Cell;

pub(super) use crate::values::nfc;

/// Each letter in lower case, whatever stands beside it.
pub(super) fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(super) fn upper(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).collect()
}

/// Without the first characters.
pub(super) fn skip(text: &str, n_characters: usize) -> &str {
    text.char_indices().nth(n_characters).map_or("", |(at, _)| text.get(at..).unwrap_or_default())
}

/// The first characters.
pub(super) fn take(text: &str, n_characters: usize) -> &str {
    text.char_indices().nth(n_characters).map_or(text, |(at, _)| text.get(..at).unwrap_or_default())
}

/// The last characters.
pub(super) fn last(text: &str, n_characters: usize) -> &str {
    match n_characters.checked_sub(1) {
        None => "",
        Some(before) => {
            text.char_indices().rev().nth(before).map_or(text, |(at, _)| text.get(at..).unwrap_or_default())
        }
    }
}

/// A pattern of LIKE, cut at its `%`. Each piece is found at its first place: the time is the
/// text's length times that of a piece at worst, which is bounded.
#[derive(Debug)]
pub(super) struct Glob {
    pieces: Vec<PatternPiece>,
    ignores_case: bool,
}

/// What stands between two `%`.
#[derive(Debug, Default)]
struct PatternPiece {
    /// A character, or any.
    characters: Vec<Option<char>>,
    /// The same as text, when there is no `_` in it.
    literal: Option<String>,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what databases would not agree on.
    pub(super) fn new(pattern: &str, escape: Option<char>, ignores_case: bool) -> Result<Self, &'static str> {
        let mut pieces = vec![PatternPiece::default()];
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            let mut push = |character| {
                if let Some(piece) = pieces.last_mut() {
                    piece.characters.push(character);
                }
            };
            match character {
                _ if Some(character) == escape => match characters.next() {
                    Some(escaped) if matches!(escaped, '%' | '_') || Some(escaped) == escape => {
                        push(Some(escaped));
                    }
                    _ => return Err("its escape character stands before neither %, _ nor itself"),
                },
                '\\' if escape.is_none() => {
                    return Err("databases disagree on a backslash: say ESCAPE '\\' or another character");
                }
                '%' => pieces.push(PatternPiece::default()),
                '_' => push(None),
                _ => push(Some(if ignores_case { folded(character) } else { character })),
            }
        }
        for piece in &mut pieces {
            piece.literal = piece.characters.iter().copied().collect();
        }
        Ok(Self { pieces, ignores_case })
    }

    /// Whether it matches. None: the steps that are left do not suffice to say so.
    pub(super) fn matches(&self, text: &str, steps: &Cell<usize>) -> Option<bool> {
        let is_matched = if self.ignores_case {
            let text: String = text.chars().map(folded).collect();
            self.matches_exactly(&text, steps)
        } else {
            self.matches_exactly(text, steps)
        };
        (steps.get() > 0).then_some(is_matched)
    }

    fn matches_exactly(&self, text: &str, steps: &Cell<usize>) -> bool {
        let Some((first, more)) = self.pieces.split_first() else { return text.is_empty() };
        let Some(mut rest) = first.after_start(text, steps) else { return false };
        let Some((last, between)) = more.split_last() else { return rest.is_empty() };
        for piece in between {
            match piece.after_first(rest, steps) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        last.ends(rest, steps)
    }
}

impl PatternPiece {
    /// What is behind the piece, when the text starts with it.
    fn after_start<'t>(&self, text: &'t str, steps: &Cell<usize>) -> Option<&'t str> {
        if let Some(literal) = &self.literal {
            return text.strip_prefix(&**literal);
        }
        let mut characters = text.chars();
        for wanted in &self.characters {
            steps.set(steps.get().checked_sub(1)?);
            let found = characters.next()?;
            if wanted.is_some_and(|wanted| wanted != found) {
                return None;
            }
        }
        Some(characters.as_str())
    }

    /// What is behind the first place of the piece.
    fn after_first<'t>(&self, text: &'t str, steps: &Cell<usize>) -> Option<&'t str> {
        if let Some(literal) = &self.literal {
            return text.find(&**literal).and_then(|at| text.get(at + literal.len()..));
        }
        let places = text.char_indices().map(|(at, _)| at);
        places.take_while(|_| steps.get() > 0).find_map(|at| self.after_start(text.get(at..)?, steps))
    }

    fn ends(&self, text: &str, steps: &Cell<usize>) -> bool {
        if let Some(literal) = &self.literal {
            return text.ends_with(&**literal);
        }
        let end = last(text, self.characters.len());
        self.after_start(end, steps).is_some_and(str::is_empty)
    }
}

/// One character in lower case, when that is one character.
fn folded(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        for (text, pattern, escape, want) in [
            ("STOP by message", "STOP%", None, true),
            ("stop", "STOP%", None, false),
            ("", "", None, true),
            ("", "%", None, true),
            ("", "_", None, false),
            ("a", "", None, false),
            ("abc", "abc", None, true),
            ("abc", "ab", None, false),
            ("abc", "a_c", None, true),
            ("ễ", "_", None, true),
            ("a\nb", "a%b", None, true),
            ("aXbXc", "a%b%c", None, true),
            ("abab", "%ab", None, true),
            ("ab", "%ab%ab", None, false),
            ("aba", "%a_a%", None, true),
            ("mississippi", "m%iss%ip%i", None, true),
            ("mississippi", "%_ss_ss%", None, true),
            ("xy", "x%y", None, true),
            ("x", "x%x", None, false),
            ("100%", "%!%", Some('!'), true),
            ("100!", "%!%", Some('!'), false),
            ("a_b", "a!_b", Some('!'), true),
            ("axb", "a!_b", Some('!'), false),
            ("a!b", "a!!b", Some('!'), true),
        ] {
            let glob = Glob::new(pattern, escape, false).unwrap();
            assert_eq!(glob.matches(text, &Cell::new(1_000)), Some(want), "{text} LIKE {pattern}");
        }
        assert!(Glob::new("stop%ĐỨC", None, true).unwrap().matches("Stop đức", &Cell::new(99)).unwrap());
        for (pattern, escape) in [("a\\%", None), ("a!", Some('!')), ("a!b", Some('!'))] {
            assert!(Glob::new(pattern, escape, false).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_many_wildcards_takes_no_time() {
        let text = "a".repeat(100_000);
        let began = Instant::now();
        for pattern in ["%a".repeat(3_000) + "b", "%_a".repeat(3_000) + "%b", "%a_".repeat(2_000) + "b%"] {
            let glob = Glob::new(&pattern, None, false).unwrap();
            assert_eq!(glob.matches(&text, &Cell::new(2_000_000)), Some(false));
        }
        let piece = format!("%{}_b%", "a".repeat(4_000));
        let glob = Glob::new(&piece, None, false).unwrap();
        assert_eq!(glob.matches(&text, &Cell::new(2_000_000)), None, "text times piece");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn parts_are_counted_in_characters() {
        assert_eq!([take("ễab", 1), take("ễ", 5), take("ễ", 0)], ["ễ", "ễ", ""]);
        assert_eq!([skip("ễab", 1), skip("ễ", 5), skip("ễ", 0)], ["ab", "", "ễ"]);
        assert_eq!([last("aễ", 1), last("aễ", 5), last("aễ", 0)], ["ễ", "aễ", ""]);
    }
}

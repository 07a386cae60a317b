//! The text of a condition in the spelling of templates: made ready for their parser, or for SQL's.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A text in quotes, or a word of SQL.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\b(AND|OR|NOT|IN|IS|NULL|TRUE|FALSE)\b"#)
        .expect("the pattern is fixed, and a test uses it")
});

static RECORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\brecord\.").expect("the pattern is fixed, and a test uses it"));

/// A text in parentheses, with the words of SQL as templates write them where that is wanted; none when its own parentheses
/// do not match, or when it has a comment of SQL in it.
pub(super) fn bracketed(source: &str, lowers: bool) -> Option<String> {
    let (mut open, mut quote, mut is_escaped) = (Vec::new(), None, false);
    for (at, character) in source.char_indices() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            // SQL's quote in a text, which templates take for the end of one and the beginning of another.
            (Some(begun), _) if begun == character => {
                if source.get(at + 1..).is_some_and(|rest| rest.starts_with(begun)) {
                    return None;
                }
                quote = None;
            }
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => open.push(')'),
            (None, '[') => open.push(']'),
            (None, '{') => open.push('}'),
            (None, ')' | ']' | '}') if open.pop() != Some(character) => return None,
            (None, '-') if source.get(at + 1..).is_some_and(|rest| rest.starts_with('-')) => return None,
            _ => {}
        }
    }
    if quote.is_some() || !open.is_empty() {
        return None;
    }
    if !lowers {
        return Some(format!("({source})"));
    }
    // Texts in quotes stay as they are.
    let lowered =
        WORD.replace_all(source, |found: &Captures<'_>| match found.get(1).map(|word| word.as_str()) {
            Some("NULL") => "none".to_owned(),
            Some(word) => word.to_lowercase(),
            None => found.get(0).map_or_else(String::new, |quoted| quoted.as_str().to_owned()),
        });
    Some(format!("({lowered})"))
}

/// SQL whose columns have `record.` before them, without it; none where it is not so.
pub(super) fn without_record(source: &str) -> Option<String> {
    let pieces = source.split('\'').enumerate();
    // Every other piece stands in quotes.
    let bare: Vec<Cow<'_, str>> = pieces
        .map(|(index, piece)| if index % 2 == 0 { RECORD.replace_all(piece, "") } else { piece.into() })
        .collect();
    Some(bare.join("'")).filter(|bare| bare != source)
}

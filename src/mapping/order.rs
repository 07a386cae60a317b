//! Makes `<` and `>` of a condition fail closed.
//!
//! The engine puts all values in one order, with null before numbers and numbers before text. So
//! `record.days_overdue < 30` is true for a record without that column, and `record.amount > 100` is
//! true for the text "7". Whoever writes such a condition does not mean that these people be called.
//! Columns beside `<`, `<=`, `>` and `>=` are therefore handed through a function that refuses them
//! when they are null or not of the other side's kind. It is only called where the engine gets to the
//! comparison, so `record.amount is none or record.amount > 100` means what it says.

use std::sync::LazyLock;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};
use regex::Regex;

/// The name of the function in the engine; nobody writes it.
pub(super) const GUARD: &str = "__comparable";

/// Said of a column that is missing or null.
pub(super) const NOTHING: &str = "only_when compares a column that is missing or null";

/// Said of two different kinds.
pub(super) const DIFFERENT: &str =
    "only_when compares values of different kinds; for text that holds a number write record.amount|float";

/// Gives the value back when it can be compared.
pub(super) fn guard(value: Value, other: Option<Value>) -> Result<Value, Error> {
    if matches!(value.kind(), ValueKind::Undefined | ValueKind::None) {
        return Err(Error::new(ErrorKind::InvalidOperation, NOTHING));
    }
    // When the other side is nothing, its own guard says so.
    if other.is_some_and(|other| other.kind() != value.kind()) {
        return Err(Error::new(ErrorKind::InvalidOperation, DIFFERENT));
    }
    Ok(value)
}

/// Puts the guard around the columns beside an ordering operator.
pub(super) fn guarded(source: &str) -> String {
    let tokens = tokens(source);
    let mut guarded = String::with_capacity(source.len());
    for (index, token) in tokens.iter().enumerate() {
        let before = |places: usize| index.checked_sub(places).and_then(|place| tokens.get(place));
        let after = |places: usize| tokens.get(index + places);
        let other = match (before(1), after(1)) {
            _ if token.kind != Kind::Column => None,
            (_, Some(next)) if next.kind == Kind::Order => Some(operand(after(2), after(3))),
            // What follows a right side may belong to it, as in `30 > record.days|int`.
            (Some(last), next) if last.kind == Kind::Order && !continues(next) => {
                Some(operand(before(2), None))
            }
            _ => None,
        };
        guarded.push_str(token.space);
        match other {
            Some(other) => guarded.extend([GUARD, "(", token.text, &other, ")"]),
            None => guarded.push_str(token.text),
        }
    }
    guarded
}

/// The other side as the guard's second argument, when it is one token.
fn operand(token: Option<&Token<'_>>, next: Option<&Token<'_>>) -> String {
    match token {
        Some(token) if matches!(token.kind, Kind::Column | Kind::Literal) && !continues(next) => {
            format!(", {}", token.text)
        }
        _ => String::new(),
    }
}

/// Whether a token makes one value of itself and what is before it.
fn continues(token: Option<&Token<'_>>) -> bool {
    token.is_some_and(|token| token.kind == Kind::Other && !matches!(token.text, ")" | "]" | "}" | ","))
}

struct Token<'s> {
    /// The white space before it.
    space: &'s str,
    kind: Kind,
    text: &'s str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `record.amount` or `record['amount']`.
    Column,
    /// A number, a text, or a name that is neither null nor a record's.
    Literal,
    /// `<`, `<=`, `>`, `>=`.
    Order,
    /// `and`, `or`, `is` and other words.
    Word,
    /// Any other character.
    Other,
}

/// Each kind of token is a group, in the order of `KINDS`.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let column = r#"record(?:\.\w+|\['[^'\\]*'\]|\["[^"\\]*"\])+"#;
    let literal = r#"'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d[\w.]*|\b(?:now|emitted_at)\b"#;
    let pattern = format!(r"(\s*)(?:({column})|({literal})|([<>]=?)|(\w+)|(\S))");
    Regex::new(&pattern).expect("the pattern is fixed, and a test uses it")
});

const KINDS: [Kind; 5] = [Kind::Column, Kind::Literal, Kind::Order, Kind::Word, Kind::Other];

/// Cuts an expression up.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for found in TOKEN.captures_iter(source) {
        let space = found.get(1).map_or("", |space| space.as_str());
        for (kind, group) in KINDS.into_iter().zip(2..) {
            if let Some(text) = found.get(group) {
                tokens.push(Token { space, kind, text: text.as_str() });
            }
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_beside_an_ordering_operator_are_guarded() {
        for (source, want) in [
            ("record.days < 30", "__comparable(record.days, 30) < 30"),
            ("30>=record['days']", "30>=__comparable(record['days'], 30)"),
            ("record.a.b > -5 and record.c == 1", "__comparable(record.a.b, -5) > -5 and record.c == 1"),
            ("record.a < record.b", "__comparable(record.a, record.b) < __comparable(record.b, record.a)"),
            ("record.due < now", "__comparable(record.due, now) < now"),
            ("(record.a > 1) or not record.b", "(__comparable(record.a, 1) > 1) or not record.b"),
            ("record.a > record.b|int", "__comparable(record.a) > record.b|int"),
            ("record.a|int > 1", "record.a|int > 1"),
            ("record.a == '<' and x > 1", "record.a == '<' and x > 1"),
            ("records.a > 1", "records.a > 1"),
            ("record.tên > 'é\\' > '", "__comparable(record.tên, 'é\\' > ') > 'é\\' > '"),
            ("", ""),
        ] {
            assert_eq!(guarded(source), want, "{source}");
        }
    }
}

//! Writes the reference's conditions as SQL, with no more parentheses than needed, or some more.

use super::choices::Choices;

use super::condition::{COLUMNS, E};
use super::reference::written;

/// How tightly an operator binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Level {
    Or,
    And,
    Not,
    Is,
    Comparison,
    Sum,
    Product,
    Sign,
    Atom,
}

pub(super) fn sql(e: &E, rng: &mut Choices<'_>) -> String {
    printed(e, Level::Or, rng)
}

fn printed(e: &E, least: Level, rng: &mut Choices<'_>) -> String {
    let (text, level) = bare(e, rng);
    if level < least || rng.u8(..) < 20 { format!("({text})") } else { text }
}

fn bare(e: &E, rng: &mut Choices<'_>) -> (String, Level) {
    let not = |negated: bool| if negated { "NOT " } else { "" };
    match e {
        E::Column(index) => {
            let name = COLUMNS[*index].0;
            (if rng.bool() { name.to_owned() } else { format!("\"{name}\"") }, Level::Atom)
        }
        E::Null => ("NULL".to_owned(), Level::Atom),
        E::Bool(b) => (if *b { "TRUE" } else { "false" }.to_owned(), Level::Atom),
        E::Number(text) if text.starts_with('-') => ((*text).to_owned(), Level::Sign),
        E::Number(text) => ((*text).to_owned(), Level::Atom),
        E::Text(text) => (quoted(text), Level::Atom),
        E::Date(days) => (format!("DATE '{}'", written(*days)), Level::Atom),
        E::DateText(days) => (quoted(&written(*days)), Level::Atom),
        E::Today => ("current_date".to_owned(), Level::Atom),
        E::Now => (if rng.bool() { "now()" } else { "CURRENT_TIMESTAMP" }.to_owned(), Level::Atom),
        E::Days(days) if rng.bool() => (format!("INTERVAL '{days} days'"), Level::Atom),
        E::Days(days) => (format!("INTERVAL '{days}' DAY"), Level::Atom),
        E::And(terms) => (joined(terms, " AND ", Level::Not, rng), Level::And),
        E::Or(terms) => (joined(terms, " or ", Level::And, rng), Level::Or),
        E::Not(e) => (format!("NOT {}", printed(e, Level::Not, rng)), Level::Not),
        E::Compare(sign, sides) => {
            let (a, b) = (printed(&sides[0], Level::Sum, rng), printed(&sides[1], Level::Sum, rng));
            (format!("{a} {sign} {b}"), Level::Comparison)
        }
        E::Between(negated, three) => {
            let [a, b, c] = [0, 1, 2].map(|side: usize| printed(&three[side], Level::Sum, rng));
            (format!("{a} {}BETWEEN {b} AND {c}", not(*negated)), Level::Comparison)
        }
        E::In(negated, e, list) => {
            let e = printed(e, Level::Sum, rng);
            (format!("{e} {}IN ({})", not(*negated), joined(list, ", ", Level::Or, rng)), Level::Comparison)
        }
        E::Like(negated, no_case, sides, escape) => {
            let word = if *no_case { "ILIKE" } else { "LIKE" };
            let escape = escape.map_or_else(String::new, |c| format!(" ESCAPE '{c}'"));
            let (a, b) = (printed(&sides[0], Level::Sum, rng), printed(&sides[1], Level::Sum, rng));
            (format!("{a} {}{word} {b}{escape}", not(*negated)), Level::Comparison)
        }
        E::Is(negated, test, e) => {
            (format!("{} IS {}{test}", printed(e, Level::Comparison, rng), not(*negated)), Level::Is)
        }
        E::Negate(e) => (format!("-{}", printed(e, Level::Atom, rng)), Level::Sign),
        E::Arithmetic(sign, sides) => {
            let level = if matches!(sign, '+' | '-') { Level::Sum } else { Level::Product };
            let above = if level == Level::Sum { Level::Product } else { Level::Sign };
            let (a, b) = (printed(&sides[0], level, rng), printed(&sides[1], above, rng));
            (format!("{a} {sign} {b}"), level)
        }
        E::Join(sides) => {
            let (a, b) = (printed(&sides[0], Level::Atom, rng), printed(&sides[1], Level::Atom, rng));
            // Databases do not agree how tightly it binds beside + and -.
            (format!("({a} || {b})"), Level::Atom)
        }
        E::Call(name, arguments) => {
            (format!("{name}({})", joined(arguments, ", ", Level::Or, rng)), Level::Atom)
        }
        E::Cast(e, to) => match rng.u8(..3) {
            0 => (format!("{}::{to}", printed(e, Level::Atom, rng)), Level::Sign),
            1 => (format!("TRY_CAST({} AS {to})", printed(e, Level::Or, rng)), Level::Atom),
            _ => (format!("CAST({} AS {to})", printed(e, Level::Or, rng)), Level::Atom),
        },
    }
}

fn joined(terms: &[E], between: &str, least: Level, rng: &mut Choices<'_>) -> String {
    terms.iter().map(|term| printed(term, least, rng)).collect::<Vec<_>>().join(between)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

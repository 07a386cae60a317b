//! The SQL of a condition as a syntax tree, and the parts that its outermost ANDs join.

use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::phone::visible;

/// Longer ones are not written by people.
const LONGEST: usize = 10_000;

/// How deep the parser may nest; deeper than a condition may, so that this says it in its own words.
const PARSER_DEPTH: usize = 120;

/// What is shown of a part; a list of thousand names helps nobody.
const SHOWN: usize = 200;

/// A condition's text, understood.
pub(super) struct Parsed {
    pub(super) expression: Expr,
    /// What the outermost ANDs join, as it was written.
    pub(super) parts: Vec<Box<str>>,
}

/// Reads one expression, and nothing behind it.
///
/// # Errors
/// Says what is wrong with the text.
pub(super) fn parse(source: &str) -> Result<Parsed, String> {
    if source.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let tokens = tokens(source)?;
    if let Some(TokenWithSpan { token: Token::Word(word), .. }) = tokens.first()
        && matches!(word.keyword, Keyword::WHERE | Keyword::SELECT)
    {
        return Err(format!("a condition is what stands behind WHERE; leave {} out", word.value));
    }
    let parts = parts(source, &tokens);
    let column = taken(&tokens).map_or_else(String::new, quote_it);
    let dialect = GenericDialect {};
    let mut parser =
        Parser::new(&dialect).with_recursion_limit(PARSER_DEPTH).with_tokens_with_locations(tokens);
    let expression = parser.parse_expr().map_err(|error| explained(&error) + &column)?;
    match parser.peek_token_ref() {
        TokenWithSpan { token: Token::EOF, .. } => Ok(Parsed { expression, parts }),
        rest => {
            let token = visible(&rest.token.to_string());
            Err(format!("nothing can be made of `{token}`{}{column}", place(rest.span.start)))
        }
    }
}

/// The tokens without the white space between them.
fn tokens(source: &str) -> Result<Vec<TokenWithSpan>, String> {
    let tokens = Tokenizer::new(&GenericDialect {}, source)
        .tokenize_with_location()
        .map_err(|error| format!("{}{}", lowercase(&error.message), place(error.location)))?;
    let mut words = Vec::with_capacity(tokens.len());
    for token in tokens {
        match &token.token {
            Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab) => {}
            // What is behind one would be lost without a word.
            Token::Whitespace(_) => {
                return Err(format!(
                    "a condition has no comments{}; minus minus is one: write - (-1)",
                    place(token.span.start)
                ));
            }
            Token::DoubleEq => return Err(format!("`==` is written =, once{}", place(token.span.start))),
            _ => words.push(token),
        }
    }
    Ok(words)
}

/// A word of SQL that is compared with something, as only columns are.
fn taken(tokens: &[TokenWithSpan]) -> Option<&str> {
    const OPERATORS: [Keyword; 12] = [
        Keyword::AND,
        Keyword::OR,
        Keyword::NOT,
        Keyword::IS,
        Keyword::IN,
        Keyword::LIKE,
        Keyword::ILIKE,
        Keyword::BETWEEN,
        Keyword::ESCAPE,
        Keyword::NULL,
        Keyword::TRUE,
        Keyword::FALSE,
    ];
    let places = std::iter::once(None).chain(tokens.iter().map(Some)).zip(tokens).zip(tokens.iter().skip(1));
    let words = places.filter_map(|((before, word), behind)| match (&word.token, &behind.token) {
        (Token::Word(word), Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq) => {
            Some((before, word))
        }
        (Token::Word(word), Token::Word(behind))
            if matches!(behind.keyword, Keyword::IS | Keyword::IN | Keyword::LIKE | Keyword::BETWEEN) =>
        {
            Some((before, word))
        }
        _ => None,
    });
    let mut taken = words.filter(|(before, word)| {
        word.keyword != Keyword::NoKeyword
            && word.quote_style.is_none()
            && !OPERATORS.contains(&word.keyword)
            && match before.map(|token| &token.token) {
                None | Some(Token::LParen) => true,
                Some(Token::Word(before)) => {
                    matches!(before.keyword, Keyword::AND | Keyword::OR | Keyword::NOT)
                }
                Some(_) => false,
            }
    });
    taken.next().map(|(_, word)| &*word.value)
}

/// Said of a word of SQL that may be meant for a column.
pub(super) fn quote_it(word: &str) -> String {
    format!("; if it is a column, write \"{word}\" in double quotes")
}

fn explained(error: &ParserError) -> String {
    match error {
        ParserError::TokenizerError(why) | ParserError::ParserError(why) => {
            let why = why.strip_prefix("sql parser error: ").unwrap_or(why);
            lowercase(why)
                .replace(" at Line: 1, Column: ", " at column ")
                .replace("found: EOF", "found its end")
        }
        ParserError::RecursionLimitExceeded => TOO_DEEP.to_owned(),
    }
}

/// Said of a condition that is nested too deeply.
pub(super) const TOO_DEEP: &str = "it is nested more than 50 deep";

fn lowercase(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn place(at: Location) -> String {
    match at {
        Location { line: 0, .. } => String::new(),
        Location { line: 1, column } => format!(" at column {column}"),
        Location { line, column } => format!(" at column {column} of line {line}"),
    }
}

/// Cuts the text at the ANDs that stand in no parentheses and belong to no BETWEEN; one part when
/// there is an OR beside them.
fn parts(source: &str, tokens: &[TokenWithSpan]) -> Vec<Box<str>> {
    let whole = || vec![shown(source.trim())];
    let (mut depth, mut n_between) = (0_usize, 0_usize);
    let mut parts = Vec::new();
    let (lines, mut begins) = (Lines::new(source), 0);
    for TokenWithSpan { token, span } in tokens {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Word(word) if depth == 0 => match word.keyword {
                Keyword::OR | Keyword::XOR => return whole(),
                Keyword::BETWEEN => n_between += 1,
                Keyword::AND if n_between > 0 => n_between -= 1,
                Keyword::AND => {
                    let at = |place| lines.offset(place).unwrap_or(source.len());
                    let (start, end) = (at(span.start), at(span.end));
                    parts.push(shown(source.get(begins..start).unwrap_or_default().trim()));
                    begins = end;
                }
                _ => {}
            },
            _ => {}
        }
    }
    parts.push(shown(source.get(begins..).unwrap_or_default().trim()));
    parts
}

/// Where the characters of each line are, in bytes.
struct Lines(Vec<Vec<usize>>);

impl Lines {
    fn new(source: &str) -> Self {
        let mut lines = vec![Vec::new()];
        for (at, character) in source.char_indices() {
            if let Some(line) = lines.last_mut() {
                line.push(at);
            }
            if character == '\n' {
                lines.push(Vec::new());
            }
        }
        Self(lines)
    }

    /// None: at the end of the text.
    fn offset(&self, at: Location) -> Option<usize> {
        let nth = |count: u64| usize::try_from(count.checked_sub(1)?).ok();
        self.0.get(nth(at.line)?)?.get(nth(at.column)?).copied()
    }
}

/// A part as it is told: on one line, and not without end.
pub(super) fn shown(part: &str) -> Box<str> {
    let mut text: String = part.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() < part.len() {
        text.push('…');
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_the_outermost_ands_join() {
        for (source, want) in [
            ("a", vec!["a"]),
            (" a  AND b ", vec!["a", "b"]),
            ("a = 'x AND y' and b", vec!["a = 'x AND y'", "b"]),
            ("a BETWEEN 1 AND 2 AND b", vec!["a BETWEEN 1 AND 2", "b"]),
            ("(a AND b) AND c", vec!["(a AND b)", "c"]),
            ("a AND b OR c", vec!["a AND b OR c"]),
            ("a\nAND ễ = 'ễ'\n AND c", vec!["a", "ễ = 'ễ'", "c"]),
            ("NOT a AND b", vec!["NOT a", "b"]),
        ] {
            let parts = parse(source).unwrap().parts;
            assert_eq!(parts.iter().map(|part| &**part).collect::<Vec<_>>(), want, "{source}");
        }
    }

    #[test]
    fn what_is_no_expression_is_told_with_its_place() {
        for (source, want) in [
            ("a =", "expected: an expression, found its end"),
            ("a = 1 b", "nothing can be made of `b` at column 7"),
            ("a = 1;", "nothing can be made of `;` at column 6"),
            ("a\u{200b} = 1", r"nothing can be made of `\u{200b}` at column 2"),
            ("WHERE a = 1", "a condition is what stands behind WHERE; leave WHERE out"),
            ("a = 'x", "unterminated string literal at column 5"),
            ("a = 1 -- AND b", "a condition has no comments at column 7; minus minus is one: write - (-1)"),
            ("a == 1", "`==` is written =, once at column 3"),
            (
                "a = 1 AND interval > 5",
                "expected: an expression, found: > at column 20; if it is a column, write \"interval\" in double quotes",
            ),
        ] {
            assert_eq!(parse(source).map(|_| ()), Err(want.to_owned()), "{source}");
        }
    }
}

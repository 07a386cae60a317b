//! Templates and conditions: compiled once, checked against what is in scope, bounded on each record.

use std::borrow::Cow;
use std::io;

use minijinja::{Error, ErrorKind, Template as Compiled};

use super::engine::ENGINE;
use super::field::View;
use super::row::{Column, RowReader};
use super::text;

/// The longest text that one template may give.
const LONGEST: usize = 64 * 1024;

/// A text with parts that the record fills in.
#[derive(Debug)]
pub(super) enum Template {
    Constant(Box<str>),
    /// Nothing but text and columns, as most templates are: the engine is not needed.
    Parts(Vec<Part>),
    Engine(Compiled<'static, 'static>),
}

/// One part of a simple template.
#[derive(Debug)]
pub(super) enum Part {
    Text(Box<str>),
    Column(Column),
}

/// The names that a template looks up, such as `record.customer.name`, `record` or `stream`.
pub(super) type Lookups = Vec<String>;

impl Template {
    /// Compiles a template, and says which names it looks up.
    ///
    /// # Errors
    /// Says what is wrong with it, and in which line.
    pub(super) fn compile(source: &str, rows: &mut RowReader) -> Result<(Self, Lookups), String> {
        if !["{{", "{%", "{#"].iter().any(|opening| source.contains(opening)) {
            return match ["}}", "%}", "#}"].iter().find(|closing| source.contains(**closing)) {
                Some(closing) => Err(format!("{closing} closes nothing")),
                None => Ok((Self::Constant(text::spoken(source.into()).into()), Lookups::new())),
            };
        }
        // The engine borrows its templates, and a configuration lives as long as the process.
        let kept: &'static str = Box::leak(source.into());
        let compiled = ENGINE.template_from_named_str("template", kept).map_err(|error| explain(&error))?;
        refuse_unknown_words(compiled.render(()).err())?;
        let mut lookups: Lookups = compiled.undeclared_variables(true).into_iter().collect();
        lookups.sort_unstable();
        let template = match parts(source, rows) {
            Some(parts) => Self::Parts(parts),
            None => Self::Engine(compiled),
        };
        Ok((template, lookups))
    }

    /// The text for one record.
    ///
    /// # Errors
    /// Says what the engine stumbled over, without data of the record.
    pub(super) fn render<'a>(&'a self, view: &'a View<'_>) -> Result<Cow<'a, str>, String> {
        let rendered = match self {
            Self::Constant(text) => return Ok(Cow::Borrowed(text)),
            Self::Parts(parts) => join(parts, view)?,
            Self::Engine(compiled) => {
                let mut text = Bounded(Vec::new());
                compiled.render_captured_to(view.scope(), &mut text).map_err(|error| explain(&error))?;
                String::from_utf8(text.0).map_err(|_| "it gave no text".to_owned())?
            }
        };
        Ok(text::spoken(Cow::Owned(rendered)))
    }

    /// The engine must be asked, so what the template looks up must be in scope.
    pub(super) fn needs_scope(&self) -> bool {
        matches!(self, Self::Engine(_))
    }
}

/// Takes a template apart that has only columns in its braces; nothing when it has anything else.
fn parts(source: &str, rows: &mut RowReader) -> Option<Vec<Part>> {
    // As the engine does: the newline at the end of a template is the editor's, not the text's.
    let rest = source.strip_suffix('\n').unwrap_or(source);
    let mut rest = rest.strip_suffix('\r').unwrap_or(rest);
    let mut parts = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, behind) = after.strip_prefix('{')?.split_once("}}")?;
        parts.push(Part::Text(before.into()));
        parts.push(Part::Column(column(inside.trim(), rows)?));
        rest = behind;
    }
    parts.push(Part::Text(rest.into()));
    Some(parts)
}

/// Reads `record.customer.name`.
fn column(lookup: &str, rows: &mut RowReader) -> Option<Column> {
    let mut names = lookup.strip_prefix("record.")?.split('.');
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !names.clone().all(is_name) {
        return None;
    }
    let slot = rows.want(names.next()?);
    let below: Vec<Box<str>> = names.map(Box::from).collect();
    if below.is_empty() {
        return Some(Column { exact: Some(slot), nested: None });
    }
    Some(Column { exact: None, nested: Some((slot, below)) })
}

fn join(parts: &[Part], view: &View<'_>) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Column(column) => {
                text.push_str(&column.find(view.row).and_then(text::whole).unwrap_or_default());
            }
        }
        if text.len() > LONGEST {
            return Err(TOO_LONG.to_owned());
        }
    }
    Ok(text)
}

/// The engine finds out only while it runs that a filter does not exist. A run without a record shows it.
fn refuse_unknown_words(failure: Option<Error>) -> Result<(), String> {
    match failure {
        Some(error) if names_its_word(error.kind()) => Err(explain(&error)),
        _ => Ok(()),
    }
}

/// Whether the error's detail is a word of the template, never of a record.
fn names_its_word(kind: ErrorKind) -> bool {
    use ErrorKind::{SyntaxError, TemplateNotFound, UnknownFilter, UnknownFunction, UnknownTest};
    matches!(kind, SyntaxError | TemplateNotFound | UnknownFilter | UnknownFunction | UnknownTest)
}

const TOO_LONG: &str = "its text is longer than 64 KiB";

/// The engine's error without data of a record: its kind, its line, and a word of the template.
fn explain(error: &Error) -> String {
    let kind = error.kind();
    let why = match (kind, error.detail()) {
        (ErrorKind::WriteFailure, _) => return TOO_LONG.to_owned(),
        (ErrorKind::OutOfFuel, _) => return "it runs for too long".to_owned(),
        (_, Some(detail)) if names_its_word(kind) => format!("{kind}: {detail}"),
        _ => kind.to_string(),
    };
    error.line().map_or_else(|| why.clone(), |line| format!("{why} (line {line})"))
}

/// Stops a template that writes without end.
struct Bounded(Vec<u8>);

impl io::Write for &mut Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.0.len() + part.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

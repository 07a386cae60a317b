//! Conditions: compiled once, checked against what is in scope, bounded on each record.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Expression};

use super::engine::ENGINE;
use super::field::View;
use super::order;

/// An expression that decides whether a record is called.
#[derive(Debug)]
pub(super) struct Condition(Expression<'static, 'static>);

/// What a condition says about a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    True,
    False,
    /// Neither; says what to change.
    Unfit(Box<str>),
}

/// The names that a condition looks up, such as `record.customer.name`, `record` or `stream`.
pub(super) type Lookups = Vec<String>;

impl Condition {
    /// Compiles an expression, and says which names it looks up.
    ///
    /// # Errors
    /// Says what is wrong with it, and in which line.
    pub(super) fn compile(source: &str) -> Result<(Self, Lookups), String> {
        // First as it was written, so that a mistake is told in the user's words.
        ENGINE.compile_expression_owned(source.to_owned()).map_err(|error| explain(&error))?;
        let guarded = order::guarded(source);
        let compiled = ENGINE.compile_expression_owned(guarded).map_err(|error| explain(&error))?;
        refuse_unknown_words(compiled.eval(()).err())?;
        let mut lookups: Lookups = compiled.undeclared_variables(true).into_iter().collect();
        lookups.sort_unstable();
        Ok((Self(compiled), lookups))
    }

    /// Decides about one record.
    ///
    /// # Errors
    /// Says what the engine stumbled over, without data of the record.
    pub(super) fn judge(&self, view: &View<'_>) -> Result<Judgement, String> {
        let value = match self.0.eval(view.scope()) {
            Ok(value) => value,
            Err(error) => {
                let of_guard =
                    error.detail().filter(|detail| [order::NOTHING, order::DIFFERENT].contains(detail));
                return of_guard.map(|why| Judgement::Unfit(why.into())).ok_or_else(|| explain(&error));
            }
        };
        let what = match value.kind() {
            ValueKind::Bool if value.is_true() => return Ok(Judgement::True),
            ValueKind::Bool => return Ok(Judgement::False),
            ValueKind::Undefined | ValueKind::None => "nothing",
            ValueKind::Number => "a number",
            ValueKind::String => "text",
            _ => "a list or an object",
        };
        let why = format!(
            "only_when gave {what}, not true or false; write a comparison such as record.consent == 'yes'"
        );
        Ok(Judgement::Unfit(why.into()))
    }
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

/// The engine's error without data of a record: its kind, its line, and a word of the template.
fn explain(error: &Error) -> String {
    let kind = error.kind();
    let why = match (kind, error.detail()) {
        (ErrorKind::OutOfFuel, _) => return "it runs for too long".to_owned(),
        (_, Some(detail)) if names_its_word(kind) => format!("{kind}: {detail}"),
        _ => kind.to_string(),
    };
    error.line().map_or_else(|| why.clone(), |line| format!("{why} (line {line})"))
}

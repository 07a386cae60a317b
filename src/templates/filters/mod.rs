//! What stands behind `|`: a fixed set of filters, each with what it takes.

mod dates;
mod format;
mod lists;
mod numbers;
mod texts;
mod title;

use std::borrow::Cow;
use std::fmt;

use jiff::tz::TimeZone;

use crate::values::is_blank;

use super::budget::{Budget, Why};
use super::tree::Constant;
use super::value::{Text, Value};

/// A filter.
pub(super) struct Filter {
    pub(super) names: &'static [&'static str],
    pub(super) parameters: &'static [Parameter],
    /// It takes any number of arguments instead.
    pub(super) takes_many: bool,
    /// Nothing is for it to fill, not for it to pass on.
    takes_nothing: bool,
    /// Says what can never be right about constants.
    check: Check,
    apply: Apply,
}

/// What a filter takes beside its input.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) is_needed: bool,
}

/// Kinds of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Anything,
    Text,
    Whole,
    Truth,
}

type Check = fn(Option<&Constant>, &[Option<&Constant>]) -> Result<(), String>;
type Apply = for<'a> fn(&mut Call<'a, '_>) -> Result<Value<'a>, Why>;

/// One use of a filter.
pub(super) struct Call<'a, 'm> {
    pub(super) input: Value<'a>,
    pub(super) arguments: Vec<Option<Value<'a>>>,
    pub(super) zone: &'m TimeZone,
    pub(super) budget: &'m mut Budget,
}

impl Filter {
    /// The filter of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        all().find(|filter| filter.names.contains(&name))
    }

    /// All names, for a hint.
    pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
        all().flat_map(|filter| filter.names).copied()
    }

    /// Checks what is known of the input and the arguments without a record.
    pub(super) fn check(
        &self,
        input: Option<&Constant>,
        arguments: &[Option<&Constant>],
    ) -> Result<(), String> {
        for (parameter, argument) in self.parameters.iter().zip(arguments) {
            if let Some(constant) = argument
                && !parameter.takes.fits(constant)
            {
                let (name, wanted) = (parameter.name, parameter.takes.wanted());
                return Err(format!("`{name}` of `{}` is {wanted}", self.name()));
            }
        }
        (self.check)(input, arguments)
    }

    /// Whether it gives a list of whatever it can be used on.
    pub(super) fn gives_list(&self) -> bool {
        matches!(self.name(), "split" | "list" | "items" | "map" | "sort" | "unique")
    }

    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    pub(super) fn apply<'a>(&self, call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
        let is_nothing = call.input.is_nothing() || call.arguments.iter().flatten().any(Value::is_nothing);
        if is_nothing && !self.takes_nothing {
            return Ok(Value::Nothing);
        }
        // A blank of the template's own is meant, and stays one.
        let is_meant = matches!(&call.input, Value::Text(text) if is_blank(text));
        // What a format says of its own shows in its parts.
        let has_words = call.input.has_words() && !self.takes_many;
        match (self.apply)(call)? {
            Value::Nothing if is_meant => Ok(Value::Text(Text::Borrowed(""))),
            value if has_words => Ok(value.with_words()),
            value => Ok(value),
        }
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Takes {
    fn fits(self, constant: &Constant) -> bool {
        match (self, constant) {
            (Self::Whole, Constant::Number(number)) => number.as_i64().is_some(),
            (Self::Anything, _)
            | (_, Constant::None)
            | (Self::Text, Constant::Text(_))
            | (Self::Truth, Constant::Bool(_)) => true,
            _ => false,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Anything => "any value",
            Self::Text => "a text",
            Self::Whole => "a whole number",
            Self::Truth => "true or false",
        }
    }
}

impl<'a> Call<'a, '_> {
    fn argument(&self, index: usize) -> Option<&Value<'a>> {
        self.arguments.get(index)?.as_ref()
    }

    /// A whole number; what was left out is this one.
    fn whole(&self, index: usize, missing: i64) -> Result<i64, Why> {
        self.argument(index).map_or(Ok(missing), super::operators::whole)
    }

    fn truth(&self, index: usize) -> bool {
        self.argument(index).is_some_and(Value::is_true)
    }

    /// A text made of the input's, which is not much longer.
    fn map_text(&mut self, change: impl FnOnce(&str) -> String) -> Result<Value<'a>, Why> {
        let text = self.input.spoken()?;
        self.budget.text(text.len())?;
        let changed = change(&text);
        self.budget.text(changed.len())?;
        Ok(Value::made(changed))
    }

    /// The input's items that are something; none where words of the template would stand alone among them.
    fn whole_items(&mut self) -> Result<Vec<Value<'a>>, Why> {
        let is_half_said = is_half_said(&self.input.items(self.budget)?);
        if is_half_said { Ok(Vec::new()) } else { self.items() }
    }

    /// The input's items that are something.
    fn items(&mut self) -> Result<Vec<Value<'a>>, Why> {
        let items = self.input.items(self.budget)?;
        self.budget.list(items.len())?;
        Ok(items.iter().filter(|item| !item.is_nothing()).cloned().collect())
    }
}

/// Whether a list puts words of the template to a value that is missing.
fn is_half_said(items: &[Value<'_>]) -> bool {
    items.iter().any(Value::is_nothing) && items.iter().any(Value::has_words)
}

/// A text argument; what was left out is this one.
fn text_argument<'v>(
    arguments: &'v [Option<Value<'_>>],
    index: usize,
    missing: &'static str,
) -> Result<Cow<'v, str>, Why> {
    arguments.get(index).and_then(Option::as_ref).map_or(Ok(Cow::Borrowed(missing)), Value::spoken)
}

const fn filter(names: &'static [&'static str], parameters: &'static [Parameter], apply: Apply) -> Filter {
    Filter { names, parameters, takes_many: false, takes_nothing: false, check: |_, _| Ok(()), apply }
}

const fn needed(name: &'static str, takes: Takes) -> Parameter {
    Parameter { name, takes, is_needed: true }
}

const fn optional(name: &'static str, takes: Takes) -> Parameter {
    Parameter { name, takes, is_needed: false }
}

fn all() -> impl Iterator<Item = &'static Filter> {
    let rooms = [OWN, texts::FILTERS, numbers::FILTERS, lists::FILTERS, dates::FILTERS, format::FILTERS];
    rooms.into_iter().flatten()
}

const OWN: &[Filter] = &[
    Filter {
        takes_nothing: true,
        ..filter(
            &["default", "d"],
            &[optional("default_value", Takes::Anything), optional("boolean", Takes::Truth)],
            |call| {
                let is_filled = if call.truth(1) { call.input.is_true() } else { !call.input.is_nothing() };
                if is_filled {
                    return Ok(call.input.clone());
                }
                Ok(call.argument(0).cloned().unwrap_or(Value::Text(Text::Borrowed(""))))
            },
        )
    },
    filter(&["tojson"], &[], |call| {
        let mut json = String::new();
        lists::write_json(&call.input, &mut json, call.budget)?;
        Ok(Value::made(json))
    }),
];

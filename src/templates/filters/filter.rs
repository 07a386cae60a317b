//! A filter: what it takes, and what it makes of it.

use std::borrow::Cow;
use std::fmt;

use jiff::tz::TimeZone;

use crate::values::is_blank;

use super::super::budget::{Budget, Why};
use super::super::constant::Constant;
use super::super::value::{Text, Value};

pub(in crate::templates) struct Filter {
    pub(in crate::templates) names: &'static [&'static str],
    pub(in crate::templates) parameters: &'static [Parameter],
    /// It takes any number of arguments instead.
    pub(in crate::templates) takes_many: bool,
    /// Nothing is for it to fill, not for it to pass on.
    pub(super) takes_nothing: bool,
    /// Says what can never be right about constants.
    pub(super) check: Check,
    pub(super) apply: Apply,
}

/// What a filter takes beside its input.
pub(in crate::templates) struct Parameter {
    pub(in crate::templates) name: &'static str,
    pub(in crate::templates) takes: Takes,
    pub(in crate::templates) is_needed: bool,
    /// Without its name the value means something else in Jinja.
    pub(in crate::templates) is_by_name: bool,
}

/// Kinds of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::templates) enum Takes {
    Anything,
    Text,
    Whole,
    Truth,
}

pub(super) type Check = fn(Option<&Constant>, &[Option<&Constant>]) -> Result<(), String>;
pub(super) type Apply = for<'a> fn(&mut Call<'a, '_>) -> Result<Value<'a>, Why>;

/// One use of a filter.
pub(in crate::templates) struct Call<'a, 'm> {
    pub(in crate::templates) input: Value<'a>,
    pub(in crate::templates) arguments: Vec<Option<Value<'a>>>,
    pub(in crate::templates) zone: &'m TimeZone,
    pub(in crate::templates) budget: &'m mut Budget,
}

impl Filter {
    /// Checks what is known of the input and the arguments without a record.
    pub(in crate::templates) fn check(
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
    pub(in crate::templates) fn gives_list(&self) -> bool {
        matches!(self.name(), "split" | "list" | "items" | "map" | "sort" | "unique")
    }

    pub(in crate::templates) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    pub(in crate::templates) fn apply<'a>(&self, call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
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
    pub(super) fn argument(&self, index: usize) -> Option<&Value<'a>> {
        self.arguments.get(index)?.as_ref()
    }

    /// A whole number; what was left out is this one.
    pub(super) fn whole(&self, index: usize, missing: i64) -> Result<i64, Why> {
        self.argument(index).map_or(Ok(missing), super::super::operators::whole)
    }

    pub(super) fn truth(&self, index: usize) -> bool {
        self.argument(index).is_some_and(Value::is_true)
    }

    /// A text made of the input's, which is not much longer.
    pub(super) fn map_text(&mut self, change: impl FnOnce(&str) -> String) -> Result<Value<'a>, Why> {
        let text = self.input.spoken()?;
        self.budget.text(text.len())?;
        let changed = change(&text);
        self.budget.text(changed.len())?;
        Ok(Value::made(changed))
    }

    /// The input's items that are something; none where words of the template would stand alone among them.
    pub(super) fn whole_items(&mut self) -> Result<Vec<Value<'a>>, Why> {
        let is_half_said = is_half_said(&self.input.items(self.budget)?);
        if is_half_said { Ok(Vec::new()) } else { self.items() }
    }

    /// The input's items that are something.
    pub(super) fn items(&mut self) -> Result<Vec<Value<'a>>, Why> {
        let items = self.input.items(self.budget)?;
        self.budget.list(items.len())?;
        Ok(items.iter().filter(|item| !item.is_nothing()).cloned().collect())
    }
}

/// Whether a list puts words of the template to a value that is missing.
pub(super) fn is_half_said(items: &[Value<'_>]) -> bool {
    items.iter().any(Value::is_nothing) && items.iter().any(Value::has_words)
}

/// A text argument; what was left out is this one.
pub(super) fn text_argument<'v>(
    arguments: &'v [Option<Value<'_>>],
    index: usize,
    missing: &'static str,
) -> Result<Cow<'v, str>, Why> {
    arguments.get(index).and_then(Option::as_ref).map_or(Ok(Cow::Borrowed(missing)), Value::spoken)
}

pub(super) const fn filter(
    names: &'static [&'static str],
    parameters: &'static [Parameter],
    apply: Apply,
) -> Filter {
    Filter { names, parameters, takes_many: false, takes_nothing: false, check: |_, _| Ok(()), apply }
}

pub(super) const fn needed(name: &'static str, takes: Takes) -> Parameter {
    Parameter { name, takes, is_needed: true, is_by_name: false }
}

pub(super) const fn by_name(name: &'static str, takes: Takes) -> Parameter {
    Parameter { name, takes, is_needed: true, is_by_name: true }
}

pub(super) const fn optional(name: &'static str, takes: Takes) -> Parameter {
    Parameter { name, takes, is_needed: false, is_by_name: false }
}

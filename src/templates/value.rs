//! What an expression of a template is worth.

use std::borrow::Cow;
use std::ops::Deref;
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::protocol::{self, Object};
use crate::values::{Number, is_blank, spoken};

use super::budget::{Budget, Why};

/// A value while one record is rendered.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// Null, missing, or blank text of a record: all the same.
    Nothing,
    Bool(bool),
    Number(Digits<'a>),
    Text(Text<'a>),
    /// Made by the template; something is in it.
    List(Rc<[Value<'a>]>),
    /// An object that the template wrote; it has members.
    Map(Rc<[(Text<'a>, Value<'a>)]>),
    /// A list or an object of the record that something is in, as JSON; read when it is looked into.
    Json(&'a str),
}

/// Digits that a number may have which is written with a power of ten.
const DIGITS_OF_A_POWER: usize = 1_000;

/// A number as the record spells it, or one that was calculated.
#[derive(Clone, Debug)]
pub(super) enum Digits<'a> {
    Written(&'a str),
    Exact(Number),
}

/// A text of the record or the template, or one that was made.
#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Made(Rc<str>),
    /// The template's own.
    Own(&'a str),
    /// Made of some that is the template's own.
    OwnMade(Rc<str>),
}

impl Text<'_> {
    /// Whether the template itself says something in it.
    pub(super) fn has_words(&self) -> bool {
        self.is_own() && !is_blank(self)
    }

    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Own(_) | Self::OwnMade(_))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) | Self::Own(text) => text,
            Self::Made(text) | Self::OwnMade(text) => text,
        }
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Borrowed(text),
            Cow::Owned(text) => Self::Made(text.into()),
        }
    }
}

impl<'a> Value<'a> {
    /// A value of the record.
    pub(super) fn of(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => match protocol::string(raw) {
                text if is_blank(&text) => Self::Nothing,
                text => Self::Text(spoken(text).into()),
            },
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'{' | b'[') if holds_something(raw) => Self::Json(raw),
            Some(b'-' | b'0'..=b'9') => Self::Number(Digits::Written(raw)),
            _ => Self::Nothing,
        }
    }

    /// A text that was made of values: one that says nothing is nothing.
    pub(super) fn made(text: String) -> Self {
        if is_blank(&text) { Self::Nothing } else { Self::Text(Text::Made(text.into())) }
    }

    /// The same, with the template's words in it.
    pub(super) fn with_words(self) -> Self {
        match self {
            Self::Text(Text::Borrowed(text)) => Self::Text(Text::Own(text)),
            Self::Text(Text::Made(text)) => Self::Text(Text::OwnMade(text)),
            value => value,
        }
    }

    /// Whether the template itself says something in it.
    pub(super) fn has_words(&self) -> bool {
        matches!(self, Self::Text(text) if text.has_words())
    }

    /// A list: one without an item, or of nothings alone, is nothing.
    pub(super) fn list(items: Vec<Self>) -> Self {
        if items.iter().all(Self::is_nothing) { Self::Nothing } else { Self::List(items.into()) }
    }

    pub(super) fn number(number: Number) -> Self {
        Self::Number(Digits::Exact(number))
    }

    pub(super) fn count(count: usize) -> Self {
        Self::number(Number::from(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// Takes the steps that looking at it takes, once.
    pub(super) fn charge(&self, budget: &mut Budget) -> Result<(), Why> {
        match self {
            Self::Number(digits) => budget.digits(digits.n_digits()),
            Self::Text(text) => budget.look(text.len()),
            _ => Ok(()),
        }
    }

    /// Whether an `if` takes it for true.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Bool(value) => *value,
            // What is too large to be calculated with is not zero.
            Self::Number(digits) => digits.number().is_none_or(|number| !number.is_zero()),
            Self::Text(text) => !is_blank(text),
            Self::List(_) | Self::Map(_) | Self::Json(_) => true,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// What kind of value it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "missing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Map(_) => "an object",
            Self::Json(raw) if raw.starts_with('{') => "an object",
            Self::List(_) | Self::Json(_) => "a list",
        }
    }

    /// The text that is spoken of it: of a text, a number, a truth value.
    pub(super) fn spoken(&self) -> Result<Cow<'_, str>, Why> {
        match self {
            Self::Nothing => Ok(Cow::Borrowed("")),
            Self::Bool(value) => Ok(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Number(digits) => match digits.plain() {
                text if text.contains(['e', 'E']) => Err("it has too many digits to be said".into()),
                text => Ok(text),
            },
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::Map(_) => Err("it is an object; name what is to be said of it".into()),
            Self::Json(raw) if raw.starts_with('{') => {
                Err("it is an object; write record.column.name for what is in it".into())
            }
            Self::List(_) | Self::Json(_) => Err("it is a list; write |join(', '), or |first".into()),
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, budget: &mut Budget) -> Result<Rc<[Value<'a>]>, Why> {
        match self {
            Self::List(items) => {
                budget.steps(items.len())?;
                items.iter().try_for_each(|item| item.charge(budget))?;
                Ok(Rc::clone(items))
            }
            Self::Json(raw) if raw.starts_with('[') => {
                budget.read(raw.len())?;
                let items: Vec<&'a RawValue> = serde_json::from_str(raw).unwrap_or_default();
                budget.list(items.len())?;
                let items: Rc<[Self]> = items.iter().map(|raw| Value::of(raw.get())).collect();
                items.iter().try_for_each(|item| item.charge(budget))?;
                Ok(items)
            }
            other => Err(format!("it is {}, not a list", other.kind()).into()),
        }
    }

    /// The members of an object, in its order; the last of several equal names wins.
    pub(super) fn members(&self, budget: &mut Budget) -> Result<Vec<(Text<'a>, Value<'a>)>, Why> {
        match self {
            Self::Map(members) => {
                budget.list(members.len())?;
                Ok(members.to_vec())
            }
            Self::Json(raw) if raw.starts_with('{') => {
                budget.read(raw.len())?;
                let object: Object<'a> = serde_json::from_str(raw).unwrap_or_default();
                budget.list(object.members().count())?;
                let mut members: Vec<(Text<'a>, Value<'a>)> = Vec::new();
                let mut places = std::collections::HashMap::new();
                for (name, raw) in object.members() {
                    let place = *places.entry(name.to_owned()).or_insert(members.len());
                    match members.get_mut(place) {
                        Some(member) => member.1 = Value::of(raw),
                        None => members.push((Text::Made(name.into()), Value::of(raw))),
                    }
                }
                Ok(members)
            }
            other => Err(format!("it is {}, not an object", other.kind()).into()),
        }
    }

    /// The member of an object; nothing of anything else.
    pub(super) fn member(&self, name: &str, budget: &mut Budget) -> Result<Value<'a>, Why> {
        match self {
            Self::Map(members) => {
                budget.steps(members.len())?;
                let found = members.iter().rev().find(|(other, _)| **other == *name);
                Ok(found.map_or(Self::Nothing, |(_, value)| value.clone()))
            }
            Self::Json(raw) if raw.starts_with('{') => {
                budget.read(raw.len())?;
                Ok(member(raw, name).map_or(Self::Nothing, Value::of))
            }
            _ => Ok(Self::Nothing),
        }
    }
}

impl Digits<'_> {
    /// The number, when it can be calculated with.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Written(raw) => Number::parse(raw),
            Self::Exact(number) => Some(number.clone()),
        }
    }

    /// About how many digits are calculated with when this is.
    pub(super) fn n_digits(&self) -> usize {
        match self {
            Self::Written(raw) if raw.contains(['e', 'E']) => DIGITS_OF_A_POWER,
            // More are none that could be calculated with.
            Self::Written(raw) => raw.len().min(DIGITS_OF_A_POWER),
            Self::Exact(number) => number.n_digits(),
        }
    }

    /// As people write it.
    pub(super) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Written(raw) => plain(raw),
            Self::Exact(number) => Cow::Owned(number.to_string()),
        }
    }
}

/// One member of a JSON object; the last of several wins.
pub(super) fn member<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    let object: Object<'a> = serde_json::from_str(raw).unwrap_or_default();
    object.members().filter(|(other, _)| *other == name).last().map(|(_, raw)| raw)
}

/// A JSON number without an exponent, and without a fraction that is zero; other zeros stay.
pub(super) fn plain(raw: &str) -> Cow<'_, str> {
    if raw == "-0" {
        return Cow::Borrowed("0");
    }
    if raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Cow::Borrowed(raw);
    }
    let has_exponent = raw.contains(['e', 'E']);
    match raw.split_once('.') {
        Some((whole, fraction)) if !has_exponent && fraction.bytes().any(|digit| digit != b'0') => {
            debug_assert!(!whole.is_empty(), "JSON has digits before the point");
            Cow::Borrowed(raw)
        }
        // Digits that nobody can calculate with stay as they came.
        _ => Number::parse(raw).map_or(Cow::Borrowed(raw), |number| Cow::Owned(number.to_string())),
    }
}

/// Whether a JSON list has an item that is not nothing, however deep, or an object a member.
fn holds_something(raw: &str) -> bool {
    let mut rest = raw;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '[' | ']' | ','));
        let n_bytes = match rest.as_bytes().first() {
            None => return false,
            Some(b'n') => "null".len(),
            Some(b'"') => text_length(rest),
            Some(b'{') => match rest.split_once('}') {
                Some((members, _)) if members.trim_end() == "{" => members.len() + 1,
                _ => return true,
            },
            Some(_) => return true,
        };
        let (item, behind) = rest.split_at_checked(n_bytes).unwrap_or((rest, ""));
        if item.starts_with('"') && !is_blank(&protocol::string(item)) {
            return true;
        }
        rest = behind;
    }
}

/// Bytes of the JSON text that this begins with.
fn text_length(raw: &str) -> usize {
    let mut is_escaped = false;
    let end = raw.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(raw.len(), |place| place + 2)
}

//! What a template writes itself: the values that are known without a record.

use crate::values::Number;

use super::value::{Text, Value};

/// A value that the template writes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    None,
    Bool(bool),
    Number(Number),
    Text(Box<str>),
}

impl Constant {
    /// A value that is no list, no object and not nothing.
    pub(super) fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Number(digits) => digits.number().map(Self::Number),
            Value::Text(text) => Some(Self::Text((**text).into())),
            _ => None,
        }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::None => Value::Nothing,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::number(number.clone()),
            Self::Text(text) => Value::Text(Text::Own(text)),
        }
    }
}

//! Kinds of values, and which of them a column can hold by its catalog.

use std::ops::{BitAnd, BitOr};

use serde_json::Value as Json;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    Truth,
    Number,
    Text,
    Date,
    Timestamp,
    /// An interval of whole days.
    Days,
    /// An object or a list.
    Nested,
}

impl ValueKind {
    const ALL: [Self; 7] =
        [Self::Truth, Self::Number, Self::Text, Self::Date, Self::Timestamp, Self::Days, Self::Nested];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Truth => "a truth value",
            Self::Number => "a number",
            Self::Text => "text",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
            Self::Days => "an interval",
            Self::Nested => "an object or a list",
        }
    }

    /// A day or an instant: these compare with each other.
    pub(super) fn is_moment(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }

    pub(super) fn compares_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Days | Self::Nested, _) => false,
            _ => self == other || self.is_moment() && other.is_moment(),
        }
    }
}

/// What something can be: a set of kinds, with each truth value and NULL for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const TRUE: Self = Self(1 << 1);
    pub(super) const FALSE: Self = Self(1 << 2);
    pub(super) const NUMBER: Self = Self(1 << 3);
    pub(super) const TEXT: Self = Self(1 << 4);
    pub(super) const DATE: Self = Self(1 << 5);
    pub(super) const TIMESTAMP: Self = Self(1 << 6);
    pub(super) const DAYS: Self = Self(1 << 7);
    pub(super) const NESTED: Self = Self(1 << 8);
    pub(super) const TRUTH: Self = Self(0b110);
    /// What a column of which nothing is known can be: all but an interval.
    pub(super) const ANY: Self = Self(0b1_0111_1111);

    pub(super) fn of(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Truth => Self::TRUTH,
            ValueKind::Number => Self::NUMBER,
            ValueKind::Text => Self::TEXT,
            ValueKind::Date => Self::DATE,
            ValueKind::Timestamp => Self::TIMESTAMP,
            ValueKind::Days => Self::DAYS,
            ValueKind::Nested => Self::NESTED,
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(super) fn can_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// These kinds when there is anything of the other ones.
    pub(super) fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// The kinds, without NULL.
    pub(super) fn each(self) -> impl Iterator<Item = ValueKind> {
        ValueKind::ALL.into_iter().filter(move |kind| self.can_be(Self::of(*kind)))
    }

    /// Days and instants, beside NULL, and nothing else.
    pub(super) fn are_moments(self) -> bool {
        let kinds = self.without(Self::NULL);
        kinds != Self::NONE && kinds.without(Self::DATE | Self::TIMESTAMP) == Self::NONE
    }
}

impl BitOr for Kinds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Kinds {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// How the text of a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    AsItIs,
    /// The catalog calls the column a date.
    Date,
    /// The catalog calls the column a timestamp.
    Timestamp,
}

impl Reading {
    /// What becomes of the kinds that a record brings. What cannot be read is unknown.
    pub(super) fn of(self, kinds: Kinds) -> Kinds {
        let read = match self {
            Self::AsItIs => return kinds,
            Self::Date => Kinds::DATE,
            Self::Timestamp => Kinds::TIMESTAMP,
        };
        Kinds::NULL | read.when(kinds.can_be(Kinds::TEXT))
    }
}

/// What the catalog says about a column: the kinds of JSON it brings, and how its text is read.
/// A column can always be null: nothing obliges a source to fill it.
pub(super) fn of_schema(schema: Option<&Json>) -> (Kinds, Reading) {
    let Some((kinds, reading)) = schema.and_then(declared) else { return (Kinds::ANY, Reading::AsItIs) };
    (kinds | Kinds::NULL, reading.unwrap_or(Reading::AsItIs))
}

/// The kinds of one schema; the reading of its texts when it has any. None: it can be anything.
fn declared(schema: &Json) -> Option<(Kinds, Option<Reading>)> {
    let Some(types) = schema.get("type") else {
        let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
        return alternatives.iter().map(declared).reduce(|all, one| Some(united(all?, one?)))?;
    };
    let names = match types {
        Json::Array(names) => names.as_slice(),
        name => std::slice::from_ref(name),
    };
    let kinds = names.iter().map(of_type).reduce(|all, one| Some(all? | one?))??;
    Some((kinds, kinds.can_be(Kinds::TEXT).then(|| reading(schema))))
}

fn of_type(name: &Json) -> Option<Kinds> {
    Some(match name.as_str()? {
        "null" => Kinds::NULL,
        "boolean" => Kinds::TRUTH,
        "integer" | "number" => Kinds::NUMBER,
        "string" => Kinds::TEXT,
        "object" | "array" => Kinds::NESTED,
        _ => return None,
    })
}

fn reading(schema: &Json) -> Reading {
    let named = |key| schema.get(key).and_then(Json::as_str).unwrap_or_default();
    match (named("format"), named("airbyte_type")) {
        ("date", _) | ("", "date") => Reading::Date,
        ("date-time", _) | (_, "timestamp_with_timezone" | "timestamp_without_timezone") => {
            Reading::Timestamp
        }
        _ => Reading::AsItIs,
    }
}

/// A text that is now a date and now none is text.
fn united(
    (a, one): (Kinds, Option<Reading>),
    (b, other): (Kinds, Option<Reading>),
) -> (Kinds, Option<Reading>) {
    let reading = match (one, other) {
        (Some(one), Some(other)) if one != other => Some(Reading::AsItIs),
        _ => one.or(other),
    };
    (a | b, reading)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_hold_what_the_catalog_says() {
        let date = json!({ "type": "string", "format": "date" });
        for (schema, kinds, reading) in [
            (json!({}), Kinds::ANY, Reading::AsItIs),
            (json!({ "type": "integer" }), Kinds::NUMBER, Reading::AsItIs),
            (json!({ "type": ["null", "number"] }), Kinds::NUMBER, Reading::AsItIs),
            (json!({ "type": ["boolean", "string"] }), Kinds::TRUTH | Kinds::TEXT, Reading::AsItIs),
            (json!({ "type": "something" }), Kinds::ANY, Reading::AsItIs),
            (json!({ "type": "object" }), Kinds::NESTED, Reading::AsItIs),
            (date.clone(), Kinds::TEXT, Reading::Date),
            (json!({ "type": ["null", "string"], "format": "date-time" }), Kinds::TEXT, Reading::Timestamp),
            (
                json!({ "type": "string", "airbyte_type": "timestamp_without_timezone" }),
                Kinds::TEXT,
                Reading::Timestamp,
            ),
            (json!({ "oneOf": [{ "type": "null" }, date] }), Kinds::TEXT, Reading::Date),
            (json!({ "anyOf": [{ "type": "string" }, date] }), Kinds::TEXT, Reading::AsItIs),
            (json!({ "anyOf": [{ "type": "string" }, {}] }), Kinds::ANY, Reading::AsItIs),
            (json!({ "oneOf": [] }), Kinds::ANY, Reading::AsItIs),
        ] {
            assert_eq!(of_schema(Some(&schema)), (kinds | Kinds::NULL, reading), "{schema}");
        }
        assert_eq!(of_schema(None), (Kinds::ANY, Reading::AsItIs));
    }
}

//! Jinja's tests: what stands behind `is`. Their answer is always true or false.

use crate::values::Number;

use super::budget::{Budget, Why};
use super::operators;
use super::operators::Comparison;
use super::value::Value;

/// A predicate about a value.
pub(super) struct Predicate {
    pub(super) names: &'static [&'static str],
    pub(super) has_argument: bool,
    ask: Ask,
}

/// How it is answered.
enum Ask {
    /// Also of nothing.
    Anything(fn(&Value<'_>) -> bool),
    /// Of what is not nothing, of which nothing is true.
    Value(fn(&Value<'_>) -> Result<bool, Why>),
    Pair(fn(&Value<'_>, &Value<'_>, &mut Budget) -> Result<bool, Why>),
    Comparison(Comparison),
}

impl std::fmt::Debug for Predicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names).finish()
    }
}

impl Predicate {
    /// The predicate of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        PREDICATES.iter().find(|predicate| predicate.names.contains(&name))
    }

    /// All names, for a hint.
    pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
        PREDICATES.iter().flat_map(|predicate| predicate.names).copied()
    }

    pub(super) fn ask(
        &self,
        value: &Value<'_>,
        argument: Option<&Value<'_>>,
        budget: &mut Budget,
    ) -> Result<bool, Why> {
        match (&self.ask, argument) {
            (Ask::Anything(ask), _) => Ok(ask(value)),
            _ if value.is_nothing() => Ok(false),
            (Ask::Value(ask), _) => ask(value),
            (_, None | Some(Value::Nothing)) => Ok(false),
            (Ask::Pair(ask), Some(argument)) => ask(value, argument, budget),
            (Ask::Comparison(comparison), Some(argument)) => {
                operators::compare(*comparison, value, argument, budget)
            }
        }
    }
}

const PREDICATES: &[Predicate] = &[
    plain(&["defined"], |value| !value.is_nothing()),
    plain(&["undefined", "none"], |value| matches!(value, Value::Nothing)),
    plain(&["string"], |value| matches!(value, Value::Text(_))),
    plain(&["number"], |value| matches!(value, Value::Number(_))),
    plain(&["boolean"], |value| matches!(value, Value::Bool(_))),
    plain(&["true"], |value| matches!(value, Value::Bool(true))),
    plain(&["false"], |value| matches!(value, Value::Bool(false))),
    plain(&["integer"], |value| operators::number(value).is_ok_and(|number| number.is_integer())),
    plain(&["float"], |value| operators::number(value).is_ok_and(|number| !number.is_integer())),
    plain(&["sequence"], |value| value.kind() == "a list"),
    plain(&["mapping"], |value| value.kind() == "an object"),
    of_value(&["odd"], |value| Ok(remainder(value, &Number::from(2))? == Number::from(1))),
    of_value(&["even"], |value| Ok(remainder(value, &Number::from(2))?.is_zero())),
    of_pair(&["divisibleby"], |value, by, _| Ok(remainder(value, &operators::number(by)?)?.is_zero())),
    of_pair(&["startingwith"], |value, part, budget| {
        let part = part.spoken()?;
        budget.read(part.len())?;
        Ok(value.spoken()?.starts_with(&*part))
    }),
    of_pair(&["endingwith"], |value, part, budget| {
        let part = part.spoken()?;
        budget.read(part.len())?;
        Ok(value.spoken()?.ends_with(&*part))
    }),
    comparison(&["eq", "equalto", "sameas"], Comparison::Equal),
    comparison(&["ne"], Comparison::Unequal),
    comparison(&["lt", "lessthan"], Comparison::Less),
    comparison(&["le"], Comparison::LessOrEqual),
    comparison(&["gt", "greaterthan"], Comparison::Greater),
    comparison(&["ge"], Comparison::GreaterOrEqual),
    comparison(&["in"], Comparison::In),
];

const fn plain(names: &'static [&'static str], ask: fn(&Value<'_>) -> bool) -> Predicate {
    Predicate { names, has_argument: false, ask: Ask::Anything(ask) }
}

const fn of_value(names: &'static [&'static str], ask: fn(&Value<'_>) -> Result<bool, Why>) -> Predicate {
    Predicate { names, has_argument: false, ask: Ask::Value(ask) }
}

const fn of_pair(
    names: &'static [&'static str],
    ask: fn(&Value<'_>, &Value<'_>, &mut Budget) -> Result<bool, Why>,
) -> Predicate {
    Predicate { names, has_argument: true, ask: Ask::Pair(ask) }
}

const fn comparison(names: &'static [&'static str], comparison: Comparison) -> Predicate {
    Predicate { names, has_argument: true, ask: Ask::Comparison(comparison) }
}

/// What is left of a division of integers.
fn remainder(value: &Value<'_>, by: &Number) -> Result<Number, Why> {
    let number = operators::number(value)?;
    if !number.is_integer() || !by.is_integer() {
        return Err("it is not a whole number".into());
    }
    number.abs().rem(by).ok_or(Why::Borrowed("it divides by zero"))
}

//! CAST: what one kind of value is as another, where all databases agree; else it is unknown.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::tree::{CastTarget, Cause, Node, Value};
use crate::values::{Moment, Number};

const YES: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];
const NO: [&str; 6] = ["false", "f", "no", "n", "off", "0"];

pub(super) fn cast<'a>(node: &'a Node, value: Value<'a>, target: CastTarget, zone: &TimeZone) -> Value<'a> {
    if value.kind() == Some(target.kind()) && target != CastTarget::Integer || value.kind().is_none() {
        return value;
    }
    let made = match target {
        CastTarget::Integer => number(value, false).filter(Number::is_integer).map(Value::Number),
        CastTarget::Decimal => number(value, true).map(Value::Number),
        CastTarget::Text => text(&value).map(|text| Value::Text(Cow::Owned(text))),
        CastTarget::Boolean => truth(&value).map(Value::Truth),
        CastTarget::Date => moment(&value, zone).map(|moment| Value::Date(moment.date(zone))),
        CastTarget::Timestamp => moment(&value, zone).and_then(|at| at.timestamp(zone)).map(Value::Timestamp),
    };
    made.unwrap_or(Value::Unknown(Cause::Uncastable(node, target)))
}

fn number(value: Value<'_>, with_exponent: bool) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number),
        Value::Truth(truth) => Some(Number::from(i64::from(truth))),
        Value::Text(text) if with_exponent || !text.contains(['e', 'E']) => {
            Number::parse(text.trim_matches(' '))
        }
        _ => None,
    }
}

fn text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Number(number) => {
            // A fraction without an end is no text.
            let text = number.to_string();
            (Number::parse(&text).as_ref() == Some(number)).then_some(text)
        }
        Value::Truth(truth) => Some(truth.to_string()),
        Value::Date(date) => Some(date.to_string()),
        // Each database writes a time in its own way.
        _ => None,
    }
}

fn truth(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Number(number) => {
            [0, 1].into_iter().find(|bit| *number == Number::from(*bit)).map(|bit| bit == 1)
        }
        Value::Text(text) => {
            let text = text.trim_matches(' ');
            let says = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
            if says(&YES) { Some(true) } else { says(&NO).then_some(false) }
        }
        _ => None,
    }
}

fn moment(value: &Value<'_>, zone: &TimeZone) -> Option<Moment> {
    match value {
        Value::Date(date) => Some(Moment::Date(*date)),
        Value::Timestamp(timestamp) => Some(Moment::Timestamp(*timestamp)),
        Value::Text(text) => Moment::parse(text, zone),
        _ => None,
    }
}

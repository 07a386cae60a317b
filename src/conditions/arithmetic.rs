//! Numbers, and days on the calendar.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};

use super::kinds::ValueKind;
use super::tree::{Cause, Node, Operator, Value};
use crate::values::Number;

/// More days than any calendar has.
const MOST_DAYS: u64 = 10_000_000;

pub(super) fn result<'a>(
    operator: Operator,
    (left, a): (&'a Node, Value<'a>),
    (right, b): (&'a Node, Value<'a>),
    zone: &TimeZone,
) -> Value<'a> {
    let result = match (operator, &a, &b) {
        (_, Value::Unknown(cause), Value::Unknown(other)) => return Value::Unknown(cause.or_worse(*other)),
        (_, Value::Unknown(cause), _) | (_, _, Value::Unknown(cause)) => return Value::Unknown(*cause),
        (Operator::Divide | Operator::Remainder, Value::Number(_), Value::Number(divisor))
            if divisor.is_zero() =>
        {
            return Value::Unknown(Cause::ByZero(right));
        }
        (_, Value::Number(a), Value::Number(b)) => of_numbers(operator, a, b).map(Value::Number),
        (Operator::Minus, Value::Date(a), Value::Date(b)) => days_between(*b, *a).map(Value::Number),
        (Operator::Plus | Operator::Minus, moment @ (Value::Date(_) | Value::Timestamp(_)), days)
            if joins(operator, &a, &b) =>
        {
            shifted(moment, days, operator == Operator::Minus, zone)
        }
        (Operator::Plus, days, moment) if joins(operator, &a, &b) => shifted(moment, days, false, zone),
        _ => {
            return Value::Unknown(match (a.kind(), b.kind()) {
                (Some(a), Some(b)) => Cause::Unjoined(operator, [(left, a), (right, b)]),
                _ => Cause::Null,
            });
        }
    };
    result.unwrap_or(Value::Unknown(Cause::TooLarge(left)))
}

fn joins(operator: Operator, a: &Value<'_>, b: &Value<'_>) -> bool {
    a.kind().zip(b.kind()).is_some_and(|(a, b)| kind_of(operator, a, b).is_some())
}

/// What an operator makes of two kinds; none when it does not join them.
pub(super) fn kind_of(operator: Operator, a: ValueKind, b: ValueKind) -> Option<ValueKind> {
    match (operator, a, b) {
        (_, ValueKind::Number, ValueKind::Number) | (Operator::Minus, ValueKind::Date, ValueKind::Date) => {
            Some(ValueKind::Number)
        }
        (Operator::Plus | Operator::Minus, ValueKind::Date, ValueKind::Number | ValueKind::Days)
        | (Operator::Plus, ValueKind::Number | ValueKind::Days, ValueKind::Date) => Some(ValueKind::Date),
        (Operator::Plus | Operator::Minus, ValueKind::Timestamp, ValueKind::Days)
        | (Operator::Plus, ValueKind::Days, ValueKind::Timestamp) => Some(ValueKind::Timestamp),
        _ => None,
    }
}

fn of_numbers(operator: Operator, a: &Number, b: &Number) -> Option<Number> {
    match operator {
        Operator::Plus => a.add(b),
        Operator::Minus => a.sub(b),
        Operator::Times => a.mul(b),
        Operator::Divide => a.div(b),
        Operator::Remainder => a.rem(b),
    }
}

fn days_between(from: Date, to: Date) -> Option<Number> {
    let days = from.until((Unit::Day, to)).ok()?.get_days();
    Some(Number::from(i64::from(days)))
}

/// A day or a time so many days later or earlier; of a time, at the same hour of the zone's clocks.
fn shifted<'a>(moment: &Value<'a>, days: &Value<'a>, is_back: bool, zone: &TimeZone) -> Option<Value<'a>> {
    let days = match days {
        Value::Days(days) => *days,
        Value::Number(number) => number.as_i64()?,
        _ => return None,
    };
    let days = Some(days).filter(|days| days.unsigned_abs() < MOST_DAYS)?;
    let span = Span::new().try_days(if is_back { -days } else { days }).ok()?;
    match moment {
        Value::Date(date) => date.checked_add(span).ok().map(Value::Date),
        Value::Timestamp(timestamp) => later(*timestamp, span, zone).map(Value::Timestamp),
        _ => None,
    }
}

fn later(timestamp: Timestamp, span: Span, zone: &TimeZone) -> Option<Timestamp> {
    let shifted = timestamp.to_zoned(zone.clone()).checked_add(span).ok()?;
    Some(shifted.timestamp())
}

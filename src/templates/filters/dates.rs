//! The filter `date`: dates and times as they are said.

use jiff::Zoned;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::values::{Moment, is_blank};

use super::super::budget::Why;
use super::super::constant::Constant;
use super::super::value::Value;
use super::filter::{Call, Filter, Takes, filter, optional, text_argument};

/// What a date is said as when nothing else is asked for.
const USUAL: &str = "%d/%m/%Y";

/// Bytes of a format: far more than anybody says of a date.
const MAX_FORMAT: usize = 100;

pub(super) const FILTERS: &[Filter] =
    &[Filter { check, ..filter(&["date"], &[optional("format", Takes::Text)], date) }];

fn check(_: Option<&Constant>, arguments: &[Option<&Constant>]) -> Result<(), String> {
    let Some(Some(Constant::Text(format))) = arguments.first() else { return Ok(()) };
    let sample = Zoned::new(jiff::Timestamp::UNIX_EPOCH, TimeZone::UTC);
    match strtime::format(&**format, &sample) {
        Ok(said) if !is_blank(&said) && format.len() <= MAX_FORMAT && format.contains('%') => Ok(()),
        _ => Err(format!("`date` takes a format such as '{USUAL}' or '%H:%M %d/%m'")),
    }
}

fn date<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let format = text_argument(&call.arguments, 0, USUAL)?;
    if format.len() > MAX_FORMAT {
        return Err("its format is too long".into());
    }
    let moment = match &call.input {
        Value::Text(text) => {
            call.budget.read(text.len())?;
            Moment::parse(text, call.zone)
        }
        Value::Number(digits) => Moment::parse(&digits.plain(), call.zone),
        _ => None,
    };
    let said = match moment {
        Some(Moment::Date(date) | Moment::Late(date)) => strtime::format(&*format, date),
        Some(Moment::Timestamp(at)) => strtime::format(&*format, &Zoned::new(at, call.zone.clone())),
        None => return Err("it is no date in a spelling with one meaning, such as 2026-03-05".into()),
    };
    match (said, moment) {
        (Ok(said), _) => {
            call.budget.text(said.len())?;
            Ok(Value::made(said))
        }
        (Err(_), Some(Moment::Date(_) | Moment::Late(_))) => {
            Err("it is a date without a time, and its format asks for one".into())
        }
        (Err(_), _) => Err("its format is none".into()),
    }
}

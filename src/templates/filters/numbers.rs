//! Filters of numbers.

use crate::values::Number;

use super::super::budget::Why;
use super::super::constant::Constant;
use super::super::operators;
use super::super::value::Value;
use super::filter::{Call, Filter, Takes, filter, optional, text_argument};

/// Decimal places that somebody might want to hear.
const MAX_PLACES: u64 = 100;

pub(super) const FILTERS: &[Filter] = &[
    filter(&["int"], &[optional("default", Takes::Anything)], |call| read(call, Number::trunc)),
    filter(&["float"], &[optional("default", Takes::Anything)], |call| read(call, Number::clone)),
    filter(&["abs"], &[], |call| Ok(Value::number(operators::number(&call.input)?.abs()))),
    Filter {
        check: |_, arguments| match arguments.get(1) {
            Some(Some(Constant::Text(method))) if !METHODS.contains(&&**method) => {
                Err(format!("`round` has the methods {}", METHODS.join(", ")))
            }
            _ => Ok(()),
        },
        ..filter(&["round"], &[optional("precision", Takes::Whole), optional("method", Takes::Text)], round)
    },
    Filter {
        check: |_, arguments| match arguments.first() {
            Some(Some(Constant::Text(mark))) if !MARKS.contains(&&**mark) => {
                Err("`thousands` takes one of the marks '.', ',', ' ', '_' and '\\''".to_owned())
            }
            _ => Ok(()),
        },
        ..filter(&["thousands"], &[optional("mark", Takes::Text)], thousands)
    },
];

const METHODS: [&str; 3] = ["common", "ceil", "floor"];

const MARKS: [&str; 7] = [".", ",", " ", "_", "'", "\u{A0}", "\u{202F}"];

/// A number, also one that a text or a truth value holds.
fn read<'a>(call: &mut Call<'a, '_>, change: fn(&Number) -> Number) -> Result<Value<'a>, Why> {
    let number = match &call.input {
        Value::Bool(value) => Ok(Number::from(i64::from(*value))),
        Value::Text(text) => {
            call.budget.read(text.len())?;
            Number::parse(text.trim()).ok_or(Why::Borrowed("its text is no number"))
        }
        other => operators::number(other),
    };
    match (number, call.argument(0)) {
        (Ok(number), _) => Ok(Value::number(change(&number))),
        (Err(_), Some(default)) => Ok(default.clone()),
        (Err(why), None) => Err(why),
    }
}

fn round<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let number = operators::number(&call.input)?;
    let places = call.whole(0, 0)?;
    let n_places = places.unsigned_abs();
    if n_places > MAX_PLACES {
        return Err(format!("it rounds to more than {MAX_PLACES} places").into());
    }
    let power = (0..n_places).fold(Number::from(1), |power, _| power.mul(&Number::from(10)).unwrap_or(power));
    let shifted = if places < 0 { number.div(&power) } else { number.mul(&power) };
    let shifted = shifted.ok_or(Why::Borrowed("it has too many digits"))?;
    let whole = match &*text_argument(&call.arguments, 1, "common")? {
        "floor" => shifted.floor(),
        "ceil" => shifted.neg().floor().neg(),
        "common" => shifted.round(0),
        _ => return Err(format!("`round` has the methods {}", METHODS.join(", ")).into()),
    };
    let back = if places < 0 { whole.mul(&power) } else { whole.div(&power) };
    back.map(Value::number).ok_or(Why::Borrowed("it has too many digits"))
}

/// `1234567.5` as `1.234.567,5`; a text that holds a number, too.
fn thousands<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let mark = text_argument(&call.arguments, 0, ".")?;
    if !MARKS.contains(&&*mark) {
        return Err("it separates thousands by what is no such mark".into());
    }
    let written = match &call.input {
        Value::Text(text) => {
            call.budget.read(text.len())?;
            let number = Number::parse(text.trim()).ok_or(Why::Borrowed("its text is no number"))?;
            without_padding(text.trim()).unwrap_or_else(|| number.to_string())
        }
        value => {
            operators::number(value)?;
            value.spoken()?.into_owned()
        }
    };
    call.budget.text(written.len() * 3)?;
    Ok(Value::made(grouped(&written, &mark)))
}

/// `0001500.50` as JSON writes it; None where only the number itself shows what that is.
fn without_padding(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let (whole, fraction) = digits.split_once('.')?;
    let has_fraction =
        fraction.bytes().all(|digit| digit.is_ascii_digit()) && fraction.bytes().any(|digit| digit != b'0');
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    has_fraction.then(|| format!("{sign}{whole}.{fraction}"))
}

fn grouped(written: &str, mark: &str) -> String {
    let (sign, digits) = written.strip_prefix('-').map_or(("", written), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push_str(mark);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(if mark == "." { ',' } else { '.' });
        text.push_str(fraction);
    }
    text
}

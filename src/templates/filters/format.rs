//! The filter `format`: `'%s đồng' | format(record.amount)`.

use crate::values::is_blank;

use super::super::budget::Why;
use super::super::constant::Constant;
use super::super::operators;
use super::super::value::Value;
use super::filter::{Call, Filter, filter};

/// Decimal places that somebody might want to hear.
const MAX_PLACES: u32 = 100;

pub(super) const FILTERS: &[Filter] =
    &[Filter { takes_many: true, check, ..filter(&["format"], &[], format) }];

/// A part of a format.
#[derive(Debug, PartialEq, Eq)]
enum FormatPart<'f> {
    Text(&'f str),
    /// `%s`.
    Any,
    /// `%d`, `%i`.
    Whole,
    /// `%f`, `%.2f`.
    Places(u32),
}

fn check(input: Option<&Constant>, arguments: &[Option<&Constant>]) -> Result<(), String> {
    let Some(Constant::Text(format)) = input else { return Ok(()) };
    let n_wanted = parts(format)?.iter().filter(|part| !matches!(part, FormatPart::Text(_))).count();
    fits(n_wanted, arguments.len())
}

fn fits(n_wanted: usize, n_given: usize) -> Result<(), String> {
    if n_wanted == n_given {
        return Ok(());
    }
    Err(format!("the format has {n_wanted} places for values, and `format` is given {n_given}"))
}

fn format<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let format = call.input.spoken()?;
    call.budget.read(format.len())?;
    let parts = parts(&format)?;
    let mut values = call.arguments.iter().flatten();
    let mut text = String::new();
    let mut n_places = 0;
    for part in &parts {
        if let FormatPart::Text(own) = part {
            call.budget.text(text.len() + own.len())?;
            text.push_str(own);
            continue;
        }
        n_places += 1;
        let Some(value) = values.next() else { continue };
        let said = match part {
            FormatPart::Whole => operators::number(value)?.trunc().to_string(),
            FormatPart::Places(places) => fixed(value, *places)?,
            _ => value.spoken()?.into_owned(),
        };
        call.budget.text(text.len() + said.len())?;
        text.push_str(&said);
    }
    fits(n_places, call.arguments.len())?;
    let has_words = parts.iter().any(|part| matches!(part, FormatPart::Text(own) if !is_blank(own)));
    let said = Value::made(text);
    Ok(if has_words { said.with_words() } else { said })
}

/// With exactly so many decimal places.
fn fixed(value: &Value<'_>, places: u32) -> Result<String, Why> {
    let number = operators::number(value)?.round(places);
    let text = number.to_string();
    let places = usize::try_from(places).unwrap_or_default();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    Ok(if places == 0 { whole.to_owned() } else { format!("{whole}.{fraction:0<places$}") })
}

fn parts(format: &str) -> Result<Vec<FormatPart<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(FormatPart::Text(before));
        let digits = after.strip_prefix('.').map(|after| {
            let n_digits = after.bytes().take_while(u8::is_ascii_digit).count();
            after.split_at_checked(n_digits).unwrap_or((after, ""))
        });
        let (part, behind) = if let Some((digits, behind)) = digits {
            let places = digits.parse().ok().filter(|places| *places <= MAX_PLACES);
            (places.map(FormatPart::Places), behind.strip_prefix('f'))
        } else {
            let part = match after.as_bytes().first() {
                Some(b's') => Some(FormatPart::Any),
                Some(b'd' | b'i') => Some(FormatPart::Whole),
                Some(b'f') => Some(FormatPart::Places(6)),
                Some(b'%') => Some(FormatPart::Text("%")),
                _ => None,
            };
            (part, after.get(1..))
        };
        let (Some(part), Some(behind)) = (part, behind) else {
            return Err("`format` knows %s, %d, %i, %f, %.2f and %% for a per cent sign".to_owned());
        };
        parts.push(part);
        rest = behind;
    }
    parts.push(FormatPart::Text(rest));
    parts.retain(|part| *part != FormatPart::Text(""));
    Ok(parts)
}

//! What SQL writes in many ways: intervals, the types of CAST, the escape of a pattern.

use sqlparser::ast::{DataType, DateTimeField, ExactNumberInfo, Expr, Interval, Value};

use super::tree::CastTarget;
use super::unsupported::has_no;

const INSTEAD: &str = "write INTERVAL '365 days'; months and hours have no fixed number of days";

/// The days of `INTERVAL '365 days'`, `INTERVAL '365' DAY` and `INTERVAL 1 WEEK`.
///
/// # Errors
/// Refuses what is not of whole days.
pub(super) fn days(interval: &Interval) -> Result<i64, String> {
    let refuse = || has_no("intervals but those of whole days", INSTEAD);
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return Err(refuse());
    }
    let text = match &*interval.value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::Number(text, false) => text,
            _ => return Err(refuse()),
        },
        _ => return Err(refuse()),
    };
    let mut words = text.split_whitespace();
    let (count, unit) = (words.next().unwrap_or_default(), words.next());
    let n_days = match (&interval.leading_field, unit.map(str::to_lowercase).as_deref()) {
        (Some(DateTimeField::Day | DateTimeField::Days), None) | (None, Some("day" | "days")) => 1,
        (Some(DateTimeField::Week(None) | DateTimeField::Weeks), None) | (None, Some("week" | "weeks")) => 7,
        _ => return Err(refuse()),
    };
    let count: i64 = count.parse().ok().filter(|_| words.next().is_none()).ok_or_else(refuse)?;
    count.checked_mul(n_days).ok_or_else(refuse)
}

/// The character of ESCAPE.
///
/// # Errors
/// Says that it is none.
pub(super) fn escape(expression: &Expr) -> Result<char, String> {
    if let Expr::Value(value) = expression
        && let Value::SingleQuotedString(text) = &value.value
    {
        let mut characters = text.chars();
        if let (Some(character), None) = (characters.next(), characters.next())
            && !matches!(character, '%' | '_')
        {
            return Ok(character);
        }
    }
    Err("ESCAPE takes one character that is neither % nor _, for instance ESCAPE '!'".to_owned())
}

/// What a type of CAST means here.
///
/// # Errors
/// Refuses sizes, and types that there are not.
pub(super) fn target(data_type: &DataType) -> Result<CastTarget, String> {
    const NO_SIZE: ExactNumberInfo = ExactNumberInfo::None;
    Ok(match data_type {
        DataType::Int(None)
        | DataType::Integer(None)
        | DataType::BigInt(None)
        | DataType::SmallInt(None)
        | DataType::Int4(None)
        | DataType::Int8(None)
        | DataType::Int64 => CastTarget::Integer,
        DataType::Decimal(NO_SIZE)
        | DataType::Numeric(NO_SIZE)
        | DataType::Dec(NO_SIZE)
        | DataType::Float(NO_SIZE)
        | DataType::Double(NO_SIZE)
        | DataType::DoublePrecision
        | DataType::Real
        | DataType::Float64
        | DataType::Float8
        | DataType::Float4 => CastTarget::Decimal,
        DataType::Text
        | DataType::Varchar(None)
        | DataType::Char(None)
        | DataType::String(None)
        | DataType::CharacterVarying(None)
        | DataType::CharVarying(None)
        | DataType::Character(None) => CastTarget::Text,
        DataType::Boolean | DataType::Bool => CastTarget::Boolean,
        DataType::Date => CastTarget::Date,
        DataType::Timestamp(None, _) | DataType::TimestampNtz(None) | DataType::Datetime(None) => {
            CastTarget::Timestamp
        }
        other if other.to_string().contains('(') => {
            return Err(format!(
                "CAST to {other}: what does not fit its size would be cut or rounded in each database's own way; \
                 write the type without it"
            ));
        }
        other => {
            return Err(format!(
                "CAST makes no {other}; it makes INTEGER, DECIMAL, TEXT, BOOLEAN, DATE and TIMESTAMP"
            ));
        }
    })
}

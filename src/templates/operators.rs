//! What operators make of two values. Nothing in, nothing out.

use std::cmp::Ordering;

use crate::values::Number;

use super::budget::{Budget, Why, fits_items};
use super::value::{Digits, Text, Value};

/// Calculates with two values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

/// Compares two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// The largest power: nobody speaks more digits.
const MAX_POWER: u64 = 100;

/// Lists inside of each other that are compared.
const DEEPEST: usize = 64;

/// The number of a value that is one.
pub(super) fn number(value: &Value<'_>) -> Result<Number, Why> {
    match value {
        Value::Number(digits) => {
            digits.number().ok_or(Why::Borrowed("it has more digits than can be calculated with"))
        }
        Value::Text(_) => Err("it is text, not a number; write |int or |float".into()),
        other => Err(format!("it is {}, not a number", other.kind()).into()),
    }
}

/// The whole number of a value that is one, such as an index.
pub(super) fn whole(value: &Value<'_>) -> Result<i64, Why> {
    number(value)?.as_i64().ok_or(Why::Borrowed("it is not a whole number of a size that makes sense here"))
}

pub(super) fn calculate<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    budget: &mut Budget,
) -> Result<Value<'a>, Why> {
    if left.is_nothing() || right.is_nothing() {
        return Ok(Value::Nothing);
    }
    match (operator, left, right) {
        (Operator::Add, Value::Text(first), Value::Text(second)) => {
            budget.read(first.len() + second.len())?;
            if [first, second].iter().all(|text| Number::parse(text.trim()).is_some()) {
                return Err("both texts are numbers; write |int or |float to add them, or ~".into());
            }
            return concat(&[left.clone(), right.clone()], budget);
        }
        // That of a record is a number in quotes, which nobody means to hear twice.
        (Operator::Multiply, Value::Text(text), times @ Value::Number(_)) if text.is_own() => {
            let times = usize::try_from(whole(times)?.max(0)).unwrap_or(usize::MAX);
            budget.text(text.len().saturating_mul(times))?;
            return Ok(Value::made(text.repeat(times)));
        }
        _ => {}
    }
    let (left, right) = (number(left)?, number(right)?);
    if matches!(operator, Operator::Divide | Operator::FloorDivide | Operator::Remainder) && right.is_zero() {
        return Err("it divides by zero".into());
    }
    // A remainder is what a quotient and a product leave.
    for _ in 0..if matches!(operator, Operator::Remainder) { 4 } else { 1 } {
        budget.digits(left.n_digits() + right.n_digits())?;
    }
    let result = match operator {
        Operator::Add => left.add(&right),
        Operator::Subtract => left.sub(&right),
        Operator::Multiply => left.mul(&right),
        Operator::Divide => left.div(&right),
        Operator::FloorDivide => left.div(&right).map(|quotient| quotient.floor()),
        // With the divisor's sign, as Jinja has it.
        Operator::Remainder => left
            .div(&right)
            .and_then(|quotient| quotient.floor().mul(&right))
            .and_then(|whole| left.sub(&whole)),
        Operator::Power => power(&left, &right, budget)?,
    };
    result.map(Value::number).ok_or(Why::Borrowed("the result has too many digits"))
}

fn power(base: &Number, exponent: &Number, budget: &mut Budget) -> Result<Option<Number>, Why> {
    let exponent = exponent.as_i64().filter(|power| power.unsigned_abs() <= MAX_POWER);
    let exponent =
        exponent.ok_or_else(|| format!("a power is a whole number from -{MAX_POWER} to {MAX_POWER}"))?;
    if exponent < 0 && base.is_zero() {
        return Err("it divides by zero".into());
    }
    let mut result = Some(Number::from(1));
    for _ in 0..exponent.unsigned_abs() {
        budget.steps(1)?;
        budget.digits(base.n_digits() + result.as_ref().map_or(0, Number::n_digits))?;
        result = result.and_then(|so_far| so_far.mul(base));
    }
    Ok(if exponent < 0 { result.and_then(|result| Number::from(1).div(&result)) } else { result })
}

pub(super) fn negative<'a>(value: &Value<'a>) -> Result<Value<'a>, Why> {
    if value.is_nothing() {
        return Ok(Value::Nothing);
    }
    Ok(Value::number(number(value)?.neg()))
}

/// The texts of all values, one behind the other.
pub(super) fn concat<'a>(values: &[Value<'a>], budget: &mut Budget) -> Result<Value<'a>, Why> {
    if values.iter().any(Value::is_nothing) {
        return Ok(Value::Nothing);
    }
    let parts = values.iter().map(Value::spoken).collect::<Result<Vec<_>, _>>()?;
    budget.text(parts.iter().map(|part| part.len()).sum())?;
    let text = parts.concat();
    let has_words = values.iter().any(Value::has_words);
    // Blanks that the template itself puts together are meant.
    let text = Value::Text(Text::Made(text.into()));
    Ok(if has_words { text.with_words() } else { text })
}

/// Whether two values that are not nothing compare so.
pub(super) fn compare(
    comparison: Comparison,
    left: &Value<'_>,
    right: &Value<'_>,
    budget: &mut Budget,
) -> Result<bool, Why> {
    Ok(match comparison {
        Comparison::Equal => equal(left, right, budget)?,
        Comparison::Unequal => !equal(left, right, budget)?,
        Comparison::In => is_in(left, right, budget)?,
        Comparison::NotIn => !is_in(left, right, budget)?,
        Comparison::Less => order(left, right, budget)?.is_lt(),
        Comparison::LessOrEqual => order(left, right, budget)?.is_le(),
        Comparison::Greater => order(left, right, budget)?.is_gt(),
        Comparison::GreaterOrEqual => order(left, right, budget)?.is_ge(),
    })
}

/// Whether two values are the same; those of different kinds never are.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>, budget: &mut Budget) -> Result<bool, Why> {
    equal_to(DEEPEST, left, right, budget)
}

/// The same of lists that are nested so deep at most.
fn equal_to(depth: usize, left: &Value<'_>, right: &Value<'_>, budget: &mut Budget) -> Result<bool, Why> {
    budget.steps(1)?;
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            budget.read(left.len().min(right.len()))?;
            Ok(**left == **right)
        }
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Number(left), Value::Number(right)) => {
            budget.digits(left.n_digits() + right.n_digits())?;
            Ok(same_number(left, right))
        }
        (Value::List(_) | Value::Json(_), Value::List(_) | Value::Json(_))
            if left.kind() == "a list" && right.kind() == "a list" =>
        {
            let Some(depth) = depth.checked_sub(1) else {
                return Err("its lists are nested too deep to be compared".into());
            };
            let (left, right) = (left.items(budget)?, right.items(budget)?);
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal_to(depth, left, right, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(_) | Value::Json(_), Value::Map(_) | Value::Json(_)) => {
            Err("it is an object, which cannot be compared; compare what is in it".into())
        }
        (Value::Nothing, Value::Nothing) => Ok(true),
        _ => Ok(false),
    }
}

fn same_number(left: &Digits<'_>, right: &Digits<'_>) -> bool {
    match (left.number(), right.number()) {
        (Some(left), Some(right)) => left == right,
        _ => left.plain() == right.plain(),
    }
}

/// The order of two numbers or two texts.
pub(super) fn order(left: &Value<'_>, right: &Value<'_>, budget: &mut Budget) -> Result<Ordering, Why> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            budget.read(left.len().min(right.len()))?;
            Ok(left.cmp(right))
        }
        (Value::Number(first), Value::Number(second)) => {
            budget.digits(first.n_digits() + second.n_digits())?;
            Ok(number(left)?.cmp(&number(right)?))
        }
        (Value::Text(_), Value::Number(_)) | (Value::Number(_), Value::Text(_)) => {
            Err("it compares text with a number; write |int or |float".into())
        }
        (left, right) => {
            let odd = if matches!(left, Value::Text(_) | Value::Number(_)) { right } else { left };
            Err(format!("it is {}, which has no order", odd.kind()).into())
        }
    }
}

/// Whether a list has an item, an object a name, a text a part.
pub(super) fn is_in(item: &Value<'_>, whole: &Value<'_>, budget: &mut Budget) -> Result<bool, Why> {
    match whole {
        Value::Text(text) => {
            budget.read(text.len())?;
            let Value::Text(part) = item else {
                return Err(format!("it looks for {} in text; write |string", item.kind()).into());
            };
            Ok(text.contains(&**part))
        }
        Value::Map(_) | Value::Json(_) if whole.kind() == "an object" => {
            let Value::Text(name) = item else { return Ok(false) };
            Ok(whole.members(budget)?.iter().any(|(other, _)| **other == **name))
        }
        list => {
            for other in list.items(budget)?.iter() {
                if !other.is_nothing() && equal(item, other, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// `list[0]`, `text[-1]`, `object['name']`; nothing where there is nothing.
pub(super) fn item<'a>(of: &Value<'a>, index: &Value<'a>, budget: &mut Budget) -> Result<Value<'a>, Why> {
    if of.is_nothing() || index.is_nothing() {
        return Ok(Value::Nothing);
    }
    match (of, index) {
        (Value::Map(_) | Value::Json(_), name) if of.kind() == "an object" => {
            of.member(&name.spoken()?, budget)
        }
        (Value::Text(text), index @ Value::Number(_)) => {
            budget.read(text.len())?;
            let place = place(whole(index)?, || text.chars().count());
            let found = place.and_then(|place| text.chars().nth(place));
            Ok(found.map_or(Value::Nothing, |character| Value::made(character.to_string())))
        }
        (list @ (Value::List(_) | Value::Json(_)), index @ Value::Number(_)) => {
            let items = list.items(budget)?;
            let place = place(whole(index)?, || items.len());
            Ok(place.and_then(|place| items.get(place).cloned()).unwrap_or(Value::Nothing))
        }
        (Value::Bool(_) | Value::Number(_), _) => {
            Err(format!("it is {}, which has no parts; write |string", of.kind()).into())
        }
        // A name of what is no object.
        _ => Ok(Value::Nothing),
    }
}

/// The place of an index, which counts from the end when it is negative.
fn place(index: i64, length: impl FnOnce() -> usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length().checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

/// `[start:stop:step]` of a text's characters or a list's items, as Python has it.
pub(super) fn slice<'a>(
    of: &Value<'a>,
    bounds: &[Option<Value<'a>>; 3],
    budget: &mut Budget,
) -> Result<Value<'a>, Why> {
    if of.is_nothing() || bounds.iter().flatten().any(Value::is_nothing) {
        return Ok(Value::Nothing);
    }
    let mut numbers = [None; 3];
    for (number, bound) in numbers.iter_mut().zip(bounds) {
        *number = bound.as_ref().map(whole).transpose()?;
    }
    match of {
        Value::Text(text) => {
            budget.text(text.len())?;
            let characters: Vec<char> = text.chars().collect();
            Ok(Value::made(taken(&characters, numbers)?.into_iter().collect()))
        }
        Value::List(_) | Value::Json(_) if of.kind() == "a list" => {
            let items = of.items(budget)?;
            budget.list(items.len())?;
            Ok(Value::list(taken(&items, numbers)?))
        }
        // Digits are what people cut off numbers: `record.account[-4:]`.
        Value::Number(_) => {
            let characters: Vec<char> = of.spoken()?.chars().collect();
            Ok(Value::made(taken(&characters, numbers)?.into_iter().collect()))
        }
        other => Err(format!("it is {}, which cannot be sliced", other.kind()).into()),
    }
}

fn taken<T: Clone>(all: &[T], [start, stop, step]: [Option<i64>; 3]) -> Result<Vec<T>, Why> {
    let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err("a slice's step cannot be 0".into());
    }
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |bound: Option<i64>, missing: i64| {
        bound.map_or(missing, |bound| {
            let from_start = if bound < 0 { bound.saturating_add(length) } else { bound };
            from_start.clamp(lowest, highest)
        })
    };
    let (mut place, end) = if step > 0 {
        (bound(start, 0), bound(stop, length))
    } else {
        (bound(start, length - 1), bound(stop, -1))
    };
    let mut found = Vec::new();
    while if step > 0 { place < end } else { place > end } {
        found.extend(usize::try_from(place).ok().and_then(|place| all.get(place).cloned()));
        place = place.saturating_add(step);
    }
    Ok(found)
}

/// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`.
pub(super) fn range<'a>(bounds: &[Value<'a>], budget: &mut Budget) -> Result<Value<'a>, Why> {
    if bounds.iter().any(Value::is_nothing) {
        return Ok(Value::Nothing);
    }
    let bounds = bounds.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    let (start, stop, step) = match *bounds {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [start, stop, step] if step != 0 => (start, stop, step),
        _ => return Err("a range's step cannot be 0".into()),
    };
    let distance = i128::from(stop) - i128::from(start);
    let step = i128::from(step);
    let n_items =
        if (distance > 0) == (step > 0) { (distance.abs() + step.abs() - 1) / step.abs() } else { 0 };
    let n_items = usize::try_from(n_items).unwrap_or(usize::MAX);
    fits_items(n_items)?;
    budget.list(n_items)?;
    let mut next = start;
    let mut items = Vec::with_capacity(n_items);
    for _ in 0..n_items {
        items.push(Value::number(Number::from(next)));
        next = next.saturating_add(i64::try_from(step).unwrap_or_default());
    }
    Ok(Value::list(items))
}

//! Filters of lists, and those that lists and texts share.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::values::Number;

use super::super::budget::{Budget, Why};
use super::super::operators;
use super::super::value::Value;
use super::filter::{Call, Filter, Takes, by_name, filter, optional, text_argument};

pub(super) const FILTERS: &[Filter] = &[
    filter(&["join"], &[optional("separator", Takes::Text), optional("attribute", Takes::Text)], join),
    filter(&["map"], &[by_name("attribute", Takes::Text)], |call| {
        let items = attributes(call, 0)?;
        Ok(Value::list(items))
    }),
    filter(&["list"], &[], |call| Ok(Value::list(call.whole_items()?))),
    filter(&["items"], &[], |call| {
        let members = call.input.members(call.budget)?;
        let pair = |(name, value)| Value::list(vec![Value::Text(name), value]);
        Ok(Value::list(members.into_iter().map(pair).collect()))
    }),
    filter(&["first"], &[], |call| end(call, true)),
    filter(&["last"], &[], |call| end(call, false)),
    filter(&["length", "count"], &[], length),
    filter(&["reverse"], &[], reverse),
    filter(&["sort"], &[optional("reverse", Takes::Truth), optional("case_sensitive", Takes::Truth)], sort),
    filter(&["unique"], &[], unique),
    filter(&["min"], &[], |call| extreme(call, Ordering::Less)),
    filter(&["max"], &[], |call| extreme(call, Ordering::Greater)),
    filter(&["sum"], &[optional("attribute", Takes::Text)], sum),
];

/// The items, or what each has under a name.
fn attributes<'a>(call: &mut Call<'a, '_>, index: usize) -> Result<Vec<Value<'a>>, Why> {
    let Some(path) = call.argument(index) else { return call.whole_items() };
    let path = path.spoken()?.into_owned();
    let items = call.items()?;
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        let mut value = item;
        for name in path.split('.') {
            value = value.member(name, call.budget)?;
        }
        found.push(value);
    }
    found.retain(|value| !value.is_nothing());
    Ok(found)
}

fn join<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let items = attributes(call, 1)?;
    let separator = text_argument(&call.arguments, 0, "")?;
    let parts = items.iter().map(Value::spoken).collect::<Result<Vec<_>, _>>()?;
    let n_bytes: usize = parts.iter().map(|part| part.len()).sum();
    call.budget
        .text(n_bytes.saturating_add(separator.len().saturating_mul(parts.len().saturating_sub(1))))?;
    let joined = Value::made(parts.join(&separator));
    Ok(if items.iter().any(Value::has_words) { joined.with_words() } else { joined })
}

fn end<'a>(call: &mut Call<'a, '_>, is_first: bool) -> Result<Value<'a>, Why> {
    if let Value::Text(text) = &call.input {
        let character = if is_first { text.chars().next() } else { text.chars().next_back() };
        return Ok(character.map_or(Value::Nothing, |character| Value::made(character.to_string())));
    }
    let mut items = call.items()?.into_iter();
    let found = if is_first { items.next() } else { items.next_back() };
    Ok(found.unwrap_or(Value::Nothing))
}

fn length<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    match &call.input {
        Value::Text(text) => {
            call.budget.read(text.len())?;
            Ok(Value::count(text.chars().count()))
        }
        object if object.kind() == "an object" => Ok(Value::count(object.members(call.budget)?.len())),
        _ => Ok(Value::count(call.items()?.len())),
    }
}

fn reverse<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    if matches!(call.input, Value::Text(_) | Value::Number(_)) {
        return call.map_text(|text| text.chars().rev().collect());
    }
    Ok(Value::list(call.whole_items()?.into_iter().rev().collect()))
}

/// What a list is sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(Number),
    Text(String),
}

fn sort<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let (is_reversed, is_exact) = (call.truth(0), call.truth(1));
    let items = call.whole_items()?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let key = match &item {
            Value::Text(text) => {
                call.budget.text(text.len())?;
                SortKey::Text(if is_exact { text.to_string() } else { text.to_lowercase() })
            }
            other => SortKey::Number(operators::number(other)?),
        };
        keyed.push((key, item));
    }
    let n_texts = keyed.iter().filter(|(key, _)| matches!(key, SortKey::Text(_))).count();
    if n_texts > 0 && n_texts < keyed.len() {
        return Err("it sorts texts and numbers together".into());
    }
    call.budget.steps(keyed.len() * usize::try_from(keyed.len().max(1).ilog2()).unwrap_or_default())?;
    keyed.sort_by(|(left, _), (right, _)| if is_reversed { right.cmp(left) } else { left.cmp(right) });
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
}

/// Each item once, whatever its letters' case, as in Jinja.
fn unique<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for item in call.whole_items()? {
        let key = item.spoken()?.to_lowercase();
        call.budget.text(key.len())?;
        if seen.insert((item.kind(), key)) {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn extreme<'a>(call: &mut Call<'a, '_>, wanted: Ordering) -> Result<Value<'a>, Why> {
    let mut best = Value::Nothing;
    for item in call.items()? {
        if best.is_nothing() || operators::order(&item, &best, call.budget)? == wanted {
            best = item;
        }
    }
    Ok(best)
}

fn sum<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let items = attributes(call, 0)?;
    let mut total = Number::from(0);
    for item in &items {
        call.budget.steps(1)?;
        let sum = total.add(&operators::number(item)?);
        total = sum.ok_or(Why::Borrowed("the result has too many digits"))?;
    }
    Ok(if items.is_empty() { Value::Nothing } else { Value::number(total) })
}

/// Writes a value as JSON, however its lists are put together.
pub(super) fn write_json(value: &Value<'_>, json: &mut String, budget: &mut Budget) -> Result<(), Why> {
    budget.steps(1)?;
    match value {
        Value::Nothing => json.push_str("null"),
        Value::Bool(_) | Value::Number(_) => json.push_str(&value.spoken()?),
        Value::Text(text) => json.push_str(&serde_json::Value::from(&**text).to_string()),
        Value::Json(raw) => {
            budget.text(json.len() + raw.len())?;
            json.push_str(raw);
        }
        Value::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                write_json(item, json, budget)?;
            }
            json.push(']');
        }
        Value::Map(members) => {
            json.push('{');
            for (index, (name, item)) in members.iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                json.push_str(&serde_json::Value::from(&**name).to_string());
                json.push(':');
                write_json(item, json, budget)?;
            }
            json.push('}');
        }
    }
    super::super::budget::fits(json.len())
}

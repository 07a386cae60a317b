//! Filters of texts.

use std::borrow::Cow;

use super::super::budget::Why;
use super::super::value::Value;
use super::filter::{Call, Filter, Takes, filter, needed, optional, text_argument};
use super::title;

/// What may be left over of a text that is a little too long, as in Jinja.
const LEEWAY: i64 = 5;

pub(super) const FILTERS: &[Filter] = &[
    filter(&["upper"], &[], |call| call.map_text(str::to_uppercase)),
    filter(&["lower"], &[], |call| call.map_text(str::to_lowercase)),
    filter(&["capitalize"], &[], |call| call.map_text(title::capitalized)),
    filter(&["title"], &[], |call| call.map_text(title::titled)),
    filter(&["string"], &[], |call| call.map_text(str::to_owned)),
    filter(&["trim"], &[optional("chars", Takes::Text)], |call| {
        let chars = call.argument(0).map(Value::spoken).transpose()?.map(Cow::into_owned);
        call.map_text(|text| match chars {
            Some(chars) => text.trim_matches(|c| chars.contains(c)).to_owned(),
            None => text.trim().to_owned(),
        })
    }),
    filter(&["replace"], &[needed("old", Takes::Anything), needed("new", Takes::Anything)], replace),
    filter(&["split"], &[optional("sep", Takes::Text), optional("maxsplit", Takes::Whole)], split),
    filter(
        &["truncate"],
        &[
            optional("length", Takes::Whole),
            optional("killwords", Takes::Truth),
            optional("end", Takes::Text),
            optional("leeway", Takes::Whole),
        ],
        truncate,
    ),
];

fn replace<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let text = call.input.spoken()?;
    let (old, new) = (text_argument(&call.arguments, 0, "")?, text_argument(&call.arguments, 1, "")?);
    if old.is_empty() {
        return Err("it replaces a text that is empty".into());
    }
    call.budget.read(text.len())?;
    let n_places = text.matches(&*old).count();
    call.budget
        .text((text.len() - n_places * old.len()).saturating_add(n_places.saturating_mul(new.len())))?;
    Ok(Value::made(text.replace(&*old, &new)))
}

fn split<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let text = call.input.spoken()?;
    let separator = call.arguments.first().and_then(Option::as_ref).map(Value::spoken).transpose()?;
    let n_most = usize::try_from(call.whole(1, -1)?).unwrap_or(usize::MAX).saturating_add(1);
    call.budget.text(text.len())?;
    let parts: Vec<&str> = match &separator {
        None if n_most == usize::MAX => text.split_whitespace().collect(),
        None => text.trim().splitn(n_most, char::is_whitespace).collect(),
        Some(separator) => {
            if separator.is_empty() {
                return Err("it splits by a text that is empty".into());
            }
            text.splitn(n_most, &**separator).collect()
        }
    };
    call.budget.list(parts.len())?;
    Ok(Value::list(parts.into_iter().map(|part| Value::made(part.to_owned())).collect()))
}

/// Cuts a text at a word, and says that it was cut.
fn truncate<'a>(call: &mut Call<'a, '_>) -> Result<Value<'a>, Why> {
    let text = call.input.spoken()?;
    let (length, leeway) = (call.whole(0, 255)?, call.whole(3, LEEWAY)?);
    let kills_words = call.truth(1);
    let end = text_argument(&call.arguments, 2, "...")?;
    call.budget.text(text.len() + end.len())?;
    let count = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if count(&text) <= length.saturating_add(leeway) {
        return Ok(Value::made(text.into_owned()));
    }
    let n_kept = usize::try_from(length.saturating_sub(count(&end))).unwrap_or_default();
    let cut = text.char_indices().nth(n_kept).map_or(text.len(), |(place, _)| place);
    let (mut kept, behind) = text.split_at_checked(cut).unwrap_or((&text, ""));
    let is_inside_word = !behind.starts_with(char::is_whitespace) && !kept.ends_with(char::is_whitespace);
    if is_inside_word && !kills_words {
        kept = kept.rsplit_once(char::is_whitespace).map_or(kept, |(words, _)| words);
    }
    Ok(Value::made(format!("{}{end}", kept.trim_end())))
}

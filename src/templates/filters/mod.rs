//! What stands behind `|`: a fixed set of filters, each with what it takes.

mod dates;
mod filter;
mod format;
mod lists;
mod numbers;
mod texts;
mod title;

use super::value::{Text, Value};

use filter::{filter, optional};

pub(super) use filter::{Call, Filter, Parameter, Takes};

impl Filter {
    /// The filter of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        all().find(|filter| filter.names.contains(&name))
    }

    /// All names, for a hint.
    pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
        all().flat_map(|filter| filter.names).copied()
    }
}

fn all() -> impl Iterator<Item = &'static Filter> {
    let rooms = [OWN, texts::FILTERS, numbers::FILTERS, lists::FILTERS, dates::FILTERS, format::FILTERS];
    rooms.into_iter().flatten()
}

const OWN: &[Filter] = &[
    Filter {
        takes_nothing: true,
        ..filter(
            &["default", "d"],
            &[optional("default_value", Takes::Anything), optional("boolean", Takes::Truth)],
            |call| {
                let is_filled = if call.truth(1) { call.input.is_true() } else { !call.input.is_nothing() };
                if is_filled {
                    return Ok(call.input.clone());
                }
                Ok(call.argument(0).cloned().unwrap_or(Value::Text(Text::Borrowed(""))))
            },
        )
    },
    filter(&["tojson"], &[], |call| {
        let mut json = String::new();
        lists::write_json(&call.input, &mut json, call.budget)?;
        Ok(Value::made(json))
    }),
];

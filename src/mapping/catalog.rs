//! What the catalog knows: which entry of the configuration is a stream's, and which columns it has.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::config::{Config, StreamConfig};
use crate::nearest::nearest;
use crate::phone::shown;

use super::input::StreamShape;
use super::name::{self, ColumnNames};

/// How many columns a mistake lists when none is near.
const LISTED: usize = 8;

/// The stream's entry in the configuration and its index: the one with its very namespace, else the
/// one that names none.
pub(super) fn entry_of<'c>(
    config: &'c Config,
    stream: &StreamShape<'_>,
) -> Option<(usize, &'c StreamConfig)> {
    let wanted = name::seen(stream.name);
    let of_name =
        || config.streams.iter().enumerate().filter(|(_, entry)| name::seen(&entry.stream) == wanted);
    of_name()
        .find(|(_, entry)| entry.namespace.trim() == stream.namespace)
        .or_else(|| of_name().find(|(_, entry)| entry.namespace.trim().is_empty()))
}

/// The configuration's entries, to be found for many streams.
pub(super) struct Entries<'c>(HashMap<(Cow<'c, str>, &'c str), (usize, &'c StreamConfig)>);

impl<'c> Entries<'c> {
    /// Those of a configuration; of two with the same name the first.
    pub(super) fn new(config: &'c Config) -> Self {
        let mut entries = HashMap::new();
        for (index, entry) in config.streams.iter().enumerate() {
            entries.entry((name::seen(&entry.stream), entry.namespace.trim())).or_insert((index, entry));
        }
        Self(entries)
    }

    /// As `entry_of`.
    pub(super) fn of(&self, stream: &StreamShape<'_>) -> Option<(usize, &'c StreamConfig)> {
        let of_namespace = |namespace| self.0.get(&(name::seen(stream.name), namespace)).copied();
        of_namespace(stream.namespace).or_else(|| of_namespace(""))
    }
}

/// A stream's columns, when the catalog lists them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema<'a> {
    columns: Option<&'a Map<String, Value>>,
    /// The same by their other spellings, at the top.
    names: Option<&'a ColumnNames<'a>>,
    /// Whether it says which column somebody may have meant.
    helps: bool,
}

impl<'a> Schema<'a> {
    pub(super) fn new(json_schema: &'a Value) -> Self {
        Self { columns: properties(json_schema), names: None, helps: true }
    }

    /// The same, for finding many columns.
    pub(super) fn indexed(self, names: &'a ColumnNames<'a>) -> Self {
        Self { names: Some(names), ..self }
    }

    /// The same, for those who have been helped enough.
    pub(super) fn without_help(self) -> Self {
        Self { helps: false, ..self }
    }

    /// Whether the columns are listed at all.
    pub(super) fn is_known(self) -> bool {
        self.columns.is_some()
    }

    /// The top-level columns, in the catalog's order.
    pub(super) fn columns(self) -> impl Iterator<Item = &'a str> + Clone {
        self.columns.into_iter().flat_map(Map::keys).map(String::as_str)
    }

    /// A column as the source spells it: in the user's spelling, or in the only one that looks the same.
    pub(super) fn exact(self, name: &str) -> Option<&'a str> {
        let Some(names) = self.names else { return name::find_name(name, self.columns()) };
        let exact = self.columns.and_then(|columns| columns.get_key_value(name));
        exact.map(|(exact, _)| exact.as_str()).or_else(|| names.find_another(name))
    }

    /// What the catalog says of a column or a path that can hold no number to call: its type.
    pub(super) fn never_a_number(self, path: &str) -> Option<&'a str> {
        let (_, column) = self.find_path(&path.split('.').collect::<Vec<_>>()).ok()?;
        let kinds = match column?.get("type")? {
            Value::String(kind) => vec![kind.as_str()],
            kinds => kinds.as_array()?.iter().filter_map(Value::as_str).collect(),
        };
        let is_other = |kind: &&str| ["boolean", "object", "array", "null"].contains(kind);
        let kind = kinds.iter().find(|kind| **kind != "null").or(kinds.first())?;
        kinds.iter().all(is_other).then_some(kind)
    }

    /// The names that lead to a column, as the source spells them, and the column's own schema, where
    /// the catalog goes so far: a column of the whole name, dots and all, before a path.
    ///
    /// # Errors
    /// Gives the part of the path that does not exist, in backticks, with the nearest name.
    pub(super) fn find_path<'n>(self, path: &[&'n str]) -> Result<(Vec<&'n str>, Option<&'a Value>), String>
    where
        'a: 'n,
    {
        if let Some(exact) = self.exact(&path.join(".")) {
            return Ok((vec![exact], self.of(exact)));
        }
        let (mut level, mut of_column) = (self, None);
        let mut walked = Vec::with_capacity(path.len());
        for name in path {
            if let Some(what) = of_column.and_then(no_object) {
                let above = shown(&walked.join("."));
                return Err(format!(
                    "`{}`; `{above}` is {what} by the catalog, not an object",
                    shown(&format!("{above}.{name}"))
                ));
            }
            if !level.is_known() {
                walked.push(*name);
                of_column = None;
                continue;
            }
            let Some(column) = level.exact(name) else {
                let before = if walked.is_empty() { String::new() } else { walked.join(".") + "." };
                return Err(format!("`{}`{}", shown(&format!("{before}{name}")), level.hint(name, &before)));
            };
            walked.push(column);
            of_column = level.of(column);
            level = level.below(column);
        }
        Ok((walked, of_column))
    }

    /// What the catalog says of a column.
    fn of(self, column: &str) -> Option<&'a Value> {
        self.columns.and_then(|columns| columns.get(column))
    }

    fn below(self, column: &str) -> Self {
        Self { columns: self.of(column).and_then(properties), names: None, ..self }
    }

    /// The columns, as the end of a sentence.
    pub(super) fn listed(self, before: &str) -> String {
        let columns = self.columns().take(LISTED);
        let listed: Vec<_> = columns.map(|column| format!("`{before}{}`", shown(column))).collect();
        let more = if self.columns().count() > LISTED { ", …" } else { "" };
        format!("it has {}{more}", listed.join(", "))
    }

    /// The column that is most like a name, if any is.
    pub(super) fn nearest(self, name: &str) -> Option<&'a str> {
        self.helps.then(|| nearest(name, self.columns())).flatten()
    }

    /// The nearest name at this level, else the first names; all with the path that leads here.
    fn hint(self, name: &str, before: &str) -> String {
        if let Some(near) = self.nearest(name) {
            return format!("; did you mean `{before}{}`?", shown(near));
        }
        format!("; {}", self.listed(before))
    }
}

/// The end of a sentence that offers a name; blank when none is near.
pub(super) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{}`?", shown(near)))
}

/// What a column is by its schema when it can be no object; none when it can, or nothing is known.
fn no_object(schema: &Value) -> Option<&'static str> {
    let Some(types) = schema.get("type") else {
        let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
        let mut told = None;
        for alternative in alternatives.iter().filter(|one| one.get("type") != Some(&"null".into())) {
            told = Some(told.unwrap_or(no_object(alternative)?));
        }
        return told;
    };
    let names = types.as_array().map_or(std::slice::from_ref(types), Vec::as_slice);
    let mut told = None;
    for name in names.iter().filter_map(Value::as_str).filter(|name| *name != "null") {
        let what = match name {
            "string" => "text",
            "number" | "integer" => "a number",
            "boolean" => "a truth value",
            "array" => "a list",
            _ => return None,
        };
        told = told.or(Some(what));
    }
    told
}

/// The properties that a schema lists; nothing when it lists none.
fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object().filter(|properties| !properties.is_empty())
}

//! The template engine and the values it sees: our rules for text, limits, and records read lazily.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde_json::value::RawValue;

use crate::protocol;

use super::row::{self, Row, member};
use super::{Record, RunContext, StreamShape, number, text};

/// Instructions of one template on one record: far more than a sentence takes, and over in milliseconds.
const FUEL: u64 = 50_000;

/// Below this depth a nested value is only text, so that no input can exhaust the stack.
const DEEPEST: usize = 64;

/// The engine; templates live outside of it.
pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    // Debug information would copy data of the record into errors.
    engine.set_debug(false);
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(50);
    engine.set_formatter(write);
    engine
});

/// What is the same for all records of a stream.
#[derive(Debug)]
pub(super) struct Surroundings {
    fixed: Arc<Fixed>,
    /// The columns that templates mention, with their slots.
    names: Arc<[Box<str>]>,
    slots: Vec<usize>,
    /// A template looks at the record as a whole, or with names that only the record tells.
    whole_record: bool,
}

#[derive(Debug)]
struct Fixed {
    stream: Value,
    namespace: Value,
    sync_id: Value,
    now: Value,
}

impl Surroundings {
    pub(super) fn new(
        stream: &StreamShape<'_>,
        run: &RunContext,
        columns: Vec<(Box<str>, usize)>,
        whole_record: bool,
    ) -> Self {
        let fixed = Fixed {
            stream: stream.name.into(),
            namespace: stream.namespace.into(),
            sync_id: (&*run.sync_id).into(),
            now: run.now.to_string().into(),
        };
        let (names, slots): (Vec<_>, _) = columns.into_iter().unzip();
        Self { fixed: Arc::new(fixed), names: names.into(), slots, whole_record }
    }

    /// All names that a template can use, for one record.
    pub(super) fn scope(&self, row: &Row<'_>, record: &Record<'_>) -> Value {
        let value = |slot: &usize| row.slot(*slot).map_or(Value::UNDEFINED, |raw| value_of(raw, 0));
        let columns = Columns {
            names: Arc::clone(&self.names),
            values: self.slots.iter().map(value).collect(),
            whole: self.whole_record.then(|| Json { raw: record.data.to_json().into(), depth: 0 }),
        };
        Value::from_object(Scope {
            fixed: Arc::clone(&self.fixed),
            record: Value::from_object(columns),
            emitted_at: record.emitted_at,
        })
    }
}

/// The names in scope.
#[derive(Debug)]
struct Scope {
    fixed: Arc<Fixed>,
    record: Value,
    emitted_at: i64,
}

impl Scope {
    const NAMES: [&str; 6] = ["record", "stream", "namespace", "sync_id", "emitted_at", "now"];
}

/// The names that a template can use, beside the engine's functions.
pub(super) fn names_in_scope() -> impl Iterator<Item = Cow<'static, str>> {
    let functions = ENGINE.globals().map(|(name, _)| Cow::Owned(name.to_owned()));
    Scope::NAMES.into_iter().map(Cow::Borrowed).chain(functions)
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "record" => self.record.clone(),
            "stream" => self.fixed.stream.clone(),
            "namespace" => self.fixed.namespace.clone(),
            "sync_id" => self.fixed.sync_id.clone(),
            "now" => self.fixed.now.clone(),
            "emitted_at" => self.emitted_at.into(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&Self::NAMES)
    }
}

/// The record: the mentioned columns at hand, the others found when they are asked for.
struct Columns {
    names: Arc<[Box<str>]>,
    values: Vec<Value>,
    whole: Option<Json>,
}

impl Object for Columns {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if let Some(place) = self.names.iter().position(|name| **name == *key) {
            return self.values.get(place).filter(|value| !value.is_undefined()).cloned();
        }
        self.whole.as_ref()?.member(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.whole.as_ref().map_or(Enumerator::Empty, Json::keys)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole.as_ref().map(Json::compact).unwrap_or_default())
    }
}

/// Shows no data: it may end in a log.
impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names.iter()).finish()
    }
}

/// A nested value, read when it is looked into.
struct Json {
    raw: Box<str>,
    depth: usize,
}

impl Json {
    fn is_object(&self) -> bool {
        self.raw.starts_with('{')
    }

    fn member(&self, name: &str) -> Option<Value> {
        member(&self.raw, name).map(|raw| value_of(raw, self.depth + 1))
    }

    fn elements(&self) -> Vec<&RawValue> {
        serde_json::from_str(&self.raw).unwrap_or_default()
    }

    fn keys(&self) -> Enumerator {
        Enumerator::Values(row::names(&self.raw).into_iter().map(Value::from).collect())
    }

    fn compact(&self) -> Cow<'_, str> {
        text::compact(&self.raw)
    }
}

impl Object for Json {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.is_object() { ObjectRepr::Map } else { ObjectRepr::Seq }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if self.is_object() {
            return self.member(key.as_str()?);
        }
        self.elements().get(key.as_usize()?).map(|raw| value_of(raw.get(), self.depth + 1))
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.is_object().then(|| self.member(key)).flatten()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if self.is_object() {
            return self.keys();
        }
        let elements = self.elements();
        Enumerator::Values(elements.iter().map(|raw| value_of(raw.get(), self.depth + 1)).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.compact())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A JSON value as the engine's. Numbers become numbers, so that a template can calculate with them.
fn value_of(raw: &str, depth: usize) -> Value {
    match raw.as_bytes().first() {
        Some(b'"') => Value::from(&*text::nfc(protocol::string(raw))),
        Some(b't') => Value::from(true),
        Some(b'f') => Value::from(false),
        Some(b'{' | b'[') if depth < DEEPEST => Value::from_object(Json { raw: raw.into(), depth }),
        Some(b'{' | b'[') => Value::from(&*text::compact(raw)),
        Some(b'-' | b'0'..=b'9') => number(raw),
        _ => Value::from(()),
    }
}

/// An integer that the engine cannot hold stays text, with all its digits.
fn number(raw: &str) -> Value {
    let text = number::plain(raw);
    if let Ok(small) = text.parse::<i64>() {
        return small.into();
    }
    if let Ok(large) = text.parse::<i128>() {
        return large.into();
    }
    match text.parse::<f64>() {
        Ok(fraction) if fraction.is_finite() && text.contains(['.', 'e', 'E']) => fraction.into(),
        _ => Value::from(&*text),
    }
}

/// Writes a value into a text, by the same rules as a column's value.
fn write(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(()),
        ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number if value.is_integer() => write!(out, "{value}"),
        ValueKind::Number => out.write_str(&number::plain(&finite(value)?)),
        ValueKind::String => out.write_str(value.as_str().unwrap_or_default()),
        _ if value.downcast_object_ref::<Json>().is_some() => write!(out, "{value}"),
        _ if value.downcast_object_ref::<Columns>().is_some() => write!(out, "{value}"),
        _ => {
            let json = serde_json::to_string(value);
            out.write_str(&json.map_err(|_| Error::from(ErrorKind::BadSerialization))?)
        }
    };
    written.map_err(|_| Error::from(ErrorKind::WriteFailure))
}

/// The shortest text that means this float. Nobody should be told "infinity" by a machine.
fn finite(value: &Value) -> Result<String, Error> {
    match f64::try_from(value.clone()) {
        Ok(float) if float.is_finite() => Ok(format!("{float:?}")),
        _ => Err(Error::new(ErrorKind::InvalidOperation, "the result is not a number")),
    }
}

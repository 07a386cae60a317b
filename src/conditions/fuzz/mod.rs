//! Random conditions over random records, against a reference that shares no code with the evaluator; and any text.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it is for tests alone, and fails by panicking"
)]

mod choices;
mod condition;
mod print;
mod reference;
mod sample;

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::{ColumnMatch, Condition, ConditionRefusal};
use crate::domain::reason::Reason;
use condition::COLUMNS;
use reference::V;

pub(super) use choices::Choices;

/// When the run began; in the tests' zone it is seven hours later.
pub(super) const NOW: &str = "2026-11-22T20:00:00Z";

pub(super) fn zone() -> TimeZone {
    crate::values::time_zone("Asia/Ho_Chi_Minh").unwrap()
}

/// A condition and the names of its columns.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) condition: Condition,
    pub(super) paths: Vec<Vec<String>>,
}

/// Compiles against columns with their schemas; null stands for no catalog.
pub(super) fn compile(source: &str, properties: &Json) -> Result<Compiled, String> {
    let mut paths: Vec<Vec<String>> = Vec::new();
    let mut find = |path: &[&str], _: bool| {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let listed = properties.as_object();
        let schema = listed.and_then(|listed| listed.get(path.first()?));
        if listed.is_some() && schema.is_none() {
            return Err(format!("no column `{}`", path.join(".")));
        }
        let index = paths.iter().position(|known| *known == path).unwrap_or_else(|| {
            paths.push(path);
            paths.len() - 1
        });
        Ok(ColumnMatch { index, schema })
    };
    let condition = Condition::compile(source, NOW.parse().unwrap(), &zone(), &mut find)?;
    Ok(Compiled { condition, paths })
}

impl Compiled {
    pub(super) fn decide(&self, record: &Json) -> Result<(), ConditionRefusal> {
        let find = |path: &[String]| path.iter().try_fold(record, |value, name| value.get(name));
        let raws: Vec<Option<String>> =
            self.paths.iter().map(|path| find(path).map(ToString::to_string)).collect();
        self.condition.decide(|index| Ok(raws[index].as_deref()))
    }
}

/// The samples' columns, as a catalog.
pub(super) fn catalog() -> Json {
    let schema = |schema: Option<&str>| serde_json::from_str(schema.unwrap_or("{}")).expect("it is JSON");
    let columns = COLUMNS.iter().map(|(name, json)| ((*name).to_owned(), schema(*json)));
    Json::Object(columns.collect::<Map<_, _>>())
}

/// How the decisions about one condition went.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    pub(super) n_true: u64,
    pub(super) n_false: u64,
    pub(super) n_unknown: u64,
    /// The catalog rules out that it is ever TRUE.
    pub(super) is_never: bool,
    /// The reference cannot say.
    pub(super) n_beyond: u64,
}

/// Draws a condition, and decides about so many records with the evaluator and with the reference.
pub(super) fn decide_both(choices: &mut Choices<'_>, catalog: &Json, n_records: u32) -> Decisions {
    let depth = choices.usize(1..5);
    let condition = sample::condition(choices, depth);
    let sql = print::sql(&condition, choices);
    let mut decisions = Decisions::default();
    let compiled = match compile(&sql, catalog) {
        Ok(compiled) => Some(compiled),
        Err(why) if why.contains("can never be TRUE") => None,
        Err(why) if why.contains("can be neither TRUE nor FALSE") => return decisions,
        Err(why) => unreachable!("{sql}: {why}"),
    };
    decisions.is_never = compiled.is_none();
    for _ in 0..n_records {
        let record = sample::record(choices, compiled.is_none());
        let Some(want) = reference::says(&condition, &record) else {
            decisions.n_beyond += 1;
            continue;
        };
        let Some(compiled) = &compiled else {
            assert_ne!(want, V::Bool(true), "{sql} is refused and TRUE of {record:?}");
            continue;
        };
        let find = |path: &[String]| COLUMNS.iter().position(|(name, _)| *name == path[0]);
        let places: Vec<Option<usize>> = compiled.paths.iter().map(|path| find(path)).collect();
        let decided =
            compiled.condition.decide(|index| Ok(places[index].and_then(|place| record[place].as_deref())));
        let (count, got) = match &decided {
            Ok(()) => (&mut decisions.n_true, V::Bool(true)),
            Err(ConditionRefusal { reason: Reason::OnlyWhen, .. }) => {
                (&mut decisions.n_false, V::Bool(false))
            }
            Err(_) => (&mut decisions.n_unknown, V::Null),
        };
        *count += 1;
        let want = if want.is_unknown() { V::Null } else { want };
        assert_eq!(got, want, "{sql} of {record:?}: {decided:?}");
    }
    decisions
}

/// The bytes choose a condition and five records.
pub(crate) fn conditions(data: &[u8]) {
    decide_both(&mut Choices::Bytes(data), &catalog(), 5);
}

/// Between a condition and its record.
const RULE: &str = "\n---\n";

const NUMBER: &str = "0987654321";

/// Any text is a condition, or refused; it decides the same each time, and shows nothing of the record.
pub(crate) fn sql(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (source, record) = text.split_once(RULE).unwrap_or((text, "{}"));
    for catalog in [&Json::Null, &catalog()] {
        let Ok(compiled) = compile(source, catalog) else { continue };
        let Ok(mut record) = serde_json::from_str::<Json>(record) else { continue };
        if let Some(record) = record.as_object_mut() {
            record.insert("phone".to_owned(), NUMBER.into());
        }
        let decided = compiled.decide(&record);
        assert_eq!(decided, compiled.decide(&record), "{source} the second time");
        if let Err(refusal) = decided {
            let is_shown = refusal.detail.contains(NUMBER) && !source.contains(NUMBER);
            assert!(!is_shown, "{} of {source}", refusal.detail);
        }
    }
}

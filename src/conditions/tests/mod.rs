//! Conditions as people write them, and what becomes of records.

mod decisions;
mod mistakes;
mod property;

use serde_json::{Map, Value as Json, json};

use super::*;

/// When the run began; in the tests' zone it is seven hours later.
const NOW: &str = "2026-11-22T20:00:00Z";

fn zone() -> TimeZone {
    crate::values::time_zone("Asia/Ho_Chi_Minh").unwrap()
}

/// A condition and the names of its columns.
#[derive(Debug)]
struct Compiled {
    condition: Condition,
    paths: Vec<Vec<String>>,
}

/// Compiles against columns with their schemas; null stands for no catalog.
fn compile(source: &str, properties: &Json) -> Result<Compiled, String> {
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
    fn decide(&self, record: &Json) -> Result<(), ConditionRefusal> {
        let find = |path: &[String]| path.iter().try_fold(record, |value, name| value.get(name));
        let raws: Vec<Option<String>> =
            self.paths.iter().map(|path| find(path).map(ToString::to_string)).collect();
        self.condition.decide(|index| Ok(raws[index].as_deref()))
    }
}

/// `true`, `false`, or what is unknown and why.
fn said(decided: Result<(), ConditionRefusal>) -> String {
    match decided {
        Ok(()) => "true".to_owned(),
        Err(ConditionRefusal { reason: Reason::OnlyWhen, .. }) => "false".to_owned(),
        Err(ConditionRefusal { detail, .. }) => detail.split_once(" is unknown: ").unwrap().1.to_owned(),
    }
}

#[test]
fn the_conditions_of_the_page_are_compiled() {
    let page = include_str!("../../../docs/conditions.md");
    let (_, block) = page.split_once("```sql\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    assert!(block.lines().count() > 10);
    for source in block.lines() {
        assert!(compile(source, &Json::Null).is_ok(), "{source}: {:?}", compile(source, &Json::Null).err());
    }
}

/// What a condition says of a record without a catalog.
fn of(source: &str, record: &Json) -> String {
    compile(source, &Json::Null).map_or_else(|why| why, |compiled| said(compiled.decide(record)))
}

/// A catalog with these columns of these types.
fn columns(types: &[(&str, &str)]) -> Json {
    let properties = types.iter().map(|(name, kind)| {
        let schema = match *kind {
            "date" | "date-time" => json!({ "type": ["null", "string"], "format": kind }),
            kind => json!({ "type": ["null", kind] }),
        };
        ((*name).to_owned(), schema)
    });
    Json::Object(properties.collect::<Map<_, _>>())
}

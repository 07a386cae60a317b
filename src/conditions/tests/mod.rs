//! Conditions as people write them, and what becomes of records.

mod decisions;
mod mistakes;
mod property;

use serde_json::{Map, Value as Json, json};

use super::fuzz::{NOW, compile, zone};
use super::*;

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

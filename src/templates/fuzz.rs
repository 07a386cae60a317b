//! Any template says something of any record, or nothing, or why not: within its bounds, and without the record's data.

use jiff::tz::TimeZone;

use super::{Columns, RenderContext, Template, TemplateContext};
use crate::protocol::Object;

/// Between a template and its record.
const RULE: &str = "\n---\n";

const RECORD: &str = r#"{"a":"Nguyễn Văn An","b":1500000.50,"c":{"a":[1,null,"x"],"b":"2026-03-05T10:00:00Z"},"d":null,
    "phone":"0987654321"}"#;

const NUMBER: &str = "0987654321";

/// What a spoken text may be long, in bytes.
const LONGEST: usize = 64 * 1024;

/// Columns of any name, or these only.
#[derive(Default)]
pub(super) struct ContextValue {
    pub(super) wanted: Vec<String>,
    pub(super) only: Option<&'static [&'static str]>,
}

impl Columns for ContextValue {
    fn want(&mut self, path: &[&str]) -> Result<(usize, Vec<Box<str>>), String> {
        let [name, inside @ ..] = path else { return Err("no column".to_owned()) };
        if self.only.is_some_and(|only| !only.contains(name)) {
            return Err(format!("no column `{name}`"));
        }
        let known = self.wanted.iter().position(|wanted| wanted == name);
        let slot = known.unwrap_or_else(|| {
            self.wanted.push((*name).to_owned());
            self.wanted.len() - 1
        });
        Ok((slot, inside.iter().map(|name| Box::from(*name)).collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.only.is_some_and(|only| only.contains(&name))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let only = self.only?;
        only.iter().find(|column| column.chars().next() == name.chars().next()).map(|name| (*name).to_owned())
    }
}

/// What a template says of a record: its text or nothing, or why not.
pub(super) fn say(
    zone: &TimeZone,
    compiled: &Template,
    columns: &ContextValue,
    record: &Object<'_>,
) -> Result<Option<String>, String> {
    let find = |name: &String| record.members().filter(|(other, _)| other == name).last().map(|(_, raw)| raw);
    let slots: Vec<_> = columns.wanted.iter().map(find).collect();
    let context = TemplateContext {
        stream: "people".to_owned(),
        sync_id: "77".to_owned(),
        now: "2026-11-22T20:00:00Z".to_owned(),
        zone: zone.clone(),
        ..TemplateContext::none()
    };
    compiled.render(&RenderContext { slots: &slots, emitted_at: 1_763_712_000_000, context: &context })
}

pub(crate) fn templates(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (source, record) = text.split_once(RULE).unwrap_or((text, RECORD));
    let mut columns = ContextValue::default();
    let compiled = Template::compile(source, &mut columns);
    let Ok(compiled) = compiled else { return };
    let Ok(record) = Object::parse(record) else { return };
    let said = say(&TimeZone::UTC, &compiled, &columns, &record);
    assert_eq!(said, say(&TimeZone::UTC, &compiled, &columns, &record), "the second time");
    match said {
        Ok(None) => {}
        Ok(Some(said)) => assert!(said.len() <= LONGEST, "{} bytes", said.len()),
        Err(why) => assert!(!why.contains(NUMBER) || source.contains(NUMBER), "{why}"),
    }
}

//! Templates and records in, what is said out.

mod bombs;
mod filters;
mod language;
mod mistakes;
mod page;
mod properties;

use jiff::tz::TimeZone;

use crate::protocol::Object;
use crate::values::time_zone;

use super::*;

/// Columns of any name, or these only.
#[derive(Default)]
struct Known {
    wanted: Vec<String>,
    only: Option<&'static [&'static str]>,
}

impl Columns for Known {
    fn want(&mut self, path: &[&str]) -> Result<(usize, Vec<Box<str>>), String> {
        let name = path[0];
        if self.only.is_some_and(|only| !only.contains(&name)) {
            return Err(format!("no column `{name}`"));
        }
        let known = self.wanted.iter().position(|wanted| wanted == name);
        let slot = known.unwrap_or_else(|| {
            self.wanted.push(name.to_owned());
            self.wanted.len() - 1
        });
        Ok((slot, path[1..].iter().map(|name| Box::from(*name)).collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.only.is_some_and(|only| only.contains(&name))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let only = self.only?;
        only.iter().find(|column| column.chars().next() == name.chars().next()).map(|name| (*name).to_owned())
    }
}

/// What a template says of a record: its text, `-` for nothing, or why not.
fn said(template: &str, record: &str) -> String {
    said_in(&TimeZone::UTC, template, record)
}

fn said_in(zone: &TimeZone, template: &str, record: &str) -> String {
    let mut columns = Known::default();
    let compiled = match Template::compile(template, &mut columns) {
        Ok(compiled) => compiled,
        Err(mistakes) => return format!("mistake: {}", mistakes.join("; ")),
    };
    let object: Object<'_> = serde_json::from_str(record).unwrap_or_else(|_| panic!("{record} is JSON"));
    let find = |name: &String| object.members().filter(|(other, _)| other == name).last().map(|(_, raw)| raw);
    let slots: Vec<_> = columns.wanted.iter().map(find).collect();
    let context = TemplateContext {
        stream: "people".to_owned(),
        sync_id: "77".to_owned(),
        now: "2026-11-22T20:00:00Z".to_owned(),
        zone: zone.clone(),
        ..TemplateContext::none()
    };
    let scene = Scene { slots: &slots, emitted_at: 1_763_712_000_000, context: &context };
    match compiled.render(&scene) {
        Ok(Some(text)) => text,
        Ok(None) => "-".to_owned(),
        Err(why) => format!("refused: {why}"),
    }
}

/// Every mistake of a template, one a line.
fn mistakes(template: &str, columns: &'static [&'static str]) -> String {
    let mut columns = Known { only: Some(columns), ..Known::default() };
    Template::compile(template, &mut columns).err().unwrap_or_default().join("\n")
}

fn saigon() -> TimeZone {
    time_zone("Asia/Ho_Chi_Minh").unwrap()
}

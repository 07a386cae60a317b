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

use super::fuzz::{ContextValue, say};
use super::*;

/// What a template says of a record: its text, `-` for nothing, or why not.
fn said(template: &str, record: &str) -> String {
    said_in(&TimeZone::UTC, template, record)
}

fn said_in(zone: &TimeZone, template: &str, record: &str) -> String {
    let mut columns = ContextValue::default();
    let compiled = match Template::compile(template, &mut columns) {
        Ok(compiled) => compiled,
        Err(mistakes) => return format!("mistake: {}", mistakes.join("; ")),
    };
    let object: Object<'_> = serde_json::from_str(record).unwrap_or_else(|_| panic!("{record} is JSON"));
    match say(zone, &compiled, &columns, &object) {
        Ok(Some(text)) => text,
        Ok(None) => "-".to_owned(),
        Err(why) => format!("refused: {why}"),
    }
}

/// Every mistake of a template, one a line.
fn mistakes(template: &str, columns: &'static [&'static str]) -> String {
    let mut columns = ContextValue { only: Some(columns), ..ContextValue::default() };
    Template::compile(template, &mut columns).err().unwrap_or_default().join("\n")
}

fn saigon() -> TimeZone {
    time_zone("Asia/Ho_Chi_Minh").unwrap()
}

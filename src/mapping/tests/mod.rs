//! Whole mappings: configuration and record in, contact or refusal out.

mod conditions;
mod identity;
mod impossible;
mod keys;
mod listed;
mod mistakes;
mod phone;
mod properties;
mod records;
mod script;
mod templates;

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::batch::Batch;
use crate::domain::contact::Campaign;
use crate::domain::error::Mistake;
use crate::domain::outcome::Outcome;
use crate::protocol::Object;
use crate::providers::Provider;
use crate::providers::api::{ContactShape, Limits, Repeats, Reply, Request, Verdict};

use super::*;

/// Only what a mapping asks a vendor.
struct Paper(ContactShape);

impl Provider for Paper {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn account(&self) -> &'static str {
        "paper"
    }

    fn shape(&self) -> ContactShape {
        self.0
    }

    fn campaign(&self, id: &str) -> Result<Campaign, String> {
        match id {
            "" => Ok(Campaign::new("9")),
            id if id.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Campaign::new(id)),
            _ => Err("a job is a number".to_owned()),
        }
    }

    fn limits(&self) -> Limits {
        Limits { max_batch: 100, repeats: Repeats::CallAgain }
    }

    fn probe(&self, _: Timestamp) -> Request {
        Request { method: http::Method::POST, url: String::new(), headers: Vec::new(), body: Bytes::new() }
    }

    fn interpret_probe(&self, _: &Reply, _: Timestamp) -> Result<(), String> {
        Ok(())
    }

    fn build_request(&self, _: &Batch, now: Timestamp) -> Request {
        self.probe(now)
    }

    fn interpret(&self, _: &Batch, _: &Reply) -> Verdict {
        Verdict::Settled(Vec::new())
    }
}

/// A vendor with fields for name and gender.
fn with_fields() -> Arc<dyn Provider> {
    Arc::new(Paper(ContactShape { name: true, gender: true, reserved: &[] }))
}

/// A vendor that has variables only, and keeps two names for itself.
fn bare() -> Arc<dyn Provider> {
    Arc::new(Paper(ContactShape { name: false, gender: false, reserved: &["so_dien_thoai", "contact_id"] }))
}

fn run() -> RunContext {
    RunContext { sync_id: "77".to_owned(), now: "2026-11-22T03:00:00Z".parse().unwrap() }
}

/// A configuration with these `streams` and `phone` sections.
fn config(streams: &Value, phone: &Value) -> Config {
    let vendor = json!({
        "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "a", "job_id": 9,
    });
    serde_json::from_value(json!({ "vendor": vendor, "streams": streams, "phone": phone })).unwrap()
}

/// A configuration with one stream `people` of these fields, `phone_number` being column `phone`.
fn people(entry: &Value, fields: &Value) -> Config {
    let mut entry = entry.clone();
    let mut all = vec![json!({ "field": "phone_number", "column": "phone" })];
    all.extend(fields.as_array().unwrap().iter().cloned());
    entry["stream"] = "people".into();
    entry["fields"] = all.into();
    config(&json!([entry]), &json!({}))
}

const UNKNOWN: &Value = &Value::Null;

fn shape<'a>(name: &'a str, json_schema: &'a Value) -> StreamShape<'a> {
    StreamShape { name, namespace: "", json_schema, primary_key: &[] }
}

/// A catalog's schema with these columns.
fn schema(columns: &[&str]) -> Value {
    let properties = columns.iter().map(|column| ((*column).to_owned(), json!({ "type": "string" })));
    json!({ "type": "object", "properties": properties.collect::<serde_json::Map<_, _>>() })
}

/// Compiles what must be right.
fn compiled(config: &Config, vendor: &Arc<dyn Provider>, stream: &StreamShape<'_>) -> Mapping {
    let mut mistakes = Vec::new();
    let mapping = Mapping::compile(config, vendor, stream, &run(), &mut mistakes);
    assert_eq!(mistakes, []);
    mapping.unwrap()
}

fn map(mapping: &Mapping, data: &str) -> Mapped {
    let data: Object<'_> = serde_json::from_str(data).unwrap();
    mapping.map(&Record { data: &data, emitted_at: 1_763_712_000_000 })
}

/// A mapped record in one line.
fn shown(mapped: &Mapped) -> String {
    let (campaign, contact) = match mapped {
        Mapped::Refused { outcome: Outcome::Suppressed(reason, detail), .. } => {
            return format!("suppressed {} {}", reason.code(), detail.as_deref().unwrap_or("-"));
        }
        Mapped::Refused { outcome: Outcome::Invalid(reason, detail), .. } => {
            return format!("invalid {} {}", reason.code(), detail.as_deref().unwrap_or("-"));
        }
        Mapped::Refused { outcome, .. } => panic!("{outcome:?} is not the mapping's to say"),
        Mapped::Listed { number, phone: _, is_listed, primary_key } => {
            let number = number.as_ref().map_or_else(
                |why| why.reason().map_or("", crate::domain::reason::Reason::code),
                |phone| phone.expose(),
            );
            return format!("{} {number} {primary_key}", if *is_listed { "listed" } else { "taken off" });
        }
        Mapped::Contact { campaign, contact, primary_key: _ } => (campaign, contact),
    };
    let mut line = format!("{} {}", campaign.as_str(), contact.phone.expose());
    if let Some(name) = &contact.name {
        write!(line, " name={name}").unwrap();
    }
    if let Some(gender) = contact.gender {
        write!(line, " gender={gender:?}").unwrap();
    }
    for (name, value) in contact.variables.iter() {
        write!(line, " {name}={value}").unwrap();
    }
    line
}

/// The mistakes of a configuration against a catalog, one a line.
fn mistakes(config: &Config, vendor: &Arc<dyn Provider>, streams: &[StreamShape<'_>]) -> String {
    let found = compile_catalog(config, vendor, streams, &run()).err().unwrap_or_default();
    lines(&found)
}

fn lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(|mistake| format!("{}: {}", mistake.at, mistake.why)).collect();
    lines.join("\n")
}

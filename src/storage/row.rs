//! One rejected record as a row: the platform's five columns, of which the last holds what we say.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::mask::masked;
use super::names::{Run, uuid};
use crate::config::{Flattening, RejectedRecord};
use crate::domain::columns::Columns;
use crate::domain::decision::Decision;
use crate::domain::reason::Reason;
use crate::phone::{Phone, shown_identifier};

/// The platform's columns before the data.
pub(super) const COLUMNS: [&str; 4] =
    ["_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta", "_airbyte_generation_id"];

/// The column with the data.
pub(super) const DATA: &str = "_airbyte_data";

/// The parts of the data, where each has a column of its own.
pub(super) const PARTS: [&str; 13] = [
    "rejected_reason",
    "rejected_field",
    "rejected_message",
    "outcome",
    "code",
    "remedy",
    "stream",
    "primary_key",
    "line",
    "campaign",
    "vendor_message",
    "safe_to_replay",
    "record",
];

/// A row, as the columns of the platform's table have it.
#[derive(Debug)]
pub(super) struct Row<'r> {
    pub(super) raw_id: String,
    pub(super) extracted_at: i64,
    /// As JSON text.
    pub(super) meta: &'r str,
    pub(super) generation_id: i64,
    pub(super) data: Data<'r>,
}

/// What we say. The first three have names that users of the platform may know from other connectors.
#[derive(Debug, Serialize)]
pub(super) struct Data<'d> {
    rejected_reason: &'static str,
    rejected_field: &'static str,
    rejected_message: String,
    outcome: &'static str,
    code: &'static str,
    remedy: &'static str,
    stream: String,
    primary_key: String,
    line: u64,
    campaign: String,
    vendor_message: &'d str,
    safe_to_replay: &'static str,
    /// As JSON text.
    #[serde(skip)]
    record: Option<String>,
}

/// What the platform writes of where a row comes from, the same for a whole run; as JSON text.
pub(super) fn meta(run: &Run) -> String {
    match run.sync_id.parse::<i64>() {
        Ok(sync_id) => format!(r#"{{"sync_id":{sync_id},"changes":[]}}"#),
        Err(_) => r#"{"changes":[]}"#.to_owned(),
    }
}

impl<'r> Row<'r> {
    pub(super) fn new(decision: &'r Decision<'r>, meta: &'r str, shows: RejectedRecord) -> Self {
        Self {
            raw_id: uuid(),
            extracted_at: decision.extracted_at,
            meta,
            generation_id: decision.generation_id,
            data: Data {
                rejected_reason: decision.code(),
                rejected_field: decision.field(),
                rejected_message: decision.message(),
                outcome: decision.outcome.name(),
                code: decision.code(),
                remedy: decision.outcome.reason().map_or("", Reason::remedy),
                stream: decision.stream.to_string(),
                primary_key: decision.shown_key(),
                line: decision.line,
                campaign: decision
                    .campaign
                    .map(|campaign| shown_identifier(campaign.as_str()))
                    .unwrap_or_default(),
                vendor_message: decision.vendor_message().unwrap_or_default(),
                safe_to_replay: decision.replay().name(),
                record: decision.record.and_then(|record| kept(record, decision.phone, shows)),
            },
        }
    }

    /// One JSON object, with the data in a column of its own or its parts beside the others.
    pub(super) fn write_json(&self, flattening: Flattening, to: &mut Vec<u8>) -> io::Result<()> {
        let Self { raw_id, extracted_at, meta, generation_id, data } = self;
        let [id, at, of, generation] = COLUMNS;
        write!(
            to,
            r#"{{"{id}":"{raw_id}","{at}":{extracted_at},"{of}":{meta},"{generation}":{generation_id},"#
        )?;
        let data = data.json()?;
        match flattening {
            Flattening::None => write!(to, r#""{DATA}":{data}}}"#),
            // Its members go on where those of the row are.
            Flattening::RootLevel => to.write_all(data.strip_prefix('{').unwrap_or(&data).as_bytes()),
        }
    }
}

impl Data<'_> {
    /// One JSON object.
    pub(super) fn json(&self) -> io::Result<String> {
        let mut json = serde_json::to_string(self)?;
        if let Some(record) = &self.record {
            // It is JSON already, and the last member.
            json.pop();
            json.push_str(r#","record":"#);
            json.push_str(record);
            json.push('}');
        }
        Ok(json)
    }

    /// The parts as texts, in the order of their columns.
    pub(super) fn texts(&self) -> [Cow<'_, str>; 13] {
        [
            self.rejected_reason.into(),
            self.rejected_field.into(),
            self.rejected_message.as_str().into(),
            self.outcome.into(),
            self.code.into(),
            self.remedy.into(),
            self.stream.as_str().into(),
            self.primary_key.as_str().into(),
            self.line.to_string().into(),
            self.campaign.as_str().into(),
            self.vendor_message.into(),
            self.safe_to_replay.into(),
            self.record.as_deref().unwrap_or_default().into(),
        ]
    }
}

/// What is kept of a record. What is no JSON is kept as a text.
fn kept(record: &Columns, phone: Option<&Phone>, shows: RejectedRecord) -> Option<String> {
    let json = record.json();
    match shows {
        RejectedRecord::None => None,
        RejectedRecord::Masked => Some(masked(&json, phone)),
        RejectedRecord::Whole => {
            // JSON has line breaks between its parts only, and a row is one line.
            let json = json.replace(['\n', '\r'], " ");
            let is_json = serde_json::from_str::<IgnoredAny>(&json).is_ok();
            Some(if is_json { json } else { Value::from(json).to_string() })
        }
    }
}

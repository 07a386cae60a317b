//! One rejected record as a row: the platform's five columns, of which the last holds what we say.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::mask::masked;
use super::names::{Run, uuid};
use crate::config::RejectedRecord;
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

#[derive(Debug)]
pub(super) struct Row {
    pub(super) raw_id: String,
    pub(super) extracted_at: i64,
    pub(super) meta: Meta,
    pub(super) generation_id: i64,
    pub(super) data: Data,
}

/// What the platform writes of where a row comes from.
#[derive(Debug, Serialize)]
pub(super) struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_id: Option<i64>,
    changes: [(); 0],
}

/// What we say. The first three have names that users of the platform may know from other connectors.
#[derive(Debug, Serialize)]
pub(super) struct Data {
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
    vendor_message: String,
    safe_to_replay: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Box<RawValue>>,
}

/// The parts beside the platform's columns.
#[derive(Debug, Serialize)]
pub(super) struct Flat<'r> {
    _airbyte_raw_id: &'r str,
    _airbyte_extracted_at: i64,
    _airbyte_meta: &'r Meta,
    _airbyte_generation_id: i64,
    #[serde(flatten)]
    data: &'r Data,
}

/// The data in a column of its own.
#[derive(Debug, Serialize)]
pub(super) struct Nested<'r> {
    _airbyte_raw_id: &'r str,
    _airbyte_extracted_at: i64,
    _airbyte_meta: &'r Meta,
    _airbyte_generation_id: i64,
    _airbyte_data: &'r Data,
}

impl Row {
    pub(super) fn new(decision: &Decision<'_>, run: &Run, shows: RejectedRecord) -> Self {
        let record = decision.record.and_then(|json| kept(json, decision.phone, shows));
        Self {
            raw_id: uuid(),
            extracted_at: decision.extracted_at,
            meta: Meta { sync_id: run.sync_id.parse().ok(), changes: [] },
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
                vendor_message: decision.vendor_message().unwrap_or_default().to_owned(),
                safe_to_replay: decision.replay().name(),
                record,
            },
        }
    }

    pub(super) fn nested(&self) -> Nested<'_> {
        Nested {
            _airbyte_raw_id: &self.raw_id,
            _airbyte_extracted_at: self.extracted_at,
            _airbyte_meta: &self.meta,
            _airbyte_generation_id: self.generation_id,
            _airbyte_data: &self.data,
        }
    }

    pub(super) fn flat(&self) -> Flat<'_> {
        Flat {
            _airbyte_raw_id: &self.raw_id,
            _airbyte_extracted_at: self.extracted_at,
            _airbyte_meta: &self.meta,
            _airbyte_generation_id: self.generation_id,
            data: &self.data,
        }
    }
}

impl Data {
    /// The parts as texts, in the order of their columns.
    pub(super) fn texts(&self) -> [String; 13] {
        [
            self.rejected_reason.to_owned(),
            self.rejected_field.to_owned(),
            self.rejected_message.clone(),
            self.outcome.to_owned(),
            self.code.to_owned(),
            self.remedy.to_owned(),
            self.stream.clone(),
            self.primary_key.clone(),
            self.line.to_string(),
            self.campaign.clone(),
            self.vendor_message.clone(),
            self.safe_to_replay.to_owned(),
            self.record.as_ref().map(|record| record.get().to_owned()).unwrap_or_default(),
        ]
    }
}

/// What is kept of a record. What is no JSON is kept as a text.
fn kept(json: &str, phone: Option<&Phone>, shows: RejectedRecord) -> Option<Box<RawValue>> {
    let written = match shows {
        RejectedRecord::None => return None,
        RejectedRecord::Masked => masked(json, phone),
        // JSON has line breaks between its parts only, and a row is one line.
        RejectedRecord::Whole => json.replace(['\n', '\r'], " "),
    };
    match serde_json::from_str::<&RawValue>(&written) {
        Ok(json) => Some(json.to_owned()),
        Err(_) => RawValue::from_string(Value::from(written).to_string()).ok(),
    }
}

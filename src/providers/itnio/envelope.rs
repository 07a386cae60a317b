//! The answer's envelope: `status` and `reason`, or `code` and `msg` as sibling products have it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::providers::json;

use super::codes;

/// An answer of the vendor, its `data` unread.
pub(super) struct ItnioEnvelope<'a> {
    pub(super) code: i64,
    pub(super) reason: Cow<'a, str>,
    pub(super) data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ItnioFields<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl<'a> ItnioEnvelope<'a> {
    /// Reads an envelope; nothing when there is no code in it.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let fields: ItnioFields<'a> = serde_json::from_str(text).ok()?;
        let code = match (json::integer(fields.status), json::integer(fields.code)) {
            (Some(status), Some(code)) => outweighing(status, code),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => return None,
        };
        let reason = [fields.reason, fields.msg, fields.message].into_iter().find_map(json::text);
        Some(Self { code, reason: reason.unwrap_or_default(), data: fields.data })
    }

    /// Whether the vendor's own word for success is there too.
    pub(super) fn says_success(&self) -> bool {
        matches!(self.reason.trim().to_ascii_lowercase().as_str(), "success" | "ok" | "成功")
    }
}

/// Of two codes, a failure outweighs a success and a known code an unknown one.
fn outweighing(status: i64, code: i64) -> i64 {
    match (status, code) {
        (0, other) | (other, 0) => other,
        _ if codes::lookup(status).is_none() && codes::lookup(code).is_some() => code,
        _ => status,
    }
}

//! The answer's envelope: `status` 1 with `result`, or `status` 0 with `code` and `message`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::providers::json;

/// An answer of the vendor, its `result` unread.
pub(super) enum VbeeEnvelope<'a> {
    /// `status` is 1.
    Success {
        /// What was asked for, unread.
        result: Option<&'a RawValue>,
    },
    /// Everything else that has a code.
    Failure {
        /// The vendor's code, which is not HTTP's.
        code: i64,
        /// Its words.
        message: Cow<'a, str>,
    },
}

#[derive(Deserialize)]
struct VbeeFields<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

impl<'a> VbeeEnvelope<'a> {
    /// Reads an envelope; nothing when it has neither success nor a code.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let fields: VbeeFields<'a> = serde_json::from_str(text).ok()?;
        let status = json::integer(fields.status);
        if status == Some(1) {
            return Some(Self::Success { result: fields.result });
        }
        // A status that is neither 1 nor 0 can only be the code in another place.
        let code = json::integer(fields.code).or(status.filter(|&status| status != 0))?;
        let message = [fields.message, fields.msg, fields.reason].into_iter().find_map(json::text);
        Some(Self::Failure { code, message: message.unwrap_or_default() })
    }
}

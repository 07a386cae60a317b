//! Pigeon Voice: `PUT /v1/calls`, authorised with a token that never changes.

mod codes;
mod config;
mod constants;
mod interpret;
mod section;
mod simulator;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::batch::Batch;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::secret::Secret;
use crate::phone::WireFormat;

use super::api::{ContactShape, Limits, Repeats, Reply, Request, Verdict};
use super::endpoint::Endpoint;
use super::redactor::Redactor;
use super::section::VendorSection;
use super::{Provider, http_status};

pub use config::PigeonConfig;
use constants::{ENDPOINT, MAX_BATCH};

/// Pigeon Voice.
pub struct Pigeon {
    token: Secret,
    list: String,
    format: WireFormat,
    endpoint: Endpoint,
    redactor: Redactor,
}

impl Pigeon {
    /// The vendor as configured.
    #[must_use]
    pub fn new(config: &PigeonConfig) -> Self {
        Self {
            token: config.token.clone(),
            list: config.list.trim().to_owned(),
            format: config.phone_format,
            endpoint: Endpoint::new(config.base_url(), ENDPOINT),
            redactor: Redactor::new([config.token.clone()]),
        }
    }

    fn row(&self, batch: &Batch<'_>, contact: &Contact) -> Value {
        let variables = contact.variables.iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
        json!({
            "row_id": batch.contact_id(contact),
            "phone_number": contact.phone.wire(self.format),
            "properties": variables.collect::<Map<_, _>>(),
        })
    }

    fn nobody(&self) -> Batch<'static> {
        Batch::new(Campaign::new(&self.list), Vec::new(), false)
    }
}

impl Provider for Pigeon {
    fn name(&self) -> &'static str {
        "pigeon"
    }

    /// Lists have names of their own over all accounts; tokens are changed now and then.
    fn account(&self) -> &'static str {
        ""
    }

    fn shape(&self) -> ContactShape {
        ContactShape { name: false, gender: false, reserved: &[] }
    }

    fn limits(&self) -> Limits {
        Limits { max_batch: MAX_BATCH, repeats: Repeats::KnownByKey }
    }

    fn campaign(&self, id: &str) -> Result<Campaign, String> {
        let id = if id.trim().is_empty() { &self.list } else { id.trim() };
        if id.is_empty() || id.contains(char::is_whitespace) {
            return Err("must be the name of a list, without blanks".to_owned());
        }
        Ok(Campaign::new(id))
    }

    fn probe(&self, now: Timestamp) -> Request {
        self.build_request(&self.nobody(), now)
    }

    fn interpret_probe(&self, reply: &Reply, now: Timestamp) -> Result<(), String> {
        http_status::probe_result(self.interpret(&self.nobody(), reply), now)
    }

    /// Nothing here depends on the time: every attempt is the same request.
    fn build_request(&self, batch: &Batch<'_>, _: Timestamp) -> Request {
        let rows: Vec<_> = batch.contacts.iter().map(|contact| self.row(batch, contact)).collect();
        let header = |name, value: &str| (Cow::Borrowed(name), Secret::new(value));
        Request {
            method: Method::PUT,
            url: self.endpoint.url.clone(),
            headers: vec![
                header("Content-Type", "application/json"),
                header("Authorization", &format!("Bearer {}", self.token.expose())),
                header("Idempotency-Key", &batch.idempotency_key()),
            ],
            body: json!({ "list": batch.campaign.as_str(), "rows": rows }).to_string().into(),
        }
    }

    fn interpret(&self, batch: &Batch<'_>, reply: &Reply) -> Verdict {
        self.interpret_reply(batch, reply)
    }
}

//! itniotech AI Voice: `importCustomer`, signed with MD5.

mod body;
mod codes;
mod config;
mod constants;
mod envelope;
mod error_lines;
mod interpret;
mod questions;
mod section;
mod sign;
pub mod simulator;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;

use crate::domain::contact::{Campaign, Contact};
use crate::domain::secret::Secret;
use crate::phone::WireFormat;

use super::api::{ContactShape, Limits, Repeats, Reply, Request, Verdict};
use super::campaign::{CampaignFacts, QuestionAnswer};
use super::endpoint::Endpoint;
use super::redactor::Redactor;
use super::section::VendorSection;
use super::{Provider, http_status};
use crate::domain::batch::Batch;

pub use config::ItnioConfig;
use constants::{ENDPOINT, MAX_BATCH};
pub use simulator::ItnioSimulator;

/// itniotech AI Voice.
pub struct Itnio {
    api_key: Secret,
    api_secret: Secret,
    app_id: String,
    job_id: String,
    skip_already_called: bool,
    format: WireFormat,
    endpoint: Endpoint,
    base_url: String,
    redactor: Redactor,
}

impl Itnio {
    /// The vendor as configured.
    #[must_use]
    pub fn new(config: &ItnioConfig) -> Self {
        Self {
            api_key: config.api_key.clone(),
            api_secret: config.api_secret.clone(),
            app_id: config.app_id.trim().to_owned(),
            job_id: config.job_id.trim().to_owned(),
            skip_already_called: config.skip_already_called,
            format: config.phone_format,
            endpoint: Endpoint::new(config.base_url(), ENDPOINT),
            base_url: config.base_url().to_owned(),
            redactor: Redactor::new([config.api_key.clone(), config.api_secret.clone()]),
        }
    }

    fn request(&self, job_id: &str, contacts: &[&Contact], now: Timestamp) -> Request {
        let body = body::write(&self.app_id, job_id, self.skip_already_called, contacts, self.format);
        self.signed(self.endpoint.url.clone(), body.into(), now)
    }

    fn signed(&self, url: String, body: Bytes, now: Timestamp) -> Request {
        let timestamp = now.as_second().to_string();
        let sign = sign::sign(&self.api_key, &self.api_secret, &timestamp);
        let header = |name, value| (Cow::Borrowed(name), value);
        Request {
            method: Method::POST,
            url,
            headers: vec![
                header("Content-Type", Secret::new("application/json;charset=UTF-8")),
                header("Api-Key", self.api_key.clone()),
                header("Timestamp", Secret::new(&timestamp)),
                header("Sign", Secret::new(&sign)),
            ],
            body,
        }
    }
}

impl Provider for Itnio {
    fn name(&self) -> &'static str {
        "itnio"
    }

    fn account(&self) -> &str {
        &self.app_id
    }

    fn shape(&self) -> ContactShape {
        ContactShape { name: true, gender: true, reserved: &[] }
    }

    /// A repeated contact is recognised only while called numbers are compared too: without that, a
    /// number that was dialled between two attempts is taken again.
    fn limits(&self) -> Limits {
        let repeats = if self.skip_already_called { Repeats::KnownByContact } else { Repeats::CallAgain };
        Limits { max_batch: MAX_BATCH, repeats }
    }

    fn campaign(&self, id: &str) -> Result<Campaign, String> {
        let id = if id.trim().is_empty() { &self.job_id } else { id };
        config::campaign(id)
    }

    fn probe(&self, now: Timestamp) -> Request {
        self.request(&self.job_id, &[], now)
    }

    fn interpret_probe(&self, reply: &Reply, now: Timestamp) -> Result<(), String> {
        http_status::probe_result(self.judge_probe(reply), now)
    }

    fn ask(&self, campaign: &Campaign, heard: &[QuestionAnswer], now: Timestamp) -> Option<Request> {
        self.question(campaign, heard, now)
    }

    fn interpret_answers(&self, campaign: &Campaign, heard: &[QuestionAnswer]) -> CampaignFacts {
        self.facts(campaign, heard)
    }

    fn build_request(&self, batch: &Batch, now: Timestamp) -> Request {
        self.request(batch.campaign.as_str(), &batch.contacts, now)
    }

    fn interpret(&self, batch: &Batch, reply: &Reply) -> Verdict {
        self.interpret_reply(batch, reply)
    }
}

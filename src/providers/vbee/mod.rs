//! Vbee AICall: `public-api/campaign`, authorised with a JWT.

mod body;
mod codes;
mod config;
mod constants;
mod envelope;
mod hmac;
mod interpret;
mod questions;
mod results;
mod section;
pub mod simulator;
mod token;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use jsonwebtoken::EncodingKey;

use crate::domain::contact::{Campaign, Contact};
use crate::domain::secret::Secret;
use crate::phone::WireFormat;

use super::api::{Blame, ContactShape, Limits, Repeats, Reply, Request, Verdict};
use super::campaign::{CampaignFacts, QuestionAnswer};
use super::endpoint::Endpoint;
use super::redactor::Redactor;
use super::section::VendorSection;
use super::{Provider, http_status};
use crate::domain::batch::Batch;

pub use config::{VbeeConfig, VbeeCredentials};
use constants::{ENDPOINT, MAX_BATCH};
pub use simulator::VbeeSimulator;

/// Vbee AICall.
pub struct Vbee {
    access: VbeeAccess,
    campaign_id: String,
    scenario_id: String,
    format: WireFormat,
    endpoint: Endpoint,
    base_url: String,
    redactor: Redactor,
}

enum VbeeAccess {
    /// A fresh token for each request.
    Signed { api_key: Secret, key: EncodingKey },
    /// The user's own token.
    Ready(Secret),
}

impl Vbee {
    /// The vendor as configured.
    #[must_use]
    pub fn new(config: &VbeeConfig) -> Self {
        let (access, redactor) = match &config.credentials {
            VbeeCredentials::ApiKey { api_key, api_secret } => (
                VbeeAccess::Signed { api_key: api_key.clone(), key: hmac::signing_key(api_secret) },
                Redactor::new([api_key.clone(), api_secret.clone()]),
            ),
            VbeeCredentials::AccessToken { access_token } => {
                let token = config::bare_token(access_token);
                (VbeeAccess::Ready(token.clone()), Redactor::new([token]))
            }
        };
        Self {
            access,
            campaign_id: config.campaign_id.trim().to_owned(),
            scenario_id: config.scenario_id.trim().to_owned(),
            format: config.phone_format,
            endpoint: Endpoint::new(config.base_url(), ENDPOINT),
            base_url: config.base_url().to_owned(),
            redactor,
        }
    }

    fn request(&self, campaign_id: &str, contacts: &[&Contact], now: Timestamp) -> Request {
        Request {
            method: Method::POST,
            url: self.endpoint.url.clone(),
            headers: vec![
                (Cow::Borrowed("Content-Type"), Secret::new("application/json")),
                self.authorization(now),
            ],
            body: body::write(campaign_id, contacts, self.format).into(),
        }
    }

    fn asks(&self, url: String, now: Timestamp) -> Request {
        Request { method: Method::GET, url, headers: vec![self.authorization(now)], body: Bytes::new() }
    }

    fn authorization(&self, now: Timestamp) -> (Cow<'static, str>, Secret) {
        let token = match &self.access {
            VbeeAccess::Signed { api_key, key } => Cow::Owned(token::sign(api_key, key, now)),
            VbeeAccess::Ready(token) => Cow::Borrowed(token),
        };
        (Cow::Borrowed("Authorization"), Secret::new(&format!("Bearer {}", token.expose())))
    }

    fn nobody(&self) -> Batch<'static> {
        Batch::new(Campaign::new(&self.campaign_id), Vec::new(), false)
    }
}

impl Provider for Vbee {
    fn name(&self) -> &'static str {
        "vbee"
    }

    /// Campaigns have identifiers of their own over all accounts; keys are changed now and then.
    fn account(&self) -> &'static str {
        ""
    }

    fn shape(&self) -> ContactShape {
        ContactShape { name: false, gender: false, reserved: body::RESERVED }
    }

    /// A repeated contact may be called again: nothing that is documented recognises it.
    fn limits(&self) -> Limits {
        Limits { max_batch: MAX_BATCH, repeats: Repeats::CallAgain }
    }

    fn campaign(&self, id: &str) -> Result<Campaign, String> {
        let id = if id.trim().is_empty() { &self.campaign_id } else { id };
        config::campaign(id)
    }

    fn probe(&self, now: Timestamp) -> Request {
        self.request(&self.campaign_id, &[], now)
    }

    fn interpret_probe(&self, reply: &Reply, now: Timestamp) -> Result<(), String> {
        let verdict = self.judge_probe(reply);
        let clock = matches!(verdict, Verdict::Halt { blame: Blame::User, .. })
            .then(|| token::clock_hint(reply.date, now))
            .flatten();
        http_status::probe_result(verdict, now).map_err(|why| match clock {
            Some(clock) => format!("{why}. Also, {clock}"),
            None => why,
        })
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

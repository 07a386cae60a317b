//! Vbee's side of `public-api/campaign`, strict and without a network.
//!
//! It assumes the worst that the vendor's pages allow: a repeated contact is called again.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use http::Method;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation, dangerous, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::domain::secret::Secret;
use crate::providers::api::{Reply, Request};
use crate::providers::call_log::{CallLog, NumberDisplay};
use crate::providers::simulator::{POISON, Simulator, Twist};
use crate::providers::spoken::ScriptText;

use super::constants::{ENDPOINT, MAX_BATCH, SCENARIOS};
use super::hmac::verifying_key;
use super::token::VbeeTokenClaims;

/// The campaign of whoever names no other.
pub(super) const USUAL_CAMPAIGN: &str = "64b7f0c2a1d3e4f5a6b7c8d9";

/// The one scenario of the account.
const SCENARIO_ID: &str = "64b7f0c2a1d3e4f5a6b7c8da";

/// How far a token may come from the future.
const LEEWAY_SECS: i64 = 60;

/// Personal fields that hold a name, for the book.
const NAMES: [&str; 4] = ["ho_ten", "ho_va_ten", "name", "ten"];

/// Who may call the simulated API, and with what.
#[derive(Clone, Debug)]
pub struct VbeeSetup {
    /// The application's API key.
    pub api_key: Secret,
    /// The secret beside it.
    pub api_secret: Secret,
    /// Takes any token.
    pub any_credentials: bool,
    /// The personal fields of the one scenario, by their keys, beside the number.
    pub personal_fields: Vec<String>,
    /// The campaigns of the account; empty: any.
    pub campaigns: Vec<String>,
    /// A contact with this text in a personal field is left out of the result; blank: none is.
    pub poison: String,
    /// How the book writes numbers down.
    pub numbers: NumberDisplay,
}

/// Vbee's side.
#[derive(Debug)]
pub struct VbeeSimulator {
    setup: VbeeSetup,
    book: CallLog,
}

#[derive(Deserialize)]
struct VbeeImport {
    campaign_id: String,
    contacts: Vec<Map<String, Value>>,
}

/// An answer that adds nobody.
struct VbeeRefusal {
    status: u16,
    code: u16,
    message: &'static str,
}

const UNAUTHORIZED: VbeeRefusal = VbeeRefusal { status: 401, code: 401, message: "Unauthorized" };
const MALFORMED: VbeeRefusal = VbeeRefusal { status: 400, code: 400, message: "Bad Request" };
const TOO_LARGE: VbeeRefusal = VbeeRefusal { status: 413, code: 413, message: "Payload Too Large" };
const NO_APPLICATION: VbeeRefusal =
    VbeeRefusal { status: 200, code: 1201, message: "Application is not found" };
const FAILED: VbeeRefusal = VbeeRefusal { status: 200, code: 1402, message: "Import contacts failed" };
const NO_SCENARIO: VbeeRefusal = VbeeRefusal { status: 200, code: 9999, message: "Uknown error" };
const ALL_INVALID: VbeeRefusal = VbeeRefusal { status: 200, code: 1403, message: "All contacts is invalid" };

impl Default for VbeeSetup {
    /// Invented credentials of the lengths that real ones have, any campaign.
    fn default() -> Self {
        Self {
            api_key: Secret::new("5a9d0b0c-5a9d-4b0c-8a9d-5a9d0b0c5a9d"),
            api_secret: Secret::new("s4ndb0x!"),
            any_credentials: false,
            personal_fields: Vec::new(),
            campaigns: Vec::new(),
            poison: POISON.to_owned(),
            numbers: NumberDisplay::Masked,
        }
    }
}

impl VbeeSimulator {
    /// An API that has called nobody yet.
    #[must_use]
    pub fn new(setup: VbeeSetup) -> Self {
        let book = CallLog::new(setup.numbers);
        Self { setup, book }
    }

    fn authenticate(&self, request: &Request, now: Timestamp) -> Result<(), VbeeRefusal> {
        if self.setup.any_credentials {
            return Ok(());
        }
        let token = request.header("authorization").and_then(|value| value.split_once(' '));
        let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(UNAUTHORIZED);
        };
        if !decode_header(token).is_ok_and(|header| header.alg == Algorithm::HS256) {
            return Err(UNAUTHORIZED);
        }
        let Ok(claims) = dangerous::insecure_decode_claims::<VbeeTokenClaims>(token) else {
            return Err(UNAUTHORIZED);
        };
        if claims.api_key != self.setup.api_key.expose() {
            return Err(NO_APPLICATION);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // The vendor's tokens never expire, and this clock is not the system's.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let key = verifying_key(&self.setup.api_secret);
        if decode::<VbeeTokenClaims>(token, &key, &validation).is_err() {
            return Err(UNAUTHORIZED);
        }
        let from_future = claims.iat.is_some_and(|iat| iat > now.as_second().saturating_add(LEEWAY_SECS));
        if from_future { Err(UNAUTHORIZED) } else { Ok(()) }
    }

    fn admit(&self, request: &Request, now: Timestamp) -> Result<VbeeImport, VbeeRefusal> {
        self.authenticate(request, now)?;
        let import: VbeeImport = serde_json::from_slice(&request.body).map_err(|_| MALFORMED)?;
        if import.contacts.len() > MAX_BATCH {
            return Err(TOO_LARGE);
        }
        let campaigns = &self.setup.campaigns;
        if !campaigns.is_empty() && !campaigns.contains(&import.campaign_id) {
            return Err(FAILED);
        }
        Ok(import)
    }

    /// Calls whom it can; gives them back as the vendor does, in another order.
    fn import(
        &mut self,
        import: VbeeImport,
        now: Timestamp,
        twist: Twist,
    ) -> Result<Vec<Value>, VbeeRefusal> {
        let mut added = Vec::new();
        for mut contact in import.contacts {
            let number = contact.shift_remove("phone_number");
            let Some(number) = number.as_ref().and_then(Value::as_str).and_then(e164) else { continue };
            if self.is_poison(&contact) {
                continue;
            }
            let name = NAMES.iter().find_map(|key| contact.get(*key)?.as_str()).unwrap_or_default();
            let variables = contact.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
            let words = ScriptText { name, variables: variables.collect() };
            let times = self.book.call(&import.campaign_id, &number, &words, now);
            let id = contact_id(&import.campaign_id, &number, times);
            if !(added.is_empty() && twist == Twist::NamelessLine) {
                contact.insert("so_dien_thoai".to_owned(), number.into());
            }
            contact.insert("contact_id".to_owned(), id.clone().into());
            added.push((id, Value::Object(contact)));
        }
        if added.is_empty() {
            return Err(ALL_INVALID);
        }
        // Ids are as good as random, and the same each time: a shuffle that can be repeated.
        added.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(added.into_iter().map(|(_, contact)| contact).collect())
    }

    fn scenario(&self) -> Value {
        let field = |name: &str| json!({ "name": name, "reading_type": "TEXT" });
        let fields =
            ["Số điện thoại"].into_iter().chain(self.setup.personal_fields.iter().map(String::as_str));
        json!({
            "id": SCENARIO_ID,
            "call_config": { "allow_duplicate_phone": true, "max_concurrent": 1 },
            "personalized_fields": fields.map(field).collect::<Vec<_>>(),
            "status": "SUBMITTED",
        })
    }

    fn is_poison(&self, contact: &Map<String, Value>) -> bool {
        let poison = self.setup.poison.as_str();
        let has = |value: &Value| value.as_str().is_some_and(|text| text.contains(poison));
        !poison.is_empty() && contact.values().any(has)
    }
}

impl Simulator for VbeeSimulator {
    fn name(&self) -> &'static str {
        "vbee"
    }

    fn path(&self) -> &'static str {
        ENDPOINT
    }

    fn judges_time(&self) -> bool {
        true
    }

    fn answer_with(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply {
        let now = twist.vendors_clock(now);
        self.book.note_request();
        if !request.url.ends_with(ENDPOINT) {
            return Reply { status: 404, date: Some(now), body: "Not Found".into(), ..Reply::default() };
        }
        let added = self.admit(request, now).and_then(|import| {
            self.book.note_contacts(import.contacts.len());
            self.import(import, now, twist)
        });
        envelope(added.map(Value::from), now)
    }

    fn questions(&self) -> Vec<(Method, &'static str)> {
        vec![(Method::GET, "/api/v1/public-api/scenarios/{id}")]
    }

    fn tell(&self, request: &Request, now: Timestamp) -> Reply {
        let told = self.authenticate(request, now).and_then(|()| {
            let is_known = request.url.strip_prefix(SCENARIOS) == Some(SCENARIO_ID);
            if is_known { Ok(self.scenario()) } else { Err(NO_SCENARIO) }
        });
        envelope(told, now)
    }

    fn call_log(&self) -> &CallLog {
        &self.book
    }

    fn connector_config(&self, root: &str) -> Value {
        let mut section = json!({
            "vendor_type": "vbee",
            "credentials": {
                "auth_type": "api_key",
                "api_key": self.setup.api_key.expose(),
                "api_secret": self.setup.api_secret.expose(),
            },
            "campaign_id": self.setup.campaigns.first().map_or(USUAL_CAMPAIGN, String::as_str),
            "base_url": root.trim_end_matches('/'),
        });
        // Where nobody said what the script speaks, there is nothing to read of it.
        if let Some(section) = section.as_object_mut().filter(|_| !self.setup.personal_fields.is_empty()) {
            section.insert("scenario_id".to_owned(), SCENARIO_ID.into());
        }
        section
    }
}

fn envelope(told: Result<Value, VbeeRefusal>, now: Timestamp) -> Reply {
    let (status, body) = match told {
        Ok(result) => (200, json!({ "result": result, "status": 1 })),
        Err(VbeeRefusal { status, code, message }) => {
            (status, json!({ "status": 0, "code": code, "message": message }))
        }
    };
    Reply { status, date: Some(now), body: body.to_string().into(), ..Reply::default() }
}

/// A number as the vendor shows it; nothing when it cannot be one. A leading zero is Vietnam's.
fn e164(number: &str) -> Option<String> {
    let number = number.trim();
    let digits = number.strip_prefix('+').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let international = match digits.strip_prefix('0') {
        Some(national) if !number.starts_with('+') => format!("84{national}"),
        _ => digits.to_owned(),
    };
    let length = match international.strip_prefix("84") {
        Some(national) => (9..=10).contains(&national.len()) && !national.starts_with('0'),
        None => (8..=15).contains(&international.len()) && !international.starts_with('0'),
    };
    length.then(|| format!("+{international}"))
}

/// An id in the form of a UUID that is the same for the same call.
fn contact_id(campaign: &str, number: &str, times: u32) -> String {
    let half = |seed| FixedState::with_seed(seed).hash_one((campaign, number, times));
    let hex = format!("{:016x}{:016x}", half(1), half(2));
    let part = |range| hex.get(range).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

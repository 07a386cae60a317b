//! Any reply is one verdict: one outcome a contact, nobody accepted whom the vendor did not take, no secret and no
//! number in a text.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::Value;

use super::api::{ContactVerdict, Reply, Verdict};
use super::registry;
use super::simulator::SimulatorOptions;
use super::{Provider, VendorConfig};
use crate::domain::batch::Batch;
use crate::domain::contact::Contact;
use crate::domain::outcome::Outcome;
use crate::phone::Phone;

const NUMBERS: [&str; 3] = ["+84987654321", "+84912345678", "+14155550100"];

/// Settings that no text may show.
const SECRETS: [&str; 4] = ["api_key", "api_secret", "access_token", "token"];

const STATUSES: [u16; 16] = [200, 201, 204, 302, 307, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503];

/// Every vendor, with the section that made it.
static VENDORS: OnceLock<Vec<(Arc<dyn Provider>, Value)>> = OnceLock::new();

/// A byte of a switch and a status, a body.
pub(crate) fn replies(vendor: &str, data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let mut vendors = VENDORS.get_or_init(vendors).iter();
    let (provider, section) =
        vendors.find(|(provider, _)| provider.name() == vendor).expect("there is such a vendor");
    let contacts: Vec<Contact> = NUMBERS.iter().map(|number| Contact::new(Phone::e164(number))).collect();
    let campaign = provider.campaign("").expect("it has one");
    let batch = Batch::new(campaign, contacts.iter().collect(), first & 0x80 != 0);
    let status = STATUSES.get(usize::from(first % 16)).copied().unwrap_or_default();
    let reply = Reply { status, body: body.to_vec().into(), ..Reply::default() };

    let verdict = provider.interpret(&batch, &reply);
    let mut texts = texts(&verdict);
    texts.extend(provider.interpret_probe(&reply, Timestamp::UNIX_EPOCH).err());
    if let Verdict::Settled(outcomes) = &verdict {
        assert_eq!(outcomes.len(), contacts.len(), "{verdict:?}");
        for (contact, outcome) in contacts.iter().zip(outcomes) {
            if matches!(outcome, Outcome::Accepted { .. }) {
                assert!(
                    is_taken(vendor, contact, &reply),
                    "{verdict:?} of {}",
                    String::from_utf8_lossy(body)
                );
            }
        }
    }
    if let Verdict::Partly { verdicts, .. } = &verdict {
        assert_eq!(verdicts.len(), contacts.len(), "{verdict:?}");
    }
    let mut hidden = Vec::new();
    secrets(section, &mut hidden);
    assert!(!hidden.is_empty(), "no vendor is without a credential");
    hidden.extend(NUMBERS.iter().filter_map(|number| number.get(3..)));
    for (text, hidden) in texts.iter().flat_map(|text| hidden.iter().map(move |hidden| (text, hidden))) {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

fn vendors() -> Vec<(Arc<dyn Provider>, Value)> {
    let simulators = registry::simulators(&SimulatorOptions::default());
    let sections = simulators.iter().map(|simulator| simulator.connector_config("http://127.0.0.1:8080/"));
    sections
        .map(|section| {
            let config: VendorConfig = serde_json::from_value(section.clone()).expect("it fits");
            (config.build(), section)
        })
        .collect()
}

/// Whether the vendor's own words say that it has somebody: Vbee lists whom it took, itnio says that all went well.
fn is_taken(vendor: &str, contact: &Contact, reply: &Reply) -> bool {
    let text = String::from_utf8_lossy(&reply.body);
    let Ok(said) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
        // A reader that takes more than this one is asked in its own tests.
        return text.contains('{');
    };
    match vendor {
        "vbee" => mentions(&said, &contact.phone),
        _ => ["status", "code"].iter().any(|name| {
            said.get(name)
                .is_some_and(|code| *code == 0 || code.as_str().is_some_and(|code| code.trim() == "0"))
        }),
    }
}

fn mentions(said: &Value, phone: &Phone) -> bool {
    match said {
        Value::String(text) => phone.occurs_in(text),
        Value::Number(number) => phone.occurs_in(&number.to_string()),
        Value::Array(items) => items.iter().any(|item| mentions(item, phone)),
        Value::Object(members) => members.values().any(|value| mentions(value, phone)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// What a verdict says to people.
pub(super) fn texts(verdict: &Verdict) -> Vec<String> {
    let detail = |outcome: &Outcome| match outcome {
        Outcome::Suppressed(_, detail)
        | Outcome::Invalid(_, detail)
        | Outcome::Rejected(_, detail)
        | Outcome::Unknown(detail) => detail.as_deref().map(str::to_owned),
        Outcome::Accepted { .. } | Outcome::Duplicate(_) => None,
    };
    match verdict {
        Verdict::Settled(outcomes) => outcomes.iter().filter_map(detail).collect(),
        Verdict::Partly { verdicts, why, .. } => {
            let ended = verdicts.iter().filter_map(|verdict| match verdict {
                ContactVerdict::Ended(outcome) => detail(outcome),
                ContactVerdict::Again => None,
            });
            ended.chain([why.clone()]).collect()
        }
        Verdict::Again { why, .. }
        | Verdict::Split { why }
        | Verdict::Unclear { why }
        | Verdict::Astray { why }
        | Verdict::Halt { why, .. } => vec![why.clone()],
        Verdict::ClockOff { .. } => Vec::new(),
    }
}

fn secrets<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        found.extend(value.as_str().filter(|_| SECRETS.contains(&name.as_str())));
        secrets(value, found);
    }
}

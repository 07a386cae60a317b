//! The first record of each kind on its way: as it came, as the contact that it is, as the vendor's own JSON.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::domain::batch::Batch;
use crate::domain::contact::{Contact, Gender};
use crate::domain::decision::Decision;
use crate::domain::reason::Reason;
use crate::intake::{PendingContact, StreamIndex};
use crate::phone::{Phone, mask_in_speech};
use crate::protocol::Object;
use crate::providers::Provider;
use crate::report::Example;
use crate::storage::{masked, masked_by};

/// Kinds that are shown.
const MOST_KINDS: usize = 50;

/// A record can be a megabyte.
const LONGEST_CHARS: usize = 4_000;

/// In the place of a reason.
const WOULD_CALL: &str = "would_call";

/// Takes the first of each kind.
pub(super) struct Examples {
    vendor: Arc<dyn Provider>,
    now: Timestamp,
    seen: HashSet<(StreamIndex, Option<Reason>), FixedState>,
    shown: Vec<Example>,
}

impl Examples {
    pub(super) fn new(vendor: Arc<dyn Provider>, now: Timestamp) -> Self {
        Self { vendor, now, seen: HashSet::default(), shown: Vec::new() }
    }

    /// Takes a record, if it is the first of its kind.
    pub(super) fn add(
        &mut self,
        stream: StreamIndex,
        decision: &Decision<'_>,
        pending: Option<&PendingContact>,
    ) {
        let reason = decision.outcome.reason();
        if self.seen.len() >= MOST_KINDS || !self.seen.insert((stream, reason)) {
            return;
        }
        let phone = decision.phone;
        let contact = pending.map(|pending| contact_json(&pending.contact));
        let request = pending.filter(|_| reason.is_none()).map(|pending| self.request(pending));
        let said = |json: String| spread(&masked_by(&json, &|text| heard(text, phone)));
        self.shown.push(Example {
            decision: reason.map_or(WOULD_CALL, Reason::code).to_owned(),
            stream: decision.stream.to_string(),
            record: decision.record.map(|record| spread(&masked(&record.json(), phone))).unwrap_or_default(),
            contact: contact.map(said).unwrap_or_default(),
            request: request.map(said).unwrap_or_default(),
        });
    }

    /// Who would be called first.
    pub(super) fn shown(&self) -> Vec<Example> {
        let mut shown = self.shown.clone();
        shown.sort_by_key(|example| example.decision != WOULD_CALL);
        shown
    }

    /// What the vendor would be sent of one contact; neither credentials nor a signature are in a body.
    fn request(&self, pending: &PendingContact) -> String {
        let batch = Batch::new(pending.campaign.clone(), vec![&pending.contact], false);
        let body = self.vendor.build_request(&batch, self.now).body;
        String::from_utf8_lossy(&body).into_owned()
    }
}

/// A text of a contact. An identifier can be too short to be looked for in other texts than its own.
fn heard<'t>(text: &'t str, phone: Option<&Phone>) -> Cow<'t, str> {
    match phone.filter(|phone| phone.expose() == text) {
        Some(own) => Cow::Owned(own.to_string()),
        None => mask_in_speech(text, phone),
    }
}

fn contact_json(contact: &Contact) -> String {
    let Contact { phone, name, gender, variables, time_zone } = contact;
    let mut members = Map::new();
    members.insert("phone_number".to_owned(), phone.to_string().into());
    if let Some(name) = name {
        members.insert("name".to_owned(), name.as_str().into());
    }
    if let Some(gender) = gender {
        let gender = match gender {
            Gender::Male => "male",
            Gender::Female => "female",
        };
        members.insert("gender".to_owned(), gender.into());
    }
    if let Some(zone) = time_zone.as_ref().and_then(TimeZone::iana_name) {
        members.insert("time_zone".to_owned(), zone.into());
    }
    let variables = variables.iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    members.insert("variables".to_owned(), json!(variables.collect::<Map<_, _>>()));
    Value::from(members).to_string()
}

/// An object with a line for each member, of bounded length. Values stay as they are written: numbers keep their digits.
fn spread(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 64);
    match Object::parse(json) {
        Ok(object) => {
            let mut before = "{\n  ";
            for (name, raw) in object.members() {
                text.push_str(std::mem::replace(&mut before, ",\n  "));
                text.push_str(&Value::from(name).to_string());
                text.push_str(": ");
                text.push_str(raw);
            }
            text.push_str(if text.is_empty() { "{}" } else { "\n}" });
        }
        Err(_) => text.push_str(json),
    }
    if let Some((end, _)) = text.char_indices().nth(LONGEST_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

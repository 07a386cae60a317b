//! The request's body, written straight from the contacts.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::contact::{Contact, Gender, Variables};
use crate::phone::WireFormat;

/// `importCustomer`'s parameters.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Import<'a> {
    app_id: &'a str,
    job_id: JobId<'a>,
    call_record_dup: bool,
    customer_persons: Persons<'a>,
}

/// The vendor's `Long`, which must not pass through a float.
struct JobId<'a>(&'a str);

struct Persons<'a> {
    contacts: &'a [Contact],
    format: WireFormat,
}

struct Person<'a> {
    contact: &'a Contact,
    format: WireFormat,
}

struct Properties<'a>(&'a Variables);

/// Bytes around a contact's own text: keys, quotes, the number.
const ENVELOPE_BYTES: usize = 128;

/// Writes the body.
pub(super) fn write(
    app_id: &str,
    job_id: &str,
    skip_already_called: bool,
    contacts: &[Contact],
    format: WireFormat,
) -> Vec<u8> {
    let text: usize = contacts.iter().map(|contact| contact.text_bytes() + ENVELOPE_BYTES).sum();
    let mut body = Vec::with_capacity(text + ENVELOPE_BYTES);
    let import = Import {
        app_id,
        job_id: JobId(job_id),
        call_record_dup: skip_already_called,
        customer_persons: Persons { contacts, format },
    };
    serde_json::to_writer(&mut body, &import).expect("texts and numbers can always be written to memory");
    body
}

impl Serialize for JobId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<u64>() {
            Ok(number) => serializer.serialize_u64(number),
            // No campaign of ours is so; the vendor refuses it, which is better than another job.
            Err(_) => serializer.serialize_str(self.0),
        }
    }
}

impl Serialize for Persons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let person = |contact| Person { contact, format: self.format };
        serializer.collect_seq(self.contacts.iter().map(person))
    }
}

impl Serialize for Person<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contact = self.contact;
        let mut person = serializer.serialize_map(None)?;
        if let Some(name) = contact.name.as_deref().filter(|name| !name.is_empty()) {
            person.serialize_entry("name", name)?;
        }
        person.serialize_entry("phoneNumber", &*contact.phone.wire(self.format))?;
        // An empty gender is forbidden, an absent one is not.
        if let Some(gender) = contact.gender {
            let word = match gender {
                Gender::Male => "MALE",
                Gender::Female => "FEMALE",
            };
            person.serialize_entry("gender", word)?;
        }
        if !contact.variables.is_empty() {
            person.serialize_entry("properties", &Properties(&contact.variables))?;
        }
        person.end()
    }
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

//! The request's body, written straight from the contacts.

use crate::domain::contact::{Contact, Gender};
use crate::phone::WireFormat;
use crate::providers::json_writer::JsonWriter;

/// Bytes around a contact's own text: keys, quotes, the number.
const ENVELOPE_BYTES: usize = 128;

/// Writes `importCustomer`'s parameters.
pub(super) fn write(
    app_id: &str,
    job_id: &str,
    skip_already_called: bool,
    contacts: &[&Contact],
    format: WireFormat,
) -> Vec<u8> {
    let text: usize = contacts.iter().map(|contact| contact.text_bytes() + ENVELOPE_BYTES).sum();
    let mut body = JsonWriter::with_capacity(text + ENVELOPE_BYTES);
    body.object(|body| {
        body.member("appId").string(app_id);
        match job_id.parse() {
            Ok(number) => body.member("jobId").integer(number),
            // No campaign of ours is so; the vendor refuses it, which is better than another job.
            Err(_) => body.member("jobId").string(job_id),
        }
        body.member("callRecordDup").boolean(skip_already_called);
        body.member("customerPersons").list(contacts, |body, contact| person(body, contact, format));
    });
    body.into_bytes()
}

fn person(body: &mut JsonWriter, contact: &Contact, format: WireFormat) {
    body.object(|body| {
        if let Some(name) = contact.name.as_deref().filter(|name| !name.is_empty()) {
            body.member("name").string(name);
        }
        body.member("phoneNumber").string(&contact.phone.wire(format));
        // An empty gender is forbidden, an absent one is not.
        if let Some(gender) = contact.gender {
            body.member("gender").string(match gender {
                Gender::Male => "MALE",
                Gender::Female => "FEMALE",
            });
        }
        if !contact.variables.is_empty() {
            body.member("properties").object(|body| {
                contact.variables.iter().for_each(|(name, value)| body.member(name).string(value));
            });
        }
    });
}

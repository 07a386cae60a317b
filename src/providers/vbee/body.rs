//! The request's body, written straight from the contacts.

use crate::domain::contact::Contact;
use crate::phone::WireFormat;
use crate::providers::json_writer::JsonWriter;

/// Names that the vendor uses itself. `so_dien_thoai` is the slug of its own field for the number:
/// a variable of that name could change whom it dials.
pub(super) const RESERVED: &[&str] = &["phone_number", "so_dien_thoai", "contact_id"];

/// Bytes around a contact's own text: keys, quotes, the number.
const ENVELOPE_BYTES: usize = 96;

/// Writes the endpoint's parameters.
pub(super) fn write(campaign_id: &str, contacts: &[&Contact], format: WireFormat) -> Vec<u8> {
    let text: usize = contacts.iter().map(|contact| contact.text_bytes() + ENVELOPE_BYTES).sum();
    let mut body = JsonWriter::with_capacity(text + ENVELOPE_BYTES);
    body.object(|body| {
        body.member("campaign_id").string(campaign_id);
        body.member("contacts").list(contacts, |body, contact| person(body, contact, format));
    });
    body.into_bytes()
}

fn person(body: &mut JsonWriter, contact: &Contact, format: WireFormat) {
    body.object(|body| {
        body.member("phone_number").string(&contact.phone.wire(format));
        // The mapping refuses reserved names; here a slip would ring a stranger.
        let variables = contact.variables.iter().filter(|(name, _)| !RESERVED.contains(name));
        variables.for_each(|(name, value)| body.member(name).string(value));
    });
}

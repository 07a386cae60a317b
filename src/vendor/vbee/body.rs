//! The request's body, written straight from the contacts.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::contact::Contact;
use crate::phone::WireFormat;

/// Names that the vendor uses itself. `so_dien_thoai` is the slug of its own field for the number:
/// a variable of that name could change whom it dials.
pub(super) const RESERVED: &[&str] = &["phone_number", "so_dien_thoai", "contact_id"];

/// The endpoint's parameters.
#[derive(serde::Serialize)]
struct Import<'a> {
    campaign_id: &'a str,
    contacts: Contacts<'a>,
}

struct Contacts<'a> {
    contacts: &'a [Contact],
    format: WireFormat,
}

struct Person<'a> {
    contact: &'a Contact,
    format: WireFormat,
}

/// Bytes around a contact's own text: keys, quotes, the number.
const ENVELOPE_BYTES: usize = 96;

/// Writes the body.
pub(super) fn write(campaign_id: &str, contacts: &[Contact], format: WireFormat) -> Vec<u8> {
    let text: usize = contacts.iter().map(|contact| contact.text_bytes() + ENVELOPE_BYTES).sum();
    let mut body = Vec::with_capacity(text + ENVELOPE_BYTES);
    let import = Import { campaign_id, contacts: Contacts { contacts, format } };
    serde_json::to_writer(&mut body, &import).expect("texts can always be written to memory");
    body
}

impl Serialize for Contacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let person = |contact| Person { contact, format: self.format };
        serializer.collect_seq(self.contacts.iter().map(person))
    }
}

impl Serialize for Person<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contact = self.contact;
        let mut person = serializer.serialize_map(None)?;
        person.serialize_entry("phone_number", &*contact.phone.wire(self.format))?;
        // The mapping refuses reserved names; here a slip would ring a stranger.
        for (name, value) in contact.variables.iter().filter(|(name, _)| !RESERVED.contains(name)) {
            person.serialize_entry(name, value)?;
        }
        person.end()
    }
}

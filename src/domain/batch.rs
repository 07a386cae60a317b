//! Contacts that go out together, as a vendor sees them.

use super::contact::{Campaign, Contact};

/// Contacts for one campaign, sent in one request. They are borrowed: whoever sends them keeps with each what it takes
/// to account for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Where they go.
    pub campaign: Campaign,
    /// Who is added; no two share a number.
    pub contacts: Vec<&'a Contact>,
    /// An earlier request with these contacts may have arrived: "already there" is then proof of
    /// success, and "not listed" proves nothing.
    pub maybe_sent: bool,
    /// What the vendor may know it by; who sends it draws them.
    pub ids: BatchIds,
}

/// What a vendor may know a batch and its contacts by, drawn by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchIds {
    /// The same for everything that one run sends.
    pub run: u128,
    /// The same for all attempts with these very contacts; nothing else that is ever sent has it.
    pub request: u128,
}

impl<'a> Batch<'a> {
    /// A batch that has no ids yet.
    #[must_use]
    pub fn new(campaign: Campaign, contacts: Vec<&'a Contact>, maybe_sent: bool) -> Self {
        Self { campaign, contacts, maybe_sent, ids: BatchIds::default() }
    }

    /// What all attempts with these very contacts have in common, and nothing else that is ever sent: a vendor that
    /// has seen it does nothing again.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{:032x}", self.ids.request)
    }

    /// A contact's own id, by which a vendor can speak of it: the same in every request of a run, alone or among
    /// others, and another in the next run. It does not tell the number.
    #[must_use]
    pub fn contact_id(&self, contact: &Contact) -> String {
        let key = blake3::derive_key("destination-ai-voice contact id 1", &self.ids.run.to_be_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(self.campaign.as_str().as_bytes());
        hasher.update(&[0]);
        hasher.update(contact.phone.expose().as_bytes());
        let id = hasher.finalize().to_hex();
        id.chars().take(32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Phone;

    fn batch(campaign: &str, ids: BatchIds, numbers: &[&str]) -> Batch<'static> {
        let contacts: Vec<_> = numbers.iter().map(|number| Contact::new(Phone::e164(number))).collect();
        Batch { ids, ..Batch::new(Campaign::new(campaign), contacts.leak().iter().collect(), false) }
    }

    #[test]
    fn a_contact_keeps_its_id_in_every_request_of_a_run() {
        let id_in = |batch: Batch<'_>, n: usize| batch.contact_id(batch.contacts[n]);
        let ids = |run, request| BatchIds { run, request };
        let (ann, ben) = ("+14155550101", "+14155550102");
        let id = id_in(batch("9", ids(1, 1), &[ann, ben]), 0);
        assert_eq!(id.len(), 32);
        assert_eq!(id_in(batch("9", ids(1, 2), &[ann]), 0), id, "alone, in another request");
        for (name, other) in [
            ("somebody else", id_in(batch("9", ids(1, 1), &[ann, ben]), 1)),
            ("another campaign", id_in(batch("10", ids(1, 1), &[ann]), 0)),
            ("another run", id_in(batch("9", ids(2, 1), &[ann]), 0)),
        ] {
            assert_ne!(other, id, "{name}");
        }
    }
}

//! Who, without saying who: a keyed hash of scope and number.

use std::borrow::Cow;

use crate::domain::contact::Campaign;
use crate::phone::Phone;

/// Before the account of a vendor that is played, or at an address that is no vendor's own: nobody is called there.
pub(super) const REHEARSED: &str = "rehearsal ";

/// Within what a person is called at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One campaign.
    Campaign,
    /// All campaigns of one account.
    Account,
    /// Everything that shares the ledger.
    Everywhere,
}

/// Makes the keys of one run.
#[derive(Clone)]
pub struct KeyMaker {
    hasher: KeyHasher,
    scope: Scope,
    account: String,
}

impl KeyMaker {
    /// Keys for an account (the vendor's name and what tells its accounts apart).
    #[must_use]
    pub fn new(hasher: KeyHasher, scope: Scope, account: String) -> Self {
        Self { hasher, scope, account }
    }

    /// The key of a number that would go to a campaign.
    #[must_use]
    pub fn key(&self, campaign: &Campaign, phone: &Phone) -> Key {
        let number = phone.expose();
        match self.scope {
            Scope::Campaign => self.hasher.key_within(&[&self.account, &plain(campaign.as_str())], number),
            Scope::Account => self.hasher.key_within(&[&self.account], number),
            Scope::Everywhere if self.account.starts_with(REHEARSED) => {
                self.hasher.key_within(&[REHEARSED], number)
            }
            Scope::Everywhere => self.hasher.key_within(&[], number),
        }
    }
}

/// A campaign as it is compared: an id of 24 hexadecimal digits is a number, whatever their letters.
pub(super) fn plain(campaign: &str) -> Cow<'_, str> {
    let is_number = campaign.len() == 24 && campaign.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_number { Cow::Owned(campaign.to_ascii_lowercase()) } else { Cow::Borrowed(campaign) }
}

/// A person within a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub [u8; 16]);

/// Makes keys. Phone numbers are few enough to be tried out one by one, so the hash needs a key.
#[derive(Clone)]
pub struct KeyHasher {
    hash_key: [u8; 32],
}

impl KeyHasher {
    /// A hasher whose key is derived from any text.
    #[must_use]
    pub fn new(hash_key: &str) -> Self {
        Self { hash_key: blake3::derive_key("destination-ai-voice ledger 1", hash_key.as_bytes()) }
    }

    /// The key of a number (E.164 with its plus, or a vendor's identifier) within a scope.
    #[must_use]
    pub fn key(&self, scope: &str, number: &str) -> Key {
        self.key_within(&[scope], number)
    }

    /// The same for a scope of several parts.
    fn key_within(&self, scope: &[&str], number: &str) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.hash_key);
        for part in scope {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        hasher.update(number.as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        Key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_key_within_a_scope_and_a_rehearsal_has_its_own() {
        let key = |scope, account: &str, campaign: &str| {
            let maker = KeyMaker::new(KeyHasher::new("invented"), scope, account.to_owned());
            maker.key(&Campaign::new(campaign), &Phone::e164("+14155550123"))
        };
        let (id, in_capitals) = ("65f0c0ffee0000000000cafe", "65F0C0FFEE0000000000CAFE");
        for (scope, account, campaign, is_the_same) in [
            (Scope::Campaign, "vbee/", in_capitals, true),
            (Scope::Campaign, "vbee/", "65F0C0FFEE0000000000CAF", false),
            (Scope::Campaign, "itnio/A", id, false),
            (Scope::Campaign, "rehearsal vbee/", id, false),
            (Scope::Account, "vbee/", "another", true),
            (Scope::Account, "rehearsal vbee/", id, false),
            (Scope::Everywhere, "itnio/A", "another", true),
            (Scope::Everywhere, "rehearsal vbee/", id, false),
        ] {
            let is_found = key(scope, account, campaign) == key(scope, "vbee/", id);
            assert_eq!(is_found, is_the_same, "{scope:?} {account} {campaign}");
        }
        let rehearsed = |account, campaign| key(Scope::Everywhere, account, campaign);
        assert_eq!(rehearsed("rehearsal vbee/", id), rehearsed("rehearsal itnio/A", "9"), "two rehearsals");
    }
}

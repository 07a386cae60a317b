//! Who, without saying who: a keyed hash of scope and number.

use crate::domain::contact::Campaign;
use crate::phone::Phone;

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
            Scope::Campaign => self.hasher.key_within(&[&self.account, campaign.as_str()], number),
            Scope::Account => self.hasher.key_within(&[&self.account], number),
            Scope::Everywhere => self.hasher.key_within(&[], number),
        }
    }
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

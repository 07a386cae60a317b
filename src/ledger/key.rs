//! Who, without saying who: a keyed hash of scope and number.

/// A person within a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub [u8; 16]);

/// Makes keys. Phone numbers are few enough to be tried out one by one, so the hash needs a key.
#[derive(Clone)]
pub struct Hasher {
    hash_key: [u8; 32],
}

impl Hasher {
    /// A hasher whose key is derived from any text.
    #[must_use]
    pub fn new(hash_key: &str) -> Self {
        Self { hash_key: blake3::derive_key("destination-ai-voice ledger 1", hash_key.as_bytes()) }
    }

    /// The key of a number (E.164 with its plus, or a vendor's identifier) within a scope.
    #[must_use]
    pub fn key(&self, scope: &str, number: &str) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.hash_key);
        hasher.update(scope.as_bytes()).update(&[0]).update(number.as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        Key(key)
    }
}

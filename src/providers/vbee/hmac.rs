//! HMAC for tokens, from the cryptography that TLS brings along: the library's own choices bring a second one.

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::hmac;

use crate::domain::secret::Secret;

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory, verifier_factory, key_utils: KeyUtils::new_unimplemented() };

struct Hmac {
    algorithm: Algorithm,
    key: hmac::Key,
}

/// A key that signs. The secret's own bytes are the key, not what they might mean in base64; secrets of eight
/// characters are common, so no minimum is asked for.
pub(super) fn signing_key(secret: &Secret) -> EncodingKey {
    install();
    EncodingKey::from_secret(secret.expose().as_bytes())
}

/// The key that judges what was signed with the same secret.
pub(super) fn verifying_key(secret: &Secret) -> DecodingKey {
    install();
    DecodingKey::from_secret(secret.expose().as_bytes())
}

/// The library asks one provider of the whole process. Nobody signs or judges without a key, so keys bring it.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED
        .call_once(|| PROVIDER.install_default().expect("nobody else in this program chooses a provider"));
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's shape")]
fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Ok(Box::new(Hmac::new(*algorithm, key.as_bytes())?))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's shape")]
fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    Ok(Box::new(Hmac::new(*algorithm, key.try_get_as_bytes()?)?))
}

impl Hmac {
    fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self> {
        let hash = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => return Err(ErrorKind::InvalidAlgorithm.into()),
        };
        Ok(Self { algorithm, key: hmac::Key::new(hash, key) })
    }
}

impl Signer<Vec<u8>> for Hmac {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(hmac::sign(&self.key, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hmac {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        hmac::verify(&self.key, message, signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for Hmac {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl JwtVerifier for Hmac {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://www.rfc-editor.org/rfc/rfc4231#section-4.3>
    const KEY: &str = "Jefe";
    const MESSAGE: &[u8] = b"what do ya want for nothing?";

    #[test]
    fn signs_as_the_standards_example_says() {
        for (algorithm, length, start) in [
            (Algorithm::HS256, 32, [0x5b, 0xdc, 0xc1, 0x46]),
            (Algorithm::HS384, 48, [0xaf, 0x45, 0xd2, 0xe3]),
            (Algorithm::HS512, 64, [0x16, 0x4b, 0x7a, 0x7b]),
        ] {
            let signer = signer_factory(&algorithm, &signing_key(&Secret::new(KEY))).unwrap();
            let mut signature = signer.try_sign(MESSAGE).unwrap();
            assert_eq!((signature.len(), &signature[..4]), (length, &start[..]), "{algorithm:?}");
            let verifier = verifier_factory(&algorithm, &verifying_key(&Secret::new(KEY))).unwrap();
            assert!(verifier.verify(MESSAGE, &signature).is_ok(), "{algorithm:?}");
            signature[length - 1] ^= 1;
            assert!(verifier.verify(MESSAGE, &signature).is_err(), "{algorithm:?} with another last byte");
        }
    }

    #[test]
    fn refuses_what_is_no_hmac() {
        assert!(signer_factory(&Algorithm::RS256, &signing_key(&Secret::new(KEY))).is_err());
    }
}

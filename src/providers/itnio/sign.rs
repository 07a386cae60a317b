//! The signature: MD5 over key, secret and seconds, as 32 hexadecimal digits.

use std::fmt::Write;

use md5::{Digest, Md5};

use crate::domain::secret::Secret;

/// Signs a moment. Neither body nor path is part of it; that is the vendor's choice.
pub(super) fn sign(api_key: &Secret, api_secret: &Secret, timestamp: &str) -> String {
    let mut md5 = Md5::new();
    for part in [api_key.expose(), api_secret.expose(), timestamp] {
        md5.update(part.as_bytes());
    }
    md5.finalize().iter().fold(String::with_capacity(32), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a text cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vendor's general API page has this triple; the importCustomer page misprints the key
    /// (8 for q), which gives the second one.
    #[test]
    fn signs_as_the_vendors_page_does() {
        for (key, want) in [
            ("bDqJFiq9", "05d7a50893e22a5c4bb3216ae3396c7c"),
            ("bD8JFiq9", "cc3512e1338185de5a881dbedf6423ec"),
        ] {
            assert_eq!(sign(&Secret::new(key), &Secret::new("7bz1lzh9"), "1630468800"), want, "{key}");
        }
    }
}

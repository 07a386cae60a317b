//! Signs requests as Amazon's services want it (Signature Version 4), in a header: an address may end in a log.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use ring::{digest, hmac};

use crate::domain::secret::Secret;

/// What stays as it is in a signed address.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs, and for where.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) key_id: Secret,
    pub(super) secret: Secret,
    pub(super) region: String,
}

/// What a signature vouches for.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    /// As it stands in the address, encoded.
    pub(super) path: &'a str,
    /// As it stands in the address, encoded and in alphabetical order.
    pub(super) query: &'a str,
    /// Names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: &'a [u8],
}

impl Signer {
    /// Gives the headers of a request, those that sign it among them.
    pub(super) fn headers(&self, signed: Signed<'_>, now: Timestamp) -> Vec<(&'static str, Secret)> {
        let Signed { method, path, query, mut headers, body } = signed;
        let now = now.to_zoned(TimeZone::UTC);
        let (day, time) = (now.strftime("%Y%m%d").to_string(), now.strftime("%Y%m%dT%H%M%SZ").to_string());
        let body = hex(digest::digest(&digest::SHA256, body).as_ref());
        headers.push(("x-amz-content-sha256", body.clone()));
        headers.push(("x-amz-date", time.clone()));
        headers.sort_unstable();
        let lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let lines = lines.concat();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body}");
        let canonical = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{canonical}");
        let first = format!("AWS4{}", self.secret.expose()).into_bytes();
        let parts = [day.as_str(), &self.region, "s3", "aws4_request", &text];
        let signature = parts.iter().fold(first, |key, part| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
            hmac::sign(&key, part.as_bytes()).as_ref().to_vec()
        });
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope},SignedHeaders={names},Signature={}",
            self.key_id.expose(),
            hex(&signature)
        );
        headers.push(("authorization", authorization));
        headers.into_iter().map(|(name, value)| (name, Secret::new(&value))).collect()
    }
}

/// A part of an address, encoded as signatures want it.
pub(super) fn encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), ENCODED).to_string()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Amazon's page on signatures in a header, with its own keys.
    #[test]
    fn signatures_are_those_of_amazons_examples() {
        let signer = Signer {
            key_id: Secret::new("AKIAIOSFODNN7EXAMPLE"),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1".to_owned(),
        };
        let host = ("host", "examplebucket.s3.amazonaws.com".to_owned());
        for (method, path, query, headers, body, want) in [
            (
                "GET",
                "/test.txt",
                "",
                vec![("range", "bytes=0-9")],
                "",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test%24file.text",
                "",
                vec![
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ],
                "Welcome to Amazon S3.",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                "lifecycle=",
                vec![],
                "",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "GET",
                "/",
                "max-keys=2&prefix=J",
                vec![],
                "",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            let mut all = vec![host.clone()];
            all.extend(headers.into_iter().map(|(name, value)| (name, value.to_owned())));
            let signed = Signed { method, path, query, headers: all, body: body.as_bytes() };
            let made = signer.headers(signed, "2013-05-24T00:00:00Z".parse().unwrap());
            let (_, authorization) = made.last().unwrap();
            let signature = authorization.expose().rsplit('=').next();
            assert_eq!(signature, Some(want), "{method} {path}?{query}");
            assert!(!format!("{signer:?}{made:?}").contains("EXAMPLE"), "{method}");
        }
    }

    #[test]
    fn what_an_address_cannot_hold_is_encoded() {
        assert_eq!(encoded("test$file.text"), "test%24file.text");
        assert_eq!(encoded("a b/é~-_.*'"), "a%20b%2F%C3%A9~-_.%2A%27");
    }
}

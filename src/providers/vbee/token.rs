//! The access token: a JWT (HS256) that says which application calls.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};

use crate::domain::secret::Secret;
use crate::providers::http_status;

/// What a token says. None of the vendor's samples has an expiry.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct VbeeTokenClaims {
    #[serde(rename = "apiKey")]
    pub(super) api_key: String,
    /// Seconds; two of the vendor's four samples send it, so both ways are known to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iat: Option<i64>,
}

/// A token dated a little back is valid for a server whose clock is a little behind.
const BACKDATED_SECS: i64 = 30;

/// Signs a token for one request.
pub(super) fn sign(api_key: &Secret, key: &EncodingKey, now: Timestamp) -> Secret {
    let claims =
        VbeeTokenClaims { api_key: api_key.expose().to_owned(), iat: Some(now.as_second() - BACKDATED_SECS) };
    let token = encode(&Header::new(Algorithm::HS256), &claims, key);
    Secret::new(&token.expect("HS256 takes a key of any length, and these claims are JSON"))
}

/// A token from the future is refused like a wrong one; says so when the clocks are far apart.
pub(super) fn clock_hint(server_time: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let ahead = now.as_second() - server_time?.as_second();
    (ahead > BACKDATED_SECS).then(|| http_status::clock_message(server_time, now))
}

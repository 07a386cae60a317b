//! Carries requests over HTTPS.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{DATE, HeaderMap, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::carrier::{Carrier, CarryError};
use crate::error::Error;
use crate::vendor::exchange::{Reply, Request};

/// No vendor's answer to a batch comes near this; a proxy's endless page must not fill the memory.
const MAX_REPLY_BYTES: usize = 8 << 20;

/// A server closes idle connections after 5 seconds (Node's default) or more. A request that runs
/// into the closing has an unknown outcome, so connections are given up before that.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Carries requests with reqwest.
#[derive(Debug)]
pub struct HttpCarrier {
    client: reqwest::Client,
}

impl HttpCarrier {
    /// A carrier that waits `timeout` for an answer. Proxies are taken from the environment.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(timeout: Duration) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(|client| Self { client }).map_err(|error| Error::Defect(chain(&error)))
    }
}

/// Trusts the built-in roots and, beside them, the system's: a container may have none, a company
/// may have its own.
fn tls() -> Result<rustls::ClientConfig, Error> {
    let mut roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(|error| Error::Defect(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl Carrier for HttpCarrier {
    async fn carry(&self, request: Request) -> Result<Reply, CarryError> {
        let mut builder = self.client.post(&request.url).body(request.body);
        for (name, value) in request.headers {
            builder = builder.header(name.as_ref(), value.expose());
        }
        let response = builder.send().await.map_err(|error| refine(&error.without_url()))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = bounded(response).await?;
        let date = header(&headers, &DATE).and_then(http_date);
        Ok(Reply { status, retry_after: retry_after(&headers, date), date, body })
    }
}

/// Reads the body as far as the bound; what is cut off or too long is no answer.
async fn bounded(mut response: reqwest::Response) -> Result<Bytes, CarryError> {
    let mut gathered = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(gathered.freeze()),
            Ok(Some(chunk)) if gathered.len() + chunk.len() <= MAX_REPLY_BYTES => {
                gathered.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                return Err(CarryError::Lost(format!("the answer was longer than {MAX_REPLY_BYTES} bytes")));
            }
            Err(error) => {
                return Err(CarryError::Lost(format!(
                    "the answer broke off: {}",
                    chain(&error.without_url())
                )));
            }
        }
    }
}

/// Only a failure to connect proves that the request never left.
fn refine(error: &reqwest::Error) -> CarryError {
    let why = chain(error);
    if error.is_connect() || error.is_builder() { CarryError::NotSent(why) } else { CarryError::Lost(why) }
}

/// An error with its causes, without the URL (which may hold an account's path).
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let one = error.to_string();
        if !text.contains(&one) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&one);
        }
        next = error.source();
    }
    text
}

fn header<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// `Retry-After` is a number of seconds or a date; a date is judged by the server's own clock.
fn retry_after(headers: &HeaderMap, date: Option<Timestamp>) -> Option<Duration> {
    let text = header(headers, &RETRY_AFTER)?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    http_date(text)?.duration_since(date?).try_into().ok()
}

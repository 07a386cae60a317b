//! Carries requests over HTTPS.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Method;
use http::header::{ACCEPT_ENCODING, DATE, HeaderMap, HeaderValue};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use url::Url;

use super::clock::Clock;
use super::decoding::{self, MAX_REPLY_BYTES};
use super::network::{Network, Proxy, place};
use super::request_fault::{self, RequestFault, chain};
use super::retry_after::{http_date, retry_after};
use super::transport::{Transport, TransportError};
use crate::domain::error::Error;
use crate::domain::secret::Secret;
use crate::providers::api::{Limits, Reply, Request};

/// A server closes idle connections after 5 seconds (Node's default) or more. A request that runs into the closing has
/// to go out once more, so connections are given up before that.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Enough of a proxy's answer to see its status.
const MAX_HEAD_BYTES: u64 = 1024;

/// Carries requests with reqwest.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    network: Network,
    /// Judges a date where the server tells no time of its own.
    clock: Arc<Clock>,
}

/// What any server answered.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Or why it cannot be read.
    pub(crate) body: Result<Bytes, String>,
}

/// Whether a connection serves more than one request.
///
/// A server may close an idle connection at any time, some without a word; a request that was just written to it is
/// lost, and nobody can say whether it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// It does: what is lost goes out again and rings nobody twice.
    Kept,
    /// It does not: a handshake for some hundred people costs less than one of them who is unknown.
    OneForEach,
}

impl HttpTransport {
    /// A transport that waits `timeout` for an answer.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        network: &Network,
        connections: Connections,
        timeout: Duration,
        clock: Arc<Clock>,
    ) -> Result<Self, Error> {
        // Answers are short, and what is not compressed cannot be spoiled on its way. What comes compressed
        // unasked is read all the same.
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        let known = network.clone();
        let by_way_of = move |url: &Url| Some(known.proxy(url).ok()??.address().clone());
        let client = reqwest::Client::builder()
            .default_headers(headers)
            .tls_backend_preconfigured(tls(network)?)
            .proxy(reqwest::Proxy::custom(by_way_of))
            .timeout(timeout)
            // Always the shorter of the two: what never connected must not be taken for a lost answer.
            .connect_timeout(CONNECT_TIMEOUT.min(timeout.mul_f64(0.5)))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(connections.idle_at_most())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .build();
        let network = network.clone();
        client.map(|client| Self { client, network, clock }).map_err(|error| Error::Defect(chain(&error)))
    }
}

impl HttpTransport {
    /// One request of any kind to any server.
    ///
    /// # Errors
    /// Says whether it may have arrived; where an address is to be mended, as if it were `vendor.base_url`.
    pub(crate) async fn exchange(
        &self,
        method: Method,
        url: &Url,
        headers: Vec<(Cow<'static, str>, Secret)>,
        body: Bytes,
    ) -> Result<HttpAnswer, TransportError> {
        let proxy = self.network.proxy(url).map_err(TransportError::Barred)?;
        let mut builder = self.client.request(method, url.clone()).body(body);
        for (name, value) in headers {
            builder = builder.header(name.as_ref(), value.expose());
        }
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => {
                return Err(match request_fault::classify(&error.without_url(), url, proxy.as_ref()) {
                    RequestFault::Known(error) => error,
                    RequestFault::NoTunnel(proxy) => {
                        request_fault::no_tunnel(refusal(proxy, url).await, url, proxy)
                    }
                });
            }
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = bounded(response).await.and_then(|body| decoding::decode(&headers, body));
        Ok(HttpAnswer { status, headers, body })
    }
}

impl Connections {
    /// What a vendor's limits allow.
    #[must_use]
    pub fn of(limits: Limits) -> Self {
        if limits.repeats.allow_same_request() { Self::Kept } else { Self::OneForEach }
    }

    fn idle_at_most(self) -> usize {
        match self {
            Self::Kept => usize::MAX,
            Self::OneForEach => 0,
        }
    }
}

fn tls(network: &Network) -> Result<rustls::ClientConfig, Error> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(|error| Error::Defect(error.to_string()))?;
    Ok(config.with_root_certificates(network.roots()?).with_no_client_auth())
}

impl Transport for HttpTransport {
    async fn send_request(&self, request: Request) -> Result<Reply, TransportError> {
        let url = Url::parse(&request.url)
            .map_err(|error| TransportError::Barred(format!("vendor.base_url is no address ({error})")))?;
        let HttpAnswer { status, headers, body } =
            self.exchange(request.method, &url, request.headers, request.body).await?;
        let date = headers.get(DATE).and_then(|date| http_date(date.to_str().ok()?));
        let retry_after = retry_after(&headers, date.unwrap_or_else(|| self.clock.now()));
        let (body, unreadable) = match body {
            Ok(body) => (body, None),
            Err(why) => (Bytes::new(), Some(why.into())),
        };
        Ok(Reply { status, retry_after, date, body, unreadable })
    }
}

/// Reads the body as far as the bound; what is cut off or too long is no answer.
async fn bounded(mut response: reqwest::Response) -> Result<Bytes, String> {
    let mut gathered = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(gathered.freeze()),
            Ok(Some(chunk)) if gathered.len().saturating_add(chunk.len()) <= MAX_REPLY_BYTES => {
                gathered.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                return Err(format!("the answer was longer than {MAX_REPLY_BYTES} bytes"));
            }
            Err(error) => {
                return Err(format!("the answer broke off: {}", chain(&error.without_url())));
            }
        }
    }
}

/// Asks a proxy for the way once more, to hear the status with which it refuses; the client does not tell it.
async fn refusal(proxy: &Proxy, url: &Url) -> Option<u16> {
    let address = proxy.address();
    if address.scheme() != "http" {
        return None;
    }
    let target = place(url);
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(credentials) = proxy.authorization() {
        request.extend_from_slice(&[b"Proxy-Authorization: ", credentials.as_bytes(), b"\r\n"].concat());
    }
    request.extend_from_slice(b"\r\n");
    let ask = async {
        let mut stream = TcpStream::connect(place(address)).await.ok()?;
        stream.write_all(&request).await.ok()?;
        let mut line = Vec::new();
        BufReader::new(stream.take(MAX_HEAD_BYTES)).read_until(b'\n', &mut line).await.ok()?;
        String::from_utf8_lossy(&line).split_ascii_whitespace().nth(1)?.parse().ok()
    };
    tokio::time::timeout(CONNECT_TIMEOUT, ask).await.ok()?
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use jiff::Timestamp;
    use tokio::net::TcpListener;

    use super::*;
    use crate::domain::batch::Batch;
    use crate::domain::contact::{Campaign, Contact};
    use crate::domain::outcome::Outcome;
    use crate::phone::Phone;
    use crate::providers::VendorConfig;
    use crate::providers::api::Verdict;

    const TAKEN: &str =
        r#"{"status":1,"result":[{"contact_id":"c1","so_dien_thoai":"+84987654321"}],"message":"Đã nhận"}"#;

    /// Answers one request with these bytes and closes; gives what was asked.
    async fn answer_once(listener: TcpListener, answer: Vec<u8>) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"}") {
            stream.read_buf(&mut asked).await.unwrap();
        }
        // The transport hangs up on what is too long.
        drop(stream.write_all(&answer).await);
        drop(stream.shutdown().await);
        String::from_utf8(asked).unwrap()
    }

    /// What Vbee's reader makes of such an answer on a real connection, and what was asked.
    async fn judged(status: u16, headers: &str, body: &[u8], length: usize) -> (Verdict, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let config = serde_json::json!({
            "vendor_type": "vbee", "campaign_id": "c", "base_url": format!("http://{}", listener.local_addr().unwrap()),
            "credentials": { "auth_type": "api_key", "api_key": "demo-key", "api_secret": "demo-secret" },
        });
        let vendor = serde_json::from_value::<VendorConfig>(config).unwrap().build();
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n");
        let server = tokio::spawn(answer_once(listener, [head.as_bytes(), body].concat()));
        let contact = Contact::new(Phone::e164("+84987654321"));
        let batch = Batch::new(Campaign::new("c"), vec![&contact], false);
        let transport = transport();
        let reply =
            transport.send_request(vendor.build_request(&batch, Timestamp::UNIX_EPOCH)).await.unwrap();
        (vendor.interpret(&batch, &reply), server.await.unwrap())
    }

    fn transport() -> HttpTransport {
        let clock = Arc::new(Clock::starting_at(Timestamp::UNIX_EPOCH));
        HttpTransport::new(&Network::default(), Connections::OneForEach, Duration::from_secs(30), clock)
            .unwrap()
    }

    fn compressed<W: Write>(mut encoder: W, finish: impl FnOnce(W) -> Vec<u8>, plain: &[u8]) -> Vec<u8> {
        encoder.write_all(plain).unwrap();
        finish(encoder)
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        compressed(
            GzEncoder::new(Vec::new(), Compression::best()),
            |encoder| encoder.finish().unwrap(),
            plain,
        )
    }

    fn zlib(plain: &[u8]) -> Vec<u8> {
        compressed(
            ZlibEncoder::new(Vec::new(), Compression::best()),
            |encoder| encoder.finish().unwrap(),
            plain,
        )
    }

    fn brotli(plain: &[u8]) -> Vec<u8> {
        let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        compressed(encoder, brotli::CompressorWriter::into_inner, plain)
    }

    #[tokio::test]
    async fn an_answer_is_read_as_its_headers_say() {
        let utf_16: Vec<u8> = TAKEN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (name, headers, body) in [
            ("plain", "", TAKEN.as_bytes().to_vec()),
            ("gzip", "Content-Encoding: gzip\r\n", gzip(TAKEN.as_bytes())),
            ("x-gzip", "Content-Encoding: X-GZIP\r\n", gzip(TAKEN.as_bytes())),
            ("deflate", "Content-Encoding: deflate\r\n", zlib(TAKEN.as_bytes())),
            ("brotli", "Content-Encoding: br\r\n", brotli(TAKEN.as_bytes())),
            ("two", "Content-Encoding: gzip\r\nContent-Encoding: br\r\n", brotli(&gzip(TAKEN.as_bytes()))),
            ("UTF-16", "Content-Type: application/json; charset=utf-16le\r\n", utf_16.clone()),
            ("both", "Content-Encoding: gzip\r\nContent-Type: text/plain;charset=UTF-16\r\n", gzip(&utf_16)),
        ] {
            let (verdict, asked) = judged(200, headers, &body, body.len()).await;
            let taken = Outcome::Accepted { contact_id: Some("c1".into()) };
            assert_eq!(verdict, Verdict::Settled(vec![taken]), "{name}");
            assert!(asked.to_lowercase().contains("\r\naccept-encoding: identity\r\n"), "{name}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_unclear_and_says_why() {
        let whole = gzip(TAKEN.as_bytes());
        let bomb = gzip(&vec![b' '; MAX_REPLY_BYTES + 1]);
        let long = vec![b' '; MAX_REPLY_BYTES + 1];
        for (name, headers, body, length, want) in [
            ("broken", "Content-Encoding: gzip\r\n", &whole[..20], 20, "compressed with gzip, and is broken"),
            ("unknown", "Content-Encoding: zstd\r\n", &whole[..], whole.len(), "compressed with zstd, which"),
            ("bomb", "Content-Encoding: gzip\r\n", &bomb[..], bomb.len(), "longer than 8388608 bytes"),
            ("long", "", &long[..], long.len(), "longer than 8388608 bytes"),
            ("unannounced", "", &whole[..], whole.len(), "compressed bytes that no header announces"),
            ("cut off", "", &b"{"[..], 2, "broke off"),
        ] {
            let (verdict, _) = judged(200, headers, body, length).await;
            let Verdict::Unclear { why } = verdict else { panic!("{name}: {verdict:?}") };
            assert!(why.contains(want), "{name}: {why}");
        }
    }

    #[tokio::test]
    async fn a_status_that_says_enough_counts_whatever_its_body_is() {
        let (headers, body) = ("Content-Encoding: zstd\r\nRetry-After: 7\r\n", b"?");
        for (status, want) in [(429, "Again"), (413, "Split"), (503, "Unclear"), (401, "Unclear")] {
            let (verdict, _) = judged(status, headers, body, 1).await;
            assert!(format!("{verdict:?}").starts_with(want), "{status}: {verdict:?}");
        }
    }
}

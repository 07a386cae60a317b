//! A bucket of Amazon S3, or of a store that speaks its protocol.
//!
//! Four requests are all that is needed, so they are made here: signed in the header (a signed address ends in
//! logs sooner or later), carried by the way that vendors' requests go (proxies, certificates, what an error
//! proves), and judged so that each mistake of a configuration has its own remedy.

mod answer;
mod sign;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use url::Url;

use super::error::{PutError, StorageError};
use crate::config::S3Config;
use crate::delivery::{Clock, Connections, HttpAnswer, HttpTransport, Network, TransportError};
use crate::domain::error::Error;
use crate::phone::shown;

use answer::{AnswerSubject, Judged, judge, text_of, texts};
use sign::{Signed, Signer, encoded};

/// Says whose put an object is, when the answer to it was lost.
const MARK: &str = "x-amz-meta-put-id";

/// The wait before a second attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How long somebody waits for a store that is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// A person at a form.
    Short,
    /// A sync.
    Long,
}

/// A bucket that things are put into.
#[derive(Debug)]
pub struct S3 {
    transport: HttpTransport,
    clock: Arc<Clock>,
    signer: Signer,
    bucket: String,
    bucket_path: String,
    /// The address that names are added to, without a slash at its end.
    base: String,
    attempts: u32,
    pause: Duration,
}

/// A request, unsigned.
struct Asked<'a> {
    method: Method,
    /// Blank for the bucket itself.
    name: &'a str,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    permission: &'static str,
}

impl S3 {
    pub(super) fn new(
        config: &S3Config,
        network: &Network,
        patience: Patience,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (attempts, timeout) = match patience {
            Patience::Short => (3, Duration::from_secs(20)),
            Patience::Long => (7, Duration::from_mins(1)),
        };
        let clock = Arc::new(Clock::starting_at(now));
        let transport = HttpTransport::new(network, Connections::Kept, timeout, Arc::clone(&clock))?;
        let signer = Signer {
            key_id: config.access_key_id.clone(),
            secret: config.secret_access_key.clone(),
            region: config.region().to_owned(),
        };
        Ok(Self {
            transport,
            clock,
            signer,
            bucket: config.s3_bucket_name.clone(),
            bucket_path: config.bucket_path.clone(),
            base: base(config),
            attempts,
            pause: FIRST_PAUSE,
        })
    }

    pub(super) fn place(&self) -> String {
        format!("the bucket {}", shown(&self.bucket))
    }

    /// An object, or a folder, as people write it.
    pub(super) fn address(&self, name: &str) -> String {
        format!("s3://{}/{name}", shown(&self.bucket))
    }

    /// A name under the folder that the configuration gives.
    pub(super) fn within(&self, name: &str) -> String {
        let steps = self.bucket_path.split('/').filter(|step| !step.is_empty());
        steps.chain([name]).collect::<Vec<_>>().join("/")
    }

    /// An answer that is lost may have been a success, so the object has a mark by which it is known again.
    pub(super) async fn put(&self, name: &str, kind: &'static str, body: &Bytes) -> Result<(), PutError> {
        let mark = format!("{:032x}", fastrand::u128(..));
        let asked = Asked {
            method: Method::PUT,
            name,
            query: String::new(),
            headers: vec![
                ("content-type", kind.to_owned()),
                ("if-none-match", "*".to_owned()),
                (MARK, mark.clone()),
            ],
            body: body.clone(),
            permission: "s3:PutObject",
        };
        let (judged, is_first) = self.repeated(&asked).await;
        match judged {
            Judged::Done(answer) if answer.headers.contains_key("etag") => Ok(()),
            Judged::Taken if !is_first && self.is_marked(name, &mark).await => Ok(()),
            Judged::Taken => Err(PutError::Taken),
            judged => Err(judged.error().into()),
        }
    }

    /// Whether an object is the one of this put. Who may not look takes it for another's: its rows are there
    /// twice then, and each says by its id that it is the same.
    async fn is_marked(&self, name: &str, mark: &str) -> bool {
        let asked = Asked {
            method: Method::HEAD,
            name,
            query: String::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            permission: "s3:GetObject",
        };
        let (judged, _) = self.repeated(&asked).await;
        matches!(judged, Judged::Done(answer) if answer.headers.get(MARK).is_some_and(|found| found == mark))
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let asked = Asked {
            method: Method::GET,
            name: "",
            query: format!("list-type=2&prefix={}", encoded(prefix)),
            headers: Vec::new(),
            body: Bytes::new(),
            permission: "s3:ListBucket",
        };
        match self.repeated(&asked).await.0 {
            Judged::Done(HttpAnswer { body: Ok(body), .. }) if text_of(&body, "IsTruncated").is_some() => {
                Ok(texts(&body, "Key"))
            }
            judged => Err(judged.error()),
        }
    }

    pub(super) async fn delete(&self, name: &str) -> Result<(), StorageError> {
        let asked = Asked {
            method: Method::DELETE,
            name,
            query: String::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            permission: "s3:DeleteObject",
        };
        match self.repeated(&asked).await.0 {
            Judged::Done(_) => Ok(()),
            judged => Err(judged.error()),
        }
    }

    /// Asks until there is an answer that stays, or the attempts are used up; gives whether it is the answer to the
    /// first request that may have arrived.
    async fn repeated(&self, asked: &Asked<'_>) -> (Judged, bool) {
        let (mut attempt, mut pause, mut is_first, mut is_corrected) = (1, self.pause, true, false);
        loop {
            let judged = match self.once(asked).await {
                Ok(answer) => {
                    judge(answer, AnswerSubject { bucket: &self.bucket, permission: asked.permission })
                }
                Err(TransportError::Barred(why)) => return (Judged::Never(of_storage(&why)), is_first),
                Err(TransportError::NotSent(why) | TransportError::Lost(why)) => {
                    Judged::Again(format!("{}: {}", self.place(), of_storage(&why)))
                }
            };
            match judged {
                Judged::ClockOff(Some(time)) if !is_corrected && self.clock.too_far_from(time).is_none() => {
                    self.clock.correct(time);
                    is_corrected = true;
                }
                Judged::Again(_) if attempt < self.attempts => {
                    attempt += 1;
                    is_first = false;
                    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                    pause *= 2;
                }
                Judged::Again(why) => {
                    return (Judged::Again(format!("{why}, after {attempt} attempts")), is_first);
                }
                judged => return (judged, is_first),
            }
        }
    }

    async fn once(&self, asked: &Asked<'_>) -> Result<HttpAnswer, TransportError> {
        let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
        let steps: Vec<String> = asked.name.split('/').map(encoded).collect();
        let address = format!("{}/{}{query}", self.base, steps.join("/"));
        let url = Url::parse(&address).map_err(|error| TransportError::Barred(error.to_string()))?;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = asked.headers.clone();
        headers.push(("host", host));
        let signed = Signed {
            method: asked.method.as_str(),
            path: url.path(),
            query: &asked.query,
            headers,
            body: &asked.body,
        };
        let headers = self.signer.headers(signed, self.clock.now());
        let headers = headers.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        self.transport.exchange(asked.method.clone(), &url, headers, asked.body.clone()).await
    }
}

/// Where a bucket is: at Amazon by a name of its own, elsewhere by a path.
fn base(config: &S3Config) -> String {
    let (bucket, region) = (&config.s3_bucket_name, config.region());
    let endpoint = config.s3_endpoint.trim_end_matches('/');
    if !endpoint.is_empty() {
        return format!("{endpoint}/{}", encoded(bucket));
    }
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    // No certificate is for a name with a dot more.
    if bucket.contains(['.', '_']) {
        format!("https://s3.{region}.{domain}/{bucket}")
    } else {
        format!("https://{bucket}.s3.{region}.{domain}")
    }
}

/// What is said of the way to a vendor, said of the way to the bucket.
fn of_storage(why: &str) -> String {
    why.replace("vendor.base_url", "object_storage_config.s3_endpoint")
}

//! What a bucket's answer means. Its words may hold keys and signatures, so only its code is repeated.

use http::header::DATE;
use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::delivery::{HttpAnswer, http_date};
use crate::phone::shown;
use crate::storage::StorageError;

/// What is said of a request's answer.
#[derive(Debug)]
pub(super) enum Judged {
    /// It did what was asked.
    Done(HttpAnswer),
    /// Something of this name is there.
    Taken,
    /// It may pass by itself; it may have been done.
    Again(String),
    /// The signature's time is not the server's, which shows this one.
    ClockOff(Option<Timestamp>),
    /// A person must mend it.
    Never(String),
}

/// What was asked, as far as it concerns who reads about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnswerSubject<'a> {
    pub(super) bucket: &'a str,
    pub(super) permission: &'static str,
}

/// Judges an answer.
pub(super) fn judge(answer: HttpAnswer, about: AnswerSubject<'_>) -> Judged {
    let status = answer.status;
    let body = answer.body.as_deref().unwrap_or_default();
    let code = text_of(body, "Code").filter(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let code = code.as_deref().unwrap_or_default();
    let bucket = shown(about.bucket);
    match (status, code) {
        (200..=299, _) => Judged::Done(answer),
        (_, "RequestTimeTooSkewed") => {
            let told = text_of(body, "ServerTime").and_then(|time| time.parse().ok());
            Judged::ClockOff(told.or_else(|| date(&answer)))
        }
        (_, "NoSuchBucket") => Judged::Never(format!(
            "there is no bucket {bucket}: correct object_storage_config.s3_bucket_name, or make the bucket"
        )),
        (_, "InvalidBucketName") => Judged::Never(format!(
            "{bucket} cannot be the name of a bucket: correct object_storage_config.s3_bucket_name"
        )),
        (_, "InvalidAccessKeyId") => Judged::Never(
            "object_storage_config.access_key_id is not known there: copy it again, and see whether the key was deleted or is of another account".to_owned(),
        ),
        (_, "SignatureDoesNotMatch") => Judged::Never(
            "object_storage_config.secret_access_key is not the secret of this access_key_id: copy both again".to_owned(),
        ),
        (_, "InvalidToken" | "ExpiredToken") => Judged::Never(
            "object_storage_config.access_key_id is of a session, and those end: use the keys of a user".to_owned(),
        ),
        (301 | 307, _) | (400, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
            elsewhere(&answer, body, &bucket)
        }
        (412, _) | (_, "PreconditionFailed") => Judged::Taken,
        (501, _) | (_, "NotImplemented") => Judged::Never(format!(
            "the server does not know what is asked of it (HTTP {status}); it must know If-None-Match, without which an object could be written over"
        )),
        (429 | 500.., _) | (_, "RequestTimeout" | "SlowDown" | "ConditionalRequestConflict" | "OperationAborted") => {
            Judged::Again(format!("the server of bucket {bucket} answers HTTP {status}{}", in_brackets(code)))
        }
        (401 | 403, _) => Judged::Never(format!(
            "bucket {bucket} refuses {}{}: allow it to the user of this access_key_id, for the bucket and for everything under bucket_path",
            about.permission,
            in_brackets(code)
        )),
        _ => Judged::Never(format!(
            "the server of bucket {bucket} answers HTTP {status}{}: is object_storage_config.s3_endpoint the address of an S3 server?",
            in_brackets(code)
        )),
    }
}

/// The bucket is in another region, which the answer may name.
fn elsewhere(answer: &HttpAnswer, body: &[u8], bucket: &str) -> Judged {
    let header = answer.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    let region = header.map(str::to_owned).or_else(|| text_of(body, "Region"));
    let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match region.filter(|region| !region.is_empty() && region.chars().all(is_region)) {
        Some(region) => Judged::Never(format!(
            "bucket {bucket} is in the region {region}: write that into object_storage_config.s3_bucket_region"
        )),
        // A bucket that was just made is found only after a while.
        None if answer.status == 307 => {
            Judged::Again(format!("the server of bucket {bucket} answers HTTP 307, a redirect that passes"))
        }
        None => Judged::Never(format!(
            "bucket {bucket} is in another region than object_storage_config.s3_bucket_region, or at another address than s3_endpoint (HTTP {})",
            answer.status
        )),
    }
}

fn in_brackets(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!(" ({code})") }
}

/// The server's clock.
fn date(answer: &HttpAnswer) -> Option<Timestamp> {
    http_date(answer.headers.get(DATE)?.to_str().ok()?)
}

/// The text of the first element of a name.
pub(super) fn text_of(xml: &[u8], name: &str) -> Option<String> {
    texts(xml, name).into_iter().next()
}

/// The texts of all elements of a name; what is no XML has none.
pub(super) fn texts(xml: &[u8], name: &str) -> Vec<String> {
    let Ok(xml) = str::from_utf8(xml) else { return Vec::new() };
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    loop {
        match (reader.read_event(), &mut open) {
            (Ok(Event::Start(start)), _) if start.name().as_ref() == name => open = Some(String::new()),
            (Ok(Event::Text(text)), Some(open)) => open.push_str(&text),
            (Ok(Event::GeneralRef(reference)), Some(open)) => {
                let named = quick_xml::escape::resolve_xml_entity(&reference).map(str::to_owned);
                let numbered = || reference.resolve_char_ref().ok().flatten().map(String::from);
                open.push_str(&named.or_else(numbered).unwrap_or_default());
            }
            (Ok(Event::End(_)), open) => found.extend(open.take()),
            (Ok(Event::Eof) | Err(_), _) => return found,
            _ => {}
        }
    }
}

impl Judged {
    /// The storage's own error, where it is one.
    pub(super) fn error(self) -> StorageError {
        match self {
            Self::Again(why) => StorageError::Unavailable(why),
            Self::Never(why) => StorageError::Unusable(why),
            Self::ClockOff(time) => {
                let shows = time.map_or_else(String::new, |time| format!(", which shows {time}"));
                StorageError::Unusable(format!(
                    "this machine's clock is not the server's{shows}: set the one that is wrong (NTP)"
                ))
            }
            Self::Taken | Self::Done(_) => StorageError::Unusable(
                "the server answers what it was not asked: is object_storage_config.s3_endpoint the address of an S3 server?"
                    .to_owned(),
            ),
        }
    }
}

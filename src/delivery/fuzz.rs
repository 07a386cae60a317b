//! Any bytes with any headers are an answer in UTF-8, within its bound, or refused.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;

use super::decoding::{self, MAX_REPLY_BYTES};
use super::retry_after::retry_after;

/// The longest text of a refusal: no answer is quoted in it.
const LONGEST_WORDS: usize = 300;

/// Lines of a letter and a value, a blank line, a body.
pub(crate) fn answers(data: &[u8]) {
    let end = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.and_then(|end| data.split_at_checked(end)).unwrap_or((&[], data));
    let body = body.strip_prefix(b"\n\n").unwrap_or(body);
    let headers: HeaderMap = head.split(|&byte| byte == b'\n').take(6).filter_map(header).collect();
    let wait = retry_after(&headers, Timestamp::UNIX_EPOCH);
    assert!(wait.is_none_or(|wait| wait.as_secs() <= 100 * 366 * 86_400), "{wait:?}");
    match decoding::decode(&headers, Bytes::copy_from_slice(body)) {
        // Two bytes of another character set are three of this one.
        Ok(text) => assert!(text.len() <= 3 * MAX_REPLY_BYTES.max(body.len()), "{} bytes", text.len()),
        Err(why) => assert!(why.len() < LONGEST_WORDS, "{why}"),
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (letter, value) = line.split_first()?;
    let name = match letter {
        b'e' => CONTENT_ENCODING,
        b't' => CONTENT_TYPE,
        _ => RETRY_AFTER,
    };
    Some((name, HeaderValue::from_bytes(value).ok()?))
}

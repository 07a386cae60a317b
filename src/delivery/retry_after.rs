//! When a server wants to be asked again, in every spelling that servers use.

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, RETRY_AFTER};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

/// A hundred years: longer waits say nothing more, and no clock could hold some of them.
const LONGEST: Duration = Duration::from_hours(24 * 365 * 100);

/// The longest wait that the headers ask for, from `now` on; none where they ask for nothing that can be understood.
///
/// Proxies on the way add values of their own, as a second header or after a comma.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let values = headers.get_all(RETRY_AFTER).iter().filter_map(|value| value.to_str().ok());
    values.filter_map(|value| longest(value, now)).max()
}

/// A moment in HTTP's three forms, or as electronic mail writes it.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let moment = httpdate::parse_http_date(text).ok().and_then(|time: SystemTime| time.try_into().ok());
    moment.or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

/// A wait for a person to read: who asks for days may have meant a date.
pub(super) fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().ceil();
    let days = wait.as_secs().div_euclid(86_400);
    if days < 2 { format!("{seconds} s") } else { format!("{seconds} s ({days} days)") }
}

fn longest(value: &str, now: Timestamp) -> Option<Duration> {
    let pieces: Vec<&str> = value.split(',').collect();
    let alone = pieces.iter().filter_map(|piece| seconds(piece).or_else(|| until(piece, now)));
    // Most dates hold a comma themselves.
    let pairs = pieces.windows(2).filter_map(|pair| until(&pair.join(","), now));
    alone.chain(pairs).max()
}

/// What is over is no wait, but still a word.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim().trim_matches('"');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let seconds: f64 = digits.parse().ok()?;
    if text.starts_with('-') {
        return Some(Duration::ZERO);
    }
    Some(Duration::try_from_secs_f64(seconds).map_or(LONGEST, |wait| wait.min(LONGEST)))
}

fn until(text: &str, now: Timestamp) -> Option<Duration> {
    let wait: SignedDuration = http_date(text)?.duration_since(now);
    Some(Duration::try_from(wait).map_or(Duration::ZERO, |wait| wait.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 1994-11-06T08:49:30Z, seven seconds before the standard's own example.
    const NOW: i64 = 784_111_770;

    fn asked(values: &[&str]) -> Option<f64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(RETRY_AFTER, value.parse().unwrap());
        }
        retry_after(&headers, Timestamp::from_second(NOW).unwrap()).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn a_wait_is_understood_in_every_spelling() {
        let longest = LONGEST.as_secs_f64();
        for (values, want) in [
            (&["5"][..], Some(5.0)),
            (&[" 5 "], Some(5.0)),
            (&["\"5\""], Some(5.0)),
            (&["+5"], Some(5.0)),
            (&["5.5"], Some(5.5)),
            (&["0"], Some(0.0)),
            (&["-5"], Some(0.0)),
            (&["5, 6"], Some(6.0)),
            (&["6,5"], Some(6.0)),
            (&["5", "6"], Some(6.0)),
            (&["6", "soon"], Some(6.0)),
            (&["Sun, 06 Nov 1994 08:49:37 GMT"], Some(7.0)),
            (&["Sunday, 06-Nov-94 08:49:37 GMT"], Some(7.0)),
            (&["Sun Nov  6 08:49:37 1994"], Some(7.0)),
            (&["Sun, 6 Nov 1994 09:49:37 +0100"], Some(7.0)),
            (&["Sun, 06 Nov 1994 08:49:37 GMT, 9"], Some(9.0)),
            (&["5, Sunday, 06-Nov-94 08:49:37 GMT, Sun Nov  6 08:49:39 1994"], Some(9.0)),
            (&["Sun, 06 Nov 1994 08:49:00 GMT"], Some(0.0)),
            (&["Thu, 01 Jan 1970 00:00:00 GMT"], Some(0.0)),
            (&["1790000000"], Some(1_790_000_000.0)),
            (&["18446744073709551615"], Some(longest)),
            (&["99999999999999999999999999999999999999999999"], Some(longest)),
            (&["Thu, 30 Dec 9999 22:00:00 GMT"], Some(longest)),
            (&["Fri, 31 Dec 9999 23:59:59 GMT"], None),
            (&["soon"], None),
            (&["1e3"], None),
            (&["inf"], None),
            (&["5s"], None),
            (&["1.2.3"], None),
            (&["."], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(asked(values), want, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(value in "[-+0-9a-zA-Z,.: \"]{0,60}", number in any::<i128>()) {
            for value in [value, number.to_string(), format!("Thu, 30 Dec {number} 22:00:00 GMT")] {
                prop_assert!(asked(&[&value]).is_none_or(|wait| wait <= LONGEST.as_secs_f64()));
            }
        }
    }
}

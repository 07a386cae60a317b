//! What an HTTP status says by itself, for every vendor: before the body is read, and without it.

// Times come from outside.
#![deny(clippy::arithmetic_side_effects)]

use jiff::Timestamp;

use super::api::{Blame, Reply, Verdict};
use super::endpoint::Endpoint;

/// What a body is, as far as it can outweigh a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing of the vendor's that anybody understands.
    None,
    /// The vendor's own, with a meaning.
    Known,
    /// The vendor's own, and says that the batch was taken.
    Taken,
}

/// Decides the replies whose status outweighs their body. `said` is what the body holds, for the log.
pub(super) fn before_body(
    reply: &Reply,
    endpoint: &Endpoint,
    word: Word,
    said: &dyn Fn() -> String,
) -> Option<Verdict> {
    let status = reply.status;
    match status {
        // These say that nothing was taken; the vendor's own program, that something was. Who believes the status
        // rings people twice.
        413 | 429 | 307 | 308 if word == Word::Taken => None,
        429 => Some(Verdict::Again {
            after: reply.retry_after,
            why: "HTTP 429: more requests than the vendor takes".to_owned(),
        }),
        // Who names a time for the next attempt took nothing in this one (RFC 9110, 15.6.4). Not so when the vendor's
        // own program, or somebody whom nobody understands, has answered.
        503 if reply.retry_after.is_some() && word == Word::None && reply.unreadable.is_none() => {
            Some(Verdict::Again {
                after: reply.retry_after,
                why: format!("HTTP 503 from {} with {}", endpoint.place, said()),
            })
        }
        // The request may have been carried out before whatever failed. (Below 200 is no answer.)
        ..200 | 500.. => Some(unreadable(reply, endpoint).unwrap_or_else(|| Verdict::Unclear {
            why: format!("HTTP {status} from {} with {}", endpoint.place, said()),
        })),
        413 => Some(Verdict::Split {
            why: format!("HTTP 413 from {}: the request is too large", endpoint.place),
        }),
        // These two alone say that the request was not carried out; 303 says that it was (RFC 9110, 15.4).
        307 | 308 => Some(Verdict::Halt { blame: Blame::User, why: elsewhere(status, endpoint) }),
        300..400 => Some(Verdict::Astray { why: elsewhere(status, endpoint) }),
        _ => None,
    }
}

fn elsewhere(status: u16, endpoint: &Endpoint) -> String {
    format!(
        "HTTP {status} from {}: this address points elsewhere, so it is not the API's; correct vendor.base_url (https, the right host, the right path)",
        endpoint.place
    )
}

/// Decides the replies whose body does not: it is not the vendor's, or holds a code nobody knows.
pub(super) fn without_code(reply: &Reply, endpoint: &Endpoint, said: &str) -> Verdict {
    if let Some(unclear) = unreadable(reply, endpoint) {
        return unclear;
    }
    let status = reply.status;
    let place = &endpoint.place;
    if status == 422 {
        // The vendor's own program read the whole request, and what it did about a part of it nobody says. Another batch
        // would fare no better.
        let why = format!("HTTP 422 from {place} with {said}: show this message to the vendor's support");
        return Verdict::Astray { why };
    }
    match advice(status) {
        Some(advice) => Verdict::Halt {
            blame: Blame::User,
            why: format!("HTTP {status} from {place} with {said}: {advice}"),
        },
        None => Verdict::Unclear { why: format!("HTTP {status} from {place} with {said}") },
    }
}

/// What to do about a status that proves that nothing was taken; none for those that prove nothing.
///
/// The list is closed: a request may have been carried out, or be under way, behind a 408, 409 or 425, behind a 406 (the
/// answer could not be written down as asked) and behind whatever a gateway makes up (420, 440, 460, 499 …).
fn advice(status: u16) -> Option<&'static str> {
    match status {
        // Decided by what was asked for, before anything is done about it.
        401 => Some(
            "something in front of the API wants other credentials; check vendor.base_url, then the credentials",
        ),
        403 | 451 => Some(
            "a firewall or an allow-list keeps this worker out; have its outgoing IP address admitted by the vendor, and check vendor.base_url",
        ),
        404 | 405 | 410 | 421 => {
            Some("the API is not at this address; correct vendor.base_url, its path included")
        }
        407 => Some(
            "a proxy between this worker and the vendor wants credentials; correct the proxy's settings of this worker",
        ),
        // The request's form and head are refused before its content is looked at.
        400 | 402 | 411 | 412 | 414 | 415 | 417 | 426 | 428 | 431 => Some(
            "the request was refused; check vendor.base_url, and show this message to the vendor's support",
        ),
        _ => None,
    }
}

/// A body that nobody could read may have held the vendor's yes, whatever it came with.
fn unreadable(reply: &Reply, endpoint: &Endpoint) -> Option<Verdict> {
    let why = reply.unreadable.as_ref()?;
    Some(Verdict::Unclear { why: format!("HTTP {} from {}: {why}", reply.status, endpoint.place) })
}

/// What a verdict about a probe means for the person who configures the connector.
pub(super) fn probe_result(verdict: Verdict, now: Timestamp) -> Result<(), String> {
    match verdict {
        Verdict::Settled(_) => Ok(()),
        Verdict::ClockOff { server_time } => Err(clock_message(server_time, now)),
        Verdict::Halt { why, .. } | Verdict::Astray { why } => Err(why),
        Verdict::Again { why, .. }
        | Verdict::Partly { why, .. }
        | Verdict::Split { why }
        | Verdict::Unclear { why } => Err(format!(
            "the vendor is not well now, so the credentials could not be judged: {why}. Try again in some minutes; if it stays so, check vendor.base_url and ask the vendor's support"
        )),
    }
}

/// By how much the two clocks differ.
pub(super) fn clock_message(server_time: Option<Timestamp>, now: Timestamp) -> String {
    let Some(server_time) = server_time else {
        return "the vendor says that the request's time is wrong; set this machine's clock (NTP)".to_owned();
    };
    let ahead = now.as_second().saturating_sub(server_time.as_second());
    let seconds = ahead.unsigned_abs();
    match ahead {
        0 => "the vendor says that the request's time is wrong, but its own clock agrees with this machine's; ask the vendor's support".to_owned(),
        1.. => format!("this machine's clock is {seconds} s ahead of the vendor's; set it right (NTP)"),
        _ => format!("this machine's clock is {seconds} s behind the vendor's; set it right (NTP)"),
    }
}

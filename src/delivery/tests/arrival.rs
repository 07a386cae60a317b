//! May it have arrived? A row for every way in which a request can end: only what proves that nothing was taken lets go
//! of the people, and everybody else is unknown at a vendor that does not recognise them a second time.

use super::*;

/// What an ending says of the people of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Nothing was taken: they are free for the next attempt, or the next sync.
    NotTaken,
    /// Nothing was taken, because of the only one who is in it.
    Refused,
    /// Nobody can say.
    Perhaps,
}

use Says::{NotTaken, Perhaps, Refused};

/// The ending of one request with one contact, with no time for a second.
async fn judge(vendor: Value, answer: Answer) -> (&'static str, Option<Error>) {
    let retry_policy = RetryPolicy { retry_for: Duration::ZERO, ..RULES };
    let run = deliver(vendor, 1, script([answer]), retry_policy).await;
    assert_eq!(run.requests.len(), 1);
    (names(&run.delivered)[0], run.delivered.failure)
}

async fn check(name: &str, answer: Answer, want: Says) {
    let (at_vbee, at_itnio) = match want {
        NotTaken => ("open", "open"),
        Refused => ("rejected", "rejected"),
        Perhaps => ("unknown", "open, maybe sent"),
    };
    assert_eq!(judge(vbee(), answer.clone()).await.0, at_vbee, "vbee: {name}");
    assert_eq!(judge(itnio(), answer).await.0, at_itnio, "itnio: {name}");
}

/// What a status says that no word of the vendor comes with.
fn of_status(status: u16) -> Says {
    match status {
        307 | 308 | 400..=405 | 407 | 410..=412 | 414 | 415 | 417 | 421 | 426 | 428 | 429 | 431 | 451 => {
            NotTaken
        }
        413 => Refused,
        // 1xx is no answer; 2xx without the vendor's word, 303 and 5xx answer what may have been carried out; 408, 409,
        // 422 and 425 speak of what may be under way; the rest nobody knows.
        _ => Perhaps,
    }
}

#[tokio::test(start_paused = true)]
async fn each_status_lets_go_of_people_only_where_it_proves_that_nothing_was_taken() {
    for status in 100..=999 {
        for page in ["<html>", "", "{}", r#"{"error":"?"}"#] {
            let name = format!("{status} with {page:?}");
            check(&name, json_reply(status, page), of_status(status)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_names_a_time_for_the_next_attempt_took_nothing() {
    let later = |status, body: &'static str| Reply {
        status,
        retry_after: Some(Duration::from_secs(6)),
        body: Bytes::from_static(body.as_bytes()),
        ..Reply::default()
    };
    let spring = r#"{"status":503,"error":"Service Unavailable","path":"/v1"}"#;
    let unreadable = Reply { unreadable: Some("it broke off".into()), ..later(503, "") };
    for (name, reply, want) in [
        ("503 with a page", later(503, "<html>"), NotTaken),
        ("503 with nothing", later(503, ""), NotTaken),
        ("503 of a gateway that speaks JSON", later(503, spring), NotTaken),
        ("503 that nobody can read", unreadable, Perhaps),
        ("500", later(500, "<html>"), Perhaps),
        ("502", later(502, "<html>"), Perhaps),
        ("504", later(504, "<html>"), Perhaps),
    ] {
        check(name, Ok(reply), want).await;
    }
    // The vendor's own word contradicts it.
    for (vendor, body, want) in [
        (vbee(), r#"{"status":1,"result":[]}"#, "unknown"),
        (vbee(), r#"{"status":0,"code":500}"#, "unknown"),
        (itnio(), r#"{"status":"0","data":[]}"#, "open, maybe sent"),
    ] {
        assert_eq!(judge(vendor, Ok(later(503, body))).await.0, want, "{body}");
    }
    let again = later(503, "busy");
    let run = deliver(vbee(), 1, script([Ok(again), json_reply(401, "")]), RULES).await;
    assert!(run.seconds >= 6.0 && run.requests.len() == 2, "{}", run.seconds);
}

/// A status may say that nothing was taken, and the vendor's own program that everything was.
#[tokio::test(start_paused = true)]
async fn who_the_vendor_itself_says_it_took_is_never_sent_again_whatever_the_status() {
    let added = r#"{"status":1,"result":[{"contact_id":"c","so_dien_thoai":"+14155550000"}]}"#;
    let taken = r#"{"status":"0","reason":"success","data":[]}"#;
    for status in 100..=999 {
        let (at_vbee, at_itnio) = match status {
            200..300 | 307 | 308 | 400..500 => ("accepted", "accepted"),
            _ => ("unknown", "open, maybe sent"),
        };
        assert_eq!(judge(vbee(), json_reply(status, added)).await.0, at_vbee, "vbee: {status}");
        assert_eq!(judge(itnio(), json_reply(status, taken)).await.0, at_itnio, "itnio: {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_failure_of_the_way_lets_go_of_people_only_where_nothing_left() {
    let why = || "words".to_owned();
    check("not sent", Err(TransportError::NotSent(why())), NotTaken).await;
    check("barred", Err(TransportError::Barred(why())), NotTaken).await;
    check("lost", Err(TransportError::Lost(why())), Perhaps).await;
    let failure = judge(vbee(), Err(TransportError::Barred(why()))).await.1;
    assert_eq!(failure.unwrap().failure_type(), FailureType::Config);
    let failure = judge(vbee(), Err(TransportError::NotSent(why()))).await.1;
    assert_eq!(failure.unwrap().failure_type(), FailureType::Transient);
}

#[tokio::test(start_paused = true)]
async fn each_code_of_a_vendor_lets_go_of_people_only_where_it_proves_that_nothing_was_taken() {
    let result = |says| match says {
        NotTaken => "open",
        Refused => "rejected",
        Perhaps => "maybe",
    };
    let of_itnio = |code| match code {
        -22 | -27 | -35 => Refused,
        -59..=-55 | -1 | -2 | -3 | -4 | -6 | -13 | -16 | -18 | -32 | -37 | -43 | -46 | -49 | -50 | -52 => {
            NotTaken
        }
        _ => Perhaps,
    };
    for code in -99..0 {
        let (got, _) = judge(itnio(), json_reply(200, &format!(r#"{{"status":"{code}"}}"#))).await;
        assert_eq!(got.replace("open, maybe sent", "maybe"), result(of_itnio(code)), "itnio {code}");
    }
    for code in (2..2000).chain([9999]) {
        let says = match code {
            401 | 1201 => NotTaken,
            1403 => Refused,
            _ => Perhaps,
        };
        let (got, _) = judge(vbee(), json_reply(200, &format!(r#"{{"status":0,"code":{code}}}"#))).await;
        assert_eq!(got.replace("unknown", "maybe"), result(says), "vbee {code}");
    }
}

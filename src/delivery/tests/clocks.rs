//! A machine and a vendor whose clocks differ.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_corrected_then_reported() {
    let clock_off = |seconds_off: i64| {
        let date = Timestamp::from_second(1_700_000_000).unwrap() + SignedDuration::from_secs(seconds_off);
        let body = Bytes::from_static(br#"{"status":"-4","reason":"timestamp expires"}"#);
        Ok(Reply { status: 200, date: Some(date), body, ..Reply::default() })
    };
    let run = deliver(itnio(), 1, script([clock_off(600)]), RULES).await;
    assert_eq!(run.requests[1].1.header("timestamp"), Some("1700000600"));
    assert_eq!(names(&run.delivered), ["accepted"]);

    let run = deliver(itnio(), 1, script([clock_off(600), clock_off(600)]), RULES).await;
    let Some(Error::Refused { why, .. }) = run.delivered.failure else { panic!("not stopped") };
    assert!(why.contains("600 s"), "{why}");
}

/// Vbee calls a token from the future what it calls a wrong one.
#[tokio::test(start_paused = true)]
async fn who_is_refused_by_a_server_of_another_time_asks_by_that_or_names_the_clock_first() {
    const REFUSED: &str = r#"{"status":0,"code":401,"message":"Unauthorized"}"#;
    const HOUR: i64 = 3_600;
    let refused = |seconds_off: i64| {
        let date = Timestamp::from_second(1_700_000_000).unwrap() + SignedDuration::from_secs(seconds_off);
        json_reply(401, REFUSED).map(|reply| Reply { date: Some(date), ..reply })
    };
    let added = r#"{"status":1,"result":[{"contact_id":"c","so_dien_thoai":"+14155550000"}]}"#;
    for (name, answers, n_requests, says) in [
        ("an hour ahead", vec![refused(-HOUR), json_reply(200, added)], 2, ""),
        ("an hour behind", vec![refused(HOUR), json_reply(200, added)], 2, ""),
        (
            "and the secret is wrong, too",
            vec![refused(HOUR), refused(HOUR)],
            2,
            "the access token is refused",
        ),
        (
            "weeks ahead",
            vec![refused(-400 * HOUR)],
            1,
            "this machine's clock is 17 days ahead of the vendor's",
        ),
        ("right, and the secret is wrong", vec![refused(1)], 1, "code vbee:401"),
        ("not told", vec![json_reply(401, REFUSED)], 1, "code vbee:401"),
    ] {
        let run = deliver(vbee(), 1, script(answers), RULES).await;
        assert_eq!(run.requests.len(), n_requests, "{name}");
        match run.delivered.failure {
            None => assert_eq!((names(&run.delivered), says), (vec!["accepted"], ""), "{name}"),
            Some(Error::Refused { ref why, .. }) => {
                assert!(!says.is_empty() && why.contains(says), "{name}: {why}");
                assert_eq!(why.starts_with("this machine's clock"), name == "weeks ahead", "{name}: {why}");
                assert!(why.contains("the access token is refused"), "{name}: {why}");
            }
            Some(other) => panic!("{name}: {other}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_days_away_stops_the_run_and_none_moves_the_ledgers_time() {
    let started = Timestamp::from_second(1_700_000_000).unwrap();
    for (days, direction) in [(40, "behind"), (-40, "ahead of"), (2_900_000, "behind")] {
        let date = started + SignedDuration::from_hours(days * 24);
        let body = Bytes::from_static(br#"{"status":"-4","reason":"timestamp expires"}"#);
        let reply = Reply { status: 200, date: Some(date), body, ..Reply::default() };
        let run = deliver(itnio(), 1, script([Ok(reply)]), RULES).await;
        let Some(Error::Refused { why, .. }) = run.delivered.failure else { panic!("not stopped") };
        assert!(why.contains(&format!("{} days {direction}", days.abs())), "{why}");
        assert_eq!(run.requests.len(), 1, "{days} days");
    }
    let clock = Clock::starting_at(started);
    clock.correct(started + SignedDuration::from_secs(600));
    assert_eq!((clock.uncorrected(), clock.now()), (started, started + SignedDuration::from_secs(600)));
}

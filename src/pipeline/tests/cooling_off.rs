//! Two campaigns want a person at the same time: what becomes of the first attempt decides about the second.

use super::limits::options;
use super::*;
use crate::domain::reason::Reason;
use crate::ledger::ContactStatus::{Elsewhere, Free};
use crate::ledger::sqlite::{Memory, Sqlite};
use crate::ledger::{LedgerOptions, LedgerRules};

/// Streams to two campaigns, each contact in a request of its own.
fn two_campaigns() -> Value {
    let fields = json!([{ "field": "phone_number", "column": "phone_number" }]);
    json!({
        "ledger": { "ledger_type": "sqlite", "path": "/ledger.sqlite" },
        "rules": { "cooling_off_hours": 24 },
        "streams": [
            { "stream": "one", "campaign": "9", "fields": fields },
            { "stream": "two", "campaign": "77", "fields": fields },
        ],
        "delivery": { "max_requests_per_second": 0, "batch_size": 1 },
    })
}

fn refuses_for_the_first(body: &Value) -> Result<Reply, TransportError> {
    if body["jobId"] == 77 {
        return takes_all(body);
    }
    let refusal = Bytes::from_static(br#"{"status":"-22","reason":"no"}"#);
    Ok(Reply { status: 200, body: refusal, ..Reply::default() })
}

#[tokio::test(start_paused = true)]
async fn who_is_being_handed_over_to_another_campaign_waits_for_what_becomes_of_that() {
    let cases: [(_, super::status::Answer, _, _, _); 2] = [
        ("the vendor takes them", takes_all, [1, 1, 0], 1, vec![(1, 1.0, 0.0), (2, 0.0, 1.0)]),
        ("the vendor refuses them", refuses_for_the_first, [1, 0, 1], 2, vec![(1, 0.0, 1.0), (2, 1.0, 0.0)]),
    ];
    for (name, answer, ended, n_requests, counts) in cases {
        for takes in [Duration::from_millis(50), Duration::from_secs(50)] {
            let lines = [record("one", 1), record("two", 1), state("one", 1), state("two", 2)];
            let sync = Sync { config: two_campaigns(), answer, takes, ..Sync::of(lines) };
            let rules = LedgerRules { do_not_call: None, cooling_off_hours: 24 };
            let options = LedgerOptions { rules, ..options() };
            let memory = Memory::new().unwrap();
            let ledger = Sqlite::in_memory(&memory, &options, None, Timestamp::UNIX_EPOCH).unwrap().0;
            let ran = sync.run_with(Arc::new(ledger)).await;
            assert!(ran.failure.is_none(), "{name}, {takes:?}: {:?}", ran.failure);
            let RunStats { accepted, suppressed, rejected, duplicate, .. } = ran.stats;
            assert_eq!(([accepted, suppressed, rejected], duplicate), (ended, 0), "{name}, {takes:?}");
            assert_eq!((ran.requests.len(), ran.counts()), (n_requests, counts.clone()), "{name}, {takes:?}");
            let is_told = ran.stdout.contains("being handed over to another campaign; asking");
            assert_eq!(is_told, takes > Duration::from_secs(4), "{name}, {takes:?}: {}", ran.stdout);
            let longest = takes * u32::try_from(n_requests).unwrap() + Duration::from_secs(5);
            assert!(ran.seconds < longest.as_secs_f64(), "{name}, {takes:?}: {} s", ran.seconds);
        }
    }
}

/// Whoever accounts for a person by the same key does so; an attempt for another campaign accounts for nobody here.
#[tokio::test(start_paused = true)]
async fn a_wait_for_somebody_elses_attempt_has_an_end_and_a_reason() {
    for (name, own, ended, reason, seconds) in [
        ("the same campaign's", Elsewhere, [0, 1, 0], Reason::InAnotherRun, 120.0..125.0),
        ("another campaign's", Free, [0, 0, 1], Reason::CoolingOff, 180.0..185.0),
    ] {
        let (looked_up, claimed) = (vec![own], vec![Elsewhere]);
        let ledger = Arc::new(ScriptedLedger { looked_up, claimed, ..ScriptedLedger::default() });
        let sync = Sync { config: two_campaigns(), ..Sync::of([record("one", 1), state("one", 1)]) };
        let ran = sync.run_with(ledger).await;
        assert!(ran.failure.is_none(), "{name}: {:?}", ran.failure);
        let RunStats { accepted, duplicate, suppressed, reasons, .. } = &ran.stats;
        assert_eq!([*accepted, *duplicate, *suppressed], ended, "{name}");
        assert_eq!(reasons.get(&reason), Some(&1), "{name}");
        assert!(seconds.contains(&ran.seconds), "{name}: {} s", ran.seconds);
        assert_eq!(ran.requests.len(), 0, "{name}");
    }
}

/// One of the first campaign's people is wanted by the second one, too, beside two of its own: it may have two a day.
#[tokio::test(start_paused = true)]
async fn whoever_waits_keeps_no_place_in_the_day_from_others() {
    let mut config = two_campaigns();
    config["delivery"]["batch_size"] = json!(2);
    config["limits"] = json!({ "max_contacts_per_day": 2 });
    let wanted = [("one", 1), ("one", 5), ("two", 1), ("two", 2), ("two", 3)];
    let lines = wanted.map(|(stream, n)| record(stream, n)).into_iter().chain([state("two", 1)]);
    let sync = Sync { config, takes: Duration::from_secs(50), ..Sync::of(lines) };
    let rules = LedgerRules { do_not_call: None, cooling_off_hours: 24 };
    let options = LedgerOptions { rules, ..options() };
    let memory = Memory::new().unwrap();
    let ledger = Sqlite::in_memory(&memory, &options, None, Timestamp::UNIX_EPOCH).unwrap().0;
    let ran = sync.run_with(Arc::new(ledger)).await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    // The second campaign's day is full when the first one has called them.
    assert_eq!((ran.stats.accepted, ran.stats.suppressed), (4, 0), "{}", ran.stdout);
}

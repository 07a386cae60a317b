//! What the ledger says of people when they are looked up and when they are claimed, and what follows from it.

use super::*;
use crate::domain::error::FailureType;
use crate::ledger::{ContactStatus, Settlement};

/// A vendor's rule.
pub(super) type Answer = fn(&Value) -> Result<Reply, TransportError>;

#[tokio::test(start_paused = true)]
async fn a_ledger_that_says_too_little_stops_the_run_before_anybody_is_sent() {
    for (name, looked_up, claimed, want) in [
        ("look-up", 1, 0, "0 statuses for 1 contacts"),
        ("claim", 0, 1, "1 statuses for 2 contacts"),
        ("claim of nobody", 0, 2, "0 statuses for 2 contacts"),
    ] {
        let ledger = Arc::new(ScriptedLedger {
            too_few_looked_up: looked_up,
            too_few_claimed: claimed,
            ..ScriptedLedger::default()
        });
        let sync = Sync::of([record("one", 1), record("one", 2), state("one", 1)]);
        let ran = sync.run_with(Arc::clone(&ledger)).await;
        let failure = ran.failure.unwrap_or_else(|| panic!("{name}: the run went on"));
        assert_eq!(failure.failure_type(), FailureType::System, "{name}");
        assert!(failure.to_string().ends_with(want), "{name}: {failure}");
        assert_eq!((ran.requests.len(), ran.stats.settled()), (0, 0), "{name}");
        assert!(!ran.stdout.contains(r#""type":"STATE""#), "{name}: {}", ran.stdout);
    }
}

/// Where the vendor recognises repeats, or the user lets people be sent again, one who may have been sent before
/// says nothing about the others of the batch.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_somebody_new_is_one_though_another_of_the_batch_may_have_been_sent_before() {
    #[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
    fn itnio_refuses(body: &Value) -> Result<Reply, TransportError> {
        let persons = body["customerPersons"].as_array().unwrap();
        let line =
            |person: &Value| format!("Not wanted,Phone Number:{}", person["phoneNumber"].as_str().unwrap());
        let lines: Vec<_> = persons.iter().map(line).collect();
        let body = json!({ "status": "0", "data": lines }).to_string();
        Ok(Reply { status: 200, body: body.into(), ..Reply::default() })
    }
    #[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
    fn vbee_adds_nobody(_: &Value) -> Result<Reply, TransportError> {
        Ok(Reply {
            status: 200,
            body: Bytes::from_static(br#"{"status":1,"result":[]}"#),
            ..Reply::default()
        })
    }
    let vbee = json!({
        "vendor": { "vendor_type": "vbee", "campaign_id": "c", "credentials": { "auth_type": "access_token", "access_token": "t" } },
        "delivery": { "max_requests_per_second": 0, "on_unknown_outcome": "resend" },
    });
    let by_vendor: [(_, _, Answer); 2] =
        [("itnio", json!({}), itnio_refuses), ("Vbee", vbee, vbee_adds_nobody)];
    for (name, config, answer) in by_vendor {
        let claimed = vec![ContactStatus::Unknown, ContactStatus::Free, ContactStatus::Unknown];
        let ledger = Arc::new(ScriptedLedger { claimed, ..ScriptedLedger::default() });
        let mut sync = Sync::of([
            record("one", 1),
            record("one", 2),
            record("one", 3),
            record("one", 4),
            state("one", 1),
        ]);
        sync.config = config;
        sync.answer = answer;
        let ran = sync.run_with(Arc::clone(&ledger)).await;
        assert!(ran.failure.is_none(), "{name}: {:?}", ran.failure);
        assert_eq!((ran.stats.rejected, ran.stats.unknown), (2, 2), "{name}: {}", ran.stdout);
        assert_eq!((ran.requests.len(), ran.counts()), (2, vec![(1, 0.0, 4.0)]), "{name}");
        let settlements = std::mem::take(&mut *ledger.settlements.lock().unwrap());
        let kind = |settlement: &Settlement| matches!(settlement, Settlement::Rejected { .. });
        assert_eq!(settlements.iter().map(kind).collect::<Vec<_>>(), [true, true, false, false], "{name}");
        assert_eq!(
            settlements.iter().filter(|settlement| **settlement == Settlement::Unknown).count(),
            2,
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_of_somebody_new_those_who_may_have_been_sent_before_are_not_sent() {
    #[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
    fn refuses(_: &Value) -> Result<Reply, TransportError> {
        let body = Bytes::from_static(br#"{"status":"-32","reason":"no such job"}"#);
        Ok(Reply { status: 200, body, ..Reply::default() })
    }
    let claimed = vec![ContactStatus::Unknown];
    let ledger = Arc::new(ScriptedLedger { claimed, ..ScriptedLedger::default() });
    let mut sync = Sync::of([record("one", 1), record("one", 2), state("one", 1)]);
    sync.answer = refuses;
    let ran = sync.run_with(Arc::clone(&ledger)).await;
    assert!(matches!(ran.failure, Some(Error::Refused { .. })), "{:?}", ran.failure);
    assert_eq!((ran.requests.len(), ran.stats.settled(), ran.counts()), (1, 0, vec![]));
    assert_eq!(*ledger.settlements.lock().unwrap(), [Settlement::Released, Settlement::Unknown]);
}

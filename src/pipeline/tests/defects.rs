//! What cannot happen stops the run, and leaves no STATE waiting for ever.

use super::*;
use crate::delivery::{ContactResult, DeliveryResult};
use crate::domain::error::FailureType;
use crate::domain::stream_name::StreamName;
use crate::intake::{Event, LedgerLookup, Origin, PendingContact, RecordPosition};
use crate::ledger::Key;
use crate::protocol::CatalogStream;

fn contact_of(sync: &Sync) -> PendingContact {
    let vendor = sync.config().vendor.build();
    let name = StreamName { namespace: String::new(), name: "one".to_owned() };
    let stream = CatalogStream { name: name.clone(), ..CatalogStream::default() };
    let context = RunContext { sync_id: String::new(), now: Timestamp::UNIX_EPOCH };
    let mappings =
        mapping::compile_catalog(&sync.config(), &vendor, &[StreamShape::from(&stream)], &context).unwrap();
    let event = Router::new([name], mappings, None).read_line(record("one", 1).as_bytes()).unwrap();
    let Some(Event::Contact(pending)) = event else { panic!("{event:?}") };
    pending
}

fn pipeline(sync: &Sync) -> Pipeline<ScriptedTransport, NoopLedger, Stdout> {
    let (run, _) = RunHandle::new(Arc::new(Clock::starting_at(Timestamp::UNIX_EPOCH)));
    let transport = ScriptedTransport { takes: sync.takes, answer: sync.answer, requests: Arc::default() };
    let retry_policy = RetryPolicy { retry_for: Duration::ZERO, resend: false };
    let options = DeliveryOptions { rate_limiter: RateLimiter::new(0), retry_policy, seed: 7 };
    let deliverer = Deliverer::new(sync.config().vendor.build(), transport, run.clone(), options);
    let plan = Plan {
        streams: vec![(StreamName { namespace: String::new(), name: "one".to_owned() }, None)],
        ..plan(&sync.config())
    };
    let output = Output::new(Stdout::default());
    Pipeline::new(plan, Arc::new(deliverer), Arc::new(NoopLedger), output, run, Archive::default())
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_accounted_for_stops_the_run() {
    let sync = Sync::of([]);
    let pending = contact_of(&sync);
    let not_asked = LedgerLookup::NotAsked(Key::default().into());
    let later =
        RecordPosition { interval: pending.origin.position.interval.next(), ..pending.origin.position };
    let later = Origin { position: later, ..pending.origin.clone() };
    for (name, event, left_open, want) in [
        (
            "not looked up",
            PendingContact { lookup: not_asked, ..pending.clone() },
            false,
            "was not asked about a contact",
        ),
        (
            "of no interval",
            PendingContact { origin: later, ..pending.clone() },
            false,
            "for which no STATE waits (interval 1)",
        ),
        ("left open", pending.clone(), true, "left 1 contacts without an outcome"),
    ] {
        let mut pipeline = pipeline(&sync);
        pipeline
            .take_events(EventBatch { events: vec![Event::Contact(event.clone())], ..EventBatch::default() });
        assert_eq!(pipeline.failure.is_none(), left_open, "{name}: {:?}", pipeline.failure);
        if left_open {
            let contacts = vec![(event, ContactResult::Open { maybe_sent: false })];
            pipeline.record_delivery(DeliveryResult { contacts, failure: None });
        }
        let failure = pipeline.failure.unwrap_or_else(|| panic!("{name}: the run went on"));
        assert_eq!(failure.failure_type(), FailureType::System, "{name}");
        assert!(failure.to_string().contains(want), "{name}: {failure}");
    }
}

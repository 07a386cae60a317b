//! How a run ends when the vendor, the ledger or both do not answer, and somebody wants it to end.

use super::*;
use crate::ledger::Settlement;

/// Longer than anything may take.
const NEVER: Duration = Duration::from_secs(100_000);

/// A vendor that calls again whoever is sent again.
fn repeats_ring_twice() -> Value {
    json!({ "vendor_type": "itnio", "api_key": "key", "api_secret": "secret-1", "app_id": "A", "job_id": 9, "skip_already_called": false })
}

#[tokio::test(start_paused = true)]
async fn everything_is_heard_while_the_ledger_waits() {
    let mut sync = Sync::of([record("one", 1), state("one", 1), record("one", 2)]);
    sync.lines[2].0 = Duration::from_secs(1);
    sync.signals_after = vec![Duration::from_secs(20)];
    let look_ups_take = Mutex::new(vec![NEVER, Duration::ZERO, Duration::ZERO]);
    let ran = sync.run_with(Arc::new(ScriptedLedger { look_ups_take, ..ScriptedLedger::default() })).await;
    assert!(matches!(ran.failure, Some(Error::Interrupted("SIGTERM"))), "{:?}", ran.failure);
    assert_eq!((ran.stats.received, ran.stats.accepted, ran.counts()), (1, 1, vec![(1, 1.0, 0.0)]));
    assert!(ran.stdout.contains("waiting for the ledger"), "{}", ran.stdout);
    assert!((20.0..21.0).contains(&ran.seconds), "{} s", ran.seconds);
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_in_time_whatever_does_not_answer() {
    let (slow, quick) = (NEVER, Duration::from_millis(50));
    // The batch leaves after 5 s; the end is awaited from the last signal, or from the end of the input on.
    for (name, vendor, settling, closing, signals, seconds) in [
        ("answer, one signal", slow, quick, quick, vec![6], 6 + 7),
        ("answer, two signals", slow, quick, quick, vec![6, 1], 6 + 1),
        ("answer, a signal before it left", slow, quick, quick, vec![4], 4),
        ("settling, one signal", quick, slow, quick, vec![6], 6 + 9),
        ("settling, two signals", quick, slow, quick, vec![6, 1], 6 + 1),
        ("both, three signals", slow, slow, slow, vec![6, 1, 0], 6 + 1),
        ("closing, one signal", slow, quick, slow, vec![6], 6 + 9),
        ("closing, no signal", quick, quick, slow, vec![], 5 + 60),
        ("answer, no signal", slow, quick, quick, vec![], 100_000),
    ] {
        let mut sync = Sync::of([record("one", 1), state("one", 1)]);
        sync.lines.push((Duration::from_secs(5), String::new()));
        if closing < NEVER || !signals.is_empty() {
            sync.lines.push((NEVER, String::new()));
        }
        sync.takes = vendor;
        sync.signals_after = signals.iter().map(|after| Duration::from_secs(*after)).collect();
        let ledger =
            ScriptedLedger { settling_takes: settling, closing_takes: closing, ..ScriptedLedger::default() };
        let ran = sync.run_with(Arc::new(ledger)).await;
        let late = ran.seconds - f64::from(seconds);
        assert!((-0.1..1.0).contains(&late) || seconds > 1_000, "{name}: {} s", ran.seconds);
        match (signals.len(), ran.failure) {
            (0, None) if closing < NEVER => {}
            (0, Some(Error::LedgerUnavailable(_))) if closing == NEVER => {}
            (1, Some(Error::Interrupted("SIGTERM"))) | (2.., Some(Error::Hurried("SIGTERM"))) => {}
            (_, failure) => panic!("{name}: {failure:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whose_answer_is_not_awaited_is_unknown_and_comes_again_only_where_that_rings_nobody_twice() {
    for (name, config, n_unknown, counts) in [
        ("repeats are recognised", json!({}), 0, vec![]),
        ("repeats ring twice", json!({ "vendor": repeats_ring_twice() }), 1, vec![(1, 0.0, 1.0)]),
    ] {
        for n_signals in [1, 2] {
            let mut sync = Sync::of([record("one", 1), state("one", 1)]);
            sync.lines.push((NEVER, String::new()));
            sync.config = config.clone();
            sync.takes = NEVER;
            sync.signals_after = vec![Duration::from_secs(6); n_signals];
            let ledger = Arc::new(ScriptedLedger::default());
            let ran = sync.run_with(Arc::clone(&ledger)).await;
            let ended = (ran.stats.unknown, ran.counts(), ran.requests.len());
            assert_eq!(ended, (n_unknown, counts.clone(), 1), "{name}, {n_signals} signals");
            assert_eq!(
                *ledger.settlements.lock().unwrap(),
                [Settlement::Unknown],
                "{name}, {n_signals} signals"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_panics_leaves_nobody_without_an_ending() {
    fn panics(_: &Value) -> Result<Reply, TransportError> {
        panic!("with the number 84980000001")
    }
    for (name, config, n_unknown, counts) in [
        ("repeats are recognised", json!({}), 0, vec![]),
        ("repeats ring twice", json!({ "vendor": repeats_ring_twice() }), 1, vec![(1, 0.0, 1.0)]),
    ] {
        let mut sync = Sync::of([record("one", 1), state("one", 1)]);
        sync.config = config;
        sync.answer = panics;
        let ledger = Arc::new(ScriptedLedger::default());
        let ran = sync.run_with(Arc::clone(&ledger)).await;
        assert!(matches!(ran.failure, Some(Error::Defect(_))), "{name}: {:?}", ran.failure);
        assert_eq!((ran.stats.unknown, ran.counts()), (n_unknown, counts), "{name}");
        assert_eq!(*ledger.settlements.lock().unwrap(), [Settlement::Unknown], "{name}");
    }
}

//! Nothing is handed over outside of the window, whatever has waited for what.

use super::status::Answer;
use super::*;
use crate::domain::error::FailureType;
use crate::ledger::sqlite::{Memory, Sqlite};

/// Opens at midnight, for a minute; the clock of these runs begins half a minute before the end.
fn window(zone: &Value) -> Value {
    let mut window = json!({ "from": "00:00", "to": "00:01" });
    window.as_object_mut().unwrap().extend(zone.as_object().unwrap().clone());
    json!({ "window": window })
}

fn one_zone() -> Value {
    window(&json!({ "time_zone": "UTC" }))
}

fn own_zone() -> Value {
    window(&json!({ "time_zone_column": "tz" }))
}

fn sync(rules: &Value, lines: Vec<(u64, String)>) -> Sync {
    let lines = lines.into_iter().map(|(pause, line)| (Duration::from_secs(pause), line)).collect();
    let config = json!({ "rules": rules });
    Sync { lines, config, starts_at: Timestamp::from_second(30).unwrap(), ..Sync::of([]) }
}

fn record_in(zone: &Value, n: u32) -> String {
    let data = json!({ "phone_number": format!("+8498{n:07}"), "tz": zone });
    json!({ "type": "RECORD", "record": { "stream": "one", "data": data, "emitted_at": 1 } }).to_string()
}

#[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
fn is_busy(_: &Value) -> Result<Reply, TransportError> {
    Ok(Reply { status: 429, ..Reply::default() })
}

fn is_lost(_: &Value) -> Result<Reply, TransportError> {
    Err(TransportError::Lost("the connection broke".to_owned()))
}

fn assert_closed(name: &str, ran: &Ran) {
    let failure = ran.failure.as_ref().unwrap_or_else(|| panic!("{name}: the run went on"));
    assert_eq!(failure.failure_type(), FailureType::Transient, "{name}: {failure}");
    let told = failure.to_string();
    assert!(told.ends_with("it opens Friday 1970-01-02 00:00 (UTC)"), "{name}: {told}");
    assert_in_time(name, ran);
}

fn assert_in_time(name: &str, ran: &Ran) {
    let late =
        ran.requests.iter().filter(|(at, _)| at.duration_since(ran.started) >= Duration::from_secs(30));
    assert_eq!(late.count(), 0, "{name}: a request left outside of the window");
}

#[tokio::test(start_paused = true)]
async fn outside_of_the_window_a_run_stops_before_its_first_request_and_passes_nobody_by() {
    let lines =
        vec![(0, record("one", 1)), (0, state("one", 1)), (0, record("one", 2)), (0, state("one", 2))];
    let mut sync = sync(&one_zone(), lines);
    sync.starts_at = Timestamp::from_second(60).unwrap();
    let ran = sync.run().await;
    assert_closed("closed", &ran);
    assert_eq!((ran.requests.len(), ran.states().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_calls_nobody_needs_no_window() {
    for (name, lines, n_states) in [
        ("states alone", vec![(0, state("one", 1))], 1),
        ("nobody new", vec![(0, record_of("one", "n/a")), (0, state("one", 1))], 1),
    ] {
        let mut sync = sync(&one_zone(), lines);
        sync.starts_at = Timestamp::from_second(3600).unwrap();
        let ran = sync.run().await;
        assert!(ran.failure.is_none(), "{name}: {:?}", ran.failure);
        assert_eq!(ran.states().len(), n_states, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_the_window_to_open_hands_over_inside() {
    let mut sync = sync(&one_zone(), vec![(90, record("one", 1)), (0, state("one", 1))]);
    // A minute before midnight.
    sync.starts_at = Timestamp::from_second(86_400 - 60).unwrap();
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!((ran.stats.accepted, ran.states().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_reaches_the_end_of_the_window_stops_as_after_a_failure() {
    let first = || vec![(0, record("one", 1)), (0, state("one", 1))];
    for (name, mut lines, takes, accepted, n_states) in [
        ("the source is slow", vec![(60, record("one", 2)), (0, state("one", 2))], 1, 1, 1),
        ("a batch still waits for its age", vec![(27, record("one", 2)), (0, state("one", 2))], 1, 1, 1),
        ("what is under way is heard out", vec![(60, record("one", 2)), (0, state("one", 2))], 40, 1, 1),
    ] {
        lines.splice(0..0, first());
        let mut sync = sync(&one_zone(), lines);
        sync.takes = Duration::from_secs(takes);
        if name.starts_with("a batch") {
            // The source stays open, and what it gave last is gathered when the window closes.
            sync.lines.push((Duration::from_mins(10), state("one", 3)));
        }
        let ran = sync.run().await;
        assert_closed(name, &ran);
        assert_eq!((ran.stats.accepted, ran.states().len()), (accepted, n_states), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_read_everything_ends_well_though_its_last_answer_comes_later() {
    let mut sync = sync(&one_zone(), vec![(0, record("one", 1)), (0, state("one", 1))]);
    sync.takes = Duration::from_secs(50);
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!((ran.stats.accepted, ran.states().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_leaves_after_the_window_has_closed() {
    let mut sync = sync(&one_zone(), vec![(0, record("one", 1)), (0, state("one", 1))]);
    sync.answer = is_busy;
    sync.starts_at = Timestamp::from_second(50).unwrap();
    let ran = sync.run().await;
    assert_closed("one zone", &ran);
    let late =
        ran.requests.iter().filter(|(at, _)| at.duration_since(ran.started) >= Duration::from_secs(10));
    assert_eq!(
        (ran.requests.len() > 1, late.count()),
        (true, 0),
        "it tried again while it could, and no longer"
    );
    assert_eq!((ran.stats.settled(), ran.states().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn each_persons_own_clock_decides_when_each_goes_by_their_own() {
    let zones =
        [json!("UTC"), json!("Asia/Ho_Chi_Minh"), json!(""), Value::Null, json!("Mars/Base"), json!(" utc ")];
    let mut lines: Vec<_> = zones.iter().zip(1..).map(|(zone, n)| (0, record_in(zone, n))).collect();
    lines.push((0, state("one", 1)));
    let ran = sync(&own_zone(), lines).run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!(ran.stats.reasons_in_words(), "no_time_zone 3, outside_window 1");
    assert_eq!((ran.stats.accepted, ran.counts()), (2, vec![(1, 2.0, 4.0)]));
}

#[tokio::test(start_paused = true)]
async fn who_waited_until_their_window_closed_is_not_handed_over() {
    let utc = json!("UTC");
    let two = |pause| vec![(pause, record_in(&utc, 1)), (0, record_in(&utc, 2)), (0, state("one", 1))];
    let cases: [(_, _, Answer, _); 3] = [
        ("in a batch", two(27), takes_all, "outside_window 2"),
        ("between attempts", two(0), is_busy, "outside_window 2"),
        ("for a clear answer", two(0), is_lost, "outcome_unknown 2"),
    ];
    for (name, lines, answer, reasons) in cases {
        for has_ledger in [false, true] {
            let mut sync = sync(&own_zone(), lines.clone());
            sync.lines.push((Duration::from_mins(1), state("one", 2)));
            sync.answer = answer;
            let ran = if has_ledger { sync.run_with(Arc::new(ledger())).await } else { sync.run().await };
            assert!(ran.failure.is_none(), "{name}, ledger {has_ledger}: {:?}", ran.failure);
            assert_in_time(name, &ran);
            assert_eq!(ran.stats.reasons_in_words(), reasons, "{name}, ledger {has_ledger}");
            assert_eq!(ran.counts(), [(1, 0.0, 2.0), (2, 0.0, 0.0)], "{name}, ledger {has_ledger}");
        }
    }
}

fn ledger() -> Sqlite {
    let (memory, options) = (Memory::new().unwrap(), super::limits::options());
    Sqlite::in_memory(&memory, &options, None, Timestamp::UNIX_EPOCH).unwrap().0
}

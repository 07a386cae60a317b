//! Limits lose nobody, and a run that can call nobody passes nobody by.

use super::status::Answer;
use super::*;
use crate::domain::error::FailureType;
use crate::ledger::sqlite::{Memory, Sqlite};
use crate::ledger::{LedgerIdentity, LedgerOptions, LedgerRules, NumberKind};
use crate::phone::WireFormat;

pub(super) fn options() -> LedgerOptions {
    LedgerOptions {
        run: "run".to_owned(),
        identity: LedgerIdentity {
            account: "itnio/A".to_owned(),
            scope: Scope::Campaign,
            numbers: NumberKind::Phone,
        },
        phone_format: WireFormat::Digits,
        call_again_after_days: 0,
        expect_existing: false,
        rules: LedgerRules::default(),
    }
}

fn opened(memory: &Memory, now: Timestamp) -> Arc<Sqlite> {
    Arc::new(Sqlite::in_memory(memory, &options(), None, now).unwrap().0)
}

/// Ten people, with a STATE behind every three.
fn ten_people() -> Vec<String> {
    let with_states = |n| [Some(record("one", n)), n.is_multiple_of(3).then(|| state("one", n / 3))];
    (1..=10).flat_map(with_states).flatten().chain([state("one", 4)]).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_beyond_a_limit_is_left_alone_and_no_state_passes_it_by() {
    let last = |ran: &Ran| ran.counts().last().map_or(0, |(id, ..)| *id);
    for (name, limit, accepted, left, state) in
        [("within an interval", 4, 4, 6, 1), ("at its end", 6, 6, 4, 2), ("just enough", 10, 10, 0, 4)]
    {
        let mut sync = Sync::of(ten_people());
        sync.config = json!({ "limits": { "max_contacts_per_sync": limit } });
        let ran = sync.run().await;
        assert!(ran.failure.is_none(), "{name}: {:?}", ran.failure);
        assert_eq!((ran.stats.accepted, ran.stats.left, ran.stats.received), (accepted, left, 10), "{name}");
        assert_eq!(ran.stats.suppressed, 0, "{name}");
        assert_eq!(last(&ran), state, "{name}");
        let said = format!("limits.max_contacts_per_sync is reached: {left} records were left alone");
        assert_eq!(ran.stdout.contains(&said), left > 0, "{name}: {}", ran.stdout);
        assert_eq!(
            ran.stdout.contains("without a ledger it calls them again"),
            name == "within an interval",
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_before_is_no_reason_to_stop_at_a_limit() {
    let mut lines =
        vec![record("one", 1), record("one", 1), record_of("one", "n/a"), record("one", 1), state("one", 1)];
    lines.extend([record("one", 2), record("one", 1), state("one", 2)]);
    let mut sync = Sync::of(lines);
    sync.config = json!({ "limits": { "max_contacts_per_sync": 1 } });
    let ran = sync.run().await;
    assert_eq!((ran.stats.accepted, ran.stats.duplicate, ran.stats.left), (1, 2, 2));
    assert_eq!(ran.counts(), [(1, 3.0, 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn states_beyond_a_limit_do_not_hold_up_the_input() {
    let beyond = (0..20_000).map(|n| state("one", n));
    let mut sync = Sync::of([record("one", 1), record("one", 2)].into_iter().chain(beyond));
    sync.config = json!({ "limits": { "max_contacts_per_sync": 1 } });
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!((ran.stats.accepted, ran.stats.left, ran.states().len()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn syncs_that_stop_at_a_limit_reach_everybody_and_nobody_twice() {
    for setting in ["max_contacts_per_sync", "max_contacts_per_day"] {
        let memory = Memory::new().unwrap();
        let (mut called, mut reached) = (Vec::new(), 0);
        for day in 0..4 {
            // The platform brings what no STATE covers again.
            let after = ten_people().into_iter();
            let lines = after
                .skip_while(|line| reached > 0 && *line != state("one", reached))
                .skip(usize::from(reached > 0));
            let mut sync = Sync::of(lines);
            sync.config = json!({ "limits": { setting: 4 }, "delivery": { "batch_size": 2, "max_requests_per_second": 0 } });
            sync.starts_at = Timestamp::from_second(86_400 * day).unwrap();
            let ran = sync.run_with(opened(&memory, Timestamp::from_second(86_400 * day).unwrap())).await;
            assert!(ran.failure.is_none(), "{setting}, day {day}: {:?}", ran.failure);
            assert!(ran.stats.accepted <= 4, "{setting}, day {day}: {}", ran.stats.summary());
            for (_, body) in &ran.requests {
                let people = body["customerPersons"].as_array().unwrap();
                called.extend(people.iter().map(|person| person["phoneNumber"].as_str().unwrap().to_owned()));
            }
            reached = ran.counts().last().map_or(reached, |(id, ..)| u32::try_from(*id).unwrap());
        }
        let n_calls = called.len();
        called.sort_unstable();
        called.dedup();
        assert_eq!((reached, n_calls, called.len()), (4, 10, 10), "{setting}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_campaigns_day_is_counted_over_all_syncs() {
    let memory = Memory::new().unwrap();
    for (name, hour, on_limit, accepted, suppressed, left) in [
        ("the first", 1, "stop", 4, 0, 6),
        ("another on the same day", 23, "stop", 0, 0, 10),
        ("one that suppresses", 23, "suppress", 0, 6, 0),
        ("the next day", 24, "suppress", 4, 2, 0),
    ] {
        let now = Timestamp::from_second(3600 * hour).unwrap();
        // Who was called before is no duplicate of theirs: the ledger says so.
        let mut sync = Sync::of(ten_people());
        sync.config = json!({ "limits": { "max_contacts_per_day": 4, "on_limit": on_limit } });
        sync.starts_at = now;
        let ran = sync.run_with(opened(&memory, now)).await;
        assert!(ran.failure.is_none(), "{name}: {:?}", ran.failure);
        let want = if name.starts_with("another") {
            (accepted, suppressed, 6)
        } else {
            (accepted, suppressed, left)
        };
        assert_eq!((ran.stats.accepted, ran.stats.suppressed, ran.stats.left), want, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn places_of_people_who_were_not_sent_are_given_back() {
    #[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
    fn refuses(_: &Value) -> Result<Reply, TransportError> {
        let body = Bytes::from_static(br#"{"status":"-32","reason":"no such job"}"#);
        Ok(Reply { status: 200, body, ..Reply::default() })
    }
    let memory = Memory::new().unwrap();
    let answers: [(_, Answer, _); 2] = [("refused", refuses, 0), ("again", takes_all, 4)];
    for (name, answer, accepted) in answers {
        let mut sync = Sync::of(ten_people());
        sync.config = json!({ "limits": { "max_contacts_per_day": 4 } });
        sync.answer = answer;
        let ran = sync.run_with(opened(&memory, Timestamp::UNIX_EPOCH)).await;
        assert_eq!(ran.failure.is_none(), name == "again", "{name}: {:?}", ran.failure);
        assert_eq!(ran.stats.accepted, accepted, "{name}");
    }
}

fn deleted(n: u32) -> String {
    let data = json!({ "phone_number": format!("+8498{n:07}"), "_ab_cdc_deleted_at": "2026-01-01" });
    json!({ "type": "RECORD", "record": { "stream": "one", "data": data, "emitted_at": 1 } }).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_can_call_nobody_passes_nobody_by() {
    let invalid = |_| record_of("one", "n/a");
    let (lot, few): (Vec<_>, Vec<_>) = ((0..100).map(invalid).collect(), (0..99).map(invalid).collect());
    let gone = |n_gone| (0..n_gone).map(deleted).collect::<Vec<_>>();
    let behind = |mut lines: Vec<String>, more: Vec<String>| {
        lines.insert(lines.len().min(50), state("one", 1));
        lines.push(state("one", 2));
        lines.extend(more);
        lines
    };
    for (name, lines, allow, stops, n_states, warns) in [
        ("a hundred", behind(lot.clone(), vec![record("one", 1), state("one", 3)]), false, true, 0, false),
        ("where that is normal", behind(lot.clone(), vec![]), true, false, 2, false),
        ("fewer", behind(few.clone(), vec![]), false, false, 2, true),
        (
            "fewer, then somebody",
            behind(few.clone(), vec![record("one", 1), state("one", 3)]),
            false,
            false,
            3,
            false,
        ),
        ("deletions", behind(gone(300), vec![]), false, false, 2, false),
        (
            "somebody at first",
            [vec![record("one", 1)], behind(lot.clone(), vec![])].concat(),
            false,
            false,
            2,
            false,
        ),
        ("nobody at all", vec![state("one", 1)], false, false, 1, false),
    ] {
        let mut sync = Sync::of(lines);
        sync.config = json!({ "limits": { "allow_nobody": allow } });
        let ran = sync.run().await;
        assert_eq!(ran.states().len(), n_states, "{name}");
        assert_eq!(ran.stdout.contains("none of the 99 records could be called"), warns, "{name}");
        let Some(failure) = ran.failure else {
            assert!(!stops, "{name}: the run went on");
            continue;
        };
        assert!(stops, "{name}: {failure}");
        assert_eq!(failure.failure_type(), FailureType::Config, "{name}");
        assert!(
            failure
                .to_string()
                .contains("none of the first 100 records can be called, or was before (missing 100)"),
            "{name}: {failure}"
        );
        assert_eq!(ran.requests.len(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn states_that_wait_for_somebody_do_not_hold_up_the_input() {
    let lines = (0..20_000).map(|n| state("one", n)).chain([record_of("one", "n/a"), state("one", 20_000)]);
    let ran = Sync::of(lines).run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!(ran.states().len(), 20_001);
}

#[tokio::test(start_paused = true)]
async fn beyond_a_limit_that_suppresses_everybody_is_counted() {
    let mut sync =
        Sync::of([record("one", 1), record("one", 2), record("one", 1), record("one", 3), state("one", 1)]);
    sync.config = json!({ "limits": { "max_contacts_per_sync": 2, "on_limit": "suppress" } });
    let ran = sync.run().await;
    assert_eq!((ran.stats.accepted, ran.stats.duplicate, ran.stats.suppressed), (2, 1, 1));
    assert_eq!(ran.counts(), [(1, 3.0, 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_back_on_purpose_is_in_no_share_of_rejected_records() {
    for (name, good, bad, n_over_limit, fails) in [
        ("a selection is no failure", 50, 0, 900, false),
        ("nor does it hide one", 50, 60, 900, true),
        ("a tenth is allowed", 95, 10, 900, false),
        ("too few to mean something before the end", 10, 2, 0, true),
    ] {
        let invalid = (0..bad).map(|_| record_of("one", "n/a"));
        let over_the_limit = (good..good + n_over_limit).map(|n| record("one", n));
        let lines = (0..good).map(|n| record("one", n)).chain(invalid).chain(over_the_limit);
        let mut sync = Sync::of(lines);
        sync.config = json!({ "limits": { "max_rejected_percent": 10, "max_contacts_per_sync": good, "on_limit": "suppress" } });
        let ran = sync.run().await;
        assert_eq!(matches!(ran.failure, Some(Error::TooManyRejected { .. })), fails, "{name}");
        if !fails {
            assert_eq!(ran.stats.share(), (u64::from(bad), u64::from(good + bad)), "{name}");
        }
    }
}

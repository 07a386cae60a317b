//! What a report tells, for any run.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::phone::Phone;

/// One record's ending, without what it borrows.
#[derive(Clone, Debug)]
struct Ended {
    outcome: Outcome,
    is_held: bool,
    stream: String,
    campaign: Option<String>,
    number: Option<String>,
    key: String,
    after: SignedDuration,
}

fn ended(outcome: Outcome) -> Ended {
    Ended {
        outcome,
        is_held: false,
        stream: "people".to_owned(),
        campaign: Some("17".to_owned()),
        number: Some("+84987654321".to_owned()),
        key: "C-7".to_owned(),
        after: SignedDuration::from_millis(1_250),
    }
}

fn accepted() -> Ended {
    ended(Outcome::Accepted { contact_id: None })
}

fn started() -> Timestamp {
    "2026-11-22T01:30:00Z".parse().expect("a time")
}

fn facts(kind: RunKind) -> RunFacts {
    RunFacts {
        kind,
        id: "41-0a".to_owned(),
        sync_id: "41".to_owned(),
        started: started(),
        vendor: "itnio".to_owned(),
        sent_to: if kind == RunKind::Trial { "127.0.0.1:8080".to_owned() } else { String::new() },
        campaign: "17".to_owned(),
        ledger: LedgerFacts {
            kind: "sqlite",
            guarantee: "Nobody is called twice.".to_owned(),
            promise: Promise::NobodyTwice,
        },
        rules: Vec::new(),
        settings_digest: "9f2c".to_owned(),
    }
}

fn end(read: u64, how: Ending) -> RunEnd {
    let ended = started() + SignedDuration::from_secs(3);
    RunEnd { ended, read, how, rejects: String::new(), receipts: String::new(), preview: None }
}

fn report(facts: RunFacts, records: &[Ended]) -> Report {
    let mut report = Report::new(facts);
    for (line, one) in (1..).zip(records) {
        report.add(&Decision {
            stream: &StreamName { namespace: String::new(), name: one.stream.clone() },
            generation_id: 0,
            primary_key: &one.key,
            line,
            extracted_at: 0,
            outcome: &one.outcome,
            is_held: one.is_held,
            campaign: one.campaign.as_deref().map(Campaign::new).as_ref(),
            phone: one.number.as_deref().map(Phone::e164).as_ref(),
            at: started() + one.after,
            record: None,
        });
    }
    report
}

fn of(records: &[Ended]) -> Document {
    let read = u64::try_from(records.len()).expect("few");
    report(facts(RunKind::Sync), records).document(&end(read, Ending::Complete))
}

/// The verdict on a run with so many records, of which some may be open.
fn verdict(kind: RunKind, records: &[Ended], read: u64, how: Ending) -> String {
    report(facts(kind), records).document(&end(read, how)).verdict
}

#[test]
fn the_verdict_is_one_sentence_on_whom_was_handed_over() {
    let known = || ended(Outcome::Duplicate(Reason::AlreadyInLedger));
    let elsewhere = || Ended { campaign: Some("18".to_owned()), ..accepted() };
    let invalid = || ended(Outcome::Invalid(Reason::TooShort, None));
    for (records, want) in [
        (vec![accepted()], "1 person of 1 record was handed to campaign 17; nobody twice."),
        (vec![accepted(), elsewhere()], "2 people of 2 records were handed to 2 campaigns; nobody twice."),
        (vec![invalid()], "Nobody of 1 record was handed over."),
        (vec![known(); 2], "Nobody was handed over, because all of 2 records are known already."),
        (vec![known(), invalid()], "Nobody of 2 records was handed over, and 1 is known already."),
        (vec![], "There was nothing to do, because no record was read."),
    ] {
        let read = u64::try_from(records.len()).expect("few");
        assert_eq!(verdict(RunKind::Sync, &records, read, Ending::Complete), want);
    }
}

#[test]
fn a_run_that_failed_before_it_read_anything_did_not_have_nothing_to_do() {
    let failed = Ending::from(&Error::LedgerUnusable("the do-not-call list is empty".to_owned()));
    let told = verdict(RunKind::Sync, &[], 0, failed);
    assert!(told.ends_with("the do-not-call list is empty): no record was read."), "{told}");
}

#[test]
fn the_verdict_says_in_which_way_a_run_ended() {
    let records = [accepted(), accepted(), ended(Outcome::Unknown(None))];
    let limit = Ending::LimitReached { limit: "limits.max_contacts_per_sync".to_owned() };
    let failed = Ending::from(&Error::config("vendor.job_id", "is 17\nand should be 18"));
    let interrupted = Ending::from(&Error::Interrupted("SIGTERM"));
    let both = "2 people of";
    for (kind, read, how, want) in [
        (
            RunKind::Sync,
            3,
            Ending::Complete,
            format!("{both} 3 records were handed to campaign 17; 1 unknown, nobody twice."),
        ),
        (
            RunKind::Sync,
            1_500,
            limit,
            format!(
                "The sync reached its limit (limits.max_contacts_per_sync): {both} 1,500 records were handed to campaign 17; 1 unknown, nobody twice, 1,497 records left for the next sync."
            ),
        ),
        (
            RunKind::Sync,
            3,
            failed,
            format!(
                "The sync failed (the configuration cannot work: vendor.job_id: is 17 and should be 18): {both} 3 records were handed to campaign 17; 1 unknown, nobody twice."
            ),
        ),
        (
            RunKind::Sync,
            4,
            interrupted,
            format!(
                "The sync was interrupted (stopped by SIGTERM before the end of the input): {both} 4 records were handed to campaign 17; 1 unknown, nobody twice, 1 record not sent."
            ),
        ),
        (
            RunKind::Rehearsal,
            3,
            Ending::Complete,
            format!(
                "REHEARSAL, nobody is called: {both} 3 records would have been handed to campaign 17; 1 unknown, nobody twice."
            ),
        ),
        (
            RunKind::Trial,
            3,
            Ending::Complete,
            format!(
                "TRIAL, sent to 127.0.0.1:8080: {both} 3 records were handed to campaign 17; 1 unknown, nobody twice."
            ),
        ),
        (
            RunKind::Preview,
            3,
            Ending::Complete,
            format!("{both} 3 records would be handed to campaign 17; 1 unknown, nobody twice."),
        ),
    ] {
        assert_eq!(verdict(kind, &records, read, how), want);
    }
}

#[test]
fn the_verdict_promises_no_more_than_the_ledger() {
    for (promise, want) in [
        (Promise::NobodyTwice, "1 person of 1 record was handed to campaign 17; nobody twice."),
        (
            Promise::WithinTheSync,
            "1 person of 1 record was handed to campaign 17; nobody twice within this sync.",
        ),
        (Promise::None, "1 person of 1 record was handed to campaign 17."),
    ] {
        let mut facts = facts(RunKind::Sync);
        facts.ledger.promise = promise;
        let document = report(facts, &[accepted()]).document(&end(1, Ending::Complete));
        assert_eq!(document.verdict, want, "{promise:?}");
    }
}

#[test]
fn each_rule_is_told_with_whom_it_kept_back_nobody_too() {
    let rule = |setting, reasons| RuleFacts { setting, says: format!("{setting} says so."), reasons };
    let rules = vec![
        rule("streams.only_when", &[Reason::OnlyWhen, Reason::ConditionUnknown]),
        rule("rules.do_not_call", &[Reason::DoNotCall]),
        rule("limits.max_contacts_per_sync", &[Reason::MaxContactsPerSync]),
        rule("limits.allow_nobody", &[]),
    ];
    let kept_back = |reason| ended(Outcome::Suppressed(reason, None));
    let records = [accepted(), kept_back(Reason::OnlyWhen), kept_back(Reason::ConditionUnknown), accepted()];
    let limit = |setting: &str| Ending::LimitReached { limit: setting.to_owned() };
    let nobody = Error::NobodyToCall { n_records: 4, reasons: String::new() };
    for (name, how, want) in [
        ("to its end", Ending::Complete, [(2, false), (0, false), (0, false), (0, false)]),
        ("a limit", limit("limits.max_contacts_per_sync"), [(2, false), (0, false), (6, true), (0, false)]),
        ("a preview's own", limit("--limit 4"), [(2, false), (0, false), (0, false), (0, false)]),
        ("the guard", Ending::from(&nobody), [(2, false), (0, false), (0, false), (6, true)]),
    ] {
        let facts = RunFacts { rules: rules.clone(), ..facts(RunKind::Sync) };
        let document = report(facts, &records).document(&end(10, how));
        let told: Vec<_> = document.rules.iter().map(|row| (row.count, row.ended_the_run)).collect();
        assert_eq!(told, want, "{name}");
        for text in [document.html(), document.text()] {
            assert!(document.rules.iter().all(|row| text.contains(&row.says)), "{name}: {text}");
        }
    }
}

#[test]
fn a_preview_counts_whom_it_would_call_and_has_no_time() {
    let document = report(facts(RunKind::Preview), &[accepted()]).document(&end(1, Ending::Complete));
    let json: serde_json::Value = serde_json::from_str(&document.json()).expect("JSON");
    assert_eq!((json["outcomes"]["would_call"].as_u64(), json["outcomes"].get("accepted")), (Some(1), None));
    assert_eq!(json.get("time"), None);
    assert!(document.html().contains("Would be called"));
}

#[test]
fn the_unknown_are_settled_by_the_name_of_the_run_that_sent_them() {
    let own = || ended(Outcome::Unknown(None));
    let held = || Ended { is_held: true, ..own() };
    let settle = "destination-ai-voice ledger settle --config config.json --run 41-0a --as accepted --yes";
    let list = "destination-ai-voice ledger list --config config.json --run 41-0a --outcome unknown";
    let status = "destination-ai-voice ledger status --config config.json";
    for (name, ledger, records, commands) in [
        ("of this run", "sqlite", vec![own()], (settle, "")),
        ("of an earlier one", "sqlite", vec![held()], ("", status)),
        ("of both", "sqlite", vec![own(), held()], (settle, status)),
        ("without a ledger", "none", vec![own()], ("", "")),
        ("of nobody", "sqlite", vec![accepted()], ("", "")),
    ] {
        let mut facts = facts(RunKind::Sync);
        facts.ledger.kind = ledger;
        let unknown = report(facts, &records).document(&end(2, Ending::Complete)).unknown;
        let told = (unknown.settle_as_accepted.as_str(), unknown.find_earlier_runs.as_str());
        assert_eq!(told, commands, "{name}");
        assert_eq!(unknown.list_all, if told.0.is_empty() { "" } else { list }, "{name}");
        assert_eq!(unknown.people.len(), usize::try_from(unknown.count).expect("few"), "{name}");
    }
}

#[test]
fn each_reason_has_a_step_at_which_its_records_are_lost() {
    let lost_at = |one: Ended| {
        let steps = of(&[one]).funnel;
        let at = steps.iter().find(|step| step.left == 0).map(|step| step.step.clone());
        at.unwrap_or_default()
    };
    for (one, want) in [
        (ended(Outcome::Invalid(Reason::RequiredMissing, None)), "mapped"),
        (ended(Outcome::Invalid(Reason::BadCampaign, None)), "mapped"),
        (ended(Outcome::Invalid(Reason::TooShort, None)), "valid_number"),
        (ended(Outcome::Invalid(Reason::CountryNotAllowed, None)), "allowed"),
        (ended(Outcome::Suppressed(Reason::OnlyWhen, None)), "allowed"),
        (ended(Outcome::Duplicate(Reason::DuplicateInRun)), "new"),
        (Ended { is_held: true, ..ended(Outcome::Unknown(None)) }, "new"),
        (ended(Outcome::Unknown(None)), "accepted"),
        (ended(Outcome::Duplicate(Reason::AlreadyInCampaign)), "accepted"),
        (ended(Outcome::Rejected(Reason::Other, None)), "accepted"),
        (accepted(), ""),
    ] {
        assert_eq!(lost_at(one.clone()), want, "{:?}", one.outcome);
    }
    let left_alone = report(facts(RunKind::Sync), &[]).document(&end(1, Ending::Complete)).funnel;
    let sent = left_alone.iter().find(|step| step.left == 0).map(|step| step.step.as_str());
    assert_eq!(sent, Some("sent"));
}

#[test]
fn a_run_of_any_length_fits_its_spans_and_waiting_is_spread_over_them() {
    let mut report = report(facts(RunKind::Sync), &[accepted()]);
    let (from, to) = (started() + SignedDuration::from_secs(10), started() + SignedDuration::from_hours(24));
    report.waited(from, to, "status 429 for +84987654321");
    report.waited(to, from, "a clock that went back");
    for _ in 0..30 {
        report.retried(to, &format!("cause {}", fastrand::u64(..)));
    }
    let time = report.document(&end(1, Ending::Complete)).time.expect("a sync has a time");
    assert!(time.spans.len() <= 120, "{}", time.spans.len());
    let waited: u64 = time.spans.iter().map(|span| span.waited_milliseconds).sum();
    assert_eq!((waited, time.waits.len()), (86_390_000, 1));
    assert!(time.spans.iter().all(|span| span.waited_milliseconds <= time.span_milliseconds));
    assert!(!time.waits[0].why.contains("4987654"), "{}", time.waits[0].why);
    assert!(time.retries.len() <= 21);
    assert_eq!(time.retries.iter().map(|cause| cause.count).sum::<u64>(), 30);
}

#[test]
fn what_is_told_of_a_million_records_has_a_bound() {
    let mut records = Vec::new();
    for place in 0..20_000_u64 {
        let mut one =
            if place % 2 == 0 { ended(Outcome::Unknown(Some("x".repeat(5_000).into()))) } else { accepted() };
        one.stream = format!("{place}{}", "s".repeat(if place % 5 == 0 { 2_000 } else { 10 }));
        one.campaign = Some(format!("{place}{}", "c".repeat(if place % 7 == 0 { 2_000 } else { 10 })));
        one.number = Some(format!("+{}", 10_000_000_000 + place * 4_440_007));
        one.key = "k".repeat(5_000);
        records.push(one);
    }
    let document = of(&records);
    assert!(document.json().len() < 512 * 1024, "{}", document.json().len());
    assert!(document.html().len() < 1024 * 1024, "{}", document.html().len());
    assert_eq!(document.streams.iter().map(|row| row.count).sum::<u64>(), 20_000);
    assert!(document.streams.len() <= 201, "{}", document.streams.len());
    assert_eq!(document.unknown.people.len(), 100);
}

#[test]
fn a_small_report_is_this() {
    let words = Some("no balance".into());
    let mut one = report(
        facts(RunKind::Sync),
        &[
            accepted(),
            ended(Outcome::Rejected(Reason::Other, words)),
            ended(Outcome::Unknown(None)),
            Ended { number: None, campaign: None, ..ended(Outcome::Invalid(Reason::Missing, None)) },
        ],
    );
    one.waited(
        started() + SignedDuration::from_secs(1),
        started() + SignedDuration::from_secs(2),
        "status 429",
    );
    let mut document = one.document(&end(4, Ending::Complete));
    document.run.version = "1.2.3".to_owned();
    if let Some(time) = &mut document.time {
        time.spans.retain(|span| *span != Span::default() && span.waited_milliseconds != 100);
    }
    insta::assert_snapshot!(document.json());
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let reason = || proptest::sample::select(Reason::ALL);
    let detail =
        || proptest::option::of("[a-z<>&\"' ]{0,20}(\\+84 ?987 ?654 ?321)?".prop_map(String::into_boxed_str));
    prop_oneof![
        Just(Outcome::Accepted { contact_id: None }),
        reason().prop_map(Outcome::Duplicate),
        (reason(), detail()).prop_map(|(reason, detail)| Outcome::Suppressed(reason, detail)),
        (reason(), detail()).prop_map(|(reason, detail)| Outcome::Invalid(reason, detail)),
        (reason(), detail()).prop_map(|(reason, detail)| Outcome::Rejected(reason, detail)),
        detail().prop_map(Outcome::Unknown),
    ]
}

prop_compose! {
    fn any_ending()(
        outcome in outcome(),
        is_held in any::<bool>(),
        stream in "(people|renewals|[\\PC]{0,3}|0987654321)",
        campaign in proptest::option::of("(17|18|\\PC{0,4}|84987654321)"),
        number in proptest::option::of(Just("+84987654321".to_owned())),
        key in "(C-[0-9]{1,3}|\\PC{0,6}|0987654321|84987654321)",
        after in -5_000_i64..100_000_000,
    ) -> Ended {
        // Digits alone are a key like any other, unless they are known to be the number.
        let is_known = number.is_some() || !key.starts_with("84");
        let key = if is_known { key } else { "C-8".to_owned() };
        Ended { outcome, is_held, stream, campaign, number, key, after: SignedDuration::from_millis(after) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_numbers_of_any_run_add_up(
        records in proptest::collection::vec(any_ending(), 0..60),
        n_open in 0_u64..20,
        kind in proptest::sample::select(vec![RunKind::Sync, RunKind::Trial, RunKind::Rehearsal, RunKind::Preview]),
    ) {
        let n_settled = u64::try_from(records.len()).expect("few");
        let document = report(facts(kind), &records).document(&end(n_settled + n_open, Ending::Complete));
        let Outcomes { accepted, would_call, duplicate, suppressed, invalid, rejected, unknown } = document.outcomes;
        let called = accepted.or(would_call).expect("one of both");
        prop_assert_eq!(called + duplicate + suppressed + invalid + rejected + unknown, n_settled);
        prop_assert_eq!(document.records, Records { read: n_settled + n_open, not_sent: n_open });
        prop_assert_eq!(document.reasons.values().sum::<u64>(), n_settled - called);
        prop_assert_eq!(document.reason_details.iter().map(|reason| reason.count).sum::<u64>(), n_settled - called);
        prop_assert_eq!(document.streams.iter().map(|row| row.count).sum::<u64>(), n_settled);
        let n_numbers = records.iter().filter(|one| one.number.is_some()).count();
        prop_assert_eq!(document.lines.iter().map(|line| line.count).sum::<u64>(), u64::try_from(n_numbers).expect("few"));
        let left: Vec<_> = document.funnel.iter().map(|step| step.left).collect();
        prop_assert!(left.is_sorted_by(|one, next| one >= next), "{:?}", left);
        if kind == RunKind::Preview {
            prop_assert!(document.time.is_none());
        } else {
            prop_assert_eq!(left.last(), Some(&called));
            let spans = document.time.as_ref().map(|time| time.spans.iter().map(|span| span.accepted + span.other).sum());
            prop_assert_eq!(spans, Some(n_settled));
        }
    }

    #[test]
    fn no_number_and_no_markup_of_others_is_in_any_report(records in proptest::collection::vec(any_ending(), 0..40)) {
        let document = of(&records);
        let page = document.html();
        let (_, body) = page.split_once("<body>").expect("a page has a body");
        for text in [document.json(), page.clone()] {
            prop_assert!(!text.contains("987654321") && !text.contains("987 654 321"), "{}", text);
        }
        for mark in ["<script", "<img", "<style", "javascript:"] {
            prop_assert!(!body.contains(mark), "{}", mark);
        }
    }
}

//! Invented runs that are reported on.

use destination_ai_voice::domain::contact::Campaign;
use destination_ai_voice::domain::decision::Decision;
use destination_ai_voice::domain::error::FailureType;
use destination_ai_voice::domain::outcome::Outcome;
use destination_ai_voice::domain::reason::Reason;
use destination_ai_voice::domain::stream_name::StreamName;
use destination_ai_voice::phone::Phone;
use destination_ai_voice::report::{
    Document, EmptyVariable, Ending, Example, LedgerFacts, PreviewSection, Promise, Report, RuleFacts,
    RunEnd, RunFacts, RunKind,
};
use jiff::{SignedDuration, Timestamp};

/// Whatever a vendor says must not become a part of the page.
const HOSTILE: &str = "<script>alert(1)</script> \"no\" & <img src=x onerror=alert(2)> +84987654321";

/// One of each kind, by name.
pub(crate) fn documents() -> Vec<(&'static str, Document)> {
    let failed = Ending::Failed {
        failure: FailureType::Transient,
        why: "itnio could not be reached: 5 attempts in 60 s, the last ended with status 503".to_owned(),
        rule: None,
    };
    let limit = Ending::LimitReached { limit: "limits.max_contacts_per_sync".to_owned() };
    let interrupted =
        Ending::Interrupted { why: "stopped by SIGTERM before the end of the input".to_owned() };
    vec![
        ("good", document(RunKind::Sync, 9_400, 9, Ending::Complete, 0)),
        ("first", document(RunKind::Sync, 3, 0, Ending::Complete, 0)),
        ("nothing", document(RunKind::Sync, 0, 0, Ending::Complete, 0)),
        ("failed", document(RunKind::Sync, 700, 7, failed, 2_300)),
        ("interrupted", document(RunKind::Sync, 1_200, 2, interrupted, 400)),
        ("limit", document(RunKind::Sync, 5_000, 4, limit, 7_000)),
        ("trial", document(RunKind::Trial, 1_000, 6, Ending::Complete, 0)),
        ("rehearsal", document(RunKind::Rehearsal, 1_000, 6, Ending::Complete, 0)),
        ("preview", document(RunKind::Preview, 8_000, 8, Ending::Complete, 0)),
    ]
}

/// A run in which so many were accepted, and others ended in every way, some of them `spread` times.
fn document(kind: RunKind, n_accepted: u64, spread: u64, how: Ending, n_open: u64) -> Document {
    let started: Timestamp = "2026-11-22T01:30:00Z".parse().expect("a time");
    let mut report = Report::new(facts(kind, started));
    let mut added = 0;
    let mut add = |report: &mut Report, outcome: &Outcome, is_held: bool| {
        added += 1;
        let place = added % 3;
        let name = match place {
            0 => "overdue_customers",
            1 => "renewals",
            _ => "một bảng có tên dài trong kho dữ liệu",
        };
        let stream = StreamName { namespace: "crm".to_owned(), name: name.to_owned() };
        let campaign = Campaign::new(if place == 1 { "65f000000000000000000001" } else { "17" });
        let number = match place {
            0 => format!("+84987{:06}", added % 1_000_000),
            1 => format!("+842438{:06}", added % 1_000_000),
            _ => format!("+1415555{:04}", 100 + added % 100),
        };
        let has_number = !matches!(outcome, Outcome::Invalid(..));
        report.add(&Decision {
            stream: &stream,
            generation_id: 0,
            primary_key: &format!("C-{added}"),
            line: added,
            extracted_at: 0,
            outcome,
            is_held,
            campaign: has_number.then_some(&campaign),
            phone: has_number.then_some(&Phone::e164(&number)),
            at: started
                + SignedDuration::from_millis(i64::try_from(added * 9 + added % 50 * 20).unwrap_or(0)),
            record: None,
        });
    };
    for _ in 0..n_accepted {
        add(&mut report, &Outcome::Accepted { contact_id: None }, false);
    }
    let reasons = if spread == 0 { &[][..] } else { Reason::ALL };
    for (place, reason) in reasons.iter().enumerate() {
        let times = spread * (1 + u64::try_from(place % 7).unwrap_or_default());
        let (outcome, is_held) = outcome_of(*reason, kind);
        for _ in 0..times {
            add(&mut report, &outcome, is_held);
        }
    }
    let ended = started + SignedDuration::from_millis(i64::try_from(added * 9 + 1_500).unwrap_or(0));
    if spread > 0 && kind != RunKind::Preview {
        let (from, to) = (started + SignedDuration::from_secs(4), started + SignedDuration::from_secs(6));
        report.waited(from, to, "the vendor is busy (status 429)");
        report.retried(to, "status 429");
    }
    report.document(&RunEnd {
        ended,
        read: added + n_open,
        how,
        rejects: if spread > 0 { "s3://acme-rejects/ai-voice/41/".to_owned() } else { String::new() },
        receipts: String::new(),
        preview: (kind == RunKind::Preview).then(preview),
    })
}

/// How a record ends for a reason. A preview sends nothing, so no vendor refuses.
fn outcome_of(reason: Reason, kind: RunKind) -> (Outcome, bool) {
    let words = |text: &str| Some(text.into());
    let outcome = match reason {
        Reason::OutcomeUnknown => Outcome::Unknown(words("no answer within 30 s")),
        Reason::DuplicateInRun
        | Reason::AlreadyInCampaign
        | Reason::AlreadyInLedger
        | Reason::InAnotherRun => Outcome::Duplicate(reason),
        Reason::OnlyWhen
        | Reason::ConditionUnknown
        | Reason::DeletedInSource
        | Reason::MaxContactsPerSync => Outcome::Suppressed(reason, None),
        Reason::MissingVariable
        | Reason::NotInResult
        | Reason::RefusedAsInvalid
        | Reason::RefusedAlone
        | Reason::Other
            if kind != RunKind::Preview =>
        {
            Outcome::Rejected(reason, words(HOSTILE))
        }
        _ => Outcome::Invalid(reason, words(HOSTILE)),
    };
    (outcome, kind == RunKind::Preview && reason == Reason::OutcomeUnknown)
}

fn facts(kind: RunKind, started: Timestamp) -> RunFacts {
    RunFacts {
        kind,
        id: "41-2026-11-22T01:30:00Z-0a1b".to_owned(),
        sync_id: "41".to_owned(),
        started,
        vendor: "itnio".to_owned(),
        sent_to: if kind == RunKind::Trial { "127.0.0.1:8080".to_owned() } else { String::new() },
        campaign: "17".to_owned(),
        ledger: LedgerFacts {
            kind: "postgres",
            guarantee:
                "The ledger works: within a campaign nobody is called twice, whatever happens to a sync."
                    .to_owned(),
            promise: Promise::NobodyTwice,
        },
        rules: vec![
            rule(
                "streams.only_when",
                &[Reason::OnlyWhen, Reason::ConditionUnknown],
                "Of renewals only those are called for whom this is true: consent = 'yes'",
            ),
            rule(
                "rules.do_not_call",
                &[Reason::DoNotCall],
                "Nobody is handed over who is on the do-not-call list when their batch leaves.",
            ),
            rule(
                "limits.max_contacts_per_sync",
                &[Reason::MaxContactsPerSync],
                "At most 5000 contacts a sync; the rest is left for the next sync.",
            ),
            rule(
                "limits.allow_nobody",
                &[],
                "A sync whose first hundred records hold nobody who can be called, or was before, stops.",
            ),
        ],
        settings_digest: "9f2c41d07be3".to_owned(),
    }
}

fn rule(setting: &'static str, reasons: &'static [Reason], says: &str) -> RuleFacts {
    RuleFacts { setting, says: says.to_owned(), reasons }
}

fn preview() -> PreviewSection {
    PreviewSection {
        requests: 80,
        pace: "at most 10 requests a second, 4 at once".to_owned(),
        least_milliseconds: 40_000,
        empty_variables: vec![EmptyVariable {
            stream: "crm.renewals".to_owned(),
            variable: "ho_ten".to_owned(),
            count: 212,
        }],
        examples: vec![
            Example {
                decision: "would_call".to_owned(),
                stream: "crm.overdue_customers".to_owned(),
                record: r#"{"mobile":"****321","full_name":"Nguyễn Văn An","amount_due":1500000}"#.to_owned(),
                contact: r#"{"phone_number":"+84****321","name":"Nguyễn Văn An","variables":{"so_tien":"1.500.000"}}"#.to_owned(),
                request: r#"{"jobId":17,"customers":[{"phone":"84****321","name":"Nguyễn Văn An","properties":{"so_tien":"1.500.000"}}]}"#.to_owned(),
            },
            Example {
                decision: "too_short".to_owned(),
                stream: "crm.overdue_customers".to_owned(),
                record: r#"{"mobile":"0981","full_name":"<b>Bình</b>"}"#.to_owned(),
                contact: String::new(),
                request: String::new(),
            },
        ],
        warnings: vec!["stream crm.renewals is a full refresh: without a ledger each sync calls everybody in it again".to_owned()],
    }
}

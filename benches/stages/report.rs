//! What the report costs: a record, and a run.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use destination_ai_voice::domain::contact::Campaign;
use destination_ai_voice::domain::decision::Decision;
use destination_ai_voice::domain::outcome::Outcome;
use destination_ai_voice::domain::reason::Reason;
use destination_ai_voice::domain::stream_name::StreamName;
use destination_ai_voice::phone::Phone;
use destination_ai_voice::report::{Ending, LedgerFacts, Promise, Report, RunEnd, RunFacts, RunKind};
use jiff::{SignedDuration, Timestamp};

const RECORDS: u64 = 10_000;

pub(crate) fn measure(criterion: &mut Criterion) {
    let streams =
        ["overdue", "renewals"].map(|name| StreamName { namespace: "crm".into(), name: name.into() });
    let campaigns = ["17", "18", "19"].map(Campaign::new);
    let phones: Vec<_> =
        (0..RECORDS).map(|place| Phone::e164(&format!("+849{:08}", place * 9_973))).collect();
    let accepted = Outcome::Accepted { contact_id: None };
    let invalid = Outcome::Invalid(Reason::TooShort, None);
    let fill = |report: &mut Report| {
        let places = streams.iter().cycle().zip(campaigns.iter().cycle());
        for ((line, phone), (stream, campaign)) in (1..).zip(&phones).zip(places) {
            report.add(&Decision {
                stream,
                generation_id: 0,
                primary_key: "C-7",
                line,
                extracted_at: 0,
                outcome: if line % 10 == 0 { &invalid } else { &accepted },
                is_held: false,
                campaign: Some(campaign),
                phone: Some(phone),
                at: Timestamp::UNIX_EPOCH
                    + SignedDuration::from_micros(i64::try_from(line * 50).unwrap_or(0)),
                record: None,
            });
        }
    };
    let mut group = criterion.benchmark_group("report");
    group.throughput(Throughput::Elements(RECORDS));
    group.bench_function("records", |bencher| {
        let mut report = Report::new(facts());
        bencher.iter(|| fill(&mut report));
    });
    group.throughput(Throughput::Elements(1));
    let mut report = Report::new(facts());
    fill(&mut report);
    group.bench_function("run", |bencher| {
        bencher.iter(|| {
            let document = report.document(&end());
            black_box((document.json(), document.html()))
        });
    });
    group.finish();
}

fn facts() -> RunFacts {
    RunFacts {
        kind: RunKind::Sync,
        id: "41-0a".into(),
        sync_id: "41".into(),
        started: Timestamp::UNIX_EPOCH,
        vendor: "itnio".into(),
        sent_to: String::new(),
        campaign: "17".into(),
        ledger: LedgerFacts { kind: "none", guarantee: String::new(), promise: Promise::WithinTheSync },
        rules: Vec::new(),
        settings_digest: String::new(),
    }
}

fn end() -> RunEnd {
    RunEnd {
        ended: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1),
        read: 0,
        how: Ending::Complete,
        rejects: String::new(),
        receipts: String::new(),
        preview: None,
    }
}

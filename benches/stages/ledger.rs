//! A batch's way through the ledger on disk: who is free, the claim, the ending.
//!
//! A claim and a settlement are durable when they return, so these figures are the disk's as much as
//! the program's. PostgreSQL is measured end to end.

use std::cell::Cell;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput};
use destination_ai_voice::domain::contact::Campaign;
use destination_ai_voice::ledger::sqlite::Sqlite;
use destination_ai_voice::ledger::{
    ClaimEntry, ContactStatus, Key, Ledger, LedgerIdentity, LedgerOptions, LedgerRules, NumberKind,
    PersonKeys, RuleKeys, Scope, Settlement,
};
use destination_ai_voice::phone::WireFormat;
use tokio::runtime::{Builder, Runtime};

use crate::inputs::{BATCH, NOW};

/// People who are there before anything is measured.
const REMEMBERED: u64 = 100_000;

pub(crate) fn measure(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let identity = LedgerIdentity {
        account: "itnio/BENCH".to_owned(),
        scope: Scope::Campaign,
        numbers: NumberKind::Phone,
    };
    let options = LedgerOptions {
        run: "bench".to_owned(),
        identity,
        phone_format: WireFormat::Digits,
        call_again_after_days: 0,
        expect_existing: false,
        rules: LedgerRules::default(),
    };
    let (ledger, _) = Sqlite::open(&folder.path().join("ledger.sqlite"), &options, Some("a key"), NOW)
        .expect("a new ledger");
    let people =
        People { next: Cell::new(0), campaign: Campaign::new("9"), stream: Arc::from("crm.customers") };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    fill(&ledger, &people, &runtime);

    let mut group = criterion.benchmark_group("ledger, SQLite, 100 contacts");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("look_up, strangers", |bencher| {
        let keys = || people.batch().iter().map(ClaimEntry::person).collect();
        bencher.iter_batched(keys, |keys| status_of(&ledger, &runtime, keys), BatchSize::SmallInput);
    });
    group.bench_function("look_up, remembered", |bencher| {
        let keys = || (0..BATCH).map(|number| key(number).into()).collect();
        bencher.iter_batched(keys, |keys| status_of(&ledger, &runtime, keys), BatchSize::SmallInput);
    });
    group.bench_function("claim", |bencher| {
        bencher.iter_batched(
            || people.batch(),
            |entries| claim(&ledger, &runtime, entries),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("settle", |bencher| {
        let claimed = || {
            let entries = people.batch();
            claim(&ledger, &runtime, entries.clone());
            entries
        };
        bencher.iter_batched(claimed, |entries| settle(&ledger, &runtime, entries), BatchSize::PerIteration);
    });
    group.finish();
    runtime.block_on(ledger.close()).expect("the ledger can be closed");
}

/// Gives people who were never there before.
struct People {
    next: Cell<u64>,
    campaign: Campaign,
    stream: Arc<str>,
}

impl People {
    fn batch(&self) -> Vec<ClaimEntry> {
        let first = self.next.replace(self.next.get() + BATCH);
        let entry = |number: u64| ClaimEntry {
            key: key(number),
            rules: RuleKeys::default(),
            campaign: self.campaign.clone(),
            stream: Arc::clone(&self.stream),
            primary_key: number.to_string().into(),
        };
        (first..first + BATCH).map(entry).collect()
    }
}

/// Keys are hashes: neighbours in an extract are none in the ledger.
fn key(number: u64) -> Key {
    let scattered = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Key(scattered.to_be_bytes())
}

fn fill(ledger: &Sqlite, people: &People, runtime: &Runtime) {
    for _ in 0..REMEMBERED / BATCH {
        let entries = people.batch();
        claim(ledger, runtime, entries.clone());
        settle(ledger, runtime, entries);
    }
}

fn status_of(ledger: &Sqlite, runtime: &Runtime, keys: Vec<PersonKeys>) -> Vec<ContactStatus> {
    runtime.block_on(ledger.status_of(keys, NOW)).expect("the ledger can be read")
}

fn claim(ledger: &Sqlite, runtime: &Runtime, entries: Vec<ClaimEntry>) {
    let statuses = runtime.block_on(ledger.claim(entries, false, NOW)).expect("the ledger can be written");
    assert!(statuses.iter().all(|status| *status == ContactStatus::Free), "nobody was there before");
}

fn settle(ledger: &Sqlite, runtime: &Runtime, entries: Vec<ClaimEntry>) {
    let ending = |entry| (entry, Settlement::Accepted { contact_id: None });
    let settlements = entries.into_iter().map(ending).collect();
    runtime.block_on(ledger.settle(settlements, NOW)).expect("the ledger can be written");
}

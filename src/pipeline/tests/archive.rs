//! What is put beside the STATEs, and what waits for it.

use futures_util::future::BoxFuture;

use super::*;
use crate::config::ObjectStorageConfig;
use crate::domain::error::FailureType;
use crate::report::{LedgerFacts, Promise, Report, RunFacts, RunKind};
use crate::storage::{Object, PutObject, Receipts, Rejects, Run, StorageError};

/// A vendor's rule.
type Answer = fn(&Value) -> Result<Reply, TransportError>;

/// Longer than anything may take.
const NEVER: Duration = Duration::from_secs(100_000);

/// Takes its time, and refuses from the n-th object on.
#[derive(Default)]
struct Shop {
    takes: Duration,
    refuses: Option<(usize, StorageError)>,
    /// With the time at which each was there for good.
    objects: Mutex<Vec<(Instant, Object)>>,
    n_asked: Mutex<usize>,
}

impl PutObject for Shop {
    fn put_object(&self, object: Object) -> BoxFuture<'_, Result<String, StorageError>> {
        Box::pin(async move {
            let n_before = {
                let mut n_asked = self.n_asked.lock().unwrap();
                *n_asked += 1;
                *n_asked - 1
            };
            sleep(self.takes).await;
            if let Some((_, error)) = self.refuses.clone().filter(|(from, _)| n_before >= *from) {
                return Err(error);
            }
            let name = object.name.clone();
            self.objects.lock().unwrap().push((Instant::now(), object));
            Ok(name)
        })
    }

    fn address(&self, name: &str) -> String {
        format!("shop://{name}")
    }
}

impl Shop {
    fn slow(takes: Duration) -> Self {
        Self { takes, ..Self::default() }
    }

    fn refusing(from: usize, error: StorageError) -> Self {
        Self { refuses: Some((from, error)), ..Self::default() }
    }

    /// What is there but the report, by name, as text.
    fn rows(&self) -> Vec<(String, String)> {
        let objects = self.objects.lock().unwrap();
        let rows = objects.iter().filter(|(_, object)| !object.name.contains("report"));
        rows.map(|(_, object)| (object.name.clone(), String::from_utf8(object.body.to_vec()).unwrap()))
            .collect()
    }

    fn report(&self) -> Option<Value> {
        let objects = self.objects.lock().unwrap();
        let report = objects.iter().find(|(_, object)| object.name == "1/report.json");
        report.map(|(_, object)| serde_json::from_slice(&object.body).unwrap())
    }
}

/// An archive with a report before a shop.
fn archive(shop: &Arc<Shop>, settings: &Value) -> Archive {
    let mut section = json!({ "storage_type": "Local", "path": "/x", "format": { "format_type": "JSONL" } });
    section.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let config: ObjectStorageConfig = serde_json::from_value(section).unwrap();
    let started = Timestamp::UNIX_EPOCH;
    let run = Run { sync_id: "1".to_owned(), id: "1-0a".to_owned(), started };
    let facts = RunFacts {
        kind: RunKind::Sync,
        id: run.id.clone(),
        sync_id: run.sync_id.clone(),
        started,
        vendor: "itnio".to_owned(),
        sent_to: String::new(),
        campaign: "9".to_owned(),
        ledger: LedgerFacts { kind: "sqlite", guarantee: String::new(), promise: Promise::NobodyTwice },
        rules: Vec::new(),
        settings_digest: String::new(),
    };
    let rejects = Rejects::new(&config, run.clone()).unwrap().unwrap();
    let receipts = Receipts::new(&config, run).unwrap();
    let wants_report = config.keep().unwrap().report;
    let report = wants_report.then(|| (Report::new(facts), "1".to_owned()));
    let store: Arc<dyn PutObject> = Arc::<Shop>::clone(shop);
    Archive::new(store, rejects, receipts, report)
}

fn keeping(lines: impl IntoIterator<Item = String>, shop: &Arc<Shop>) -> Sync {
    // Several of these runs have nobody to call.
    let config = json!({ "limits": { "allow_nobody": true } });
    Sync { archive: archive(shop, &json!({})), config, ..Sync::of(lines) }
}

fn bad(stream: &str) -> String {
    record_of(stream, "n/a")
}

#[tokio::test(start_paused = true)]
async fn a_state_waits_until_what_was_rejected_before_it_is_there() {
    let shop = Arc::new(Shop::slow(Duration::from_secs(20)));
    let mut sync = keeping([record("one", 1), state("one", 1), bad("two"), state("two", 2)], &shop);
    sync.lines.push((Duration::from_mins(1), record("one", 2)));
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!(ran.counts(), [(1, 1.0, 0.0), (2, 0.0, 1.0)]);
    // The first batch leaves after 5 s, and the log says every 10 s how far the run is.
    let place = |words: &str| {
        ran.stdout.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}"))
    };
    let (first, progress, second) = (place(r#""id":1"#), place("records/s"), place(r#""id":2"#));
    assert!(first < progress && progress < second, "{}", ran.stdout);
    let rows = shop.rows();
    let [(name, rows)] = &rows[..] else { panic!("{rows:?}") };
    assert!(name.starts_with("1/two/") && name.ends_with("_0.jsonl"), "{name}");
    let row: Value = serde_json::from_str(rows).unwrap();
    let data = &row["_airbyte_data"];
    assert_eq!(
        (&row["_airbyte_extracted_at"], &data["line"], &data["code"]),
        (&json!(1), &json!(3), &json!("missing"))
    );
    assert_eq!((&data["record"]["phone_number"], &data["campaign"]), (&json!("n/a"), &json!("9")));
}

#[tokio::test(start_paused = true)]
async fn the_last_state_goes_back_whatever_is_put_behind_its_records() {
    for report in [true, false] {
        let shop = Arc::new(Shop::slow(Duration::from_secs(20)));
        let sync = keeping([bad("one"), state("one", 1)], &shop);
        let ran = Sync { archive: archive(&shop, &json!({ "report": report })), ..sync }.run().await;
        assert!(ran.failure.is_none(), "{:?}", ran.failure);
        assert_eq!(
            (ran.counts(), ran.report_at.is_some()),
            (vec![(1, 0.0, 1.0)], report),
            "report: {report}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_ends_while_something_is_put_goes_into_the_next_object() {
    let shop = Arc::new(Shop::slow(Duration::from_secs(10)));
    let mut sync = keeping([], &shop);
    for n in 0..40 {
        sync.lines.push((Duration::from_millis(500), bad("one")));
        sync.lines.push((Duration::ZERO, state("one", n)));
    }
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!(ran.counts().len(), 40);
    let n_rows: Vec<_> = shop.rows().iter().map(|(_, rows)| rows.lines().count()).collect();
    assert_eq!(n_rows, [1, 19, 20], "one put at a time, and everything that came meanwhile in the next");
}

#[tokio::test(start_paused = true)]
async fn a_put_that_fails_holds_its_state_and_all_that_follow_and_ends_the_run() {
    for (name, error, failure) in [
        ("away", StorageError::Unavailable("the bucket b is away".into()), FailureType::Transient),
        ("wrong", StorageError::Unusable("there is no bucket b".into()), FailureType::Config),
    ] {
        let shop = Arc::new(Shop::refusing(1, error));
        let mut sync = keeping([bad("one"), state("one", 1)], &shop);
        for (pause, line) in [
            (1, bad("one")),
            (0, state("one", 2)),
            (1, record("one", 1)),
            (0, state("one", 3)),
            (100, record("one", 2)),
        ] {
            sync.lines.push((Duration::from_secs(pause), line));
        }
        let ran = sync.run().await;
        let told = ran.failure.as_ref().unwrap_or_else(|| panic!("{name}: the run went on"));
        assert_eq!(told.failure_type(), failure, "{name}: {told}");
        assert_eq!(ran.counts(), [(1, 0.0, 1.0)], "{name}");
        assert_eq!((ran.requests.len(), shop.rows().len()), (0, 1), "{name}: nobody is sent any more");
        assert!(ran.stdout.contains("there is no report of this run"), "{name}: {}", ran.stdout);
    }
}

#[tokio::test(start_paused = true)]
async fn reading_waits_while_rejected_records_pile_up() {
    let shop = Arc::new(Shop::slow(Duration::from_secs(30)));
    let long = json!({ "type": "RECORD", "record": { "stream": "one", "emitted_at": 1,
        "data": { "phone_number": "n/a", "text": "x".repeat(1 << 20) } } })
    .to_string();
    let mut sync = keeping((0..40).map(|_| long.clone()), &shop);
    sync.signals_after = vec![Duration::from_secs(15)];
    let ran = sync.run().await;
    assert!(matches!(ran.failure, Some(Error::Interrupted(_))), "{:?}", ran.failure);
    assert!((8..=10).contains(&ran.stats.received), "{} of 40 were read", ran.stats.received);
    assert!(ran.stdout.contains("waiting for the storage of rejected records"), "{}", ran.stdout);
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_in_time_when_the_storage_does_not_answer() {
    for (name, signals, seconds, failure) in [
        ("no signal", vec![], 120, FailureType::Transient),
        ("one signal", vec![6], 6 + 9, FailureType::Transient),
        ("two signals", vec![6, 1], 6 + 1, FailureType::Transient),
    ] {
        let shop = Arc::new(Shop::slow(NEVER));
        let mut sync = keeping([bad("one"), state("one", 1)], &shop);
        if !signals.is_empty() {
            sync.lines.push((NEVER, String::new()));
        }
        sync.signals_after = signals.iter().map(|after| Duration::from_secs(*after)).collect();
        let ran = sync.run().await;
        let late = ran.seconds - f64::from(seconds);
        assert!((-0.1..1.0).contains(&late), "{name}: {} s", ran.seconds);
        let told = ran.failure.as_ref().unwrap_or_else(|| panic!("{name}: the run did not fail"));
        assert_eq!(told.failure_type(), failure, "{name}: {told}");
        assert_eq!(told.to_string().contains("storage"), signals.is_empty(), "{name}: {told}");
        assert_eq!((ran.counts(), ran.report_at), (vec![], None), "{name}");
    }
}

/// The input ends while the first flush is under way, so that a second one follows it.
#[tokio::test(start_paused = true)]
async fn a_last_state_is_held_only_where_its_object_does_not_come() {
    for (takes, states, seconds, fails) in
        [(1, 2, 2, false), (55, 2, 110, false), (115, 2, 230, false), (125, 0, 120, true)]
    {
        let shop = Arc::new(Shop::slow(Duration::from_secs(takes)));
        let mut sync = keeping([bad("one"), state("one", 1)], &shop);
        sync.archive = archive(&shop, &json!({ "report": false }));
        sync.lines.extend([bad("one"), state("one", 2)].map(|line| (Duration::from_millis(400), line)));
        let ran = sync.run().await;
        assert_eq!(
            (ran.states().len(), ran.failure.is_some()),
            (states, fails),
            "{takes} s: {:?}",
            ran.failure
        );
        let late = ran.seconds - f64::from(seconds);
        assert!((-0.1..1.0).contains(&late), "{takes} s: {} s", ran.seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_rejected_is_put_at_the_end_of_a_failed_run_too_and_so_is_the_report() {
    #[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
    fn refuses(_: &Value) -> Result<Reply, TransportError> {
        let body = Bytes::from_static(br#"{"status":"-32","reason":"no such job"}"#);
        Ok(Reply { status: 200, body, ..Reply::default() })
    }
    let cases: [(_, Answer, _, _); 3] = [
        ("complete", takes_all, vec![], "complete"),
        ("refused", refuses, vec![], "config_error"),
        ("interrupted", takes_all, vec![Duration::from_secs(2)], "interrupted"),
    ];
    for (name, answer, signals, ending) in cases {
        let shop = Arc::new(Shop::default());
        let mut sync = keeping([bad("one"), record("one", 1)], &shop);
        sync.lines.push((Duration::from_secs(10), state("one", 1)));
        (sync.answer, sync.signals_after) = (answer, signals);
        let ran = sync.run().await;
        assert_eq!(shop.rows().len(), 1, "{name}");
        assert_eq!(ran.report_at.as_deref(), Some("shop://1/report.html"), "{name}: {}", ran.stdout);
        let report = shop.report().unwrap();
        assert_eq!(report["run"]["ending"], ending, "{name}");
        assert_eq!(report["run"]["rejects"], "shop://1/", "{name}");
        let (read, told) = (report["records"]["read"].as_u64(), &report["outcomes"]);
        assert_eq!((read, told["invalid"].as_u64()), (Some(ran.stats.received), Some(1)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_cannot_be_put_is_told_and_fails_no_sync() {
    let shop = Arc::new(Shop::refusing(0, StorageError::Unavailable("the bucket b is away".into())));
    let ran = keeping([record("one", 1), state("one", 1)], &shop).run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!((ran.counts(), ran.report_at), (vec![(1, 1.0, 0.0)], None));
    let told = ran.stdout.lines().find(|line| line.contains("there is no report of this run")).unwrap();
    assert!(told.contains("WARN") && told.contains("the bucket b is away"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn accepted_records_are_there_before_their_state_where_receipts_are_wanted() {
    let shop = Arc::new(Shop::slow(Duration::from_secs(3)));
    let lines = [record("one", 1), record("one", 1), bad("one"), state("one", 1)];
    let sync = Sync { archive: archive(&shop, &json!({ "receipts": true })), ..Sync::of(lines) };
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    let rows = shop.rows();
    let receipts: Vec<_> = rows.iter().filter(|(name, _)| name.starts_with("receipts/1/one/")).collect();
    let [(_, receipt)] = &receipts[..] else { panic!("{rows:?}") };
    let receipt: Value = serde_json::from_str(receipt).unwrap();
    assert_eq!(
        (&receipt["stream"], &receipt["line"], &receipt["campaign"], &receipt["run"]),
        (&json!("one"), &json!(1), &json!("9"), &json!("1-0a"))
    );
    assert_eq!(ran.counts(), [(1, 2.0, 1.0)]);
    assert_eq!(shop.report().unwrap()["run"]["receipts"], "shop://receipts/1/");
}

#[tokio::test(start_paused = true)]
async fn the_report_knows_of_waits_and_repeats() {
    fn is_busy_once(body: &Value) -> Result<Reply, TransportError> {
        static ASKED: Mutex<u32> = Mutex::new(0);
        let mut asked = ASKED.lock().unwrap();
        *asked += 1;
        if *asked > 1 { takes_all(body) } else { Err(TransportError::NotSent("no way there".into())) }
    }
    let shop = Arc::new(Shop::default());
    let mut sync = keeping([record("one", 1)], &shop);
    sync.answer = is_busy_once;
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    let time = shop.report().unwrap()["time"].take();
    assert_eq!(
        (&time["retries"][0]["count"], &time["waits"][0]["why"]),
        (&json!(1), &json!("no way there")),
        "{time}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_log_names_some_of_each_reason_and_says_where_the_others_are() {
    let shop = Arc::new(Shop::default());
    let lines = || (0..25).flat_map(|_| [bad("one"), record_of("one", "12")]);
    for (case, archive, want) in [
        ("kept", archive(&shop, &json!({})), "the rejected records are in shop://1/: 50 of them"),
        (
            "not kept",
            Archive::default(),
            "10 rejected records are not named above: with object_storage_config",
        ),
    ] {
        let ran = Sync { archive, ..Sync::of(lines()) }.run().await;
        let named =
            |code: &str| ran.stdout.matches(&format!("invalid ({code}): stream one, input line")).count();
        assert_eq!((named("missing"), named("too_short")), (20, 20), "{case}");
        assert_eq!(ran.stdout.matches("25 records, 5 of them not named above").count(), 2, "{case}");
        assert!(ran.stdout.contains(want), "{case}: {}", ran.stdout);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_of_many_states_does_not_make_an_object_of_each() {
    let shop = Arc::new(Shop::default());
    let mut sync = keeping([], &shop);
    for n in 0..100 {
        sync.lines.push((Duration::from_millis(10), bad("one")));
        sync.lines.push((Duration::ZERO, state("one", n)));
    }
    let ran = sync.run().await;
    assert_eq!(ran.counts().len(), 100);
    assert_eq!(shop.rows().len(), 5, "one at once, and one each quarter of a second");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_did_not_begin_waits_for_its_report_no_longer_than_its_end_may_take() {
    for (name, end_within, signal_after, tenths) in [
        ("nobody wants the end", 9, None, 50),
        ("the end is to be soon", 3, None, 20),
        ("somebody wants it at once", 9, Some(Duration::from_millis(500)), 5),
    ] {
        let shop = Arc::new(Shop::slow(NEVER));
        let signal = async move {
            match signal_after {
                Some(after) => sleep(after).await,
                None => std::future::pending().await,
            }
            "SIGTERM"
        };
        let mut signals = Box::pin(stream::once(signal));
        let stdout = Stdout::default();
        let (output, failure) = (Output::new(stdout.clone()), Error::Interrupted("SIGTERM"));
        let (archive, within) = (archive(&shop, &json!({})), Duration::from_secs(end_within));
        let (began, now) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let ended = Ended::before_it_began(output, failure, archive, now, within, &mut signals).await;
        assert_eq!(began.elapsed().as_millis() / 100, tenths, "{name}");
        assert!(matches!(ended.failure, Some(Error::Interrupted(_))), "{name}: {:?}", ended.failure);
        let told = String::from_utf8(stdout.written.lock().unwrap().clone()).unwrap();
        assert!(told.contains("WARN") && told.contains("there is no report of this run"), "{name}: {told}");
    }
}

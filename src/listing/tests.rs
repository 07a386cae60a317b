//! Whole loads in one process: a scripted store, and a paused clock.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{Kept, ListPlan, ListSync};
use crate::config::ObjectStorageConfig;
use crate::domain::columns::ColumnsKeeper;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::intake::{Event, EventBatch, Interval, ListedRecord, Origin, RecordPosition, StreamIndex};
use crate::ledger::{LedgerIdentity, ListOwner, NoopLedger, NumberKind, Scope};
use crate::phone::Phone;
use crate::protocol::{CatalogStream, Output};
use crate::report::ListFacts;
use crate::storage::{Object, PutObject, Rejects, Run, StorageError};

/// Longer than anything may take.
const NEVER: Duration = Duration::from_secs(100_000);

/// Takes its time for rows, refuses the first ones, and takes every report.
#[derive(Default)]
struct Shop {
    takes: Duration,
    refuses: usize,
    n_asked: Mutex<usize>,
    objects: Mutex<Vec<Object>>,
}

impl PutObject for Shop {
    fn put_object(&self, object: Object) -> BoxFuture<'_, Result<String, StorageError>> {
        Box::pin(async move {
            let name = object.name.clone();
            if !name.contains("report") {
                let n_before = {
                    let mut n_asked = self.n_asked.lock().unwrap();
                    *n_asked += 1;
                    *n_asked - 1
                };
                sleep(self.takes).await;
                if n_before < self.refuses {
                    return Err(StorageError::Unavailable("the bucket b is away".to_owned()));
                }
            }
            self.objects.lock().unwrap().push(object);
            Ok(name)
        })
    }

    fn address(&self, name: &str) -> String {
        format!("shop://{name}")
    }
}

impl Shop {
    fn text(&self, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
        let objects = self.objects.lock().unwrap();
        let object = objects.iter().find(|object| is_wanted(&object.name));
        object.map(|object| String::from_utf8(object.body.to_vec()).unwrap())
    }

    fn rows(&self) -> Option<String> {
        self.text(|name| !name.contains("report"))
    }

    fn report(&self) -> Option<Value> {
        self.text(|name| name.ends_with("report.json")).map(|text| serde_json::from_str(&text).unwrap())
    }
}

#[derive(Clone, Default)]
struct Stdout(Arc<Mutex<Vec<u8>>>);

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A load before a shop. Its input stays open where somebody is to end it.
#[derive(Default)]
struct Load {
    shop: Shop,
    rows: Vec<ListedRecord>,
    leaves_out_report: bool,
    signals_after: Vec<Duration>,
}

struct Loaded {
    failure: Option<Error>,
    stdout: String,
    shop: Arc<Shop>,
    seconds: u64,
}

impl Load {
    async fn run(self) -> Loaded {
        let (shop, stdout, began) = (Arc::new(self.shop), Stdout::default(), Instant::now());
        let section = json!({
            "storage_type": "Local", "path": "/x", "format": { "format_type": "JSONL" },
        });
        let section: ObjectStorageConfig = serde_json::from_value(section).unwrap();
        let run = Run { sync_id: "1".to_owned(), id: "1-0a".to_owned(), started: Timestamp::UNIX_EPOCH };
        let rejects = Rejects::new(&section, run).unwrap().unwrap();
        let report = (!self.leaves_out_report).then(|| "1".to_owned());
        let store: Arc<dyn PutObject> = Arc::<Shop>::clone(&shop);
        let kept = Kept::new(store, rejects, report);
        let account = "itnio/INVENTED".to_owned();
        let identity = LedgerIdentity { account, scope: Scope::Campaign, numbers: NumberKind::Opaque };
        let facts = ListFacts {
            id: "1-0a".to_owned(),
            sync_id: "1".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            ledger: "sqlite",
            settings_digest: String::new(),
        };
        let owner = ListOwner::new(&identity, Scope::Account);
        let plan = ListPlan { owner, facts, end_within: Duration::from_secs(9) };
        let name = StreamName { namespace: String::new(), name: "register".to_owned() };
        let streams = [CatalogStream { name, ..CatalogStream::default() }];
        let output = Output::new(stdout.clone());
        let sync = ListSync::new(NoopLedger, plan, output, &streams, Some(kept));
        let (sender, input) = mpsc::channel(1);
        let events = self.rows.into_iter().map(Event::Listed).collect();
        sender.send(EventBatch { events, ..EventBatch::default() }).await.unwrap();
        let open = (!self.signals_after.is_empty()).then_some(sender);
        let after = |wait: Duration| async move {
            // Even a sleep of no time is not over when it is first asked.
            if !wait.is_zero() {
                sleep(wait).await;
            }
            "SIGTERM"
        };
        let signals = stream::iter(self.signals_after).then(after).chain(stream::pending());
        let (_, result) = sync.run(input, Box::pin(signals)).await;
        drop(open);
        let stdout = String::from_utf8(stdout.0.lock().unwrap().clone()).unwrap();
        Loaded { failure: result.err(), stdout, shop, seconds: began.elapsed().as_secs() }
    }
}

fn row(outcome: Outcome, phone: Option<Phone>, columns: &str) -> ListedRecord {
    let position = RecordPosition { stream: StreamIndex::new(0), line: 1, interval: Interval(0) };
    let columns = Some(ColumnsKeeper::default().keep(columns));
    let origin = Origin { position, primary_key: Box::default(), extracted_at: 1, columns };
    ListedRecord { origin, is_listed: true, number: Err(outcome), phone }
}

fn unreadable() -> ListedRecord {
    row(Outcome::Invalid(Reason::TooShort, None), None, r#"{"mobile":"12"}"#)
}

/// So long that it is put at once.
fn long() -> ListedRecord {
    row(
        Outcome::Suppressed(Reason::OnlyWhen, None),
        None,
        &format!(r#"{{"text":"{}"}}"#, "x".repeat(5 << 20)),
    )
}

#[tokio::test(start_paused = true)]
async fn rejected_rows_are_said_to_be_where_they_are_and_nowhere_else() {
    let seconds = Duration::from_secs;
    let away = || Shop { refuses: 1, ..Shop::default() };
    let slow = |takes| Shop { takes, ..Shop::default() };
    for (name, shop, first, signals_after, failure, takes, are_there) in [
        ("there", slow(seconds(1)), unreadable(), vec![], "too_short", 1, true),
        ("there, but slowly", slow(seconds(100)), unreadable(), vec![], "too_short", 100, true),
        ("in time after a signal", slow(seconds(5)), unreadable(), vec![seconds(1)], "SIGTERM", 6, true),
        ("away while it loads, and back for the report", away(), long(), vec![], "is away", 0, false),
        ("no answer while it loads", slow(NEVER), long(), vec![], "120 seconds after", 120, false),
        ("stopped while it puts", slow(NEVER), long(), vec![seconds(1)], "SIGTERM", 1, false),
        ("away in the end", away(), unreadable(), vec![], "too_short", 0, false),
        ("no answer in the end", slow(NEVER), unreadable(), vec![], "too_short", 120, false),
        ("no answer after a signal", slow(NEVER), unreadable(), vec![seconds(1)], "SIGTERM", 10, false),
        ("two signals", slow(NEVER), unreadable(), vec![seconds(1); 2], "SIGTERM", 2, false),
        ("two at a time", slow(NEVER), unreadable(), vec![seconds(1), seconds(0)], "SIGTERM", 1, false),
    ] {
        for leaves_out_report in [false, true] {
            let name = format!("{name}, without a report: {leaves_out_report}");
            let shop = Shop { takes: shop.takes, refuses: shop.refuses, ..Shop::default() };
            let rows = vec![first.clone()];
            let signals_after = signals_after.clone();
            let loaded = Load { shop, rows, leaves_out_report, signals_after }.run().await;
            let told = loaded.failure.unwrap_or_else(|| panic!("{name}: it did not fail")).to_string();
            assert!(told.contains(failure), "{name}: {told}");
            assert_eq!((loaded.seconds, loaded.shop.rows().is_some()), (takes, are_there), "{name}");
            let line = |words: &str| loaded.stdout.lines().find(|line| line.contains(words));
            let (info, warning) = (line("1 of them, are in shop://1/"), line("not all of them"));
            assert_eq!(
                (info.is_some(), warning.is_some()),
                (are_there, !are_there),
                "{name}: {}",
                loaded.stdout
            );
            assert!(warning.is_none_or(|line| line.contains("WARN")), "{name}: {warning:?}");
            let no_report = line("there is no report of this run").is_some();
            let report = loaded.shop.report();
            assert_eq!(report.is_none() && !leaves_out_report, no_report, "{name}: {}", loaded.stdout);
            let Some(report) = report else { continue };
            let says = |words: &str| report["next_steps"].to_string().contains(words);
            assert_eq!(
                (says("are in shop://1/"), says("not all of them")),
                (are_there, !are_there),
                "{name}: {report}"
            );
            assert_eq!(report["run"]["rejects"], if are_there { "shop://1/" } else { "" }, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_of_a_row_hides_whose_it_is_where_it_was_left_out() {
    let columns = r#"{"mobile":"x8f0a92bTT","channel":"S"}"#.to_owned();
    let outcome = Outcome::Suppressed(Reason::OnlyWhen, None);
    let left_out = row(outcome, Some(Phone::opaque("x8f0a92bTT")), &columns);
    let loaded = Load { rows: vec![left_out, unreadable()], ..Load::default() }.run().await;
    let rows = loaded.shop.rows().unwrap_or_else(|| panic!("{}", loaded.stdout));
    assert!(rows.contains("x8****") && !rows.contains("x8f0a92bTT"), "{rows}");
}

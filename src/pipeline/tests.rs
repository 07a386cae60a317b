//! Whole runs in one process: real messages, real mapping, a real vendor, a scripted way to it and a
//! paused clock.

mod archive;
mod defects;
mod limits;
mod scripted_ledger;
mod shutdown;
mod states;
mod status;
mod window;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{Archive, Ended, Pipeline, Plan, RunStats};
use crate::config::{self, Config, OnUnknownOutcome};
use crate::delivery::{
    Clock, Deliverer, DeliveryOptions, RateLimiter, RetryPolicy, RunHandle, Transport, TransportError,
};
use crate::domain::error::Error;
use crate::intake::{EventBatch, Router};
use crate::ledger::{DailyLimit, KeyHasher, KeyMaker, Ledger, NoopLedger, Scope};
use crate::mapping::{self, RunContext, StreamShape};
use crate::protocol::{Catalog, Output};
use crate::providers::api::{Reply, Request};
use scripted_ledger::ScriptedLedger;

/// Answers every request after a while, by a rule on its body; remembers when requests came.
struct ScriptedTransport {
    takes: Duration,
    answer: fn(&Value) -> Result<Reply, TransportError>,
    requests: Arc<Mutex<Vec<(Instant, Value)>>>,
}

impl Transport for ScriptedTransport {
    async fn send_request(&self, request: Request) -> Result<Reply, TransportError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        self.requests.lock().unwrap().push((Instant::now(), body.clone()));
        sleep(self.takes).await;
        (self.answer)(&body)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
fn takes_all(_: &Value) -> Result<Reply, TransportError> {
    Ok(Reply { status: 200, body: Bytes::from_static(br#"{"status":"0","data":[]}"#), ..Reply::default() })
}

/// A stdout that can be looked at, and closed after some bytes.
#[derive(Clone, Default)]
struct Stdout {
    written: Arc<Mutex<Vec<u8>>>,
    closes_after: Option<usize>,
}

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.written.lock().unwrap();
        if self.closes_after.is_some_and(|limit| written.len() >= limit) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A sync to be run.
struct Sync {
    config: Value,
    generation_id: Option<i64>,
    lines: Vec<(Duration, String)>,
    takes: Duration,
    answer: fn(&Value) -> Result<Reply, TransportError>,
    /// Signals come so long after the start or the one before.
    signals_after: Vec<Duration>,
    stdout: Stdout,
    archive: Archive,
    /// What the machine's clock shows at the start.
    starts_at: Timestamp,
}

struct Ran {
    stats: RunStats,
    failure: Option<Error>,
    report_at: Option<String>,
    stdout: String,
    requests: Vec<(Instant, Value)>,
    started: Instant,
    seconds: f64,
}

impl Sync {
    fn of(lines: impl IntoIterator<Item = String>) -> Self {
        Self {
            config: json!({}),
            generation_id: None,
            lines: lines.into_iter().map(|line| (Duration::ZERO, line)).collect(),
            takes: Duration::from_millis(50),
            answer: takes_all,
            signals_after: Vec::new(),
            stdout: Stdout::default(),
            archive: Archive::default(),
            starts_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn config(&self) -> Config {
        let mut whole = json!({
            "vendor": { "vendor_type": "itnio", "api_key": "key", "api_secret": "secret-1", "app_id": "A", "job_id": 9 },
            "phone": { "default_region": "VN" },
            "delivery": { "max_requests_per_second": 0 },
        });
        for (section, value) in self.config.as_object().unwrap() {
            whole[section] = value.clone();
        }
        let (config, mistakes) = config::read_config(&whole.to_string());
        assert_eq!(mistakes, []);
        config.unwrap()
    }

    async fn run(self) -> Ran {
        self.run_with(Arc::new(NoopLedger)).await
    }

    async fn run_with(self, ledger: Arc<impl Ledger>) -> Ran {
        let config = self.config();
        let vendor = config.vendor.build();
        let stream = |name: &str| {
            let mut stream = json!({ "stream": { "name": name }, "sync_mode": "incremental", "destination_sync_mode": "append" });
            if let Some(id) = self.generation_id {
                stream["generation_id"] = json!(id);
            }
            stream
        };
        let catalog = json!({ "streams": [stream("one"), stream("two")] }).to_string();
        let catalog = Catalog::parse(&catalog).unwrap();
        let context = RunContext { sync_id: "1".into(), now: Timestamp::UNIX_EPOCH };
        let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
        let mappings = mapping::compile_catalog(&config, &vendor, &shapes, &context).unwrap();
        let names: Vec<_> = catalog.streams.iter().map(|stream| stream.name.clone()).collect();
        let keys = KeyMaker::new(KeyHasher::new("a key"), Scope::Campaign, "itnio/A".to_owned());
        let intake =
            Router::new(names.clone(), mappings, ledger.remembers().then_some(keys)).keeping_columns(true);
        let streams = names.into_iter().map(|name| (name, self.generation_id)).collect();
        let plan = Plan { streams, ..plan(&config) };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let transport =
            ScriptedTransport { takes: self.takes, answer: self.answer, requests: Arc::clone(&requests) };
        let (run, log_lines) = RunHandle::new(Arc::new(Clock::starting_at(self.starts_at)));
        let run = run.within(config.rules.window.parse().unwrap());
        let resend = config.delivery.on_unknown_outcome == OnUnknownOutcome::Resend;
        let retry_policy = RetryPolicy { retry_for: Duration::from_mins(1), resend };
        let options = DeliveryOptions { rate_limiter: RateLimiter::new(0), retry_policy, seed: 7 };
        let deliverer = Deliverer::new(vendor, transport, run.clone(), options);
        let (sender, input) = mpsc::channel(2);
        tokio::spawn(speak(self.lines, intake, sender));
        let after = |wait: Duration| async move {
            sleep(wait).await;
            "SIGTERM"
        };
        let signals = stream::iter(self.signals_after).then(after).chain(stream::pending());
        let output = Output::new(self.stdout.clone());
        let pipeline = Pipeline::new(plan, Arc::new(deliverer), ledger, output, run, self.archive);
        let started = Instant::now();
        let Ended { stats, failure, report_at, output: _ } =
            pipeline.run(input, log_lines, Box::pin(signals)).await;
        let stdout = String::from_utf8(self.stdout.written.lock().unwrap().clone()).unwrap();
        let requests = std::mem::take(&mut *requests.lock().unwrap());
        let seconds = started.elapsed().as_secs_f64();
        Ran { stats, failure, report_at, stdout, requests, started, seconds }
    }
}

fn plan(config: &Config) -> Plan {
    let max = config.limits.max_contacts_per_day;
    Plan {
        run: "1-0a".to_owned(),
        batch_size: config.delivery.batch_size.into(),
        max_batch_age: Duration::from_secs(config.delivery.max_batch_age_seconds.into()),
        max_in_flight: config.delivery.max_requests_in_flight.into(),
        hear_out_for: Duration::from_secs(65),
        end_within: Duration::from_secs(9),
        max_contacts: config.limits.max_contacts_per_sync,
        daily_limit: (max > 0).then_some(DailyLimit { max, zone: TimeZone::UTC }),
        on_limit: config.limits.on_limit,
        allow_nobody: config.limits.allow_nobody,
        max_rejected_percent: config.limits.max_rejected_percent,
        streams: Vec::new(),
    }
}

/// The source: says its lines, each after its pause.
async fn speak(lines: Vec<(Duration, String)>, mut intake: Router, sender: mpsc::Sender<EventBatch>) {
    for (pause, line) in lines {
        sleep(pause).await;
        let mut batch = EventBatch::default();
        match intake.read_line(line.as_bytes()) {
            Ok(item) => batch.events.extend(item),
            Err(error) => batch.failure = Some(error),
        }
        batch.warnings = intake.warnings();
        if sender.send(batch).await.is_err() {
            return;
        }
    }
}

fn record(stream: &str, n: u32) -> String {
    record_of(stream, &format!("+8498{n:07}"))
}

fn record_of(stream: &str, phone: &str) -> String {
    json!({ "type": "RECORD", "record": { "stream": stream, "data": { "phone_number": phone }, "emitted_at": 1 } }).to_string()
}

fn state(stream: &str, id: u32) -> String {
    format!(
        r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{stream}"}},"stream_state":{{"big":12345678901234567890}}}},"id":{id}}}}}"#
    )
}

impl Ran {
    fn states(&self) -> Vec<&str> {
        self.stdout.lines().filter(|line| line.contains(r#""type":"STATE""#)).collect()
    }

    /// Of each state: its id, recordCount, rejectedRecordCount.
    fn counts(&self) -> Vec<(u64, f64, f64)> {
        let read = |line: &&str| {
            let state = &serde_json::from_str::<Value>(line).unwrap()["state"];
            let stats = &state["destinationStats"];
            let count = |name| stats[name].as_f64().unwrap_or(-1.0);
            (state["id"].as_u64().unwrap(), count("recordCount"), count("rejectedRecordCount"))
        };
        self.states().iter().map(read).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn states_come_back_in_order_with_what_ended_before_them() {
    let lines = [
        record("one", 1),
        record_of("one", "n/a"),
        record("two", 2),
        state("one", 1),
        record("one", 3),
        state("two", 2),
        record("one", 1),
        state("one", 3),
        state("one", 4),
    ];
    let ran = Sync::of(lines).run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!(ran.counts(), [(1, 1.0, 1.0), (2, 1.0, 0.0), (3, 2.0, 0.0), (4, 0.0, 0.0)]);
    assert!(
        ran.states()[0]
            .contains(r#""stream_state":{"big":12345678901234567890}},"id":1,"destinationStats":"#)
    );
    assert_eq!(
        (ran.stats.received, ran.stats.accepted, ran.stats.duplicate, ran.stats.invalid),
        (5, 3, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_state_waits_for_the_records_before_it() {
    let mut sync = Sync::of([record("one", 1), state("one", 1)]);
    sync.lines.push((Duration::from_secs(2), record("one", 2)));
    sync.takes = Duration::from_secs(20);
    let ran = sync.run().await;
    let progress =
        ran.stdout.lines().position(|line| line.contains("records/s")).expect("progress is logged");
    let state = ran.stdout.lines().position(|line| line.contains(r#""STATE""#)).expect("a state");
    assert!(progress < state, "the state came before its record was settled:\n{}", ran.stdout);
}

#[tokio::test(start_paused = true)]
async fn a_partial_batch_goes_out_when_it_is_old_enough() {
    let mut sync = Sync::of([record("one", 1)]);
    sync.lines.push((Duration::from_mins(1), record("one", 2)));
    let ran = sync.run().await;
    let waits: Vec<u64> =
        ran.requests.iter().map(|(at, _)| at.duration_since(ran.started).as_secs()).collect();
    assert_eq!(waits, [5, 60], "one after max_batch_age_seconds, one at the end of the input");
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_than_allowed_are_under_way() {
    let mut sync = Sync::of((0..1_000).map(|n| record("one", n)));
    sync.config = json!({ "delivery": { "batch_size": 10, "max_requests_in_flight": 4, "max_requests_per_second": 0 } });
    sync.takes = Duration::from_secs(1);
    let ran = sync.run().await;
    assert_eq!((ran.requests.len(), ran.stats.accepted), (100, 1_000));
    assert!((25.0..26.0).contains(&ran.seconds), "{}", ran.seconds);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_nothing_new_is_sent_and_what_is_under_way_is_heard_out() {
    fn refuses_the_second(body: &Value) -> Result<Reply, TransportError> {
        let is_second = body["customerPersons"][0]["phoneNumber"] == "84980000010";
        let bad = Bytes::from_static(br#"{"status":"-32","reason":"no such job"}"#);
        if is_second { Ok(Reply { status: 200, body: bad, ..Reply::default() }) } else { takes_all(body) }
    }
    let mut lines: Vec<_> = (0..200).map(|n| record("one", n)).collect();
    lines.insert(10, state("one", 1));
    lines.insert(31, state("one", 2));
    let mut sync = Sync::of(lines);
    sync.config = json!({ "delivery": { "batch_size": 10, "max_requests_in_flight": 3, "max_requests_per_second": 0 } });
    sync.answer = refuses_the_second;
    let ran = sync.run().await;
    assert!(matches!(ran.failure, Some(Error::Refused { .. })), "{:?}", ran.failure);
    assert_eq!(ran.requests.len(), 3, "the first, the refused one, and the one under way");
    assert_eq!(ran.stats.accepted, 20);
    assert_eq!(ran.counts(), [(1, 10.0, 0.0)], "only the state whose records are all settled");
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_run_in_order() {
    let mut sync = Sync::of([record("one", 1), state("one", 1)]);
    sync.lines.push((Duration::from_mins(10), record("one", 2)));
    sync.takes = Duration::from_secs(7);
    sync.signals_after = vec![Duration::from_secs(6)];
    let ran = sync.run().await;
    assert!(matches!(ran.failure, Some(Error::Interrupted("SIGTERM"))));
    assert_eq!(ran.counts(), [(1, 1.0, 0.0)], "the request under way was heard out");
    assert!(ran.seconds < 20.0, "{}", ran.seconds);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_end_does_not_hold_the_run() {
    let mut sync = Sync::of([record("one", 1)]);
    sync.takes = Duration::from_secs(100_000);
    sync.signals_after = vec![Duration::from_secs(10)];
    let ran = sync.run().await;
    assert!(ran.seconds < 100.0, "{}", ran.seconds);
}

#[tokio::test(start_paused = true)]
async fn a_closed_stdout_ends_the_run() {
    let mut lines: Vec<_> = (0..5_000).map(|n| record("one", n)).collect();
    lines.insert(150, state("one", 1));
    let mut sync = Sync::of(lines);
    sync.stdout.closes_after = Some(1);
    let ran = sync.run().await;
    assert!(matches!(ran.failure, Some(Error::Output(_))), "{:?}", ran.failure);
    assert!(ran.requests.len() < 20, "{} requests", ran.requests.len());
}

#[tokio::test(start_paused = true)]
async fn what_no_state_covers_is_not_sent_when_the_source_fails() {
    let mut sync = Sync::of([record("one", 1), record("two", 2), state("one", 1), record("one", 3)]);
    sync.generation_id = Some(1);
    let ran = sync.run().await;
    assert!(
        matches!(&ran.failure, Some(Error::Incomplete(names)) if names == "one, two"),
        "{:?}",
        ran.failure
    );
    assert_eq!((ran.stats.accepted, ran.stats.received), (2, 3));
    assert_eq!(ran.counts(), [(1, 1.0, 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_complete_source_succeeds_where_completeness_is_demanded() {
    let complete = |stream| {
        json!({ "type": "TRACE", "trace": { "type": "STREAM_STATUS", "stream_status":
            { "stream_descriptor": { "name": stream }, "status": "COMPLETE" } } })
        .to_string()
    };
    let mut sync = Sync::of([record("one", 1), complete("one"), complete("two")]);
    sync.generation_id = Some(1);
    let ran = sync.run().await;
    assert!(ran.failure.is_none(), "{:?}", ran.failure);
    assert_eq!(ran.stats.accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn many_streams_go_to_many_campaigns() {
    let with_job = |stream: &str, n: u32, job: u32| {
        let data = json!({ "phone_number": format!("+8498{n:07}"), "job": job });
        json!({ "type": "RECORD", "record": { "stream": stream, "data": data, "emitted_at": 1 } }).to_string()
    };
    let lines = [
        with_job("one", 1, 11),
        with_job("two", 1, 0),
        with_job("one", 2, 12),
        with_job("one", 1, 12),
        with_job("one", 1, 11),
        state("one", 1),
    ];
    let mut sync = Sync::of(lines);
    sync.config = json!({ "streams": [
        { "stream": "one", "campaign": "{{ record.job }}", "fields": [{ "field": "phone_number", "column": "phone_number" }] },
        { "stream": "two", "fields": [{ "field": "phone_number", "column": "phone_number" }] },
    ] });
    let ran = sync.run().await;
    let mut sent: Vec<_> = ran
        .requests
        .iter()
        .map(|(_, body)| (body["jobId"].as_u64().unwrap(), body["customerPersons"].as_array().unwrap().len()))
        .collect();
    sent.sort_unstable();
    assert_eq!(sent, [(9, 1), (11, 1), (12, 2)], "a number goes to each campaign once");
    assert_eq!((ran.stats.accepted, ran.stats.duplicate, ran.counts()), (4, 1, vec![(1, 4.0, 0.0)]));
}

#[tokio::test(start_paused = true)]
async fn too_many_rejected_records_fail_the_sync() {
    for (bad, percent, fails) in [(60, 50, true), (40, 50, false), (100, 100, false)] {
        let lines = (0..100).map(|n| if n < bad { record_of("one", "n/a") } else { record("one", n) });
        let mut sync = Sync::of(lines);
        sync.config = json!({ "limits": { "max_rejected_percent": percent } });
        let ran = sync.run().await;
        assert_eq!(
            matches!(ran.failure, Some(Error::TooManyRejected { .. })),
            fails,
            "{bad} of 100 at {percent} %"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_line_is_told_by_its_number() {
    for (line, want) in [
        (r#"{"type":"RECORD","rec"#.to_owned(), "line 3 of the input is not JSON (column 21)"),
        (
            record("three", 1),
            "line 3 of the input is a RECORD of stream three, which the catalog does not have",
        ),
    ] {
        let ran = Sync::of([record("one", 1), String::new(), line]).run().await;
        assert_eq!(ran.failure.map(|error| error.to_string()).as_deref(), Some(want));
        assert_eq!(ran.requests.len(), 0, "nothing is sent after a failure");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_at_all_succeeds_at_once() {
    let ran = Sync::of([]).run().await;
    assert!(ran.failure.is_none());
    assert_eq!((ran.requests.len(), ran.stats), (0, RunStats::default()));
    let ran = Sync::of([state("one", 1)]).run().await;
    assert_eq!((ran.requests.len(), ran.counts()), (0, vec![(1, 0.0, 0.0)]), "a reset calls nobody");
}

#[tokio::test(start_paused = true)]
async fn rejected_records_are_shown_with_masked_numbers_twenty_of_each_reason() {
    #[expect(clippy::unnecessary_wraps, reason = "one of several rules by which a vendor answers")]
    fn names_everybody(body: &Value) -> Result<Reply, TransportError> {
        let persons = body["customerPersons"].as_array().unwrap();
        let lines: Vec<_> = persons
            .iter()
            .map(|person| {
                format!(
                    "Customer custom property is incomplete,Phone Number:{}",
                    person["phoneNumber"].as_str().unwrap()
                )
            })
            .collect();
        let body = json!({ "status": "0", "data": lines }).to_string();
        Ok(Reply { status: 200, body: body.into(), ..Reply::default() })
    }
    let mut sync = Sync::of((0..50).map(|n| record("one", n)));
    sync.answer = names_everybody;
    let ran = sync.run().await;
    let shown = ran.stdout.lines().filter(|line| line.contains("rejected (missing_variable)")).count();
    assert_eq!((shown, ran.stats.rejected), (20, 50));
    assert!(ran.stdout.contains("+84****0"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("8498000"), "a whole number is in the log");
}

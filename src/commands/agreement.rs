//! What a preview shows is what a sync does: the same input, the same ledger, every rule, record by record.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::demo::ask;
use super::do_not_call;
use super::load_config::LoadedConfig;
use super::preview::dry_run_plan;
use super::sandbox::{faults, start};
use super::write::SyncJob;
use crate::cli::{DoNotCallCommand, Environment, ListLoadArgs};
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::ledger::Ledger;
use crate::ledger::open;
use crate::pipeline::{DryRun, PredictedRecord, RunStats};
use crate::protocol::{Catalog, Output};
use crate::sandbox::{Sandbox, SandboxOptions};

/// A connection, and what comes in by it.
#[derive(Clone, Debug)]
struct Case {
    vendor: &'static str,
    only_when: &'static str,
    limits: Limits,
    window: Value,
    batch_size: u64,
    has_fields: bool,
    campaign: &'static str,
    scope: Option<&'static str>,
    /// Where there is a ledger: the first numbers are on the list.
    do_not_call: bool,
    cooling_off_hours: u32,
    /// The ledger knows of so many of the first records: as called, then as perhaps called.
    known: (usize, usize),
    records: Vec<Row>,
}

/// How many are sent at most.
#[derive(Clone, Copy, Debug)]
struct Limits {
    per_sync: u64,
    /// Where there is a ledger.
    per_day: u64,
    on_limit: &'static str,
    allow_nobody: bool,
}

#[derive(Clone, Debug)]
struct Row {
    mobile: Value,
    consent: Value,
    last4: Value,
    deleted: bool,
    zone: &'static str,
    /// What the campaign's column has.
    job: Job,
}

#[derive(Clone, Copy, Debug)]
enum Job {
    Blank,
    Usual,
    Another,
}

/// A ledger's folder, gone with the case.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// What became, or would become, of an input.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// The code of each record that counts as rejected, by its line.
    rejected: BTreeMap<u64, String>,
    /// The lines of those who are sent.
    sent: BTreeSet<u64>,
    reasons: BTreeMap<Reason, u64>,
    /// Whom the vendor got, and where.
    called: BTreeSet<(String, String)>,
    n_requests: u64,
    /// Records beyond a limit.
    left: u64,
    /// People whom an earlier sync may have sent.
    held: u64,
    failure: Option<String>,
}

/// At 15:00 in Hanoi, and 03:00 in New York.
fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn window() -> impl Strategy<Value = Value> {
    let hours = |zone: &Value| {
        let mut window = json!({ "from": "08:00", "to": "17:00" });
        window.as_object_mut().unwrap().extend(zone.as_object().unwrap().clone());
        window
    };
    prop_oneof![
        4 => Just(json!({})),
        1 => Just(hours(&json!({ "time_zone": "Asia/Ho_Chi_Minh" }))),
        1 => Just(hours(&json!({ "time_zone": "America/New_York" }))),
        2 => Just(hours(&json!({ "time_zone_column": "zone" }))),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let most = || prop_oneof![2 => Just(0_u64), 1 => 1_u64..12];
    let on_limit = prop::sample::select(vec!["stop", "suppress"]);
    (most(), most(), on_limit, prop::bool::weighted(0.2)).prop_map(
        |(per_sync, per_day, on_limit, allow_nobody)| Limits { per_sync, per_day, on_limit, allow_nobody },
    )
}

fn row() -> impl Strategy<Value = Row> {
    let written = |n: u32, way: usize| match way {
        0 => json!(format!("098765{n:04}")),
        1 => json!(format!("+84 98 765 {n:04}")),
        2 => json!(format!("(+84) 98.765.{n:04}")),
        _ => json!(84_987_650_000_u64 + u64::from(n)),
    };
    let odd = prop_oneof![Just(json!(null)), Just(json!("N/A")), Just(json!("0987")), Just(json!([1]))];
    let mobile =
        prop_oneof![8 => (0_u32..14, 0_usize..4).prop_map(move |(n, way)| written(n, way)), 2 => odd];
    let consent = prop_oneof![5 => Just(json!("yes")), 1 => Just(json!("no")), 1 => Just(json!(null))];
    let last4 = prop_oneof![7 => Just(json!("0421")), 1 => Just(json!(null)), 1 => Just(json!(" "))];
    let zone = prop::sample::select(vec!["Asia/Ho_Chi_Minh", "Asia/Seoul", "America/New_York", "", "Mars"]);
    let job = prop::sample::select(vec![Job::Blank, Job::Usual, Job::Usual, Job::Another]);
    (mobile, consent, last4, prop::bool::weighted(0.06), job, zone).prop_map(
        |(mobile, consent, last4, deleted, job, zone)| Row { mobile, consent, last4, deleted, zone, job },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let settings = (
        prop::sample::select(vec!["itnio", "vbee"]),
        prop::sample::select(vec!["", "consent = 'yes'", "consent <> 'no' AND id > 3", "id > 120"]),
        limits(),
        window(),
        1_u64..12,
        any::<bool>(),
        prop::sample::select(vec!["", "{{ record.job }}"]),
        prop::sample::select(vec![None, Some("campaign"), Some("account"), Some("everywhere")]),
        prop::bool::weighted(0.3),
        prop_oneof![2 => Just(0_u32), 1 => Just(24)],
        (0_usize..10, 0_usize..8),
    );
    // Beyond a hundred records it is known that nobody can be called.
    let records =
        prop_oneof![4 => prop::collection::vec(row(), 0..40), 1 => prop::collection::vec(row(), 90..130)];
    (settings, records).prop_map(|(settings, records)| {
        let (
            vendor,
            only_when,
            limits,
            window,
            batch_size,
            has_fields,
            campaign,
            scope,
            by_list,
            hours,
            known,
        ) = settings;
        Case {
            vendor,
            only_when,
            limits,
            window,
            batch_size,
            has_fields,
            campaign,
            scope,
            do_not_call: by_list && scope.is_some(),
            cooling_off_hours: if scope.is_some() { hours } else { 0 },
            known,
            records,
        }
    })
}

impl Case {
    /// The syncs before have no limit that they reach, but they count.
    fn before(&self) -> Self {
        let limits = Limits { per_sync: 0, per_day: self.limits.per_day * 1_000, ..self.limits };
        Self { limits, window: json!({}), do_not_call: false, ..self.clone() }
    }

    fn config(&self, sandbox: &Sandbox, folder: &Path, kept: &str) -> Value {
        let mut config = sandbox.connector_config(self.vendor).unwrap();
        let fields = json!([
            { "field": "phone_number", "column": "mobile" },
            { "field": "last4", "column": "last4", "required": true },
            { "field": "consent", "column": "consent" },
        ]);
        let fields =
            if self.has_fields { fields } else { json!([{ "field": "phone_number", "column": "mobile" }]) };
        config["streams"] = json!([{
            "stream": "people", "fields": fields, "only_when": self.only_when, "campaign": self.campaign,
        }]);
        config["phone"] = json!({ "default_region": "VN" });
        // Of requests that are under way at once, each holds the places of all that it may send.
        config["delivery"] = json!({
            "max_requests_per_second": 0, "batch_size": self.batch_size, "retry_for_seconds": 0,
            "max_requests_in_flight": 1,
        });
        let Limits { per_sync, per_day, on_limit, allow_nobody } = self.limits;
        config["limits"] = json!({
            "max_contacts_per_sync": per_sync, "on_limit": on_limit, "allow_nobody": allow_nobody,
            "max_contacts_per_day": if self.scope.is_some() { per_day } else { 0 },
        });
        config["rules"] = json!({
            "window": self.window, "cooling_off_hours": self.cooling_off_hours,
            "do_not_call": { "enabled": self.do_not_call },
        });
        if let Some(scope) = self.scope {
            let path = folder.join("ledger.sqlite");
            config["ledger"] = json!({ "ledger_type": "sqlite", "path": path, "scope": scope });
        }
        config["object_storage_config"] = json!({
            "storage_type": "Local", "path": folder.join(kept), "receipts": true, "format": { "format_type": "JSONL" },
        });
        config
    }

    fn job(&self, sandbox: &Sandbox, folder: &Path, kept: &str) -> SyncJob {
        let config = self.config(sandbox, folder, kept);
        let properties: serde_json::Map<_, _> =
            ["id", "mobile", "consent", "last4", "job", "zone", "_ab_cdc_deleted_at"]
                .map(|name| (name.to_owned(), json!({})))
                .into_iter()
                .collect();
        let stream = json!({
            "stream": { "name": "people", "json_schema": { "properties": properties } },
            "primary_key": [["id"]],
        });
        let catalog = Catalog::parse(&json!({ "streams": [stream] }).to_string()).unwrap();
        let loaded = LoadedConfig::from_text(&config.to_string()).unwrap();
        SyncJob::new(loaded, catalog, now(), &Environment::default()).unwrap()
    }

    /// Three people must not be called, and one of them is nobody's.
    async fn load_list(&self, sandbox: &Sandbox, folder: &Path) {
        let (config, file) = (folder.join("list.json"), folder.join("list.csv"));
        std::fs::write(&config, self.config(sandbox, folder, "list").to_string()).unwrap();
        std::fs::write(&file, "phone_number\n0987650001\n+84987650004\n0987659999\n").unwrap();
        let arguments = ListLoadArgs {
            config,
            file,
            column: "phone_number".to_owned(),
            format: None,
            replace: false,
            source: None,
        };
        do_not_call::run(DoNotCallCommand::Load(arguments), std::io::empty(), now()).await.unwrap();
    }

    fn lines(&self, sandbox: &Sandbox, records: &[Row]) -> Vec<u8> {
        let config = sandbox.connector_config(self.vendor).unwrap();
        let vendor = &config["vendor"];
        let usual = vendor.get("job_id").or(vendor.get("campaign_id")).unwrap();
        let another = if self.vendor == "itnio" { json!(77) } else { json!("65f0c0ffee0000000000beef") };
        let mut lines = String::new();
        for (id, row) in records.iter().enumerate() {
            let deleted = row.deleted.then_some("2026-01-01T00:00:00Z");
            let job = match row.job {
                Job::Blank => &Value::Null,
                Job::Usual => usual,
                Job::Another => &another,
            };
            let data = json!({
                "id": id, "mobile": row.mobile, "consent": row.consent, "last4": row.last4, "job": job,
                "zone": row.zone,
                "_ab_cdc_deleted_at": deleted,
            });
            let record = json!({ "stream": "people", "data": data, "emitted_at": 1 });
            lines.push_str(&json!({ "type": "RECORD", "record": record }).to_string());
            lines.push('\n');
        }
        lines.into_bytes()
    }
}

async fn sandbox(plan: &str) -> Sandbox {
    let faults = faults(plan).unwrap();
    let options =
        SandboxOptions { faults, show_numbers: true, any_campaign: true, ..SandboxOptions::default() };
    start(options, now()).await.unwrap()
}

async fn step(job: &SyncJob, lines: &[u8]) -> Told {
    let ledger = open::view(&job.config, job.vendor.as_ref(), now()).await.unwrap();
    let router = job.router(ledger.keys, &Arc::default());
    let input = Cursor::new(lines.to_vec());
    let mut dry_run = DryRun::new(dry_run_plan(job), input, router, &ledger.ledger, now()).unwrap();
    let (mut told, mut stats) = (Told::default(), RunStats::default());
    told.failure = loop {
        let step = match dry_run.next().await {
            Ok(Some(step)) => step,
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        };
        told.n_requests += step.n_requests;
        for predicted in &step.decided {
            let outcome = predicted.outcome();
            stats.count(outcome);
            let decision = dry_run.decision(predicted, now()).unwrap();
            told.held += u64::from(decision.is_held && decision.replay().is_doubtful());
            if let (PredictedRecord::Contact(pending, _), Outcome::Accepted { .. }) = (predicted, outcome) {
                let number = pending.contact.phone.wire(job.config.vendor.phone_format());
                told.sent.insert(predicted.position().line);
                told.called.insert((pending.campaign.as_str().to_owned(), number.into_owned()));
            } else if outcome.counts_as_rejected() {
                let code = outcome.reason().map_or("", Reason::code);
                told.rejected.insert(predicted.position().line, code.to_owned());
            }
        }
    };
    told.left = dry_run.stats().left;
    ledger.ledger.close().await.unwrap();
    told.reasons = stats.reasons;
    told
}

async fn done(job: SyncJob, lines: Vec<u8>, sandbox: &Sandbox, folder: &Path) -> Told {
    let input = Cursor::new(lines);
    let run = job.run(input, Output::new(std::io::sink()), futures_util::stream::pending());
    let ended = Box::pin(run).await;
    let (mut rejected, mut sent) = (BTreeMap::new(), BTreeSet::new());
    for (path, row) in rows(folder) {
        if path.starts_with(folder.join("receipts")) {
            sent.insert(row["line"].as_u64().unwrap());
        } else {
            let data = &row["_airbyte_data"];
            rejected.insert(data["line"].as_u64().unwrap(), data["code"].as_str().unwrap().to_owned());
        }
    }
    let page = ask(sandbox, "/calls?format=json", now()).await.unwrap();
    let entries = page["entries"].as_array().unwrap();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    Told {
        rejected,
        sent,
        reasons: ended.stats.reasons,
        called: entries.iter().map(|entry| (text(entry, "campaign"), text(entry, "phone_number"))).collect(),
        n_requests: page["requests"].as_u64().unwrap(),
        left: ended.stats.left,
        held: ended.stats.held,
        failure: ended.failure.map(|error| error.to_string()),
    }
}

/// What a sync left in a folder, row by row.
fn rows(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rows(&path));
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(text.lines().map(|line| (path.clone(), serde_json::from_str(line).unwrap())));
        }
    }
    found
}

async fn agree(case: &Case) {
    let folder = std::env::temp_dir().join(format!("ai-voice-agreement-{:x}", fastrand::u64(..)));
    std::fs::create_dir(&folder).unwrap();
    let folder = Folder(folder);
    for (plan, n_known) in [("none", case.known.0), ("drop_after=1", case.known.1)] {
        let sandbox = sandbox(plan).await;
        let known = case.records.get(..n_known).unwrap_or(&case.records);
        let job = case.before().job(&sandbox, &folder.0, plan);
        done(job, case.lines(&sandbox, known), &sandbox, &folder.0.join(plan)).await;
        sandbox.stop().await;
    }
    let sandbox = sandbox("none").await;
    if case.do_not_call {
        case.load_list(&sandbox, &folder.0).await;
    }
    let job = case.job(&sandbox, &folder.0, "kept");
    let lines = case.lines(&sandbox, &case.records);
    let step = step(&job, &lines).await;
    assert_eq!(
        ask(&sandbox, "/calls?format=json", now()).await.unwrap()["requests"],
        0,
        "a preview asks no vendor"
    );
    assert!(!folder.0.join("kept").exists(), "a preview puts nothing anywhere");
    let done = done(job, lines, &sandbox, &folder.0.join("kept")).await;
    sandbox.stop().await;
    assert_eq!(step, done);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sync_does_what_its_preview_shows_record_by_record(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&case));
    }
}

//! What a preview shows is what a sync does: the same input, the same ledger, every rule, record by record.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::demo::ask;
use super::load_config::LoadedConfig;
use super::preview::foresight_plan;
use super::sandbox::{faults, start};
use super::write::SyncJob;
use crate::cli::Environment;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::ledger::Ledger;
use crate::ledger::open;
use crate::pipeline::{Foresight, Foretold, RunStats};
use crate::protocol::{Catalog, Output};
use crate::sandbox::{Sandbox, SandboxOptions};

/// A connection, and what comes in by it.
#[derive(Clone, Debug)]
struct Case {
    vendor: &'static str,
    only_when: &'static str,
    max_contacts: u64,
    batch_size: u64,
    has_fields: bool,
    campaign: &'static str,
    scope: Option<&'static str>,
    /// The ledger knows of so many of the first records: as called, then as perhaps called.
    known: (usize, usize),
    records: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    mobile: Value,
    consent: Value,
    last4: Value,
    deleted: bool,
    /// Whether the campaign's column has something.
    has_job: bool,
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
    (mobile, consent, last4, prop::bool::weighted(0.06), prop::bool::weighted(0.9)).prop_map(
        |(mobile, consent, last4, deleted, has_job)| Row { mobile, consent, last4, deleted, has_job },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let settings = (
        prop::sample::select(vec!["itnio", "vbee"]),
        prop::sample::select(vec!["", "consent = 'yes'", "consent <> 'no' AND id > 3"]),
        prop_oneof![2 => Just(0_u64), 1 => 1_u64..12],
        1_u64..12,
        any::<bool>(),
        prop::sample::select(vec!["", "{{ record.job }}"]),
        prop::sample::select(vec![None, Some("campaign"), Some("account"), Some("everywhere")]),
        (0_usize..10, 0_usize..8),
    );
    (settings, prop::collection::vec(row(), 0..40)).prop_map(|(settings, records)| {
        let (vendor, only_when, max_contacts, batch_size, has_fields, campaign, scope, known) = settings;
        Case { vendor, only_when, max_contacts, batch_size, has_fields, campaign, scope, known, records }
    })
}

impl Case {
    fn job(&self, sandbox: &Sandbox, folder: &Path, kept: &str, limit: u64) -> SyncJob {
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
        config["delivery"] =
            json!({ "max_requests_per_second": 0, "batch_size": self.batch_size, "retry_for_seconds": 0 });
        config["limits"] = json!({ "max_contacts_per_sync": limit });
        if let Some(scope) = self.scope {
            let path = folder.join("ledger.sqlite");
            config["ledger"] = json!({ "ledger_type": "sqlite", "path": path, "scope": scope });
        }
        config["object_storage_config"] = json!({
            "storage_type": "Local", "path": folder.join(kept), "receipts": true, "format": { "format_type": "JSONL" },
        });
        let properties: serde_json::Map<_, _> =
            ["id", "mobile", "consent", "last4", "job", "_ab_cdc_deleted_at"]
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

    fn lines(&self, sandbox: &Sandbox, records: &[Row]) -> Vec<u8> {
        let config = sandbox.connector_config(self.vendor).unwrap();
        let vendor = &config["vendor"];
        let job = vendor.get("job_id").or(vendor.get("campaign_id")).unwrap();
        let mut lines = String::new();
        for (id, row) in records.iter().enumerate() {
            let deleted = row.deleted.then_some("2026-01-01T00:00:00Z");
            let job = row.has_job.then_some(job);
            let data = json!({
                "id": id, "mobile": row.mobile, "consent": row.consent, "last4": row.last4, "job": job,
                "_ab_cdc_deleted_at": deleted,
            });
            let record = json!({ "stream": "people", "data": data, "emitted_at": 1 });
            lines.push_str(&json!({ "type": "RECORD", "record": record }).to_string());
            lines.push('\n');
        }
        lines.into_bytes()
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

async fn sandbox(plan: &str) -> Sandbox {
    let options =
        SandboxOptions { faults: faults(plan).unwrap(), show_numbers: true, ..SandboxOptions::default() };
    start(options, now()).await.unwrap()
}

async fn foreseen(job: &SyncJob, lines: &[u8]) -> Told {
    let ledger = open::view(&job.config, job.vendor.as_ref(), now()).await.unwrap();
    let router = job.router(ledger.keys, &Arc::default());
    let input = Cursor::new(lines.to_vec());
    let mut foresight = Foresight::new(foresight_plan(job), input, router, &ledger.ledger, now()).unwrap();
    let (mut told, mut stats) = (Told::default(), RunStats::default());
    while let Some(foreseen) = foresight.next().await.unwrap() {
        told.n_requests += foreseen.n_requests;
        for foretold in &foreseen.decided {
            let outcome = foretold.outcome();
            stats.count(outcome);
            if let (Foretold::Contact(pending, _), Outcome::Accepted { .. }) = (foretold, outcome) {
                let number = pending.contact.phone.wire(job.config.vendor.phone_format());
                told.sent.insert(foretold.position().line);
                told.called.insert((pending.campaign.as_str().to_owned(), number.into_owned()));
            } else if outcome.counts_as_rejected() {
                let code = outcome.reason().map_or("", Reason::code);
                told.rejected.insert(foretold.position().line, code.to_owned());
            }
        }
    }
    ledger.ledger.close().await.unwrap();
    told.reasons = stats.reasons;
    told
}

async fn done(job: SyncJob, lines: Vec<u8>, sandbox: &Sandbox, folder: &Path) -> Told {
    let input = Cursor::new(lines);
    let ended = job.run(input, Output::new(std::io::sink()), futures_util::stream::pending()).await;
    let (mut rejected, mut sent) = (BTreeMap::new(), BTreeSet::new());
    for (path, row) in rows(folder) {
        if path.starts_with(folder.join("receipts")) {
            sent.insert(row["line"].as_u64().unwrap());
        } else {
            let data = &row["_airbyte_data"];
            rejected.insert(data["line"].as_u64().unwrap(), data["code"].as_str().unwrap().to_owned());
        }
    }
    let page = ask(sandbox, "/calls?format=json").await.unwrap();
    let entries = page["entries"].as_array().unwrap();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    Told {
        rejected,
        sent,
        reasons: ended.stats.reasons,
        called: entries.iter().map(|entry| (text(entry, "campaign"), text(entry, "phone_number"))).collect(),
        n_requests: page["requests"].as_u64().unwrap(),
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
        let job = case.job(&sandbox, &folder.0, plan, 0);
        done(job, case.lines(&sandbox, known), &sandbox, &folder.0.join(plan)).await;
        sandbox.stop().await;
    }
    let sandbox = sandbox("none").await;
    let job = case.job(&sandbox, &folder.0, "kept", case.max_contacts);
    let lines = case.lines(&sandbox, &case.records);
    let foreseen = foreseen(&job, &lines).await;
    assert_eq!(ask(&sandbox, "/calls?format=json").await.unwrap()["requests"], 0, "a preview asks no vendor");
    assert!(!folder.0.join("kept").exists(), "a preview puts nothing anywhere");
    let done = done(job, lines, &sandbox, &folder.0.join("kept")).await;
    sandbox.stop().await;
    assert_eq!(foreseen, done);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sync_does_what_its_preview_shows_record_by_record(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&case));
    }
}

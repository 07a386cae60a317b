//! Previews of whole inputs, without a ledger: what they show, and what they never show.

use std::collections::BTreeSet;
use std::io::Cursor;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::{self, OnLimit};
use crate::domain::error::FailureType;
use crate::intake::Router;
use crate::ledger::NoopLedger;
use crate::mapping::{self, RunContext, StreamShape};
use crate::pipeline::DryRunPlan;
use crate::protocol::Catalog;
use crate::report::{EndingName, LedgerFacts, Promise, RunKind};
use crate::rules::{Hours, Minute, Window};

/// A connection to a vendor that nobody asks.
struct Setting {
    vendor: Value,
    percent: u8,
    batch_size: usize,
    limit: u64,
    max_contacts: u64,
    window: Option<Arc<Window>>,
    generation_id: Option<i64>,
}

impl Default for Setting {
    fn default() -> Self {
        let vendor = json!({ "vendor_type": "itnio", "api_key": "key-0421", "api_secret": "secret-0421", "app_id": "A", "job_id": 9 });
        Self {
            vendor,
            percent: 100,
            batch_size: 2,
            limit: 0,
            max_contacts: 0,
            window: None,
            generation_id: None,
        }
    }
}

fn facts() -> RunFacts {
    RunFacts {
        kind: RunKind::Preview,
        id: "preview-1".to_owned(),
        sync_id: String::new(),
        started: Timestamp::from_second(1_800_000_000).unwrap(),
        vendor: "itnio".to_owned(),
        campaign: "9".to_owned(),
        ledger: LedgerFacts { kind: "none", guarantee: "None.".to_owned(), promise: Promise::WithinTheSync },
        rules: Vec::new(),
        settings_digest: "9f2c".to_owned(),
    }
}

impl Setting {
    fn of(self, lines: &[String]) -> (Document, Option<Error>) {
        let fields = json!([
            { "field": "phone_number", "column": "mobile" },
            { "field": "ho_ten", "column": "name" },
            { "field": "debt", "template": "{{ record.debt | thousands('.') }} đồng" },
        ]);
        let config = json!({
            "vendor": self.vendor, "streams": [{ "stream": "people", "fields": fields }], "phone": { "default_region": "VN" },
        });
        let config = config::read_config(&config.to_string()).0.unwrap();
        let vendor = config.vendor.build();
        let properties = json!({ "id": {}, "mobile": {}, "name": {}, "debt": {} });
        let catalog = json!({ "streams": [{
            "stream": { "name": "people", "json_schema": { "properties": properties } },
            "primary_key": [["id"]], "generation_id": self.generation_id,
        }] });
        let catalog = Catalog::parse(&catalog.to_string()).unwrap();
        let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
        let run = RunContext { sync_id: String::new(), now: facts().started };
        let mappings = mapping::compile_catalog(&config, &vendor, &shapes, &run).unwrap();
        let pace = Pace { per_second: 10, in_flight: 4 };
        let mut preview = Preview::new(facts(), Arc::clone(&vendor), pace, Vec::new());
        preview.expect(StreamIndex::new(0), mappings[0].spoken().map(Box::from).collect());
        let names: Vec<_> = catalog.streams.iter().map(|stream| stream.name.clone()).collect();
        let streams = names.iter().map(|name| (name.clone(), self.generation_id)).collect();
        let router = Router::new(names, mappings, None).keeping_columns(true);
        let Self { batch_size, limit, max_contacts, window, .. } = self;
        let plan = DryRunPlan {
            batch_size,
            max_contacts,
            daily_limit: None,
            on_limit: OnLimit::Stop,
            allow_nobody: false,
            max_rejected_percent: self.percent,
            window,
            may_repeat: true,
            sent_again: None,
            streams,
            limit,
        };
        let input = Cursor::new(lines.join("\n").into_bytes());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dry_run = DryRun::new(plan, input, router, &NoopLedger, facts().started).unwrap();
            preview.run(dry_run, |_, _| {}).await
        })
    }
}

fn record(data: &Value) -> String {
    json!({ "type": "RECORD", "record": { "stream": "people", "data": data, "emitted_at": 1 } }).to_string()
}

fn people(n: u64) -> Vec<String> {
    (0..n)
        .map(|n| record(&json!({ "id": n, "mobile": format!("09876{n:05}"), "name": "An", "debt": 1 })))
        .collect()
}

fn section(document: &Document) -> &PreviewSection {
    document.preview.as_ref().unwrap()
}

#[test]
fn records_are_shown_on_their_way_to_the_vendors_own_json() {
    let lines = [
        record(&json!({ "id": 1, "mobile": "0987 654 321", "name": "Chị An", "debt": 1_500_000 })),
        record(&json!({ "id": 2, "mobile": "0987654321", "name": null, "debt": 2 })),
        record(&json!({ "id": 3, "mobile": "0912 345 678", "name": null, "debt": 2 })),
    ];
    let (document, failure) = Setting::default().of(&lines);
    assert!(failure.is_none());
    let examples: Vec<_> = section(&document).examples.iter().collect();
    assert_eq!(
        examples.iter().map(|one| one.decision.as_str()).collect::<Vec<_>>(),
        ["would_call", "duplicate_in_run"]
    );
    insta::assert_snapshot!(format!("{}\n{}\n{}", examples[0].record, examples[0].contact, examples[0].request), @r#"
    {
      "id": 1,
      "mobile": "****321",
      "name": "Chị An",
      "debt": "****"
    }
    {
      "phone_number": "+84****321",
      "variables": {"ho_ten":"Chị An","debt":"1.500.000 đồng"}
    }
    {
      "appId": "A",
      "jobId": 9,
      "callRecordDup": true,
      "customerPersons": [{"phoneNumber":"****321","properties":{"ho_ten":"Chị An","debt":"1.500.000 đồng"}}]
    }
    "#);
    assert_eq!(examples[1].request, "", "nobody is sent twice");
    let empty: Vec<_> =
        section(&document).empty_variables.iter().map(|row| (row.variable.as_str(), row.count)).collect();
    assert_eq!(empty, [("ho_ten", 1)], "of people who would be called");
}

#[test]
fn requests_and_the_least_time_are_those_of_the_configured_pace() {
    for (n, batch_size, requests, least) in [(0, 2, 0, 0), (1, 2, 1, 0), (5, 2, 3, 200), (50, 1, 50, 4_900)] {
        let (document, _) = Setting { batch_size, ..Setting::default() }.of(&people(n));
        let PreviewSection { requests: told, least_milliseconds, pace, .. } = section(&document);
        assert_eq!((*told, *least_milliseconds), (requests, least), "{n} people, {batch_size} in a batch");
        assert_eq!(pace, "at most 10 requests a second, 4 at once");
    }
}

fn state() -> String {
    json!({ "type": "STATE", "state": {} }).to_string()
}

fn invalid(n: u64) -> Vec<String> {
    (0..n).map(|id| record(&json!({ "id": id, "mobile": "no" }))).collect()
}

/// Holds how a preview ends, how many records it reads, and how many people would be called.
fn assert_ends(name: &str, setting: Setting, lines: &[String], want: (EndingName, u64, u64)) {
    let (document, failure) = setting.of(lines);
    let would_call = document.outcomes.would_call.unwrap();
    assert_eq!(
        (document.run.ending, document.records.read, would_call),
        want,
        "{name}: {}",
        document.verdict
    );
    let is_failed = !matches!(want.0, EndingName::Complete | EndingName::LimitReached);
    assert_eq!(failure.is_some(), is_failed, "{name}: {failure:?}");
    assert!(failure.is_none_or(|error| error.failure_type() != FailureType::System || name == "no protocol"));
}

#[test]
fn a_preview_ends_as_a_sync_would() {
    let complete = json!({ "type": "TRACE", "trace": { "type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": {
        "stream_descriptor": { "name": "people" }, "status": "COMPLETE" } } });
    let default = Setting::default;
    for (name, setting, lines, want) in [
        ("everything read", default(), people(3), (EndingName::Complete, 3, 3)),
        ("the limit", Setting { limit: 2, ..default() }, people(3), (EndingName::LimitReached, 2, 2)),
        ("just the limit", Setting { limit: 3, ..default() }, people(3), (EndingName::Complete, 3, 3)),
        (
            "no protocol",
            default(),
            [people(3), vec!["{".to_owned()]].concat(),
            (EndingName::SystemError, 3, 2),
        ),
        (
            "too many rejected, in the end",
            Setting { percent: 40, ..default() },
            [people(3), invalid(3)].concat(),
            (EndingName::ConfigError, 6, 3),
        ),
        (
            "too many rejected, for a while",
            Setting { percent: 40, ..default() },
            [invalid(100), people(300)].concat(),
            (EndingName::ConfigError, 400, 300),
        ),
        (
            "a source that broke off",
            Setting { generation_id: Some(1), batch_size: 9, ..default() },
            [people(2), vec![state()], people(5)].concat(),
            (EndingName::TransientError, 7, 2),
        ),
        (
            "a source that is complete",
            Setting { generation_id: Some(1), ..default() },
            [people(2), vec![complete.to_string()]].concat(),
            (EndingName::Complete, 2, 2),
        ),
    ] {
        assert_ends(name, setting, &lines, want);
    }
}

#[test]
fn a_preview_goes_by_limits_and_the_window() {
    let default = Setting::default;
    // It is eight o'clock.
    let hours = Hours::new(Minute::parse("09:00").unwrap(), Minute::parse("17:00").unwrap()).unwrap();
    let zone = Some(TimeZone::UTC);
    let window =
        Some(Arc::new(Window { days: vec![Weekday::Friday], hours, holidays: BTreeSet::new(), zone }));
    for (name, setting, lines, want) in [
        (
            "a limit of the settings",
            Setting { max_contacts: 2, ..default() },
            people(5),
            (EndingName::LimitReached, 5, 2),
        ),
        ("just that", Setting { max_contacts: 3, ..default() }, people(3), (EndingName::Complete, 3, 3)),
        (
            "both",
            Setting { max_contacts: 2, limit: 4, ..default() },
            people(5),
            (EndingName::LimitReached, 4, 2),
        ),
        (
            "nobody",
            default(),
            [invalid(100), people(3), vec![state()]].concat(),
            (EndingName::ConfigError, 103, 0),
        ),
        (
            "outside of the window",
            Setting { window, ..default() },
            [people(3), vec![state()]].concat(),
            (EndingName::TransientError, 3, 0),
        ),
    ] {
        assert_ends(name, setting, &lines, want);
    }
}

#[test]
fn a_limit_tells_what_is_left_and_a_short_input_without_anybody_is_doubted() {
    let (document, _) = Setting { max_contacts: 2, ..Setting::default() }.of(&people(5));
    assert_eq!(document.run.why, "limits.max_contacts_per_sync");
    assert!(document.verdict.contains("3 records left for the next sync"), "{}", document.verdict);
    assert!(document.next_steps[0].contains("leaves the rest for the next one"), "{:?}", document.next_steps);
    for (records, is_doubted) in
        [(vec![], false), (people(1), false), (vec![record(&json!({ "mobile": "no" }))], true)]
    {
        let (document, failure) = Setting::default().of(&records);
        assert!(failure.is_none(), "{records:?}: {failure:?}");
        let warnings = &section(&document).warnings;
        let doubts = warnings.iter().any(|warning| warning.contains("limits.allow_nobody"));
        assert_eq!(doubts, is_doubted, "{records:?}: {warnings:?}");
    }
}

prop_compose! {
    fn any_record()(
        number in "(\\+84 ?|0|84)9(8|1)[ .]?[0-9]{3}[ .-]?[0-9]{4}",
        name in "[\\PC]{0,12}",
        note in "[a-z ,:]{0,6}",
        where_else in 0_usize..4,
        debt in prop::option::of(0_u64..90_000_000),
    ) -> (String, Value) {
        let said = if where_else == 1 { format!("{name} {note}{number}") } else { name };
        let column = if where_else == 2 { format!("note {number}") } else { "other".to_owned() };
        let id = if where_else == 3 { json!(number) } else { json!(7) };
        (number.clone(), json!({ "id": id, "mobile": number, "name": said, "debt": debt, (column): note }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_number_and_no_credential_is_in_any_preview(
        records in prop::collection::vec(any_record(), 0..12),
        vbee in any::<bool>(),
    ) {
        let mut setting = Setting::default();
        if vbee {
            let credentials = json!({ "auth_type": "api_key", "api_key": "key-0421", "api_secret": "secret-0421" });
            setting.vendor = json!({ "vendor_type": "vbee", "campaign_id": "65f0c0ffee0000000000cafe", "credentials": credentials });
        }
        let lines: Vec<_> = records.iter().map(|(_, data)| record(data)).collect();
        let (document, _) = setting.of(&lines);
        for text in [document.text(), document.json(), document.html()] {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            for (number, _) in &records {
                let own: String = number.chars().filter(char::is_ascii_digit).collect();
                let (_, national) = own.split_at(own.len() - 9);
                prop_assert!(!digits.contains(national), "{} in {}", number, text);
            }
            prop_assert!(!text.contains("key-0421") && !text.contains("secret-0421"), "{}", text);
        }
    }
}

//! Forms as a fresh user fills them in badly: each mistake is told, once, with its place and what to
//! write instead, and what has one meaning only is taken as it is meant.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::load_config::LoadedConfig;
use crate::domain::error::Error;
use crate::mapping::RunContext;
use crate::protocol::Catalog;

fn itnio() -> Value {
    json!({
        "vendor": { "vendor_type": "itnio", "api_key": "key", "api_secret": "secret", "app_id": "A", "job_id": 9 },
        "streams": [{ "stream": "people", "namespace": "crm", "campaign": "", "only_when": "", "fields": [
            { "field": "phone_number", "column": "mobile" },
            { "field": "name", "column": "full_name", "default": "" },
            { "field": "ho_ten", "template": "{{ record.full_name }}" },
        ] }],
        "phone": { "default_region": "VN", "allowed_countries": [] },
        "delivery": {},
        "ledger": { "ledger_type": "sqlite", "path": "/tmp/ledger.sqlite" },
        "limits": {},
    })
}

fn vbee() -> Value {
    let mut config = itnio();
    config["vendor"] = json!({
        "vendor_type": "vbee", "campaign_id": "65f0c0ffee0000000000cafe",
        "credentials": { "auth_type": "api_key", "api_key": "key", "api_secret": "secret" },
    });
    config["streams"][0]["fields"][1]["field"] = json!("danh_xung");
    config
}

fn catalog() -> Catalog {
    let properties = json!({ "mobile": {}, "full_name": {}, "sex": {}, "address": { "properties": { "city": {} } }, "First Name": {} });
    let stream = json!({ "name": "people", "namespace": "crm", "json_schema": { "properties": properties } });
    Catalog::parse(&json!({ "streams": [{ "stream": stream }] }).to_string()).unwrap()
}

/// What a sync would say at its start, or `check` where there is no catalog.
fn told(config: &str, catalog: Option<&Catalog>) -> Vec<String> {
    let judged = LoadedConfig::from_text(config).and_then(|mut loaded| {
        match catalog {
            Some(catalog) => {
                let run = RunContext { sync_id: String::new(), now: Timestamp::UNIX_EPOCH };
                loaded.compile(catalog, &run);
            }
            None => loaded.check_streams(),
        }
        loaded.complete()
    });
    match judged {
        Ok(_) => Vec::new(),
        Err(Error::Config(mistakes)) => {
            mistakes.iter().map(|mistake| format!("{}: {}", mistake.at, mistake.why)).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

/// A configuration with one thing changed; the path may lead to what is not there yet.
fn with(mut config: Value, path: &str, value: Value) -> Value {
    let (outer, name) = path.rsplit_once('/').unwrap();
    let outer = config.pointer_mut(outer).unwrap_or_else(|| panic!("{path}"));
    match outer {
        Value::Array(list) => {
            let index: usize = name.parse().unwrap();
            list.truncate(index);
            list.push(value);
        }
        outer => outer[name] = value,
    }
    config
}

const NAME: &str = "/streams/0/fields/1";

/// Each line holds a vendor, where something is written, what, and what must be told of it.
fn slips() -> impl Iterator<Item = (Value, String)> {
    include_str!("fixtures/slips.jsonl").lines().map(|line| {
        let (vendor, path, value, want): (String, String, Value, String) =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let config = if vendor == "itnio" { itnio() } else { vbee() };
        (with(config, &path, value), want)
    })
}

#[test]
fn each_slip_is_told_once_with_its_place_and_what_to_write() {
    for (config, want) in slips() {
        let told = told(&config.to_string(), Some(&catalog()));
        let [only] = &told[..] else { panic!("{config}: {told:?}, not {want}") };
        assert!(only.contains(&want), "{only}, not {want}");
    }
}

#[test]
fn what_has_one_meaning_is_taken_as_it_is_meant() {
    for (path, value) in [
        ("/__injected_declarative_manifest", json!({})),
        ("/airbyte_workspace", json!("w")),
        ("/rules", Value::Null),
        ("/load_method", json!("append-only")),
        ("/add_record_metadata", json!(false)),
        ("/delivery/batch_size", json!("100")),
        ("/delivery/batch_size", json!(50.0)),
        ("/time_zone", json!("Asia/Ho_Chi_Minh")),
        ("/streams/0/only_when", json!("true")),
        ("/vendor/job_id", json!(" 9 ")),
        ("/phone/default_region", json!("vn ")),
        ("/phone/allowed_countries", json!(["vn", "CN"])),
        ("/streams/0/namespace", json!("")),
        (NAME, json!({ "field": "nmae", "column": "sex", "variable": true })),
        (NAME, json!({ "field": "name", "column": "sex", "variable": true })),
        (NAME, json!({ "field": "x", "template": "{{ 'full_name' }}" })),
        (NAME, json!({ "field": "x", "template": "100% {sure}" })),
        (NAME, json!({ "field": "x", "column": "address.city" })),
        (NAME, json!({ "field": "gender", "column": "sex", "default": "nữ" })),
        (NAME, json!({ "field": "so_dien_thoai", "column": "mobile" })),
    ] {
        let config = with(itnio(), path, value.clone()).to_string();
        assert_eq!(told(&config, Some(&catalog())), [""; 0], "{path} {value}");
        assert_eq!(told(&config, None), [""; 0], "{path} {value}, without a catalog");
    }
}

#[test]
fn no_two_messages_have_the_same_place_and_cause() {
    let pages = [
        json!({}),
        json!([]),
        json!({ "vendor": [], "streams": {}, "phone": [], "ledger": "none", "delivery": 1 }),
        json!({ "vendor": { "vendor_type": "vbee", "credentials": {} }, "streams": [{}, {}, { "fields": [{}, ""] }] }),
        with(vbee(), "/vendor/campaign_id", json!("a b")),
        with(vbee(), "/vendor/phone_format", json!("national")),
        with(
            with(itnio(), "/ledger/ledger_type", json!("oracle")),
            NAME,
            json!({ "field": "a", "column": "b" }),
        ),
        with(itnio(), "/streams/0/fields", json!([{ "feild": "phone_number", "colum": "mobil" }, {}])),
        with(itnio(), "/streams/1", json!({ "stream": "people", "namespace": "crm" })),
        with(with(itnio(), "/vendor/job_id", json!("nine")), "/phone/region_column", json!("land")),
    ];
    for config in pages.into_iter().chain(slips().map(|(config, _)| config)) {
        let mut lists = vec![told(&config.to_string(), None), told(&config.to_string(), Some(&catalog()))];
        for list in &mut lists {
            let n_told = list.len();
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len(), n_told, "{config}: {list:?}");
            let (missing, others): (Vec<_>, Vec<_>) =
                list.iter().partition(|one| one.ends_with(": is missing"));
            for one in missing {
                let at = one.trim_end_matches("is missing");
                assert!(!others.iter().any(|other| other.starts_with(at)), "{config}: {list:?}");
            }
        }
    }
}

#[test]
fn a_list_of_countries_that_nobody_could_keep_is_refused() {
    let encrypted = with(itnio(), "/vendor/phone_format", json!("as_is"));
    let limited = with(encrypted.clone(), "/phone/allowed_countries", json!(["VN"]));
    assert_eq!(told(&encrypted.to_string(), None), [""; 0]);
    let told = told(&limited.to_string(), Some(&catalog()));
    assert!(
        matches!(&told[..], [only] if only.starts_with("phone.allowed_countries: cannot be kept")),
        "{told:?}"
    );
}

#[test]
fn a_name_that_stands_twice_is_told() {
    for (config, want) in [
        (r#"{"vendor":{"vendor_type":"itnio","vendor_type":"vbee"}}"#, "vendor.vendor_type: is set twice"),
        (r#"{"streams":[],"streams":[{"stream":"a"}]}"#, "streams: is set twice"),
        (r#"{"vendor.job_id":1,"vendor":{"job_id":2}}"#, "vendor.job_id: is set twice"),
    ] {
        let told = told(config, None);
        assert!(told.iter().any(|one| one.starts_with(want)), "{config}: {told:?}");
    }
}

/// Every place of a text in a configuration.
fn texts(at: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| texts(&format!("{at}/{name}"), value, found));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| texts(&format!("{at}/{n}"), value, found));
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn no_message_repeats_what_was_pasted_into_a_wrong_field() {
    for pasted in
        ["0987654321", "+84 98 765 43 21", "Zk9s3cr3tT0ken77Qx", "6f1c1f0e-8a3d-4a1c-9b1e-0a1b2c3d4e5f"]
    {
        for config in [itnio(), vbee()] {
            let mut places = vec!["/phone/region_column".to_owned(), "/vendor/base_url".to_owned()];
            texts("", &config, &mut places);
            for place in places {
                for value in [json!(pasted), json!([pasted]), json!({ pasted: 1 })] {
                    let mut config = config.clone();
                    match config.pointer_mut(&place) {
                        Some(there) => *there = value,
                        None => config = with(config, &place, value),
                    }
                    let told = [told(&config.to_string(), None), told(&config.to_string(), Some(&catalog()))];
                    let told = told.concat().join("\n");
                    assert!(!told.contains(pasted), "{place}: {told}");
                }
            }
        }
    }
}

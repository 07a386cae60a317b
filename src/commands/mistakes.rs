//! Forms as a fresh user fills them in badly: each mistake is told, once, with its place and what to
//! write instead, and what has one meaning only is taken as it is meant.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::set_up::SetUp;
use crate::error::Error;
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
    Catalog::read(&json!({ "streams": [{ "stream": stream }] }).to_string()).unwrap()
}

/// What a sync would say at its start, or `check` where there is no catalog.
fn told(config: &str, catalog: Option<&Catalog>) -> Vec<String> {
    let judged = SetUp::new(config).and_then(|mut set_up| {
        match catalog {
            Some(catalog) => {
                let run = RunContext { sync_id: String::new(), now: Timestamp::UNIX_EPOCH };
                set_up.compile(catalog, &run);
            }
            None => set_up.check_streams(),
        }
        set_up.complete()
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

/// Where something is written, what, and what must be told of it.
fn slips() -> Vec<(&'static str, Value, &'static str)> {
    let field = |name: &str| json!({ "field": name, "column": "sex" });
    let template = |text: &str| json!({ "field": "x", "template": text });
    let column = |name: &str| json!({ "field": "x", "column": name });
    vec![
        ("/rules", json!({ "do_not_call": { "enabled": true } }), "rules: is not known: nothing in this version would read it; it has vendor, streams,"),
        ("/batch_size", json!(50), "batch_size: is not known here; it belongs into `delivery`"),
        ("/stream", json!([]), "stream: is not known; did you mean `streams`?"),
        ("/stream_maps", json!({ "people": {} }), "stream_maps: this target does not change streams"),
        ("/flattening_enabled", json!(true), "flattening_enabled: this target flattens nothing"),
        ("/vendor/api_kye", json!("k"), "vendor.api_kye: is not known; did you mean `api_key`?"),
        ("/vendor/campaign_id", json!("x"), "vendor.campaign_id: is not known here; it belongs to `vbee`"),
        ("/vendor/0987654321", json!("x"), "vendor.****321: is not known: nothing in this version would read it; this section has vendor_type, api_key"),
        ("/streams/0/role", json!("do_not_call"), "streams[0].role: is not known: nothing in this version"),
        (NAME, json!({ "field": "x", "colum": "sex" }), "streams[0].fields[1].colum: is not known; did you mean `column`?"),
        (NAME, json!({ "feild": "x", "column": "sex" }), "streams[0].fields[1].feild: is not known; did you mean `field`?"),
        ("/ledger/path", json!("postgresql://user:hunter2@host/db"), "ledger.path: is a path to a file; a database is ledger_type postgres"),
        ("/ledger/url", json!("x"), "ledger.url: is not known here; it belongs to `postgres`"),
        ("/limits/on_limit", json!("stop"), "limits.on_limit: is not known: nothing in this version"),
        ("/object_storage_config", json!({ "storage_type": "S3", "s3_bucket_name": "b" }), "object_storage_config.storage_type: must be one of: None; this version keeps rejected records nowhere"),
        ("/object_storage_config", json!({ "storage_type": "None", "report": true }), "object_storage_config.report: is not known"),
        ("/vendor/job_id", json!(9.5), "vendor.job_id: must be a whole number of at least 1"),
        ("/vendor/job_id", json!(-1), "vendor.job_id: must be a whole number of at least 1"),
        ("/vendor/api_key", json!("key\nkey"), "vendor.api_key: has characters that no credential has"),
        ("/vendor/api_secret", json!("secret\nsecret"), "vendor.api_secret: has a blank or a line break inside"),
        ("/vendor/base_url", json!("https://api.itniotech.com/aivoice/aivoice"), "vendor.base_url: has a part of its path twice"),
        ("/vendor/base_url", json!("https://api.itniotech.com/aivoice/importCustomer"), "vendor.base_url: must end before /importCustomer"),
        ("/delivery/batch_size", json!(500), "delivery.batch_size: itnio takes at most 100"),
        ("/delivery/batch_size", json!("many"), "delivery.batch_size: must be a whole number from 1 to 500"),
        ("/delivery/request_timeout_seconds", json!(0), "delivery.request_timeout_seconds: must be a whole number from 1 to 600"),
        ("/phone/allowed_countries", json!("VN"), "phone.allowed_countries: must be a list, such as [\"VN\"]"),
        ("/phone/allowed_countries", json!([" "]), "phone.allowed_countries[0]: is no country; write its two letters"),
        ("/phone/default_region", json!("Vietnam"), "phone.default_region: is no country; write its two letters"),
        ("/phone/default_region", json!(84), "phone.default_region: is no country"),
        ("/phone/default_region", json!("UK"), "GB (the United Kingdom)"),
        ("/streams/0/campaign", json!("1 2"), "streams[0].campaign: must be a positive integer"),
        ("/streams/0/stream", json!("People"), "streams[0].stream: the connection has no stream `People` of namespace `crm`; did you mean `people`?"),
        ("/streams/0/namespace", json!("sales"), "streams[0].namespace: the connection has no stream `people` of namespace `sales`, but `people` of namespace `crm`"),
        ("/streams/0/fields", json!([{ "field": "phone", "column": "mobile" }]), "streams[0].fields: no field is phone_number; did you mean it by `phone`?"),
        ("/streams/0/fields", json!([{ "field": "phoneNumber", "column": "mobile" }]), "streams[0].fields[0].field: `phoneNumber` is no field of the contact; did you mean `phone_number`?"),
        ("/streams/0/fields/1", json!("name"), "streams[0].fields[1]: must be a section"),
        ("/streams/0/fields/1", json!({ "field": "x" }), "streams[0].fields[1]: fill in either column or template"),
        ("/streams/0/fields/1", json!({ "column": "sex" }), "streams[0].fields[1].field: is missing"),
        (NAME, field("nmae"), "streams[0].fields[1].field: `nmae` is no field of the contact; did you mean `name`? If the script has a variable of this name, set `variable` to true"),
        (NAME, field("Gender"), "did you mean `gender`?"),
        (NAME, json!({ "field": "phone_number", "column": "sex" }), "streams[0].fields[1].field: the field `phone_number` is listed twice"),
        ("/streams/0/fields/0/variable", json!(true), "streams[0].fields[0].field: phone_number is the number to call, and no variable"),
        (NAME, column("{{ record.sex }}"), "streams[0].fields[1].column: a column's name is written without braces: write `sex`"),
        (NAME, column("{record.sex}"), "streams[0].fields[1].column: a column's name is written without braces: write `sex`"),
        (NAME, column("{{ record.sex|upper }}"), "streams[0].fields[1].column: a column's name is written without braces; fill in template instead"),
        (NAME, column("record.sex"), "streams[0].fields[1].column: a column's name is written without `record.`: write `sex`"),
        (NAME, column("Sex"), "streams[0].fields[1].column: stream `people` has no column `Sex`; did you mean `sex`?"),
        (NAME, template("full_name"), "streams[0].fields[1].template: would be used as it is written; for the column's value write {{ record.full_name }}, for the word itself {{ 'full_name' }}"),
        (NAME, template("record.anything"), "streams[0].fields[1].template: would be used as it is written; for the column's value write {{ record.anything }}"),
        (NAME, template("address.city"), "write {{ record.address.city }}"),
        (NAME, template("First Name"), "write {{ record['First Name'] }}"),
        (NAME, template("Xin chào {full_name}"), "streams[0].fields[1].template: single braces would be used as they are written; write {{ record.full_name }}"),
        ("/streams/0/campaign", json!("full_name"), "streams[0].campaign: would be used as it is written"),
        ("/streams/0/fields/1/default", json!("{{ record.sex }}"), "streams[0].fields[1].default: a default is spoken as it is written"),
        (NAME, json!({ "field": "gender", "column": "sex", "default": "unknown" }), "streams[0].fields[1].default: is no gender that the vendor knows"),
        (NAME, json!({ "field": "gender", "column": "sex", "default": "{record.sex}" }), "streams[0].fields[1].default: is no gender"),
    ]
}

#[test]
fn each_slip_is_told_once_with_its_place_and_what_to_write() {
    for (path, value, want) in slips() {
        let config = with(itnio(), path, value.clone()).to_string();
        let told = told(&config, Some(&catalog()));
        let [only] = &told[..] else { panic!("{path} {value}: {told:?}") };
        assert!(only.contains(want), "{path} {value}: {only}");
    }
}

#[test]
fn slips_of_the_other_vendor_are_told_too() {
    for (path, value, want) in [
        ("/vendor/api_key", json!("k"), "vendor.api_key: is not known here; it belongs to `itnio`"),
        ("/vendor/access_token", json!("t"), "vendor.access_token: is not known here; it belongs into `credentials`"),
        ("/vendor/campaign_id", json!("two words"), "vendor.campaign_id: must have 1 to 64 characters"),
        ("/vendor/campaign_id", json!(" "), "vendor.campaign_id: is missing"),
        ("/vendor/credentials/api_secret", json!("a b"), "vendor.credentials.api_secret: has a blank or a line break inside"),
        ("/vendor/base_url", json!("https://aicall.vbee.ai/api/v1"), "vendor.base_url: must end before /api/v1"),
        (NAME, json!({ "field": "So_Dien_Thoai", "column": "sex" }), "is like `so_dien_thoai`, which vbee uses itself"),
        ("/streams/0/campaign", json!("record.job"), "streams[0].campaign: would be used as it is written"),
    ] {
        let config = with(vbee(), path, value.clone()).to_string();
        let told = told(&config, Some(&catalog()));
        let [only] = &told[..] else { panic!("{path} {value}: {told:?}") };
        assert!(only.contains(want), "{path} {value}: {only}");
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
        with(with(itnio(), "/ledger/ledger_type", json!("oracle")), NAME, json!({ "field": "a", "column": "b" })),
        with(itnio(), "/streams/0/fields", json!([{ "feild": "phone_number", "colum": "mobil" }, {}])),
        with(itnio(), "/streams/1", json!({ "stream": "people", "namespace": "crm" })),
        with(with(itnio(), "/vendor/job_id", json!("nine")), "/phone/region_column", json!("land")),
    ];
    let single = slips().into_iter().map(|(path, value, _)| with(itnio(), path, value));
    for config in pages.into_iter().chain(single) {
        let mut lists = vec![told(&config.to_string(), None), told(&config.to_string(), Some(&catalog()))];
        for list in &mut lists {
            let n_told = list.len();
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len(), n_told, "{config}: {list:?}");
            let (missing, others): (Vec<_>, Vec<_>) = list.iter().partition(|one| one.ends_with(": is missing"));
            for one in missing {
                let at = one.trim_end_matches("is missing");
                assert!(!others.iter().any(|other| other.starts_with(at)), "{config}: {list:?}");
            }
        }
    }
    let told = told(&with(vbee(), "/vendor/campaign_id", json!("a b")).to_string(), None);
    assert_eq!(told.len(), 1, "{told:?}");
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
        Value::Object(object) => object.iter().for_each(|(name, value)| texts(&format!("{at}/{name}"), value, found)),
        Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| texts(&format!("{at}/{n}"), value, found)),
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn no_message_repeats_what_was_pasted_into_a_wrong_field() {
    for pasted in ["0987654321", "+84 98 765 43 21", "Zk9s3cr3tT0ken77Qx", "6f1c1f0e-8a3d-4a1c-9b1e-0a1b2c3d4e5f"] {
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

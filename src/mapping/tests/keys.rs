//! Primary keys, as the ledger gets them.

use super::*;

/// What fills the number (and a name), the key's paths, the record, the key.
const CASES: [(&str, [&str; 2], &str, &str, &str); 11] = [
    ("a template", ["{{ record.mobile }}", ""], "mobile", r#"{"mobile":"0987654321"}"#, ""),
    ("a path", ["{{ record.a.b }}", ""], "a/b", r#"{"a":{"b":"0987654321"}}"#, ""),
    ("another column", MOBILE, "id", r#"{"mobile":"0987654321","id":84987654321}"#, ""),
    ("a part of it", MOBILE, "id", r#"{"mobile":"0987654321","id":"cust-0987654321"}"#, ""),
    ("an address", MOBILE, "id", r#"{"mobile":"0987654321","id":"0987.654.321@example.com"}"#, ""),
    ("two halves", MOBILE, "a b", r#"{"mobile":"0987654321","a":"09876","b":"54321"}"#, ""),
    ("one part of two", MOBILE, "id mobile", r#"{"mobile":"0987654321","id":17}"#, "17"),
    ("a name", NAMED, "full_name", r#"{"mobile":"0987654321","full_name":"Trần An"}"#, ""),
    ("a name's slug", NAMED, "id", r#"{"mobile":"0987654321","full_name":"Trần An","id":"anh-tran-an"}"#, ""),
    ("neither", NAMED, "id shop", r#"{"mobile":"0987654321","id":17,"shop":"north-2"}"#, "17, north-2"),
    ("a UUID", MOBILE, "id", r#"{"mobile":"0987654321","id":"c56a4180-65aa-42ec-a945-5fd21dec0538"}"#, UUID),
];

const MOBILE: [&str; 2] = ["{{ record.mobile }}", ""];
const NAMED: [&str; 2] = ["{{ record.mobile }}", "Anh {{ record.full_name }}"];
const UUID: &str = "c56a4180-65aa-42ec-a945-5fd21dec0538";

#[test]
fn a_key_that_holds_the_number_or_the_name_is_left_out_wherever_it_comes_from() {
    for (name, [number, person], key, data, want) in CASES {
        let mut fields = vec![json!({ "field": "phone_number", "template": number })];
        if !person.is_empty() {
            fields.push(json!({ "field": "ho_ten", "template": person }));
        }
        let streams = json!([{ "stream": "people", "fields": fields }]);
        let config = config(&streams, &json!({ "default_region": "VN" }));
        let path = |path: &str| path.split('/').map(str::to_owned).collect();
        let paths: Vec<Vec<String>> = key.split(' ').map(path).collect();
        let stream = StreamShape { primary_key: &paths, ..shape("people", UNKNOWN) };
        let mapped = map(&compiled(&config, &bare(), &stream), data);
        let Mapped::Contact { primary_key, .. } = mapped else { panic!("{name}: {mapped:?}") };
        assert_eq!(&*primary_key, want, "{name}");
    }
}

/// The columns behind number, name and another field, the record, the key, the number.
const REFUSED: [(&str, &str, &str, Option<&str>); 8] = [
    ("not wanted", r#"{"mobile":"0987654321","id":17,"wanted":false}"#, "17", Some("+84****321")),
    ("deleted", r#"{"mobile":"0987654321","id":17,"_ab_cdc_deleted_at":"2026"}"#, "17", Some("+84****321")),
    ("incomplete", r#"{"mobile":"0987654321","id":17,"wanted":true}"#, "17", Some("+84****321")),
    ("no number", r#"{"mobile":"n/a","id":"C-17","wanted":true,"debt":1}"#, "C-17", None),
    ("the number", r#"{"mobile":"0987654321","id":"c84987654321","wanted":false}"#, "", Some("+84****321")),
    ("what is no number", r#"{"mobile":"0987654321 ext 5","id":"c987654321","wanted":true}"#, "", None),
    ("the name", r#"{"mobile":"0987654321","who":"Trần An","id":"tran.an"}"#, "", Some("+84****321")),
    ("the name, and no number", r#"{"mobile":"n/a","who":"Trần An","id":"tran.an"}"#, "", None),
];

#[test]
fn a_refused_record_is_known_by_its_key_and_by_neither_number_nor_name() {
    let streams = json!([{
        "stream": "people", "campaign": "12", "only_when": "wanted",
        "fields": [
            { "field": "phone_number", "column": "mobile" },
            { "field": "so_tien", "column": "debt", "required": true },
            { "field": "ho_ten", "column": "who" },
        ],
    }]);
    let config = config(&streams, &json!({ "default_region": "VN" }));
    let stream = StreamShape { primary_key: &[vec!["id".to_owned()]], ..shape("people", UNKNOWN) };
    let mapping = compiled(&config, &bare(), &stream);
    for (name, data, want_key, want_phone) in REFUSED {
        let mapped = map(&mapping, data);
        let Mapped::Refused { campaign, phone, primary_key, .. } = mapped else {
            panic!("{name}: {mapped:?}")
        };
        assert_eq!(&*primary_key, want_key, "{name}");
        assert_eq!(phone.map(|phone| phone.to_string()).as_deref(), want_phone, "{name}");
        assert_eq!(campaign.map(|campaign| campaign.as_str().to_owned()).as_deref(), Some("12"), "{name}");
    }
}

#[test]
fn a_key_is_found_without_any_mapping_whatever_the_catalog_lists() {
    let properties = |names: &[&str]| {
        let columns = names.iter().map(|name| ((*name).to_owned(), json!({})));
        json!({ "properties": columns.collect::<serde_json::Map<_, _>>() })
    };
    let data = r#"{"phone_number":"0987654321","id":17,"shop":"north-2","gender":"nữ"}"#;
    let refused = r#"{"phone_number":"n/a","id":17,"shop":"north-2","gender":"nữ"}"#;
    for (name, listed, key, want) in [
        ("nothing", json!({}), "id", "17"),
        ("all columns", properties(&["phone_number", "id", "shop", "gender"]), "id shop", "17, north-2"),
        ("another spelling of it", properties(&["phone_number", "id "]), "id", "17"),
        ("others", properties(&["phone_number", "shop"]), "id shop", "17, north-2"),
        ("two keys, in their order", properties(&["phone_number", "gender", "id"]), "gender id", "nữ, 17"),
    ] {
        let paths: Vec<Vec<String>> = key.split(' ').map(|column| vec![column.to_owned()]).collect();
        let stream = StreamShape { primary_key: &paths, ..shape("people", &listed) };
        let mapping = compiled(&config(&json!([]), &json!({ "default_region": "VN" })), &bare(), &stream);
        let Mapped::Contact { primary_key, contact, .. } = map(&mapping, data) else { panic!("{name}") };
        assert_eq!(&*primary_key, want, "{name}");
        assert!(
            contact.variables.iter().any(|(column, value)| column.trim() == "id" && value == "17"),
            "{name}"
        );
        let Mapped::Refused { primary_key, .. } = map(&mapping, refused) else { panic!("{name}, refused") };
        assert_eq!(&*primary_key, want, "{name}, refused");
    }
}

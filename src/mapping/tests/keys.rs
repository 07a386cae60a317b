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

//! Primary keys, as the ledger gets them.

use super::*;

#[test]
fn a_key_that_holds_the_number_or_the_name_is_left_out_wherever_it_comes_from() {
    let of_column = |column: &str| json!([{ "field": "phone_number", "column": column }]);
    let of_template = |source: &str| json!([{ "field": "phone_number", "template": source }]);
    let with_name = json!([
        { "field": "phone_number", "column": "mobile" },
        { "field": "ho_ten", "template": "Anh {{ record.full_name }}" },
    ]);
    for (name, fields, key, data, want) in [
        ("its own column", of_column("mobile"), vec!["mobile"], r#"{"mobile":"0987654321"}"#, ""),
        ("a template", of_template("{{ record.mobile }}"), vec!["mobile"], r#"{"mobile":"0987654321"}"#, ""),
        ("a path", of_column("a.b"), vec!["a/b"], r#"{"a":{"b":"0987654321"}}"#, ""),
        (
            "another column",
            of_column("mobile"),
            vec!["id"],
            r#"{"mobile":"0987654321","id":84987654321}"#,
            "",
        ),
        (
            "a part of it",
            of_column("mobile"),
            vec!["id"],
            r#"{"mobile":"0987654321","id":"cust-0987654321"}"#,
            "",
        ),
        (
            "an address",
            of_column("mobile"),
            vec!["id"],
            r#"{"mobile":"0987654321","id":"0987.654.321@example.com"}"#,
            "",
        ),
        (
            "two halves",
            of_column("mobile"),
            vec!["a", "b"],
            r#"{"mobile":"0987654321","a":"09876","b":"54321"}"#,
            "",
        ),
        (
            "one part of two",
            of_column("mobile"),
            vec!["id", "mobile"],
            r#"{"mobile":"0987654321","id":17}"#,
            "17",
        ),
        (
            "a name",
            with_name.clone(),
            vec!["full_name"],
            r#"{"mobile":"0987654321","full_name":"Trần An"}"#,
            "",
        ),
        (
            "a name's slug",
            with_name.clone(),
            vec!["id"],
            r#"{"mobile":"0987654321","full_name":"Trần An","id":"anh-tran-an"}"#,
            "",
        ),
        (
            "neither",
            with_name,
            vec!["id", "shop"],
            r#"{"mobile":"0987654321","full_name":"Trần An","id":17,"shop":"north-2"}"#,
            "17, north-2",
        ),
        (
            "a UUID",
            of_column("mobile"),
            vec!["id"],
            r#"{"mobile":"0987654321","id":"c56a4180-65aa-42ec-a945-5fd21dec0538"}"#,
            "c56a4180-65aa-42ec-a945-5fd21dec0538",
        ),
    ] {
        let config =
            config(&json!([{ "stream": "people", "fields": fields }]), &json!({ "default_region": "VN" }));
        let paths: Vec<Vec<String>> =
            key.iter().map(|path| path.split('/').map(str::to_owned).collect()).collect();
        let stream = StreamShape { primary_key: &paths, ..shape("people", UNKNOWN) };
        let mapped = map(&compiled(&config, &bare(), &stream), data);
        let Mapped::Contact { primary_key, .. } = mapped else { panic!("{name}: {mapped:?}") };
        assert_eq!(&*primary_key, want, "{name}");
    }
}

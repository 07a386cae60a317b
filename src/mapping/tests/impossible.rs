use super::*;

/// A catalog's schema with these columns and their types.
fn typed(columns: &[(&str, &Value)]) -> Value {
    let properties = columns.iter().map(|(column, kind)| ((*column).to_owned(), json!({ "type": kind })));
    json!({ "type": "object", "properties": properties.collect::<serde_json::Map<_, _>>() })
}

#[test]
fn identity_mapping_without_its_columns_is_never_run() {
    for (name, columns, want) in [
        (
            "upper case",
            &["PHONE_NUMBER", "NAME", "GENDER", "DEBT"][..],
            "streams: identity mapping needs a column `phone_number`; stream `people` has `PHONE_NUMBER`: rename it, or map it under `streams`
streams: identity mapping fills `name` from a column of this very name; stream `people` has `NAME`: rename it, or map it under `streams`
streams: identity mapping fills `gender` from a column of this very name; stream `people` has `GENDER`: rename it, or map it under `streams`",
        ),
        (
            "words",
            &["Phone Number", "name"],
            "streams: identity mapping needs a column `phone_number`; stream `people` has `Phone Number`: rename it, or map it under `streams`",
        ),
        (
            "mistyped",
            &["phone_numbr"],
            "streams: identity mapping needs a column `phone_number`; stream `people` has `phone_numbr`: rename it, or map it under `streams`",
        ),
        (
            "none",
            &["id", "mobile"],
            "streams: identity mapping needs a column `phone_number`; stream `people` has none: it has `id`, `mobile`; map the right one under `streams`",
        ),
        (
            "a first row in the place of names",
            &["0987654321", "An"],
            "streams: identity mapping needs a column `phone_number`; stream `people` has none: it has `****321`, `An`; map the right one under `streams`",
        ),
        ("both spellings of the name", &["phoneNumber", "NAME", "name"], ""),
        ("nobody knows", &[], ""),
    ] {
        let columns = schema(columns);
        let found = mistakes(&config(&json!([]), &json!({})), &with_fields(), &[shape("people", &columns)]);
        assert_eq!(found, want, "{name}");
    }
    let columns = schema(&["phone_number", "NAME"]);
    let found = mistakes(&config(&json!([]), &json!({})), &bare(), &[shape("people", &columns)]);
    assert_eq!(found, "", "a vendor without the field");
    let columns = schema(&["PhoneNumber"]);
    let entry = json!([{ "stream": "people" }]);
    let found = mistakes(&config(&entry, &json!({})), &bare(), &[shape("people", &columns)]);
    assert!(found.starts_with("streams[0].fields: identity mapping needs"), "{found}");
}

#[test]
fn a_column_that_holds_no_number_is_never_called() {
    let columns = typed(&[
        ("flag", &json!("boolean")),
        ("list", &json!(["null", "array"])),
        ("nothing", &json!("null")),
        ("text", &json!(["null", "string"])),
        ("both", &json!(["object", "string"])),
        ("number", &json!("number")),
        ("any", &json!([])),
        ("dotted.flag", &json!("boolean")),
    ]);
    let mut columns = columns;
    columns["properties"]["deep"] =
        json!({ "type": "object", "properties": { "flag": { "type": "boolean" } } });
    for (column, kind) in [
        ("flag", Some("boolean")),
        (" flag", Some("boolean")),
        ("list", Some("array")),
        ("nothing", Some("null")),
        ("deep", Some("object")),
        ("deep.flag", Some("boolean")),
        ("dotted.flag", Some("boolean")),
        ("text", None),
        ("both", None),
        ("number", None),
        ("any", None),
    ] {
        let entry =
            json!([{ "stream": "people", "fields": [{ "field": "phone_number", "column": column }] }]);
        let found = mistakes(&config(&entry, &json!({})), &bare(), &[shape("people", &columns)]);
        let want = kind.map(|kind| {
            format!("streams[0].fields[0].column: column `{column}` holds no number to call: by the catalog its type is {kind}")
        });
        assert_eq!(found, want.unwrap_or_default(), "{column}");
    }
    let columns = typed(&[("phone_number", &json!("boolean"))]);
    let found = mistakes(&config(&json!([]), &json!({})), &bare(), &[shape("people", &columns)]);
    assert_eq!(
        found,
        "streams: column `phone_number` holds no number to call: by the catalog its type is boolean"
    );
}

#[test]
fn a_constant_that_is_no_number_is_never_called() {
    for (template, phone, is_wrong) in [
        ("mobile", json!({}), true),
        ("0987654321", json!({}), true),
        ("0987654321", json!({ "default_region": "VN" }), false),
        ("+84987654321", json!({}), false),
        ("0987654321", json!({ "region_column": "land" }), false),
        ("{{ record.mobile }}", json!({}), false),
    ] {
        let entry =
            json!([{ "stream": "people", "fields": [{ "field": "phone_number", "template": template }] }]);
        let found = mistakes(&config(&entry, &phone), &bare(), &[shape("people", UNKNOWN)]);
        assert_eq!(found.contains("the same text for every record"), is_wrong, "{template}: {found}");
        assert_eq!(found.is_empty(), !is_wrong, "{template}: {found}");
        assert!(!found.contains("0987654321"), "{found}");
    }
}

use super::*;

const DATA: &str = r#"{
    "phone_number": "+84987654321", "name": " An ", "gender": "f", "debt": 5.0, "blank": " ", "null": null,
    "address": {"city": "Huế"}, "_airbyte_raw_id": "x", "_ab_cdc_lsn": 5, "contact_id": "c1", "extra": false
}"#;

#[test]
fn columns_fill_what_is_called_like_them() {
    let listed =
        schema(&["phone_number", "name", "gender", "debt", "blank", "null", "address", "contact_id"]);
    let everywhere = "debt=5 address={\"city\":\"Huế\"}";
    for (name, vendor, schema, want) in [
        (
            "fields",
            with_fields(),
            &listed,
            format!("9 +84987654321 name=An gender=Female {everywhere} contact_id=c1 extra=false"),
        ),
        (
            "fields, no schema",
            with_fields(),
            UNKNOWN,
            format!("9 +84987654321 name=An gender=Female {everywhere} contact_id=c1 extra=false"),
        ),
        ("bare", bare(), &listed, format!("9 +84987654321 name= An  gender=f {everywhere} extra=false")),
        (
            "bare, no schema",
            bare(),
            UNKNOWN,
            format!("9 +84987654321 name= An  gender=f {everywhere} extra=false"),
        ),
    ] {
        let mapping = compiled(&config(&json!([]), &json!({})), &vendor, &shape("people", schema));
        assert!(mapping.is_identity(), "{name}");
        assert_eq!(mapping.variables().count(), 0, "{name}");
        assert_eq!(shown(&map(&mapping, DATA)), want, "{name}");
    }
}

#[test]
fn phone_number_wins_over_the_other_spelling() {
    for schema in [schema(&["phoneNumber", "phone_number"]), Value::Null] {
        let mapping = compiled(&config(&json!([]), &json!({})), &with_fields(), &shape("people", &schema));
        for (data, want) in [
            (r#"{"phoneNumber":"+84912345678"}"#, "9 +84912345678"),
            (r#"{"phoneNumber":"+84912345678","phone_number":"+84987654321"}"#, "9 +84987654321"),
            (r#"{"phoneNumber":"+84912345678","phone_number":null}"#, "9 +84912345678"),
        ] {
            assert_eq!(shown(&map(&mapping, data)), want, "{data}");
        }
    }
}

#[test]
fn an_entry_without_fields_maps_by_identity_too() {
    let entry =
        json!([{ "stream": "people", "campaign": "{{ record.job }}", "only_when": "ok IS NOT NULL" }]);
    for schema in [schema(&["phone_number", "job", "ok"]), Value::Null] {
        let mapping = compiled(&config(&entry, &json!({})), &bare(), &shape("people", &schema));
        assert!(mapping.is_identity());
        let mapped = map(&mapping, r#"{"phone_number":"+84987654321","job":7,"ok":true}"#);
        let shown = shown(&mapped);
        assert!(
            shown.starts_with("7 +84987654321") && shown.contains("job=7") && shown.contains("ok=true"),
            "{shown}"
        );
    }
}

#[test]
fn what_is_left_out_is_warned_of() {
    let listed = schema(&["phone_number", "so_dien_thoai"]);
    let mapping = compiled(&config(&json!([]), &json!({})), &bare(), &shape("people", &listed));
    insta::assert_snapshot!(mapping.warnings().join("\n"), @"column `so_dien_thoai` of stream `people` is left out: paper uses this name itself");
}

#[test]
fn columns_of_the_platform_and_those_without_a_name_are_no_variables() {
    let data = r#"{"phone_number":"+84987654321","_AIRBYTE_RAW_ID":"x","_AB_CDC_LSN":5,"_SDC_BATCHED_AT":"y","":1," ":2,"a\u0007b":3,"c":4}"#;
    let listed =
        ["phone_number", "_AIRBYTE_RAW_ID", "_AB_CDC_LSN", "_SDC_BATCHED_AT", "", " ", "a\u{7}b", "c"];
    for schema in [schema(&listed), Value::Null] {
        let mapping = compiled(&config(&json!([]), &json!({})), &with_fields(), &shape("people", &schema));
        assert_eq!(shown(&map(&mapping, data)), "9 +84987654321 c=4", "{schema}");
        assert_eq!(mapping.warnings().len(), if schema.is_null() { 0 } else { 3 }, "{schema}");
    }
    let deleted = schema(&["phone_number", "_Sdc_Deleted_At"]);
    let mapping = compiled(&config(&json!([]), &json!({})), &with_fields(), &shape("people", &deleted));
    let mapped = map(&mapping, r#"{"phone_number":"+84987654321","_Sdc_Deleted_At":"2026-11-01"}"#);
    assert_eq!(shown(&mapped), "suppressed deleted_in_source -");
}

#[test]
fn columns_are_found_by_what_people_see_of_their_names() {
    let data = "{\"\u{feff}phone_number\":\"+84987654321\",\"name \":\"An\",\"gender\u{a0}\":\"f\",\"x\":1}";
    for schema in [
        schema(&["\u{feff}phone_number", "name ", "gender\u{a0}", "x"]),
        schema(&["phone_number", "name", "x"]),
        Value::Null,
    ] {
        let mapping = compiled(&config(&json!([]), &json!({})), &with_fields(), &shape("people", &schema));
        assert_eq!(shown(&map(&mapping, data)), "9 +84987654321 name=An gender=Female x=1", "{schema}");
    }
}

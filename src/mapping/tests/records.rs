use std::sync::atomic::Ordering;

use super::*;

const PHONE: &str = r#""phone":"+84987654321""#;

/// Maps a record with a good number and these members.
fn mapped(config: &Config, members: &str) -> String {
    let mapping = compiled(config, &with_fields(), &shape("people", UNKNOWN));
    shown(&map(&mapping, &format!("{{{PHONE}{members}}}")))
}

#[test]
fn columns_fill_fields_and_variables() {
    let config = people(
        &json!({}),
        &json!([
            { "field": "name", "column": "full_name" },
            { "field": "gender", "column": "sex" },
            { "field": "证件后4位", "column": "id_last4" },
            { "field": "ho_ten", "column": "customer.full_name", "default": "quý khách" },
        ]),
    );
    for (name, members, want) in [
        (
            "all of them",
            r#","full_name":" An ","sex":"nam","id_last4":"0235","customer":{"full_name":"An Bình"}"#,
            "9 +84987654321 name=An gender=Male 证件后4位=0235 ho_ten=An Bình",
        ),
        ("only a default", "", "9 +84987654321 ho_ten=quý khách"),
        (
            "null and blank are missing",
            r#","full_name":null,"sex":"","id_last4":"  ","customer":{"full_name":"\t"}"#,
            "9 +84987654321 ho_ten=quý khách",
        ),
        (
            "zero and false are values",
            r#","full_name":0,"sex":2,"id_last4":false"#,
            "9 +84987654321 name=0 gender=Female 证件后4位=false ho_ten=quý khách",
        ),
        (
            "an exact name before a path",
            r#","customer.full_name":"exact","customer":{"full_name":"nested"}"#,
            "9 +84987654321 ho_ten=exact",
        ),
        (
            "numbers by their digits, nested values as JSON",
            r#","full_name":[1, 2],"id_last4":12345678901234567890123"#,
            "9 +84987654321 name=[1,2] 证件后4位=12345678901234567890123 ho_ten=quý khách",
        ),
        (
            "variables keep their white space",
            r#","id_last4":" 1 ""#,
            "9 +84987654321 证件后4位= 1  ho_ten=quý khách",
        ),
    ] {
        assert_eq!(mapped(&config, members), want, "{name}");
    }
}

#[test]
fn names_and_values_are_composed_unicode() {
    let config = people(&json!({}), &json!([{ "field": "te\u{302}n", "column": "te\u{302}n" }]));
    let composed = schema(&["phone", "tên"]);
    let mapping = compiled(&config, &with_fields(), &shape("people", &composed));
    assert_eq!(mapping.variables().collect::<Vec<_>>(), ["tên"]);
    let mapped = map(&mapping, "{\"phone\":\"+84987654321\",\"tên\":\"Nguye\u{302}\u{303}n\"}");
    assert_eq!(shown(&mapped), "9 +84987654321 tên=Nguyễn", "the column is found as the catalog spells it");
}

#[test]
fn a_required_field_refuses_the_record_unless_a_default_serves() {
    let required = json!([{ "field": "debt", "column": "amount", "required": true }]);
    let defaulted = json!([{ "field": "debt", "column": "amount", "required": true, "default": "0" }]);
    for (name, fields, members, want) in [
        ("there", &required, r#","amount":5.0"#, "9 +84987654321 debt=5"),
        ("missing", &required, "", "invalid required_missing field debt"),
        ("null", &required, r#","amount":null"#, "invalid required_missing field debt"),
        ("blank", &required, r#","amount":" ""#, "invalid required_missing field debt"),
        ("defaulted", &defaulted, "", "9 +84987654321 debt=0"),
    ] {
        assert_eq!(mapped(&people(&json!({}), fields), members), want, "{name}");
    }
}

#[test]
fn a_record_deleted_in_the_source_is_suppressed_before_anything_else() {
    let config = people(
        &json!({ "only_when": "amount IS NULL AND amount IS NOT NULL" }),
        &json!([{ "field": "debt", "column": "amount", "required": true }]),
    );
    for (name, members, want) in [
        ("deleted", r#","_ab_cdc_deleted_at":"2026-11-01""#, "suppressed deleted_in_source -"),
        (
            "deleted at a tap",
            r#","_sdc_deleted_at":"2025-11-22T00:00:00Z""#,
            "suppressed deleted_in_source -",
        ),
        ("in capitals", r#","_AB_CDC_DELETED_AT":"2026-11-01""#, "suppressed deleted_in_source -"),
        ("in capitals, at a tap", r#","_SDC_DELETED_AT":"2026-11-01""#, "suppressed deleted_in_source -"),
        ("in any case", r#","_Ab_Cdc_Deleted_At":"2026-11-01""#, "suppressed deleted_in_source -"),
        (
            "in two cases",
            r#","_AB_CDC_DELETED_AT":"2026-11-01","_ab_cdc_deleted_at":null"#,
            "suppressed deleted_in_source -",
        ),
        ("what nobody sees", r#","_ab_cdc_deleted_at":"\u200b""#, "suppressed deleted_in_source -"),
        ("a number", r#","_ab_cdc_deleted_at":0"#, "suppressed deleted_in_source -"),
        (
            "not deleted",
            r#","_ab_cdc_deleted_at":null"#,
            "suppressed only_when `amount IS NOT NULL` is FALSE",
        ),
        ("blank", r#","_ab_cdc_deleted_at":"""#, "suppressed only_when `amount IS NOT NULL` is FALSE"),
        ("no such column", "", "suppressed only_when `amount IS NOT NULL` is FALSE"),
    ] {
        assert_eq!(mapped(&config, members), want, "{name}");
    }
}

#[test]
fn the_campaign_may_be_the_records() {
    for (campaign, members, want) in [
        ("", "", "9"),
        ("12", "", "12"),
        ("{{ record.job }}", r#","job":13"#, "13"),
        ("{{ record.job }}", r#","job":" 14 ""#, "14"),
        ("{% if record.vip %}1{% else %}2{% endif %}", r#","vip":true"#, "1"),
        ("{{ record.job }}", "", "invalid bad_campaign the template of the campaign gave nothing"),
        (
            "{{ record.job }}",
            r#","job":"x""#,
            "invalid bad_campaign the vendor cannot have a campaign of this id",
        ),
        (
            "{{ record.phone }}",
            "",
            "invalid bad_campaign the template of the campaign gave the number to call: it names the wrong column",
        ),
        (
            "{{ record.job|int }}",
            r#","job":"x""#,
            "invalid template_failed campaign: column `job`, line 1: its text is no number",
        ),
    ] {
        let shown = mapped(&people(&json!({ "campaign": campaign }), &json!([])), members);
        assert_eq!(shown.replace(" +84987654321", ""), want, "{campaign}");
    }
}

#[test]
fn genders_that_nobody_understands_are_left_out_and_counted() {
    let config = people(&json!({}), &json!([{ "field": "gender", "column": "sex" }]));
    let genders = Arc::default();
    let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
    let mapping = mapping.counting_genders_into(&genders);
    for sex in [r#""f""#, r#""??""#, "null", r#""""#, "7", "1"] {
        map(&mapping, &format!(r#"{{{PHONE},"sex":{sex}}}"#));
    }
    assert_eq!(genders.load(Ordering::Relaxed), 2);
}

#[test]
fn without_the_vendors_fields_name_and_gender_are_variables() {
    let fields = json!([{ "field": "name", "column": "n" }, { "field": "gender", "column": "g" }]);
    let mapping = compiled(&people(&json!({}), &fields), &bare(), &shape("people", UNKNOWN));
    let mapped = map(&mapping, r#"{"phone":"+84987654321","n":"An","g":"nam"}"#);
    assert_eq!(shown(&mapped), "9 +84987654321 name=An gender=nam");
}

#[test]
fn a_number_may_come_from_a_template_or_a_default() {
    for (name, field, data, want) in [
        ("a template", json!({ "template": "+84{{ record.p }}" }), r#"{"p":987654321}"#, "9 +84987654321"),
        ("a default", json!({ "column": "p", "default": "+84987654321" }), r#"{"p":" "}"#, "9 +84987654321"),
        (
            "trimmed",
            json!({ "column": "p", "required": true }),
            r#"{"p":" +84987654321\n"}"#,
            "9 +84987654321",
        ),
    ] {
        let mut field = field;
        field["field"] = "phone_number".into();
        let config = config(&json!([{ "stream": "people", "fields": [field] }]), &json!({}));
        let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
        assert_eq!(shown(&map(&mapping, data)), want, "{name}");
    }
}

#[test]
fn a_record_without_a_number_is_refused_by_the_phone_rules() {
    let config = people(&json!({}), &json!([]));
    for data in
        ["{}", r#"{"phone":null}"#, r#"{"phone":""}"#, r#"{"phone":true}"#, r#"{"phone":["+84987654321"]}"#]
    {
        let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
        assert!(
            matches!(map(&mapping, data), Mapped::Refused { outcome: Outcome::Invalid(..), .. }),
            "{data}"
        );
    }
}

use serde_json::{Value, json};

use super::*;
use crate::mapping::{Fills, fills_without_catalog};
use crate::providers::api::ContactShape;

fn fills(streams: &Value) -> Vec<Fills> {
    fills_without_catalog(&config(streams, &json!({})), &with_fields())
}

fn stream(fields: &[&str]) -> Value {
    let fields: Vec<_> = fields.iter().map(|field| json!({ "field": field, "column": "c" })).collect();
    json!([{ "stream": "people", "fields": fields }])
}

#[test]
fn what_a_script_speaks_is_held_against_what_is_filled_with_the_nearest_name() {
    let shape = ContactShape { name: true, gender: true, reserved: &[] };
    for (name, fields, script, want) in [
        ("the same", &["phone_number", "ho_ten", "so_tien"][..], &["so_tien", "ho_ten"][..], &[][..]),
        ("own fields", &["phone_number", "name"], &["name", "gender", "phone_number"], &[]),
        ("own fields that no script speaks", &["phone_number", "name", "gender"], &[], &[]),
        (
            "a slip",
            &["phone_number", "so_tienn"],
            &["so_tien"],
            &[
                "the script speaks `so_tien`, and no field of stream `people` fills it; did you mean `so_tienn`?",
                "field `so_tienn` of stream `people` is no variable of the script; did you mean `so_tien`?",
            ],
        ),
        (
            "nothing near",
            &["phone_number"],
            &["证件后4位"],
            &["the script speaks `证件后4位`, and no field of stream `people` fills it"],
        ),
        (
            "too many",
            &["phone_number", "ho_ten"],
            &[],
            &["field `ho_ten` of stream `people` is no variable of the script"],
        ),
    ] {
        let script: Vec<String> = script.iter().map(ToString::to_string).collect();
        let [one] = &*fills(&stream(fields)) else { panic!("{name}") };
        assert_eq!(one.differences(&script, shape), want, "{name}");
    }
}

#[test]
fn columns_that_become_variables_by_themselves_are_judged_as_far_as_they_are_known() {
    let shape = ContactShape { name: true, gender: true, reserved: &[] };
    let script = ["so_tien".to_owned()];
    for one in fills(&json!([])).iter().chain(&fills(&json!([{ "stream": "people" }]))) {
        assert_eq!(one.differences(&script, shape), [""; 0], "nobody knows which columns come");
    }
}

#[test]
fn a_campaign_that_each_record_names_is_none_beforehand() {
    for (campaign, want) in [("", Some("9")), ("12", Some("12")), ("{{ record.job }}", None)] {
        let mut streams = stream(&["phone_number"]);
        streams[0]["campaign"] = json!(campaign);
        let [one] = &*fills(&streams) else { panic!("{campaign}") };
        assert_eq!(one.campaign.as_ref().map(Campaign::as_str), want, "{campaign}");
    }
}

//! Settings as some runners write them: `{"vendor.api_key": "…"}` instead of an object in an object.

use serde_json::{Map, Value, json};

/// The same configuration with objects in objects; what is written so already stays as it is. Adds the
/// names that are set in both ways, of which one would be lost.
#[must_use]
pub fn nested(settings: Map<String, Value>, repeated: &mut Vec<String>) -> Map<String, Value> {
    if !settings.keys().any(|name| name.contains('.')) {
        return settings;
    }
    let mut root = Map::new();
    for (name, value) in settings {
        put(&mut root, &name, &name, value, repeated);
    }
    root
}

/// Puts a value where the path leads; where something else is in the way, the name stays as it is.
fn put(object: &mut Map<String, Value>, whole: &str, path: &str, value: Value, repeated: &mut Vec<String>) {
    if let Some((first, rest)) = path.split_once('.') {
        let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            return put(inner, whole, rest, value, repeated);
        }
    }
    match (object.get_mut(path), value) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            for (name, value) in new {
                put(old, &format!("{whole}.{name}"), &name, value, repeated);
            }
        }
        (old, value) => {
            if old.is_some() {
                repeated.push(whole.to_owned());
            }
            object.insert(path.to_owned(), value);
        }
    }
}

/// Settings of other targets that runners hand to every target: the values that ask for nothing, and
/// what to say of the others, because they would change which records come or what they hold.
const OF_OTHER_TARGETS: [(&str, &[&str], &str); 15] = [
    ("add_record_metadata", &["false"], ADDS_NOTHING),
    ("load_method", &["\"append-only\"", "\"upsert\""], NOT_TAKEN_BACK),
    ("hard_delete", &["false"], NOT_TAKEN_BACK),
    ("process_activate_version_messages", &["false"], NOT_TAKEN_BACK),
    // Runners switch it on by default; whatever it says, each record is judged by its mapping.
    ("validate_records", &["false", "true"], "it is true or false"),
    ("stream_maps", &["{}"], CHANGES_NOTHING),
    ("stream_map_config", &["{}"], CHANGES_NOTHING),
    ("faker_config", &["{}"], CHANGES_NOTHING),
    ("flattening_enabled", &["false"], FLATTENS_NOTHING),
    ("flattening_max_depth", &["0"], FLATTENS_NOTHING),
    ("flattening_max_key_length", &[], FLATTENS_NOTHING),
    ("flattening_separator", &[], FLATTENS_NOTHING),
    ("batch_config", &["{}"], "BATCH messages are not read; take it out here and at the tap"),
    ("batch_size_rows", &[], "how many contacts a request has is said by delivery.batch_size"),
    ("default_target_schema", &["\"\""], "there are no tables; streams says what becomes of each stream"),
];

const ADDS_NOTHING: &str = "this target adds no columns to records";
const NOT_TAKEN_BACK: &str = "calls cannot be taken back, so records are only ever added";
const CHANGES_NOTHING: &str = "this target does not change streams on their way; say with streams and only_when what is called, or use a mapper before it";
const FLATTENS_NOTHING: &str = "this target flattens nothing; a nested column is reached by its path with dots, such as customer.full_name";

/// Whether a setting is one of other targets; if it asks for something, what to do instead.
#[must_use]
pub fn of_other_targets(name: &str, value: &Value) -> Option<Result<(), &'static str>> {
    let (_, harmless, why) = OF_OTHER_TARGETS.iter().find(|(known, ..)| *known == name)?;
    let value = if value == &json!("false") { "false".to_owned() } else { value.to_string() };
    Some(if harmless.contains(&value.as_str()) { Ok(()) } else { Err(why) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_dots_become_objects() {
        for (name, text, want) in [
            (
                "flat",
                r#"{"vendor.vendor_type":"itnio","vendor.api_key":"k","phone.default_region":"VN"}"#,
                r#"{"vendor":{"vendor_type":"itnio","api_key":"k"},"phone":{"default_region":"VN"}}"#,
            ),
            (
                "both",
                r#"{"vendor.job_id":9,"vendor":{"vendor_type":"itnio"},"vendor.app_id":"A"}"#,
                r#"{"vendor":{"job_id":9,"vendor_type":"itnio","app_id":"A"}}"#,
            ),
            (
                "deep",
                r#"{"vendor.credentials.api_key":"k","streams":[{"a.b":1}]}"#,
                r#"{"vendor":{"credentials":{"api_key":"k"}},"streams":[{"a.b":1}]}"#,
            ),
            (
                "in the way",
                r#"{"vendor":"itnio","vendor.job_id":9}"#,
                r#"{"vendor":"itnio","vendor.job_id":9}"#,
            ),
            ("nested", "{\"vendor\":{}}", "{\"vendor\":{}}"),
        ] {
            let mut repeated = Vec::new();
            let settings = nested(serde_json::from_str(text).unwrap(), &mut repeated);
            assert_eq!(Value::Object(settings).to_string(), want, "{name}");
            assert_eq!(repeated, [""; 0], "{name}");
        }
    }

    #[test]
    fn what_is_set_in_both_ways_is_told() {
        for text in
            [r#"{"vendor.job_id":9,"vendor":{"job_id":8}}"#, r#"{"vendor":{"job_id":8},"vendor.job_id":9}"#]
        {
            let mut repeated = Vec::new();
            drop(nested(serde_json::from_str(text).unwrap(), &mut repeated));
            assert_eq!(repeated, ["vendor.job_id"], "{text}");
        }
    }

    #[test]
    fn settings_of_other_targets_pass_where_they_ask_for_nothing() {
        for (name, value, want) in [
            ("add_record_metadata", json!(false), Some(true)),
            ("add_record_metadata", json!("false"), Some(true)),
            ("add_record_metadata", json!(true), Some(false)),
            ("load_method", json!("append-only"), Some(true)),
            ("load_method", json!("upsert"), Some(true)),
            ("load_method", json!("overwrite"), Some(false)),
            ("stream_maps", json!({}), Some(true)),
            ("stream_maps", json!({ "people": { "__filter__": "x" } }), Some(false)),
            ("flattening_enabled", json!(true), Some(false)),
            ("batch_config", json!({ "encoding": {} }), Some(false)),
            ("rules", json!({}), None),
        ] {
            assert_eq!(of_other_targets(name, &value).map(|judged| judged.is_ok()), want, "{name}: {value}");
        }
    }
}

//! Settings as some runners write them: `{"vendor.api_key": "…"}` instead of an object in an object.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The same configuration with objects in objects; what is written so already stays as it is.
#[must_use]
pub fn nested(text: &str) -> Cow<'_, str> {
    let Ok(Value::Object(settings)) = serde_json::from_str(text) else { return Cow::Borrowed(text) };
    if !settings.keys().any(|name| name.contains('.')) {
        return Cow::Borrowed(text);
    }
    let mut root = Map::new();
    for (name, value) in settings {
        put(&mut root, &name, value);
    }
    Cow::Owned(Value::Object(root).to_string())
}

/// Puts a value where the path leads; where something else is in the way, the name stays as it is.
fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    if let Some((first, rest)) = path.split_once('.') {
        let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            return put(inner, rest, value);
        }
    }
    match (object.get_mut(path), value) {
        (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
        (_, value) => {
            object.insert(path.to_owned(), value);
        }
    }
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
            ("nested", "{ \"vendor\" : {} }", "{ \"vendor\" : {} }"),
            ("not JSON", "{vendor.x", "{vendor.x"),
        ] {
            assert_eq!(nested(text), want, "{name}");
        }
    }
}

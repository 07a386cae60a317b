//! Turns the schema of the configuration types into the dialect that the platform's form can draw:
//! no `$ref`, no number formats, `oneOf` for sections with variants only, fields in our order.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Config;

/// The form, as JSON Schema (draft 7) in the platform's dialect.
#[must_use]
pub fn form() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let mut form = settings.into_generator().into_root_schema_for::<Config>().to_value();
    translate(&mut form);
    if let Value::Object(root) = &mut form {
        root.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        root.insert("additionalProperties".to_owned(), json!(true));
    }
    form
}

/// The whole answer to `spec`.
#[must_use]
pub fn specification() -> Value {
    let home = concat!("https://github.com/destination-ai-voice/", env!("CARGO_PKG_NAME"));
    json!({
        "documentationUrl": format!("{home}/blob/main/docs/ai-voice.md"),
        "changelogUrl": format!("{home}/blob/main/CHANGELOG.md"),
        "protocol_version": "0.2.0",
        "supportsIncremental": true,
        "supportsNormalization": false,
        "supportsDBT": false,
        "supported_destination_sync_modes": ["append", "append_dedup"],
        "connectionSpecification": form(),
    })
}

fn translate(schema: &mut Value) {
    let Value::Object(schema) = schema else { return };
    schema.remove("format");
    if schema.get("title") == schema.get("description") {
        schema.remove("description");
    }
    match schema.remove("oneOf") {
        Some(Value::Array(options)) if options.iter().all(is_section) => {
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("oneOf".to_owned(), options.into_iter().map(translated).collect());
        }
        Some(Value::Array(options)) => {
            schema.insert("type".to_owned(), json!("string"));
            let values = options.iter().filter_map(|option| option.get("const").cloned());
            // A field may offer fewer values than its type has.
            schema.entry("enum").or_insert_with(|| values.collect());
        }
        _ => {}
    }
    if matches!(schema.get("type").and_then(Value::as_str), Some("object" | "array")) {
        schema.remove("default");
    }
    if let Some(items) = schema.get_mut("items") {
        translate(items);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        in_order(properties);
    }
}

fn translated(mut schema: Value) -> Value {
    translate(&mut schema);
    schema
}

fn is_section(option: &Value) -> bool {
    option.get("properties").is_some()
}

fn in_order(properties: &mut Map<String, Value>) {
    for (order, property) in properties.values_mut().enumerate() {
        translate(property);
        if let Value::Object(property) = property {
            property.insert("order".to_owned(), json!(order));
        }
    }
}

/// The property that a variant fixes, and to what: it tells which one a section is.
pub(super) fn discriminator(option: &Value) -> Option<(&str, &str)> {
    let properties = option.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| Some((name.as_str(), property.get("const")?.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keywords that the form cannot draw, or draws wrongly.
    const FORBIDDEN: [&str; 10] = [
        "$ref",
        "not",
        "anyOf",
        "allOf",
        "patternProperties",
        "prefixItems",
        "if",
        "dependentSchemas",
        "format",
        "definitions",
    ];

    fn visit(at: &str, value: &Value, check: &mut dyn FnMut(&str, &Map<String, Value>)) {
        match value {
            Value::Object(map) => {
                check(at, map);
                map.iter().for_each(|(key, value)| visit(&format!("{at}/{key}"), value, check));
            }
            Value::Array(list) => list.iter().for_each(|value| visit(at, value, check)),
            _ => {}
        }
    }

    #[test]
    fn the_form_speaks_the_platforms_dialect() {
        visit("", &form(), &mut |at, schema| {
            for word in FORBIDDEN {
                assert!(!schema.contains_key(word) || at.ends_with("/properties"), "{word} at {at}");
            }
            if schema.get("type").is_some_and(Value::is_string) {
                assert_ne!(schema.get("airbyte_secret"), Some(&json!(false)), "{at}");
                let drawn = !at.ends_with("/oneOf") && !at.is_empty() && !at.ends_with("/items");
                assert!(!drawn || schema.contains_key("order"), "no order at {at}");
                let named =
                    schema.contains_key("const") || schema.contains_key("title") || at.ends_with("/items");
                assert!(named, "no title at {at}");
            }
            if let Some(Value::Array(options)) = schema.get("oneOf") {
                for option in options {
                    let properties = option.get("properties").and_then(Value::as_object).unwrap();
                    let told = properties.iter().find(|(_, property)| property.get("const").is_some());
                    let (name, _) = told.unwrap_or_else(|| panic!("no discriminator at {at}"));
                    assert!(option["required"].as_array().unwrap().contains(&json!(name)), "{at}");
                }
            }
        });
    }

    /// Whoever adds a vendor marks its credentials, and nobody here need know their names.
    #[test]
    fn secrets_are_marked() {
        let (mut secrets, mut shown) = (Vec::new(), Vec::new());
        visit("", &form(), &mut |at, schema| {
            let Some((_, name)) = at.rsplit_once("/properties/").filter(|(_, name)| !name.contains('/'))
            else {
                return;
            };
            let is_section = schema.get("properties").is_some() || schema.get("oneOf").is_some();
            let is_credential =
                ["secret", "token", "password", "api_key"].iter().any(|part| name.contains(part));
            if schema.get("airbyte_secret") == Some(&json!(true)) {
                secrets.push((at.contains("/vendor/"), name.to_owned()));
            } else if is_credential && !is_section {
                shown.push(at.to_owned());
            }
        });
        assert!(shown.is_empty(), "these are shown in the form: {shown:?}");
        let (of_vendors, mut others): (Vec<_>, Vec<_>) =
            secrets.into_iter().partition(|(is_vendors, _)| *is_vendors);
        others.sort();
        let others: Vec<_> = others.into_iter().map(|(_, name)| name).collect();
        assert_eq!(others, ["access_key_id", "hash_key", "hash_key", "secret_access_key", "url"]);
        assert!(of_vendors.len() > crate::providers::registry::names().count(), "{of_vendors:?}");
    }
}

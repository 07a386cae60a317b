//! What this target is and which settings it has, for people and as programs of the Singer world
//! read it.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::super::Output;
use crate::domain::error::Error;

const NAME: &str = "target-ai-voice";

/// What this target is.
#[derive(Debug)]
pub struct About {
    settings: Value,
}

impl About {
    /// `form` is the JSON Schema of the configuration, as the other platforms draw it.
    #[must_use]
    pub fn new(form: &Value) -> Self {
        let mut settings = form.clone();
        translate(&mut settings);
        Self { settings }
    }

    /// The document that tools read.
    #[must_use]
    pub fn json(&self) -> String {
        let about = json!({
            "name": NAME,
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "version": env!("CARGO_PKG_VERSION"),
            "capabilities": ["about"],
            "settings": self.settings,
        });
        format!("{about:#}")
    }

    /// The same for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "Name: {NAME}\nDescription: {}\nVersion: {}\nCapabilities:\n  - about\nSettings:\n",
            env!("CARGO_PKG_DESCRIPTION"),
            env!("CARGO_PKG_VERSION"),
        );
        list("", &self.settings, &mut text);
        text.push_str("Every setting in words: docs/configuration.md; with Meltano: docs/meltano.md.");
        text
    }
}

impl<W: Write> Output<W> {
    /// Writes a text that somebody asked for.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn about(&mut self, text: &str) -> Result<(), Error> {
        self.line(text.as_bytes())
    }
}

/// Keywords that tell a form where and how to draw, and nothing of the values.
const FORM_ONLY: [&str; 7] =
    ["order", "always_show", "group", "groups", "display_type", "airbyte_hidden", "pattern_descriptor"];

/// Says secrets in this world's words, and leaves out what only a form needs.
fn translate(schema: &mut Value) {
    match schema {
        Value::Object(schema) => {
            if schema.remove("airbyte_secret").is_some() {
                schema.insert("secret".to_owned(), json!(true));
                schema.insert("writeOnly".to_owned(), json!(true));
            }
            if schema.get("type").is_some_and(Value::is_string) {
                for keyword in FORM_ONLY {
                    schema.remove(keyword);
                }
            }
            schema.values_mut().for_each(translate);
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        _ => {}
    }
}

/// Lists settings by the names that a runner gives them: `vendor.api_key`.
fn list(at: &str, schema: &Value, text: &mut String) {
    let none = Map::new();
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (name, property) in schema.get("properties").and_then(Value::as_object).unwrap_or(&none) {
        if let Some(constant) = property.get("const").and_then(Value::as_str) {
            text.push_str(&format!("  - {at}{name}: {constant}\n"));
            continue;
        }
        let mut words = vec![property.get("type").and_then(Value::as_str).unwrap_or("object")];
        words.extend(required.contains(&json!(name)).then_some("required"));
        words.extend(property.get("secret").is_some().then_some("secret"));
        text.push_str(&format!("  - {at}{name} ({})\n", words.join(", ")));
        list(&format!("{at}{name}."), property, text);
    }
    for option in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        list(at, option, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About::new(&json!({
            "type": "object",
            "required": ["vendor"],
            "properties": {
                "vendor": { "type": "object", "order": 0, "oneOf": [{
                    "type": "object",
                    "required": ["vendor_type", "api_key"],
                    "properties": {
                        "vendor_type": { "type": "string", "const": "itnio", "order": 0 },
                        "api_key": { "type": "string", "airbyte_secret": true, "order": 1, "pattern_descriptor": "a key" },
                    },
                }] },
                "streams": { "type": "array", "order": 1, "items": { "type": "object", "properties": {} } },
            },
        }))
    }

    #[test]
    fn secrets_are_called_secret() {
        let read: Value = serde_json::from_str(&about().json()).unwrap();
        let key = &read["settings"]["properties"]["vendor"]["oneOf"][0]["properties"]["api_key"];
        assert_eq!(*key, json!({ "type": "string", "secret": true, "writeOnly": true }));
    }

    #[test]
    fn settings_are_listed_by_their_paths() {
        let text = about().text();
        let (_, settings) = text.split_once("Settings:\n").unwrap();
        insta::assert_snapshot!(settings, @r"
          - vendor (object, required)
          - vendor.vendor_type: itnio
          - vendor.api_key (string, required, secret)
          - streams (array)
        Every setting in words: docs/configuration.md; with Meltano: docs/meltano.md.
        ");
    }
}

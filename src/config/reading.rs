//! Reads a configuration by the form's own schema, and reports every mistake at once.
//!
//! serde stops at the first mistake. So the form's schema is walked first: it notes each mistake
//! with its place, makes good what has one meaning only ("9" for 9, null for absent, white space
//! around a text) and puts a stand-in where something is wrong, so that the checks that follow
//! (templates, columns, addresses) can still look at the rest.

use serde_json::{Map, Value, json};

use super::Config;
use super::schema::form;
use crate::error::Mistake;

/// Reads a configuration; the checks of its meaning are `Config::mistakes` and the mapping's.
/// There is none when a whole section is unreadable.
#[must_use]
pub fn read(text: &str) -> (Option<Config>, Vec<Mistake>) {
    // An editor's byte order mark is not the user's mistake.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            return (None, vec![Mistake::new(place, "the configuration is not JSON")]);
        }
    };
    let mut mistakes = Vec::new();
    walk(&form(), &mut value, "", &mut mistakes);
    match serde_path_to_error::deserialize(&value) {
        Ok(config) => (Some(config), mistakes),
        Err(error) if mistakes.is_empty() => {
            let at = error.path().to_string();
            (None, vec![Mistake::new(at, "cannot be read; compare it with the form")])
        }
        Err(_) => (None, mistakes),
    }
}

/// Holds a value against its schema; what is wrong is noted and replaced by a stand-in.
fn walk(schema: &Value, value: &mut Value, at: &str, mistakes: &mut Vec<Mistake>) {
    if let Some(Value::Array(options)) = schema.get("oneOf") {
        return walk_section(options, value, at, mistakes);
    }
    let Some(kind) = schema.get("type").and_then(Value::as_str) else { return };
    coerce(kind, value, at);
    let problem = match (kind, &*value) {
        ("object", Value::Object(_)) | ("array", Value::Array(_)) | ("boolean", Value::Bool(_)) => None,
        ("string", Value::String(text)) => wrong_choice(schema, text),
        ("integer", Value::Number(number)) => out_of_range(schema, number),
        _ => Some(format!("must be {}", spoken(kind))),
    };
    if let Some(why) = problem {
        mistakes.push(Mistake::new(at, why));
        *value = stand_in(schema);
    }
    match value {
        Value::Object(fields) => walk_fields(schema, fields, at, mistakes),
        Value::Array(items) => {
            let item_schema = schema.get("items").unwrap_or(&Value::Null);
            for (index, item) in items.iter_mut().enumerate() {
                walk(item_schema, item, &format!("{at}[{index}]"), mistakes);
            }
        }
        _ => {}
    }
}

/// A section with variants: the one property that all of them fix tells which it is.
fn walk_section(options: &[Value], value: &mut Value, at: &str, mistakes: &mut Vec<Mistake>) {
    let told: Vec<(&str, &str)> = options.iter().filter_map(discriminator).collect();
    let Some(&(name, _)) = told.first() else { return };
    let Value::Object(fields) = value else {
        mistakes.push(Mistake::new(at, format!("must be a section with `{name}`")));
        return;
    };
    let chosen = fields.get(name).and_then(Value::as_str).map(str::trim);
    let found = options.iter().zip(&told).find(|(_, (_, constant))| Some(*constant) == chosen);
    if let Some((option, (_, constant))) = found {
        fields.insert(name.to_owned(), json!(constant));
        walk_fields(option, fields, at, mistakes);
    } else {
        let known: Vec<&str> = told.iter().map(|(_, constant)| *constant).collect();
        mistakes.push(Mistake::new(join(at, name), format!("must be one of: {}", known.join(", "))));
    }
}

fn walk_fields(schema: &Value, fields: &mut Map<String, Value>, at: &str, mistakes: &mut Vec<Mistake>) {
    let Some(Value::Object(properties)) = schema.get("properties") else { return };
    fields.retain(|_, value| !value.is_null());
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (name, property) in properties {
        let place = join(at, name);
        if let Some(value) = fields.get_mut(name) {
            walk(property, value, &place, mistakes);
        }
        let is_blank = fields.get(name).is_none_or(|value| value == "");
        if is_blank && required.contains(&json!(name)) && property.get("const").is_none() {
            if !mistakes.iter().any(|mistake| mistake.at == place) {
                mistakes.push(Mistake::new(place, "is missing"));
            }
            if property.get("oneOf").is_none() {
                fields.insert(name.clone(), stand_in(property));
            }
        }
    }
    for name in fields.keys().filter(|name| !properties.contains_key(*name)) {
        if let Some(near) = nearest(name, properties.keys().map(String::as_str)) {
            mistakes.push(Mistake::new(join(at, name), format!("is not known; did you mean `{near}`?")));
        }
    }
}

/// Makes good what has one meaning only.
fn coerce(kind: &str, value: &mut Value, at: &str) {
    let better = match (kind, &*value) {
        // The blanks around a column's name may be part of it.
        ("string", Value::String(_)) if at.ends_with("column") => None,
        ("string", Value::String(text)) if text.trim().len() < text.len() => Some(json!(text.trim())),
        ("string", Value::Number(number)) => Some(json!(number.to_string())),
        ("integer", Value::String(text)) => text.trim().parse::<u64>().ok().map(|number| json!(number)),
        ("integer", Value::Number(number)) => number.as_f64().and_then(whole).map(|number| json!(number)),
        ("boolean", Value::String(text)) => text.trim().parse::<bool>().ok().map(|truth| json!(truth)),
        _ => None,
    };
    if let Some(better) = better {
        *value = better;
    }
}

/// A float that is an integer, such as 9.0; integers themselves need no help.
fn whole(number: f64) -> Option<u64> {
    let text = number.to_string();
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(())?;
    text.parse().ok()
}

fn wrong_choice(schema: &Value, text: &str) -> Option<String> {
    let choices: Vec<&str> = schema.get("enum")?.as_array()?.iter().filter_map(Value::as_str).collect();
    (!choices.contains(&text)).then(|| format!("must be one of: {}", choices.join(", ")))
}

fn out_of_range(schema: &Value, number: &serde_json::Number) -> Option<String> {
    let bound = |name| schema.get(name).and_then(Value::as_u64);
    let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum"));
    let fits = number.as_u64().is_some_and(|n| n >= least && most.is_none_or(|most| n <= most));
    (!fits).then(|| match most {
        Some(most) => format!("must be a whole number from {least} to {most}"),
        None => format!("must be a whole number of at least {least}"),
    })
}

fn discriminator(option: &Value) -> Option<(&str, &str)> {
    let properties = option.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| Some((name.as_str(), property.get("const")?.as_str()?)))
}

fn stand_in(schema: &Value) -> Value {
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!(""),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        _ => json!({}),
    }
}

fn spoken(kind: &str) -> &'static str {
    match kind {
        "object" => "a section",
        "array" => "a list",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "text",
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// The known name that a mistyped one most probably meant.
#[must_use]
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let like =
        |other: &str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let scored = known.into_iter().map(|other| (like(other), other));
    let best = scored.max_by(|(one, _), (two, _)| one.total_cmp(two));
    best.filter(|(score, _)| *score >= 0.6).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let (_, mistakes) = read(text);
        mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.at, mistake.why)).collect()
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let told = told(
            r#"{"vendor":{"vendor_type":"itnio","api_key":" ","api_secrett":"s3cret-9","app_id":"A","job_id":"nine","phone_format":"e146"},
                "streams":[{"stream":"s","fields":[{"field":"name","column":7,"required":"perhaps"},"x"]}],
                "delivery":{"batch_size":0,"max_batch_age_second":3,"on_unknown_outcome":"maybe"},
                "ledger":{"ledger_type":"oracle"},"phone":[],"limits":null}"#,
        );
        insta::assert_snapshot!(told.join("\n"), @r"
        vendor.api_key: is missing
        vendor.api_secret: is missing
        vendor.job_id: must be a whole number
        vendor.phone_format: must be one of: digits, e164, national, as_is
        vendor.api_secrett: is not known; did you mean `api_secret`?
        streams[0].fields[0].required: must be true or false
        streams[0].fields[1]: must be a section
        streams[0].fields[1].field: is missing
        phone: must be a section
        delivery.batch_size: must be a whole number from 1 to 500
        delivery.on_unknown_outcome: must be one of: hold, resend
        delivery.max_batch_age_second: is not known; did you mean `max_batch_age_seconds`?
        ledger.ledger_type: must be one of: none, sqlite, postgres
        ");
    }

    #[test]
    fn what_has_one_meaning_is_understood() {
        let (config, mistakes) = read(
            r#"{"vendor":{"vendor_type":"itnio","api_key":" key\n","api_secret":"secret","app_id":7,"job_id":"9","skip_already_called":"true"},
                "delivery":{"batch_size":50.0,"retry_for_seconds":null},"__injected":1}"#,
        );
        assert_eq!(mistakes, []);
        let delivery = config.unwrap().delivery;
        assert_eq!((delivery.batch_size, delivery.retry_for_seconds), (50, 900));
    }

    #[test]
    fn the_blanks_around_a_columns_name_stay() {
        let (config, mistakes) = read(
            r#"{"vendor":{"vendor_type":"itnio","api_key":"k","api_secret":"s","app_id":"a","job_id":9},
                "streams":[{"stream":" s ","fields":[{"field":" phone_number ","column":"phone "},{"field":"n","column":7}]}],
                "phone":{"region_column":" land"}}"#,
        );
        assert_eq!(mistakes, []);
        let config = config.unwrap();
        let [phone, number] = &*config.streams[0].fields else { panic!("{config:?}") };
        assert_eq!(
            (&*config.streams[0].stream, &*phone.field, &*phone.column),
            ("s", "phone_number", "phone ")
        );
        assert_eq!((&*number.column, &*config.phone.region_column), ("7", " land"));
    }

    #[test]
    fn text_that_is_not_json_is_not_shown() {
        assert_eq!(told(r#"{"vendor": s3cret-9}"#), ["line 1, column 12: the configuration is not JSON"]);
    }
}

//! Reads a configuration by the form's own schema, and reports every mistake at once.
//!
//! serde stops at the first mistake. So the form's schema is walked first: it notes each mistake
//! with its place, makes good what has one meaning only ("9" for 9, null for absent, white space
//! around a text) and puts a stand-in where something is wrong, so that the checks that follow
//! (templates, columns, addresses) can still look at the rest. A name that the schema does not have
//! is a mistake, too: somebody meant something by it, and nothing would do it.

use serde_json::{Map, Value, json};

use super::Config;
use super::schema::{discriminator, form};
use super::strict::{join, parse};
use super::unknown::{self, Unknown};
use crate::domain::error::Mistake;
use crate::nearest::nearest;
use crate::protocol::{nested, of_other_targets};

/// Reads a configuration; the checks of its meaning are `Config::mistakes` and the mapping's.
/// There is none when a whole section is unreadable.
#[must_use]
pub fn read_config(text: &str) -> (Option<Config>, Vec<Mistake>) {
    // An editor's byte order mark is not the user's mistake.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (value, mut repeated) = match parse(text) {
        Ok(read) => read,
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            // Which rule is broken, in words that quote nothing.
            let told = error.to_string();
            let rule = told.split(" at line").next().unwrap_or_default();
            return (None, vec![Mistake::new(place, format!("the configuration is not JSON: {rule}"))]);
        }
    };
    let Value::Object(settings) = value else {
        let why = "must be a JSON object, with a section `vendor` at least";
        return (None, vec![Mistake::new("the configuration", why)]);
    };
    let mut mistakes = Vec::new();
    let mut settings = nested(settings, &mut repeated);
    settings.retain(|name, value| !is_somebody_elses(name, value, &mut mistakes));
    let said_twice = repeated.into_iter().map(|at| Mistake::new(at, "is set twice; only one can be meant"));
    mistakes.extend(said_twice);
    let mut value = Value::Object(settings);
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

/// Whether a setting comes from a platform, which adds its own beside ours, or is one that runners
/// hand to every target.
fn is_somebody_elses(name: &str, value: &Value, mistakes: &mut Vec<Mistake>) -> bool {
    if name.starts_with("__") || name.starts_with("airbyte_") {
        return true;
    }
    let judged = of_other_targets(name, value).filter(|_| !value.is_null());
    if let Some(Err(why)) = judged {
        mistakes.push(Mistake::new(name, why));
    }
    judged.is_some()
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
        ("integer", Value::Number(number)) if fits(schema, number) => None,
        ("integer", _) => Some(format!("must be a whole number {}", range(schema))),
        ("array", _) => Some(format!("must be a list{}", such_as(schema))),
        _ => Some(format!("must be {}", spoken(kind))),
    };
    if let Some(why) = problem {
        mistakes.push(Mistake::new(at, why));
        *value = stand_in(schema);
        return;
    }
    match value {
        Value::Object(fields) => walk_fields(schema, &[], fields, at, mistakes),
        Value::Array(items) => {
            let item_schema = schema.get("items").unwrap_or(&Value::Null);
            for (index, item) in items.iter_mut().enumerate() {
                walk(item_schema, item, &format!("{at}[{index}]"), mistakes);
            }
        }
        _ => {}
    }
}

/// A section with variants: the one property that all of them fix tells which it is. One that cannot be
/// told is taken out, so that its default stands in.
fn walk_section(options: &[Value], value: &mut Value, at: &str, mistakes: &mut Vec<Mistake>) {
    let told: Vec<(&str, &str)> = options.iter().filter_map(discriminator).collect();
    let Some(&(name, _)) = told.first() else { return };
    let Value::Object(fields) = value else {
        mistakes.push(Mistake::new(at, format!("must be a section with `{name}`")));
        *value = Value::Null;
        return;
    };
    let chosen = fields.get(name).and_then(Value::as_str).map(str::trim);
    let found = options.iter().zip(&told).find(|(_, (_, constant))| Some(*constant) == chosen);
    if let Some((option, (_, constant))) = found {
        fields.insert(name.to_owned(), json!(constant));
        walk_fields(option, options, fields, at, mistakes);
    } else {
        let known: Vec<&str> = told.iter().map(|(_, constant)| *constant).collect();
        let why = format!("must be one of: {}", known.join(", "));
        mistakes.push(Mistake::new(join(at, name), why));
        if let Some((option, constant)) = meant(options, &told, chosen, fields) {
            fields.insert(name.to_owned(), json!(constant));
            walk_fields(option, options, fields, at, mistakes);
        } else {
            *value = Value::Null;
        }
    }
}

/// The variant that a mistyped one most probably is, by its name or by what only it has: so the rest of the
/// configuration can be judged, too.
fn meant<'o>(
    options: &'o [Value],
    told: &[(&str, &'o str)],
    chosen: Option<&str>,
    fields: &Map<String, Value>,
) -> Option<(&'o Value, &'o str)> {
    if options.len() == 1 {
        return None;
    }
    let constants = told.iter().map(|(_, constant)| *constant);
    let near = chosen.and_then(|chosen| nearest(chosen, constants.clone()));
    let n_known = |option: &Value| {
        let properties = option.get("properties").and_then(Value::as_object);
        properties.map_or(0, |known| fields.keys().filter(|name| known.contains_key(*name)).count())
    };
    let most = options.iter().map(n_known).max()?;
    let mut variants = options.iter().zip(constants);
    if near.is_some() {
        return variants.find(|(_, constant)| Some(*constant) == near);
    }
    let mut best = variants.filter(|(option, _)| n_known(option) == most);
    best.next().filter(|_| best.next().is_none())
}

/// `variants` are the options that the section could have been instead.
fn walk_fields(
    schema: &Value,
    variants: &[Value],
    fields: &mut Map<String, Value>,
    at: &str,
    mistakes: &mut Vec<Mistake>,
) {
    let Some(Value::Object(properties)) = schema.get("properties") else { return };
    fields.retain(|_, value| !value.is_null());
    refuse_unknown(properties, variants, fields, at, mistakes);
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
    fields.retain(|_, value| !value.is_null());
}

/// Notes names that the section does not have; what one most probably meant is judged in its place.
fn refuse_unknown(
    properties: &Map<String, Value>,
    variants: &[Value],
    fields: &mut Map<String, Value>,
    at: &str,
    mistakes: &mut Vec<Mistake>,
) {
    let names: Vec<String> = fields.keys().filter(|name| !properties.contains_key(*name)).cloned().collect();
    for name in names {
        let Unknown { mistake, meant } = unknown::name(&name, properties, variants, at);
        mistakes.push(mistake);
        let value = fields.shift_remove(&name);
        if let (Some(meant), Some(value)) = (meant, value) {
            fields.entry(meant).or_insert(value);
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

fn fits(schema: &Value, number: &serde_json::Number) -> bool {
    let (least, most) = bounds(schema);
    number.as_u64().is_some_and(|n| n >= least && most.is_none_or(|most| n <= most))
}

fn range(schema: &Value) -> String {
    match bounds(schema) {
        (least, Some(most)) => format!("from {least} to {most}"),
        (least, None) => format!("of at least {least}"),
    }
}

fn bounds(schema: &Value) -> (u64, Option<u64>) {
    let bound = |name| schema.get(name).and_then(Value::as_u64);
    (bound("minimum").unwrap_or(0), bound("maximum"))
}

/// An example of a list, where the form has one.
fn such_as(schema: &Value) -> String {
    let example = schema.get("examples").and_then(Value::as_array).and_then(|examples| examples.first());
    example.map_or_else(String::new, |example| format!(", such as {example}"))
}

/// Something that can be read, with nothing in it that could be judged.
fn stand_in(schema: &Value) -> Value {
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    let first_choice = schema.get("enum").and_then(|choices| choices.get(0));
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => first_choice.cloned().unwrap_or(json!("")),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        _ => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let names = required.filter_map(Value::as_str);
            let property = |name| schema.get("properties")?.get(name);
            names.filter_map(|name| Some((name.to_owned(), stand_in(property(name)?)))).collect()
        }
    }
}

fn spoken(kind: &str) -> &'static str {
    match kind {
        "object" => "a section",
        "boolean" => "true or false",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::StandIn;

    fn told(text: &str) -> Vec<String> {
        let (_, mistakes) = read_config(text);
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
        vendor.api_secrett: is not known; did you mean `api_secret`?
        vendor.api_key: is missing
        vendor.job_id: must be a whole number of at least 1
        vendor.phone_format: must be one of: digits, e164, national, as_is
        streams[0].fields[0].required: must be true or false
        streams[0].fields[1]: must be a section
        phone: must be a section
        delivery.max_batch_age_second: is not known; did you mean `max_batch_age_seconds`?
        delivery.batch_size: must be a whole number from 1 to 500
        delivery.on_unknown_outcome: must be one of: hold, resend
        ledger.ledger_type: must be one of: none, sqlite, postgres
        ");
    }

    #[test]
    fn a_mistyped_variant_is_read_as_the_one_that_is_meant() {
        for (vendor, has_config) in [
            (r#"{"vendor_type":"Itnio","api_key":"k","api_secret":"s","app_id":"A","job_id":9}"#, true),
            (r#"{"api_key":"k","api_secret":"s","app_id":"A","job_id":9}"#, true),
            (r#"{"vendor_type":"twilio"}"#, false),
        ] {
            let (config, mistakes) = read_config(&format!(r#"{{"vendor":{vendor},"time_zone":"Mars"}}"#));
            assert_eq!(config.is_some(), has_config, "{vendor}");
            let [only] = &*mistakes else { panic!("{vendor}: {mistakes:?}") };
            assert_eq!(only.at, "vendor.vendor_type", "{vendor}");
        }
    }

    #[test]
    fn what_has_one_meaning_is_understood() {
        let (config, mistakes) = read_config(
            r#"{"vendor":{"vendor_type":"itnio","api_key":" key\n","api_secret":"secret","app_id":7,"job_id":"9","skip_already_called":"true"},
                "delivery":{"batch_size":50.0,"retry_for_seconds":null},"__injected":1}"#,
        );
        assert_eq!(mistakes, []);
        let delivery = config.unwrap().delivery;
        assert_eq!((delivery.batch_size, delivery.retry_for_seconds), (50, 900));
    }

    #[test]
    fn the_blanks_around_a_columns_name_stay() {
        let (config, mistakes) = read_config(
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
    fn what_is_rehearsed_is_read_as_it_will_be_but_for_its_credentials() {
        let itnio = r#""vendor_type":"itnio","app_id":"A","job_id":9"#;
        let vbee = r#""vendor_type":"vbee","campaign_id":"c""#;
        let whole = r#""api_key":"k","api_secret":"s""#;
        let token = r#""credentials":{"auth_type":"access_token","access_token":""}"#;
        for (plays, want) in [
            (format!("{{{itnio}}}"), vec![]),
            (format!("{{{itnio},{whole}}}"), vec![]),
            (format!(r#"{{{itnio},"api_key":"","api_secret":null}}"#), vec![]),
            (format!("{{{vbee}}}"), vec![]),
            (format!("{{{vbee},{token}}}"), vec![]),
            (format!(r#"{{{vbee},"credentials":{{"auth_type":"api_key"}}}}"#), vec![]),
            (r#"{"vendor_type":"itnio","job_id":9}"#.to_owned(), vec!["vendor.plays.app_id"]),
            (format!(r#"{{{itnio},"aip_key":"k"}}"#), vec!["vendor.plays.aip_key"]),
            (format!(r#"{{{itnio},"base_url":"http://a.example"}}"#), vec!["vendor.plays.base_url"]),
            (r#"{"vendor_type":"rehearsal"}"#.to_owned(), vec!["vendor.plays.vendor_type"]),
            (r#"{"vendor_type":"twilio"}"#.to_owned(), vec!["vendor.plays.vendor_type"]),
        ] {
            let text = format!(r#"{{"vendor":{{"vendor_type":"rehearsal","plays":{plays}}}}}"#);
            let (config, mut mistakes) = read_config(&text);
            mistakes.extend(config.iter().flat_map(|config| config.vendor.mistakes()));
            let places: Vec<_> = mistakes.iter().map(|mistake| mistake.at.as_str()).collect();
            assert_eq!(places, want, "{plays}");
            if let Some(config) = config {
                assert!(config.vendor.stand_in() == Some(StandIn::Played), "{plays}");
                assert!(
                    config.vendor.played().is_some() && config.vendor.plain_http_place().is_none(),
                    "{plays}"
                );
            }
        }
        let (_, mistakes) = read_config(r#"{"vendor":{"vendor_type":"rehearsal"}}"#);
        assert_eq!(mistakes.iter().map(|mistake| mistake.at.as_str()).collect::<Vec<_>>(), ["vendor.plays"]);
    }

    #[test]
    fn text_that_is_not_json_is_not_shown() {
        assert_eq!(
            told(r#"{"vendor": s3cret-9}"#),
            ["line 1, column 12: the configuration is not JSON: expected value"]
        );
    }
}

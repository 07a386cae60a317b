//! A vendor's section without its credentials, for who rehearses with a vendor that is played: nobody asks for them there.

use schemars::Schema;
use serde_json::{Map, Value};

use super::simulator::SimulatorOptions;

/// Stands in for a credential that was left out.
const STAND_IN: &str = "rehearsal";

/// How a vendor is played in a rehearsal: whatever the configuration names is there.
pub(super) fn options() -> SimulatorOptions {
    SimulatorOptions { any_campaign: true, any_credentials: true, ..SimulatorOptions::default() }
}

/// Lets the form go without credentials.
pub(super) fn without_credentials(schema: &mut Schema) {
    let mut value = std::mem::take(schema).to_value();
    let options = value.get_mut("oneOf").and_then(Value::as_array_mut);
    options.into_iter().flatten().for_each(release);
    if let Value::Object(object) = value {
        *schema = object.into();
    }
}

/// Fills in what stands for the credentials that a section was left without.
pub(super) fn fill_in(form: &Value, section: &mut Value) {
    let Value::Object(fields) = section else { return };
    let Some(option) = variant(form, fields) else { return };
    let properties = option.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let is_blank = fields.get(name).is_none_or(|value| value.is_null() || value == "");
        if property.get("const").is_some() && is_blank {
            fields.insert(name.clone(), property["const"].clone());
        } else if is_secret(property) && is_blank {
            fields.insert(name.clone(), STAND_IN.into());
        } else if is_credential(property) {
            let inner = fields.entry(name).or_insert_with(|| Value::Object(Map::new()));
            fill_in(property, inner);
        }
    }
}

/// Takes credentials out of what must be there, at any depth.
fn release(section: &mut Value) {
    let Some(properties) = section.get("properties").and_then(Value::as_object) else { return };
    let credentials: Vec<Value> = properties
        .iter()
        .filter(|(_, property)| is_credential(property))
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    if let Some(required) = section.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !credentials.contains(name));
    }
    let properties = section.get_mut("properties").and_then(Value::as_object_mut);
    for (_, property) in properties.into_iter().flatten() {
        let options = property.get_mut("oneOf").and_then(Value::as_array_mut);
        options.into_iter().flatten().for_each(release);
    }
}

/// The variant that a section is: the one that it names, else the first.
fn variant<'f>(form: &'f Value, fields: &Map<String, Value>) -> Option<&'f Value> {
    let options = form.get("oneOf")?.as_array()?;
    let is_named = |option: &&Value| {
        let mut properties = option.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties
            .any(|(name, property)| property.get("const").is_some_and(|told| fields.get(name) == Some(told)))
    };
    options.iter().find(is_named).or_else(|| options.first())
}

/// Whether a field is a secret, or a section of nothing else.
fn is_credential(property: &Value) -> bool {
    let options = property.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let mut inner = options.filter_map(|option| option.get("properties")?.as_object()).flatten().peekable();
    is_secret(property)
        || inner.peek().is_some()
            && inner.all(|(_, property)| property.get("const").is_some() || is_secret(property))
}

fn is_secret(property: &Value) -> bool {
    property.get("airbyte_secret") == Some(&Value::Bool(true))
}

//! What is said of a name that this version does not have: where it belongs, what it may have meant,
//! or what there is instead.

use serde_json::{Map, Value};

use super::schema::discriminator;
use super::strict::join;
use crate::domain::error::Mistake;
use crate::nearest::nearest;
use crate::phone::shown;

/// A name that a section does not have.
pub(super) struct Unknown {
    pub(super) mistake: Mistake,
    /// The name that was most probably meant.
    pub(super) meant: Option<String>,
}

/// Judges a name that a section does not have. `variants` are what the section could have been instead.
pub(super) fn name(name: &str, known: &Map<String, Value>, variants: &[Value], at: &str) -> Unknown {
    let of_variant = variants.iter().find(|variant| properties(variant).any(|(other, _)| other == name));
    let outer = known.iter().find(|(_, property)| is_inside(name, property)).map(|(outer, _)| outer);
    let near = nearest(name, known.keys().map(String::as_str)).filter(|_| of_variant.is_none());
    let why = if let Some((_, variant)) = of_variant.and_then(discriminator) {
        format!("is not known here; it belongs to `{variant}`")
    } else if let Some(near) = near {
        format!("is not known; did you mean `{near}`?")
    } else if let Some(outer) = outer {
        format!("is not known here; it belongs into `{outer}`")
    } else {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let names = names.join(", ");
        if at.is_empty() {
            format!("is not known: nothing in this version would read it; it has {names}")
        } else {
            format!("is not known: nothing in this version would read it; this section has {names}")
        }
    };
    Unknown { mistake: Mistake::new(join(at, &shown(name)), why), meant: near.map(str::to_owned) }
}

/// Whether a section, its variants or the entries of a list have this name.
fn is_inside(name: &str, schema: &Value) -> bool {
    let items = schema.get("items").into_iter();
    let variants = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let mut inside = variants.chain(items).chain([schema]).flat_map(properties);
    inside.any(|(inner, _)| inner == name)
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

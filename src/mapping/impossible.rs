//! Mappings that can never work are never run: what is certain before the first record is a mistake of
//! the configuration, not a reason to refuse every record.

use crate::phone::{PhoneInput, PhoneRules, shown};

use super::compiler::{Fields, MappingCompiler};
use super::field::FieldSource;
use super::name::{PHONE, PHONES, same_letters};

/// Identity mapping needs its columns by their very names.
pub(super) fn check_identity(compiler: &mut MappingCompiler<'_>) {
    let (schema, shape) = (compiler.schema, compiler.shape);
    if !schema.is_known() {
        return;
    }
    let at =
        if compiler.place.is_empty() { "streams".to_owned() } else { format!("{}.fields", compiler.place) };
    let stream = shown(compiler.stream.name);
    if let Some(column) = PHONES.iter().find_map(|phone| schema.exact(phone)) {
        check_column(compiler, &at, column);
    } else {
        let spelled = schema.columns().find(|column| same_letters(column, PHONE));
        let near = spelled.or_else(|| schema.nearest(PHONE));
        let what = near.map_or_else(
            || {
                format!(
                    "stream `{stream}` has none: {}; map the right one under `streams`",
                    schema.listed("")
                )
            },
            |near| format!("stream `{stream}` has `{}`: rename it, or map it under `streams`", shown(near)),
        );
        compiler.mistake(&at, format!("identity mapping needs a column `{PHONE}`; {what}"));
    }
    for (field, is_wanted) in [("name", shape.name), ("gender", shape.gender)] {
        if !is_wanted || schema.exact(field).is_some() {
            continue;
        }
        if let Some(column) = schema.columns().find(|column| same_letters(column, field)) {
            let column = shown(column);
            let why = format!(
                "identity mapping fills `{field}` from a column of this very name; stream `{stream}` has `{column}`: rename it, or map it under `streams`"
            );
            compiler.mistake(&at, why);
        }
    }
}

/// A column that holds truth values, lists or objects holds nobody's number.
pub(super) fn check_column(compiler: &mut MappingCompiler<'_>, at: &str, column: &str) {
    if let Some(kind) = compiler.schema.never_a_number(column) {
        let column = shown(column);
        compiler.mistake(
            at,
            format!("column `{column}` holds no number to call: by the catalog its type is {kind}"),
        );
    }
}

/// A number that is the same for every record must be one. (With a column of regions it may be one in
/// some of them.)
pub(super) fn check_constant(
    compiler: &mut MappingCompiler<'_>,
    fields: &Fields,
    rules: &PhoneRules,
    has_region: bool,
) {
    let Some(FieldSource::Template(template)) = fields.phone.as_ref().map(|field| &field.source) else {
        return;
    };
    let Some(text) = template.constant() else { return };
    if let (Err(refusal), false) = (rules.normalise(PhoneInput::Text(text.trim()), None), has_region) {
        let why = format!(
            "the template of {PHONE} is the same text for every record, and no number that can be called ({}); a column is written as {{{{ record.column }}}}",
            refusal.reason.code()
        );
        compiler.mistake(format!("{}.fields", compiler.place), why);
    }
}

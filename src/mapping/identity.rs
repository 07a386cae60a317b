//! Identity mapping: columns fill the fields and variables of the same name.

use crate::phone::{shown, visible};
use crate::providers::api::ContactShape;

use super::compiler::{Fields, MappingCompiler};
use super::field::Field;
use super::name::{PHONE, PHONES};
use super::row::{Column, RowReader};
use super::{impossible, name};

/// Columns of the platform and of its sources, which tell nothing about a person.
const PLATFORM: [&str; 3] = ["_airbyte_", "_ab_", "_sdc_"];

/// The fields of a stream without configured ones. Runs last, because it must not miss a column that
/// already has a slot for something else.
pub(super) fn fields(compiler: &mut MappingCompiler<'_>) -> Fields {
    let shape = compiler.shape;
    impossible::check_identity(compiler);
    warn(compiler);
    let listed = compiler.schema.columns();
    let rows = &mut compiler.rows;
    rows.keep_others = true;
    listed.filter(|column| is_variable(column, shape)).for_each(|column| {
        rows.want(column);
    });
    let variables = rows.wanted().into_iter().filter(|column| is_variable(column, shape));
    let variables: Vec<_> = variables.map(|column| of_column(rows, &[&column])).collect();
    Fields {
        phone: Some(of_column(rows, &PHONES)),
        name: shape.name.then(|| of_column(rows, &["name"])),
        gender: shape.gender.then(|| of_column(rows, &["gender"])),
        variables,
    }
}

/// Whether a column becomes a variable.
pub(super) fn is_variable(column: &str, shape: ContactShape) -> bool {
    if is_unspeakable(column) {
        return false;
    }
    let column = &*name::seen(column);
    let is_field = column == "name" && shape.name || column == "gender" && shape.gender;
    let begins =
        |prefix: &&str| column.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    let is_platforms = PLATFORM.iter().any(begins);
    !is_field && !is_platforms && !PHONES.contains(&column) && !shape.reserved.contains(&column)
}

/// No script can name such a variable.
fn is_unspeakable(column: &str) -> bool {
    name::seen(column).is_empty() || column.trim().contains(char::is_control)
}

fn of_column(rows: &mut RowReader, columns: &[&str]) -> Field {
    let name = columns.first().copied().unwrap_or_default();
    let column = |name: &&str| Column { exact: Some(rows.want(name)), nested: None };
    Field::of_columns(name, columns.iter().map(column).collect())
}

fn warn(compiler: &mut MappingCompiler<'_>) {
    let schema = compiler.schema;
    let stream = shown(compiler.stream.name);
    for column in
        schema.columns().filter(|column| *column != PHONE && compiler.shape.reserved.contains(column))
    {
        let (vendor, column) = (compiler.vendor.name(), shown(column));
        compiler.warnings.push(format!(
            "column `{column}` of stream `{stream}` is left out: {vendor} uses this name itself"
        ));
    }
    for column in schema.columns().filter(|column| is_unspeakable(column)) {
        let column = shown(&visible(column));
        compiler.warnings.push(format!(
            "column `{column}` of stream `{stream}` is left out: no variable can have a blank name or one with control characters"
        ));
    }
}

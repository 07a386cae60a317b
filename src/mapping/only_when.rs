//! A stream's condition, and where its columns are found in a record.

use jiff::tz::TimeZone;

use crate::conditions::{ColumnMatch, Condition, ConditionRefusal};

use super::catalog::Schema;
use super::input::RunContext;
use super::row::{Column, Row, RowReader};

/// Decides whether a record is called.
#[derive(Debug)]
pub(super) struct OnlyWhen {
    condition: Condition,
    /// By the condition's own count.
    columns: Vec<Column>,
}

impl OnlyWhen {
    /// Compiles the condition of a stream.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn compile(
        source: &str,
        stream: &str,
        schema: Schema<'_>,
        rows: &mut RowReader,
        run: &RunContext,
        zone: &TimeZone,
    ) -> Result<Self, String> {
        let mut columns = Vec::new();
        let mut find = |path: &[&str], is_quoted: bool| {
            let (column, schema) = if schema.is_known() {
                let (names, below) = schema.find_path(path).map_err(|why| {
                    let as_text =
                        if is_quoted { format!(" (a text: '{}')", path.join(".")) } else { String::new() };
                    format!("stream `{stream}` has no column {why}{as_text}")
                })?;
                (listed(&names, rows), below)
            } else if path.len() > 1 && path.first() == Some(&"record") && !is_quoted {
                return Err(
                    "no column is called `record`; write \"record\" in double quotes if one is".to_owned()
                );
            } else {
                (unlisted(path, rows), None)
            };
            let index = columns.iter().position(|known| *known == column).unwrap_or_else(|| {
                columns.push(column);
                columns.len() - 1
            });
            Ok(ColumnMatch { index, schema })
        };
        let condition = Condition::compile(source, run.now, zone, &mut find)?;
        Ok(Self { condition, columns })
    }

    /// What the user should know before the first record.
    pub(super) fn doubts(&self) -> impl Iterator<Item = String> {
        self.condition.doubts()
    }

    /// Whether a record is called.
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn decide(&self, row: &Row<'_>) -> Result<(), ConditionRefusal> {
        self.condition.decide(|index| self.columns.get(index).map_or(Ok(None), |column| column.seek(row)))
    }
}

/// A column that the catalog lists, by the names that lead to it.
fn listed(names: &[&str], rows: &mut RowReader) -> Column {
    if let Some(top) = names.first() {
        rows.watch(top);
    }
    match names {
        [name] => Column { exact: Some(rows.want(name)), nested: None },
        [head, below @ ..] => {
            let below = below.iter().map(|name| Box::from(*name)).collect();
            Column { exact: None, nested: Some((rows.want(head), below)) }
        }
        [] => Column { exact: None, nested: None },
    }
}

/// A column of which nobody knows: one of that very name, else a path.
fn unlisted(path: &[&str], rows: &mut RowReader) -> Column {
    match path {
        [_] | [] => listed(path, rows),
        _ => {
            let whole = path.join(".");
            rows.watch(&whole);
            Column { exact: Some(rows.want(&whole)), ..listed(path, rows) }
        }
    }
}

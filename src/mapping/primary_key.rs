//! Which record it was, for people who look a contact up in the ledger later.
//!
//! A key may be the phone number itself; the ledger holds none, so columns that fill the number or
//! the name are left out.

use crate::config::StreamConfig;

use super::compile::PHONE;
use super::row::{Column, Row, RowReader};
use super::{name, text};

/// A longer key is cut off: it is for people to recognise, not for programs to join.
const MAX_BYTES: usize = 200;

/// Columns that fill the number or the name without any configuration.
const PERSONAL: [&str; 3] = [PHONE, "phoneNumber", "name"];

/// The parts of a stream's primary key.
#[derive(Debug, Default)]
pub(super) struct PrimaryKey {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Slot(Column),
    /// With identity mapping a column without a slot is a variable, and must stay one.
    Other(Box<str>),
}

impl PrimaryKey {
    pub(super) fn new(paths: &[Vec<String>], entry: Option<&StreamConfig>, rows: &mut RowReader) -> Self {
        let fields = entry.into_iter().flat_map(|entry| &entry.fields);
        let personal: Vec<&str> = fields
            .filter(|field| matches!(field.field.as_str(), PHONE | "name"))
            .map(|field| field.column.as_str())
            .chain(PERSONAL)
            .collect();
        let mut parts = Vec::new();
        for path in paths {
            let Some((first, below)) = path.split_first() else { continue };
            if personal.iter().any(|column| name::seen(column) == name::seen(first)) {
                continue;
            }
            parts.push(if rows.keep_others && below.is_empty() {
                Part::Other(first.as_str().into())
            } else {
                let slot = rows.want(first);
                let below: Vec<Box<str>> = below.iter().map(|name| name.as_str().into()).collect();
                if below.is_empty() {
                    Part::Slot(Column { exact: Some(slot), nested: None })
                } else {
                    Part::Slot(Column { exact: None, nested: Some((slot, below)) })
                }
            });
        }
        Self { parts }
    }

    /// The key of a record, its parts separated by commas; blank when there is none.
    pub(super) fn of(&self, row: &Row<'_>) -> Box<str> {
        if self.parts.is_empty() {
            return Box::default();
        }
        let mut key = String::new();
        for part in &self.parts {
            let raw = match part {
                Part::Slot(column) => column.find(row),
                Part::Other(name) => row.others().find(|(column, _)| *column == &**name).map(|(_, raw)| raw),
            };
            if !key.is_empty() {
                key.push_str(", ");
            }
            key.push_str(&raw.and_then(text::of).unwrap_or_default());
        }
        let end = (0..=key.len().min(MAX_BYTES)).rev().find(|end| key.is_char_boundary(*end));
        key.truncate(end.unwrap_or_default());
        key.into()
    }
}

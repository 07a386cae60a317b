//! What fills one field of a contact: a column or a template, a default, and what is refused without.

use std::borrow::Cow;

use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::templates::{RenderContext, Template, TemplateContext};

use super::input::Record;
use super::row::{Column, Row};
use super::text;

/// One field of the contact.
#[derive(Debug)]
pub(super) struct Field {
    /// The field's name, in NFC.
    pub(super) name: Box<str>,
    pub(super) source: FieldSource,
    pub(super) default: Option<Box<str>>,
    pub(super) required: bool,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum FieldSource {
    /// The first of these columns that is not blank.
    Columns(Vec<Column>),
    Template(Template),
}

/// One record, as fields and templates see it.
pub(super) struct RecordView<'a> {
    pub(super) row: &'a Row<'a>,
    record: &'a Record<'a>,
    context: &'a TemplateContext,
}

impl Field {
    /// A field that columns fill, with neither default nor duty.
    pub(super) fn of_columns(name: &str, columns: Vec<Column>) -> Self {
        Self { name: name.into(), source: FieldSource::Columns(columns), default: None, required: false }
    }

    /// The value as text; nothing when it is blank and the field can do without.
    pub(super) fn text<'a>(&'a self, view: &'a RecordView<'_>) -> Result<Option<Cow<'a, str>>, Outcome> {
        let found = match &self.source {
            FieldSource::Columns(columns) => {
                columns.iter().find_map(|column| column.find(view.row).and_then(text::of))
            }
            FieldSource::Template(template) => {
                let text = view.said(template).map_err(|why| failed(&self.place(), &why))?;
                text.filter(|text| !text::is_blank(text))
            }
        };
        if found.is_some() {
            return Ok(found);
        }
        if let Some(default) = &self.default {
            return Ok(Some(Cow::Borrowed(default)));
        }
        if self.required {
            return Err(Outcome::Invalid(Reason::RequiredMissing, Some(self.place().into())));
        }
        Ok(None)
    }

    /// The raw value of the first column that is not blank.
    pub(super) fn raw<'a>(&self, view: &RecordView<'a>) -> Option<&'a str> {
        let FieldSource::Columns(columns) = &self.source else { return None };
        columns.iter().filter_map(|column| column.find(view.row)).find(|raw| !text::is_blank_json(raw))
    }

    fn place(&self) -> String {
        format!("field {}", self.name)
    }
}

impl<'a> RecordView<'a> {
    pub(super) fn new(row: &'a Row<'a>, record: &'a Record<'a>, context: &'a TemplateContext) -> Self {
        Self { row, record, context }
    }

    /// The text of a template for this record; nothing when a value is missing that its words need.
    pub(super) fn said<'t>(&self, template: &'t Template) -> Result<Option<Cow<'t, str>>, String> {
        if let Some(text) = template.constant() {
            return Ok(Some(Cow::Borrowed(text)));
        }
        let scene = RenderContext {
            slots: self.row.slots(),
            emitted_at: self.record.emitted_at,
            context: self.context,
        };
        Ok(template.render(&scene)?.map(|text| text::spoken(Cow::Owned(text))))
    }
}

/// A template failed; `why` comes from the engine and holds no data.
pub(super) fn failed(place: &str, why: &str) -> Outcome {
    Outcome::Invalid(Reason::TemplateFailed, Some(format!("{place}: {why}").into()))
}

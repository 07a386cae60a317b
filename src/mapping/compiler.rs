//! What the parts of one stream's configuration are compiled with, and what is found wrong with them.

use std::sync::Arc;

use crate::domain::error::Mistake;
use crate::nearest::helps_after;
use crate::providers::Provider;
use crate::providers::api::ContactShape;

use super::catalog::Schema;
use super::field::Field;
use super::input::StreamShape;
use super::row::RowReader;

/// Gathers what the parts of one stream's configuration want and what is wrong with them.
pub(super) struct MappingCompiler<'a> {
    pub(super) vendor: &'a Arc<dyn Provider>,
    pub(super) stream: &'a StreamShape<'a>,
    /// Where mistakes are: `streams[0]`.
    pub(super) place: String,
    pub(super) shape: ContactShape,
    pub(super) schema: Schema<'a>,
    pub(super) rows: RowReader,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<String>,
}

/// The fields of a contact, compiled.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) phone: Option<Field>,
    pub(super) name: Option<Field>,
    pub(super) gender: Option<Field>,
    pub(super) variables: Vec<Field>,
}

impl<'a> MappingCompiler<'a> {
    pub(super) fn new(
        vendor: &'a Arc<dyn Provider>,
        stream: &'a StreamShape<'a>,
        place: String,
        schema: Schema<'a>,
    ) -> Self {
        Self {
            vendor,
            stream,
            place,
            shape: vendor.shape(),
            schema,
            rows: RowReader::of(schema.columns()),
            mistakes: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn mistake(&mut self, at: impl Into<String>, why: impl Into<String>) {
        self.mistakes.push(Mistake::new(at, why));
        if !helps_after(self.mistakes.len()) {
            self.schema = self.schema.without_help();
        }
    }
}

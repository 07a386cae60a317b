//! Which record something came of: what a run leaves behind names it.

use super::position::RecordPosition;
use crate::domain::columns::Columns;

/// A record, as its ending tells of it.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Where it stands in the input.
    pub position: RecordPosition,
    /// Its primary key, for people, without what holds the number or the name; blank where the catalog names none.
    pub primary_key: Box<str>,
    /// When the source read it, in milliseconds since 1970; 0 when nobody says.
    pub extracted_at: i64,
    /// Its columns, where they are kept.
    pub columns: Option<Columns>,
}

impl Origin {
    /// Bytes of text that are kept of the record itself.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.columns.as_ref().map_or(0, Columns::text_bytes)
    }
}

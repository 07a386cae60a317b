//! Which record something came of: what a run leaves behind names it.

use super::position::RecordPosition;

/// A record, as its ending tells of it.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Where it stands in the input.
    pub position: RecordPosition,
    /// Its primary key, for people, without what holds the number or the name; blank where the catalog names none.
    pub primary_key: Box<str>,
    /// When the source read it, in milliseconds since 1970; 0 when nobody says.
    pub extracted_at: i64,
    /// Its columns as JSON text, where they are kept.
    pub columns: Option<Columns>,
}

/// The columns of a record as JSON text. Shows nothing of them: they are personal data.
#[derive(Clone)]
pub struct Columns(pub Box<str>);

impl Origin {
    /// Bytes of text that are kept of the record itself.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.columns.as_ref().map_or(0, |Columns(columns)| columns.len())
    }
}

impl std::fmt::Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

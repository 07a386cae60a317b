//! What a list's sync leaves behind beside its STATEs: rows that put nobody onto the list, and a report at its end.

use std::sync::Arc;

use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::report::ListDocument;
use crate::storage::{PutObject, Rejects, StorageError, put_parts, put_report};

/// Where it is put.
pub(crate) struct Kept {
    pub(crate) store: Arc<dyn PutObject>,
    pub(crate) rejects: Rejects,
    /// The folder of the report's objects, where one is made.
    pub(crate) report: Option<String>,
    /// Rows were to be put and nobody knows that they are there: the put failed, or was broken off.
    lost_rows: bool,
}

impl Kept {
    pub(crate) fn new(store: Arc<dyn PutObject>, rejects: Rejects, report: Option<String>) -> Self {
        Self { store, rejects, report, lost_rows: false }
    }

    pub(super) fn add(&mut self, decision: &Decision<'_>) -> Result<(), Error> {
        self.rejects.add(decision)
    }

    pub(super) fn is_full(&self) -> bool {
        self.rejects.parts.is_full()
    }

    /// Puts the rows that wait.
    pub(super) async fn put(&mut self) -> Result<(), StorageError> {
        let parts = self.rejects.parts.take();
        // Whoever stops waiting leaves it so; and what is lost stays lost, whatever is put afterwards.
        let lost_before = std::mem::replace(&mut self.lost_rows, true);
        put_parts(Arc::clone(&self.store), parts, self.rejects_at()).await?;
        self.lost_rows = lost_before;
        Ok(())
    }

    /// Whether not all rows are where they are put.
    pub(super) fn lacks_rows(&self) -> bool {
        self.lost_rows || !self.rejects.parts.is_empty()
    }

    /// Whether a report is made.
    pub(super) fn reports(&self) -> bool {
        self.report.is_some()
    }

    /// Where rows are put, as people write it.
    pub(super) fn rejects_at(&self) -> String {
        self.store.address(&self.rejects.parts.folder())
    }

    /// Puts the report, where one is made; gives where its page is.
    pub(super) async fn put_report(&self, document: &ListDocument) -> Result<Option<String>, StorageError> {
        let Some(folder) = &self.report else { return Ok(None) };
        let forms = (document.json(), document.html());
        put_report(Arc::clone(&self.store), folder.clone(), forms).await.map(Some)
    }
}

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
}

impl Kept {
    pub(super) fn add(&mut self, decision: &Decision<'_>) -> Result<(), Error> {
        self.rejects.add(decision)
    }

    pub(super) fn is_full(&self) -> bool {
        self.rejects.parts.is_full()
    }

    /// Puts the rows that wait.
    pub(super) async fn put(&mut self) -> Result<(), StorageError> {
        put_parts(Arc::clone(&self.store), self.rejects.parts.take()).await
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

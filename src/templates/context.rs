//! What a template sees: one record, and what is the same for all of them.

use jiff::tz::TimeZone;

/// What is the same for all records of a stream.
#[derive(Debug)]
pub(crate) struct TemplateContext {
    /// The stream's name.
    pub(crate) stream: String,
    /// Its namespace, or blank.
    pub(crate) namespace: String,
    /// The platform's number of the sync, or blank.
    pub(crate) sync_id: String,
    /// When the run began.
    pub(crate) now: String,
    /// Where times without an offset are, and whose calendar `date` shows.
    pub(crate) zone: TimeZone,
}

/// One record, as templates see it.
#[derive(Debug)]
pub(crate) struct RenderContext<'a> {
    /// The wanted columns as raw JSON, by their slots.
    pub(crate) slots: &'a [Option<&'a str>],
    /// When the source read the record.
    pub(crate) emitted_at: i64,
    /// What is the same for all of them.
    pub(crate) context: &'a TemplateContext,
}

impl TemplateContext {
    /// For what does not look at them.
    pub(super) fn none() -> Self {
        let [stream, namespace, sync_id, now] = [const { String::new() }; 4];
        Self { stream, namespace, sync_id, now, zone: TimeZone::UTC }
    }
}

//! What a line of stdin means to a destination, in whichever protocol it was said.

use std::borrow::Cow;

use super::{CatalogStream, Object, State, StreamName};

/// A message that means something to a destination.
#[derive(Debug)]
pub enum Message<'a> {
    /// One record of a stream.
    Record(RecordMessage<'a>),
    /// A position of the source, to be handed back when everything before it is settled.
    State(State),
    /// A stream that the catalog need not have: its records come behind this.
    Stream(Box<CatalogStream>),
    /// A stream has ended at the source.
    Status(StreamName, StreamStatus),
    /// Logs, estimates, kinds of later protocol versions.
    Other,
}

/// One record, its data unread.
#[derive(Debug)]
pub struct RecordMessage<'a> {
    /// The stream's name.
    pub stream: Cow<'a, str>,
    /// The stream's namespace; blank when there is none.
    pub namespace: Cow<'a, str>,
    /// The record's columns.
    pub data: Object<'a>,
    /// When the source read it (milliseconds, from some platforms seconds); 0 when nobody says.
    pub emitted_at: i64,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamStatus {
    /// Everything was read.
    Complete,
    /// The source failed on the way.
    Incomplete,
}

/// The message of a serde error could quote the line, and the line is personal data.
pub(super) fn describe(error: &serde_json::Error) -> String {
    let column = error.column();
    if error.is_data() {
        format!("is not a message of the protocol (column {column})")
    } else {
        format!("is not JSON (column {column})")
    }
}

//! What a line of stdin means to a destination, in whichever protocol it was said.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::json::scanner::Scanner;
use super::{CatalogStream, Object, State};
use crate::domain::stream_name::StreamName;
use crate::phone::shown;

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
    /// Logs, estimates, and what else the protocol has that is for others.
    Other,
    /// A type that this program has not heard of, of a later version or of somebody's own.
    Unknown(Cow<'a, str>),
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

const NO_OBJECT: &str = "is JSON, but not a message of the protocol";

const TEXT: &str = "is text, not a message: something writes its log into the pipe; let it write to stderr";

/// Programs log in JSON, too.
pub(super) const NO_TYPE: &str =
    "is an object without `type`, so not a message; if it is somebody's log, let it be written to stderr";

/// A type that is none of the protocol's, unless it is one in small letters: its records must not be passed over.
///
/// # Errors
/// Says how the type is written.
pub(super) fn unknown<'a>(kind: Cow<'a, str>, known: &[&str]) -> Result<Message<'a>, String> {
    match known.iter().find(|known| known.eq_ignore_ascii_case(&kind)) {
        Some(known) => {
            Err(format!("has a `type` in other letters than the protocol's: it is written {known}"))
        }
        None => Ok(Message::Unknown(kind)),
    }
}

/// Reads a line as the object that every message is; `stream_in` is where records name their stream.
///
/// # Errors
/// Says what is wrong, at which column and in which stream. The message of a serde error could quote
/// the line, and the line is personal data.
pub(super) fn envelope<'a>(line: &'a str, stream_in: Option<&str>) -> Result<Object<'a>, String> {
    Object::parse(line).map_err(|error| {
        if !line.trim_start().starts_with('{') {
            let is_json = serde_json::from_str::<IgnoredAny>(line).is_ok();
            return if is_json { NO_OBJECT } else { TEXT }.to_owned();
        }
        let column = error.column();
        let stream = stream_of(line, stream_in);
        let stream = stream.map_or_else(String::new, |name| format!("; stream {}", shown(name)));
        format!("is not JSON (column {column}{stream})")
    })
}

/// The stream that a broken line names before the place where it breaks.
fn stream_of<'a>(line: &'a str, stream_in: Option<&str>) -> Option<&'a str> {
    let mut found = None;
    let mut scan = Scanner::new(line);
    // That the walk ends early is why it is made.
    let _ends_early = scan.object(|scan, name| match name {
        "stream" if stream_in.is_none() => {
            found = Some(scan.plain_string()?);
            Some(())
        }
        _ if stream_in == Some(name) => scan.object(|scan, name| {
            if name == "stream" {
                found = Some(scan.plain_string()?);
                return Some(());
            }
            scan.value().map(drop)
        }),
        _ => scan.value().map(drop),
    });
    found
}

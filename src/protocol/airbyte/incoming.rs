//! One line of stdin, read without copying: what a message is decides its `type`, never which
//! payload keys exist (some platforms send every key of every message as an explicit null).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::message::describe;
use super::super::object::MaybeObject;
use super::super::text::Text;
use super::super::{Message, RecordMessage, StreamName, StreamStatus};
use super::{record, state};

/// Reads one line.
///
/// # Errors
/// Says what is wrong with the line and at which column; never shows what it holds.
pub(in crate::protocol) fn read(line: &str) -> Result<Message<'_>, String> {
    if let Some(record) = record::read(line) {
        return Ok(Message::Record(record));
    }
    let envelope: Envelope<'_> = serde_json::from_str(line).map_err(|error| describe(&error))?;
    match envelope.kind.0.as_ref() {
        "RECORD" => long_record(envelope).map(Message::Record),
        "STATE" => {
            let state = envelope.state.ok_or("is a STATE without its `state`")?;
            state::read(line, state).map(Message::State)
        }
        "TRACE" => {
            Ok(status(envelope.trace).map_or(Message::Other, |(name, end)| Message::Status(name, end)))
        }
        "" => Err("is a message without its `type`".to_owned()),
        _ => Ok(Message::Other),
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    record: Option<RecordBody<'a>>,
    #[serde(borrow, default)]
    state: Option<&'a RawValue>,
    #[serde(borrow, default)]
    trace: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RecordBody<'a> {
    #[serde(borrow, default)]
    stream: Text<'a>,
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow, default)]
    data: MaybeObject<'a>,
    #[serde(borrow, default)]
    emitted_at: Option<&'a RawValue>,
}

fn long_record(envelope: Envelope<'_>) -> Result<RecordMessage<'_>, String> {
    let body = envelope.record.ok_or("is a RECORD without its `record`")?;
    if body.stream.0.is_empty() {
        return Err("is a RECORD without its `stream`".to_owned());
    }
    Ok(RecordMessage {
        stream: body.stream.0,
        namespace: body.namespace.0,
        data: body.data.0.ok_or("is a RECORD whose `data` is not an object")?,
        emitted_at: body.emitted_at.and_then(|raw| raw.get().parse().ok()).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Trace {
    stream_status: Option<StatusBody>,
}

#[derive(Deserialize)]
struct StatusBody {
    stream_descriptor: Descriptor,
    status: String,
}

/// A stream's name, as the protocol writes it.
#[derive(Deserialize)]
pub(super) struct Descriptor {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
}

impl From<Descriptor> for StreamName {
    fn from(descriptor: Descriptor) -> Self {
        Self { namespace: descriptor.namespace.unwrap_or_default(), name: descriptor.name }
    }
}

/// A trace of another kind, or of a later version, is none of our business: it reads as nothing.
fn status(trace: Option<&RawValue>) -> Option<(StreamName, StreamStatus)> {
    let trace: Trace = serde_json::from_str(trace?.get()).ok()?;
    let body = trace.stream_status?;
    let status = match body.status.as_str() {
        "COMPLETE" => StreamStatus::Complete,
        "INCOMPLETE" => StreamStatus::Incomplete,
        _ => return None,
    };
    Some((body.stream_descriptor.into(), status))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn reads_a_record_with_every_key_null() {
        let line = r#"{"type":"RECORD","log":null,"spec":null,"connectionStatus":null,"catalog":null,"record":{"namespace":null,"stream":"contacts","data":{"phone":"+84901234567"},"emitted_at":1795305451267,"meta":null,"file_reference":null},"state":null,"trace":null,"control":null,"destination_catalog":null}"#;
        let Ok(Message::Record(record)) = read(line) else { panic!("not a record") };
        assert_eq!((record.stream.as_ref(), record.namespace.as_ref()), ("contacts", ""));
        assert_eq!(record.data.to_json(), r#"{"phone":"+84901234567"}"#);
        assert_eq!(record.emitted_at, 1_795_305_451_267);
        assert!(matches!(record.stream, Cow::Borrowed(_)), "copied without need");
    }

    #[test]
    fn a_bad_line_is_told_without_its_content() {
        for (name, line, want) in [
            ("not JSON", r#"{"type":"RECORD","record":{"secret"#, "is not JSON (column 34)"),
            ("text", "0987654321 is my number", "is not JSON (column 2)"),
            ("no type", r#"{"record":{}}"#, "is a message without its `type`"),
            ("no record", r#"{"type":"RECORD","record":null}"#, "is a RECORD without its `record`"),
            ("no stream", r#"{"type":"RECORD","record":{"data":{}}}"#, "is a RECORD without its `stream`"),
            (
                "no data",
                r#"{"type":"RECORD","record":{"stream":"s"}}"#,
                "is a RECORD whose `data` is not an object",
            ),
            (
                "list",
                r#"{"type":"RECORD","record":{"stream":"s","data":[1]}}"#,
                "is a RECORD whose `data` is not an object",
            ),
            (
                "wrong type",
                r#"{"type":"RECORD","record":"0987654321"}"#,
                "is not a message of the protocol (column 38)",
            ),
            ("no state", r#"{"type":"STATE"}"#, "is a STATE without its `state`"),
            ("list of things", "[1,2]", "is not a message of the protocol (column 2)"),
        ] {
            assert_eq!(read(line).unwrap_err(), want, "{name}");
        }
    }

    #[test]
    fn unknown_messages_are_met_with_calm() {
        for line in [
            r#"{"type":"LOG","log":{"level":"INFO","message":"hi"}}"#,
            r#"{"type":"SOMETHING_NEW","something_new":1}"#,
            r#"{"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"name":"x"}}}"#,
            r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"s"},"status":"RUNNING"}}}"#,
        ] {
            assert!(matches!(read(line), Ok(Message::Other)), "{line}");
        }
    }

    #[test]
    fn the_end_of_a_stream_is_read() {
        let line = r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,"stream_status":{"stream_descriptor":{"name":"s","namespace":"n"},"status":"COMPLETE"}}}"#;
        let Ok(Message::Status(name, status)) = read(line) else { panic!("not a status") };
        assert_eq!((name.to_string().as_str(), status), ("n.s", StreamStatus::Complete));
    }
}

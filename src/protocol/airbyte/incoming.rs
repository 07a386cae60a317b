//! One line of stdin, read without copying: what a message is decides its `type`, never which
//! payload keys exist (some platforms send every key of every message as an explicit null).

use super::super::message::{NO_TYPE, envelope, unknown};
use super::super::{Message, Object, RecordMessage, StreamStatus};
use super::{record, state, stream_name};
use crate::domain::stream_name::StreamName;

/// Types of messages that are for others: sources and platforms.
const FOR_OTHERS: [&str; 6] =
    ["LOG", "CONTROL", "SPEC", "CONNECTION_STATUS", "CATALOG", "DESTINATION_CATALOG"];

/// Reads one line.
///
/// # Errors
/// Says what is wrong with the line and at which column; never shows what it holds.
pub(in crate::protocol) fn parse_message(line: &str) -> Result<Message<'_>, String> {
    if let Some(record) = record::parse_record(line) {
        return Ok(Message::Record(record));
    }
    let envelope = envelope(line, Some("record"))?;
    let kind = envelope.text("type").ok_or("is a message whose `type` is not text")?;
    match &*kind {
        "RECORD" => long_record(&envelope).map(Message::Record),
        "STATE" => {
            let state = envelope.get("state").ok_or("is a STATE without its `state`")?;
            state::parse_state(line, state).map(Message::State)
        }
        "TRACE" => Ok(status(&envelope).map_or(Message::Other, |(name, end)| Message::Status(name, end))),
        "" => Err(NO_TYPE.to_owned()),
        other if FOR_OTHERS.contains(&other) => Ok(Message::Other),
        _ => unknown(kind, &["RECORD", "STATE", "TRACE"]),
    }
}

fn long_record<'a>(envelope: &Object<'a>) -> Result<RecordMessage<'a>, String> {
    let body = envelope.object("record").ok_or("is a RECORD without its `record`")?;
    let stream = body.text("stream").filter(|stream| !stream.is_empty());
    Ok(RecordMessage {
        stream: stream.ok_or("is a RECORD without its `stream`")?,
        namespace: body.text("namespace").ok_or("is a RECORD whose `namespace` is not text")?,
        data: body.object("data").ok_or("is a RECORD whose `data` is not an object")?,
        emitted_at: body.get("emitted_at").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
    })
}

/// A trace of another kind, or of a later version, is none of our business: it reads as nothing.
fn status(envelope: &Object<'_>) -> Option<(StreamName, StreamStatus)> {
    let body = envelope.object("trace")?.object("stream_status")?;
    let status = match &*body.text("status")? {
        "COMPLETE" => StreamStatus::Complete,
        "INCOMPLETE" => StreamStatus::Incomplete,
        _ => return None,
    };
    Some((stream_name(&body.object("stream_descriptor")?)?, status))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    const TEXT: &str =
        "is text, not a message: something writes its log into the pipe; let it write to stderr";

    #[test]
    fn reads_a_record_with_every_key_null() {
        let line = r#"{"type":"RECORD","log":null,"spec":null,"connectionStatus":null,"catalog":null,"record":{"namespace":null,"stream":"contacts","data":{"phone":"+84901234567"},"emitted_at":1795305451267,"meta":null,"file_reference":null},"state":null,"trace":null,"control":null,"destination_catalog":null}"#;
        let Ok(Message::Record(record)) = parse_message(line) else { panic!("not a record") };
        assert_eq!((record.stream.as_ref(), record.namespace.as_ref()), ("contacts", ""));
        assert_eq!(record.data.json(), r#"{"phone":"+84901234567"}"#);
        assert_eq!(record.emitted_at, 1_795_305_451_267);
        assert!(matches!(record.stream, Cow::Borrowed(_)), "copied without need");
    }

    #[test]
    fn a_bad_line_is_told_without_its_content() {
        for (name, line, want) in [
            ("not JSON", r#"{"type":"RECORD","record":{"secret"#, "is not JSON (column 34)"),
            (
                "not JSON, of a stream",
                r#"{"type":"RECORD","record":{"stream":"people","data":{"a":'0987654321'}}}"#,
                "is not JSON (column 58; stream people)",
            ),
            ("text", "0987654321 is my number", TEXT),
            ("a log", "2026-11-22 03:00:00 INFO starting {}", TEXT),
            ("a log with brackets", "[main] WARN 0987654321", TEXT),
            ("no type", r#"{"record":{}}"#, NO_TYPE),
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
            ("wrong type", r#"{"type":"RECORD","record":"0987654321"}"#, "is a RECORD without its `record`"),
            (
                "number as stream",
                r#"{"type":"RECORD","record":{"stream":7}}"#,
                "is a RECORD without its `stream`",
            ),
            ("odd type", r#"{"type":7}"#, "is a message whose `type` is not text"),
            ("no state", r#"{"type":"STATE"}"#, "is a STATE without its `state`"),
            ("odd state", r#"{"type":"STATE","state":[]}"#, "is a STATE whose `state` is not an object"),
            (
                "state of no stream",
                r#"{"type":"STATE","state":{"type":"STREAM"}}"#,
                "is a STREAM state without its `stream`",
            ),
            (
                "state of a nameless stream",
                r#"{"type":"STATE","state":{"type":"STREAM","stream":{}}}"#,
                "is a STREAM state without the name of its stream",
            ),
            ("list of things", "[1,2]", "is JSON, but not a message of the protocol"),
        ] {
            assert_eq!(parse_message(line).unwrap_err(), want, "{name}");
        }
    }

    #[test]
    fn unknown_messages_are_met_with_calm() {
        for line in [
            r#"{"type":"LOG","log":{"level":"INFO","message":"hi"}}"#,
            r#"{"type":"LOG","\ud83d":1,"log":"\ud83d"}"#,
            r#"{"type":"CONTROL","\ud83d":1}"#,
            r#"{"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"name":"x"}}}"#,
            r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"s"},"status":"RUNNING"}}}"#,
        ] {
            assert!(matches!(parse_message(line), Ok(Message::Other)), "{line}");
        }
        let line = r#"{"type":"SOMETHING_NEW","something_new":1}"#;
        assert!(matches!(parse_message(line), Ok(Message::Unknown(kind)) if kind == "SOMETHING_NEW"));
    }

    #[test]
    fn a_type_in_small_letters_is_told() {
        for kind in ["record", "State"] {
            let line = format!(r#"{{"type":"{kind}"}}"#);
            assert!(parse_message(&line).unwrap_err().contains(&kind.to_uppercase()), "{kind}");
        }
    }

    #[test]
    fn a_record_may_have_half_a_character_anywhere_and_names_twice() {
        let line = r#"{"\ud83d":{"\udc00":1},"type":"LOG","record":7,"record":{"\ud83d":1,"stream":"x","stream":"s","data":[],"data":{"a":1}},"type":"RECORD"}"#;
        let Ok(Message::Record(record)) = parse_message(line) else { panic!("not a record") };
        assert_eq!((&*record.stream, record.data.json().as_ref()), ("s", r#"{"a":1}"#));
    }

    #[test]
    fn the_end_of_a_stream_is_read() {
        let line = r#"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,"stream_status":{"stream_descriptor":{"name":"s","namespace":"n"},"status":"COMPLETE"}}}"#;
        let Ok(Message::Status(name, status)) = parse_message(line) else { panic!("not a status") };
        assert_eq!((name.to_string().as_str(), status), ("n.s", StreamStatus::Complete));
    }
}

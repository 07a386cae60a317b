//! One line of a tap, read without copying.

use serde_json::Value;

use super::super::json::string::with_whole_characters;
use super::super::message::{NO_TYPE, envelope, unknown};
use super::super::{CatalogStream, Message, Object, RecordMessage, State, StateScope};
use super::record::{self, milliseconds};
use crate::domain::stream_name::StreamName;

/// Reads one line.
pub(in crate::protocol) fn parse_message(line: &str) -> Result<Message<'_>, String> {
    if let Some(record) = record::parse_record(line) {
        return Ok(Message::Record(record));
    }
    let message = envelope(line, None)?;
    let kind = message.text("type").ok_or("is a message whose `type` is not text")?;
    match &*kind {
        "RECORD" => long_record(&message).map(Message::Record),
        "STATE" => {
            // A tap whose state is null gets a null back.
            let value = message.members().filter(|(name, _)| *name == "value").last();
            let (_, value) = value.ok_or("is a STATE without its `value`")?;
            // It speaks for everything that came before it, and goes back bare.
            Ok(Message::State(State::new(line, value, StateScope::All, None)))
        }
        "SCHEMA" => schema(&message).map(|stream| Message::Stream(Box::new(stream))),
        "BATCH" => Err("is a BATCH, whose records are in files: take `batch_config` out of the tap's \
                        configuration, so that it sends them here"
            .to_owned()),
        // It asks to delete older rows, which nobody can do to a phone call.
        "ACTIVATE_VERSION" => Ok(Message::Other),
        "" => Err(NO_TYPE.to_owned()),
        _ => unknown(kind, &["RECORD", "STATE", "SCHEMA", "BATCH"]),
    }
}

fn long_record<'a>(message: &Object<'a>) -> Result<RecordMessage<'a>, String> {
    let stream = message.text("stream").filter(|stream| !stream.is_empty());
    Ok(RecordMessage {
        stream: stream.ok_or("is a RECORD without its `stream`")?,
        namespace: "".into(),
        data: message.object("record").ok_or("is a RECORD whose `record` is not an object")?,
        emitted_at: message.get("time_extracted").and_then(milliseconds).unwrap_or_default(),
    })
}

fn schema(message: &Object<'_>) -> Result<CatalogStream, String> {
    let stream = message.text("stream").filter(|stream| !stream.is_empty());
    let stream = stream.ok_or("is a SCHEMA without its `stream`")?;
    let schema = message.get("schema").filter(|schema| schema.starts_with('{'));
    let schema = schema.ok_or("is a SCHEMA whose `schema` is not an object")?;
    // It was read past as JSON before, so only its depth can be wrong.
    let json_schema: Value = serde_json::from_str(&with_whole_characters(schema))
        .map_err(|_| "is a SCHEMA whose `schema` is nested too deeply")?;
    let keys = message.get("key_properties").unwrap_or("[]");
    let keys: Vec<String> = serde_json::from_str(&with_whole_characters(keys))
        .map_err(|_| "is a SCHEMA whose `key_properties` is not a list of columns".to_owned())?;
    Ok(CatalogStream {
        name: StreamName { namespace: String::new(), name: stream.into_owned() },
        json_schema,
        primary_key: keys.into_iter().map(|key| vec![key]).collect(),
        ..CatalogStream::default()
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::super::Stats;
    use super::*;

    fn echo(line: &str) -> String {
        let Ok(Message::State(state)) = parse_message(line) else { panic!("not a state: {line}") };
        assert_eq!(state.scope, StateScope::All);
        state.with_stats(Stats { records: 98, rejected: 2 }).into_owned()
    }

    #[test]
    fn reads_a_record() {
        let line = r#"{"type":"RECORD","stream":"public-contacts","record":{"phone":"+84901234567"},"version":1,"time_extracted":"2025-11-22T01:02:03.456789+00:00"}"#;
        let Ok(Message::Record(record)) = parse_message(line) else { panic!("not a record") };
        assert_eq!((record.stream.as_ref(), record.namespace.as_ref()), ("public-contacts", ""));
        assert_eq!(record.data.json(), r#"{"phone":"+84901234567"}"#);
        assert_eq!(record.emitted_at, 1_763_773_323_456);
        assert!(matches!(record.stream, Cow::Borrowed(_)), "copied without need");
        for time in ["", r#","time_extracted":null"#, r#","time_extracted":"yesterday""#] {
            let line = format!(r#"{{"type":"RECORD","stream":"s","record":{{}}{time}}}"#);
            assert!(
                matches!(parse_message(&line), Ok(Message::Record(record)) if record.emitted_at == 0),
                "{time}"
            );
        }
    }

    #[test]
    fn a_schema_is_a_stream() {
        for (keys, want) in [
            (r#","key_properties":["id","region"],"bookmark_properties":["at"]"#, vec![["id"], ["region"]]),
            (r#","key_properties":[]"#, vec![]),
            (r#","key_properties":null"#, vec![]),
            ("", vec![]),
        ] {
            let line = format!(
                r#"{{"type":"SCHEMA","stream":"contacts","schema":{{"properties":{{"id":{{}}}}}}{keys}}}"#
            );
            let Ok(Message::Stream(stream)) = parse_message(&line) else { panic!("not a schema: {line}") };
            assert_eq!(stream.name.to_string(), "contacts");
            assert_eq!(stream.primary_key, want, "{keys}");
            assert_eq!(stream.json_schema, serde_json::json!({ "properties": { "id": {} } }));
            assert!(!stream.full_refresh && !stream.overwrite && stream.generation_id.is_none());
        }
    }

    #[test]
    fn a_bad_line_is_told_without_its_content() {
        for (name, line, want) in [
            ("not JSON", r#"{"type":"RECORD","record":{"secret"#, "is not JSON (column 34)"),
            (
                "not JSON, of a stream",
                r#"{"type":"RECORD","stream":"people","record":{"stream":'0987654321'}}"#,
                "is not JSON (column 55; stream people)",
            ),
            ("no type", r#"{"record":{}}"#, NO_TYPE),
            ("no stream", r#"{"type":"RECORD","record":{}}"#, "is a RECORD without its `stream`"),
            (
                "another protocol",
                r#"{"type":"RECORD","record":{"stream":"s","data":{}}}"#,
                "is a RECORD without its `stream`",
            ),
            ("no record", r#"{"type":"RECORD","stream":"s"}"#, "is a RECORD whose `record` is not an object"),
            (
                "list",
                r#"{"type":"RECORD","stream":"s","record":[1]}"#,
                "is a RECORD whose `record` is not an object",
            ),
            (
                "wrong type",
                r#"{"type":"RECORD","stream":{"0987654321":1}}"#,
                "is a RECORD without its `stream`",
            ),
            ("no value", r#"{"type":"STATE"}"#, "is a STATE without its `value`"),
            ("no name", r#"{"type":"SCHEMA","schema":{}}"#, "is a SCHEMA without its `stream`"),
            (
                "no schema",
                r#"{"type":"SCHEMA","stream":"s","key_properties":[]}"#,
                "is a SCHEMA whose `schema` is not an object",
            ),
            (
                "keys",
                r#"{"type":"SCHEMA","stream":"s","schema":{},"key_properties":[1]}"#,
                "is a SCHEMA whose `key_properties` is not a list of columns",
            ),
        ] {
            assert_eq!(parse_message(line).unwrap_err(), want, "{name}");
        }
        let batch = r#"{"type":"BATCH","stream":"s","encoding":{"format":"jsonl"},"manifest":["file:///x"]}"#;
        assert!(parse_message(batch).unwrap_err().contains("batch_config"));
    }

    #[test]
    fn a_schema_may_have_half_a_character_and_has_a_depth() {
        let line = r#"{"type":"SCHEMA","stream":"s","schema":{"properties":{"\ud83d":{}}},"key_properties":["\ud83d"],"\ud83d":1}"#;
        let Ok(Message::Stream(stream)) = parse_message(line) else { panic!("not a schema") };
        assert_eq!(stream.primary_key, [["\u{fffd}\u{fffd}\u{fffd}"]]);
        let deep = format!(
            r#"{{"type":"SCHEMA","stream":"s","schema":{{"a":{}{}}}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        );
        assert_eq!(parse_message(&deep).unwrap_err(), "is a SCHEMA whose `schema` is nested too deeply");
    }

    #[test]
    fn what_is_not_known_is_told_apart_from_what_is_ignored() {
        let line = r#"{"type":"ACTIVATE_VERSION","stream":"s","version":1763773323456,"\ud83d":1}"#;
        assert!(matches!(parse_message(line), Ok(Message::Other)));
        let line = r#"{"type":"SOMETHING_NEW","value":1}"#;
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
    fn the_short_way_and_the_long_way_read_the_same() {
        for (name, line, is_short) in [
            ("usual", r#"{"type":"RECORD","stream":"s","record":{"a":1},"version":7}"#, true),
            ("later type", r#"{"record":{"a":1},"stream":"s","type":"RECORD"}"#, true),
            ("stream in the record", r#"{"type":"RECORD","stream":"s","record":{"a":1}} "#, true),
            ("escaped name", r#"{"type":"RECORD","\u0073tream":"s","record":{"a":1}}"#, false),
            ("twice", r#"{"type":"RECORD","stream":"x","record":{},"stream":"s","record":{"a":1}}"#, false),
        ] {
            assert_eq!(record::parse_record(line).is_some(), is_short, "{name}");
            let Ok(Message::Record(record)) = parse_message(line) else { panic!("not a record: {name}") };
            assert_eq!((&*record.stream, record.data.json().as_ref()), ("s", r#"{"a":1}"#), "{name}");
        }
    }

    #[test]
    fn a_state_goes_back_bare_as_the_text_that_came() {
        for value in [
            r#"{"bookmarks":{"public-contacts":{"replication_key_value":12345678901234567890123,"f":1.10}}}"#,
            "{ \"a\" :\t[1e3, {} ],\"\\u00e9\": \"}\" }",
            "{}",
            "null",
            "7",
        ] {
            assert_eq!(echo(&format!(r#"{{"type": "STATE", "value": {value} }}"#)), value);
            assert_eq!(echo(&format!(r#"{{"value":{value},"type":"STATE"}}"#)), value);
        }
    }
}

//! One line of a tap, read without copying.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::message::describe;
use super::super::object::MaybeObject;
use super::super::text::Text;
use super::super::{CatalogStream, Message, RecordMessage, State, StateScope, StreamName};

/// Reads one line.
pub(in crate::protocol) fn read(line: &str) -> Result<Message<'_>, String> {
    let message: Envelope<'_> = serde_json::from_str(line).map_err(|error| describe(&error))?;
    match message.kind.0.as_ref() {
        "RECORD" => record(message).map(Message::Record),
        "STATE" => {
            let value = message.value.ok_or("is a STATE without its `value`")?;
            // It speaks for everything that came before it, and goes back bare.
            Ok(Message::State(State::new(value.get(), StateScope::All, None)))
        }
        "SCHEMA" => schema(&message).map(|stream| Message::Stream(Box::new(stream))),
        "BATCH" => Err("is a BATCH, whose records are in files: take `batch_config` out of the tap's \
                        configuration, so that it sends them here"
            .to_owned()),
        "" => Err("is a message without its `type`".to_owned()),
        // ACTIVATE_VERSION asks to delete older rows, which nobody can do to a phone call.
        _ => Ok(Message::Other),
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    stream: Text<'a>,
    #[serde(borrow, default)]
    record: MaybeObject<'a>,
    #[serde(borrow, default)]
    time_extracted: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "even_null")]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    schema: Option<&'a RawValue>,
    #[serde(borrow, default)]
    key_properties: Option<&'a RawValue>,
}

/// A tap whose state is null gets a null back.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

fn record(message: Envelope<'_>) -> Result<RecordMessage<'_>, String> {
    if message.stream.0.is_empty() {
        return Err("is a RECORD without its `stream`".to_owned());
    }
    Ok(RecordMessage {
        stream: message.stream.0,
        namespace: "".into(),
        data: message.record.0.ok_or("is a RECORD whose `record` is not an object")?,
        emitted_at: message.time_extracted.and_then(milliseconds).unwrap_or_default(),
    })
}

/// The time as the other protocol says it.
fn milliseconds(time_extracted: &RawValue) -> Option<i64> {
    let text = time_extracted.get().trim_matches('"');
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

fn schema(message: &Envelope<'_>) -> Result<CatalogStream, String> {
    if message.stream.0.is_empty() {
        return Err("is a SCHEMA without its `stream`".to_owned());
    }
    let schema = message.schema.filter(|schema| schema.get().starts_with('{'));
    let schema = schema.ok_or("is a SCHEMA whose `schema` is not an object")?;
    let json_schema: Value = serde_json::from_str(schema.get()).map_err(|error| describe(&error))?;
    let keys = message.key_properties.map_or("[]", RawValue::get);
    let keys: Vec<String> = serde_json::from_str(keys)
        .map_err(|_| "is a SCHEMA whose `key_properties` is not a list of columns".to_owned())?;
    Ok(CatalogStream {
        name: StreamName { namespace: String::new(), name: message.stream.0.to_string() },
        json_schema,
        primary_key: keys.into_iter().map(|key| vec![key]).collect(),
        ..CatalogStream::default()
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::super::super::Stats;
    use super::*;

    fn echo(line: &str) -> String {
        let Ok(Message::State(state)) = read(line) else { panic!("not a state: {line}") };
        assert_eq!(state.scope, StateScope::All);
        state.with_stats(Stats { records: 98, rejected: 2 }).into_owned()
    }

    #[test]
    fn reads_a_record() {
        let line = r#"{"type":"RECORD","stream":"public-contacts","record":{"phone":"+84901234567"},"version":1,"time_extracted":"2025-11-22T01:02:03.456789+00:00"}"#;
        let Ok(Message::Record(record)) = read(line) else { panic!("not a record") };
        assert_eq!((record.stream.as_ref(), record.namespace.as_ref()), ("public-contacts", ""));
        assert_eq!(record.data.to_json(), r#"{"phone":"+84901234567"}"#);
        assert_eq!(record.emitted_at, 1_763_773_323_456);
        assert!(matches!(record.stream, Cow::Borrowed(_)), "copied without need");
        for time in ["", r#","time_extracted":null"#, r#","time_extracted":"yesterday""#] {
            let line = format!(r#"{{"type":"RECORD","stream":"s","record":{{}}{time}}}"#);
            assert!(matches!(read(&line), Ok(Message::Record(record)) if record.emitted_at == 0), "{time}");
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
            let Ok(Message::Stream(stream)) = read(&line) else { panic!("not a schema: {line}") };
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
            ("no type", r#"{"record":{}}"#, "is a message without its `type`"),
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
                "is not a message of the protocol (column 27)",
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
            assert_eq!(read(line).unwrap_err(), want, "{name}");
        }
        let batch = r#"{"type":"BATCH","stream":"s","encoding":{"format":"jsonl"},"manifest":["file:///x"]}"#;
        assert!(read(batch).unwrap_err().contains("batch_config"));
    }

    #[test]
    fn unknown_messages_are_met_with_calm() {
        for line in [
            r#"{"type":"ACTIVATE_VERSION","stream":"s","version":1763773323456}"#,
            r#"{"type":"SOMETHING_NEW","value":1}"#,
        ] {
            assert!(matches!(read(line), Ok(Message::Other)), "{line}");
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

    /// A JSON text with white space and escapes of all kinds, and numbers that no machine type holds.
    fn json() -> impl Strategy<Value = String> {
        let space = "[ \t]{0,2}";
        let text = r#""([a-zé电{}\[\]:,]|\\["\\/bfnrt]|\\u00[0-7][0-9a-f]){0,6}""#;
        let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?";
        let leaf = prop_oneof![Just("null".to_owned()), Just("true".to_owned()), text, number];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(" ,\t")));
            let members = prop::collection::vec((text, space, inner), 0..4).prop_map(|members| {
                let each = members.iter().map(|(name, space, value)| format!("{space}{name}{space}:{value}"));
                format!("{{{}}}", each.collect::<Vec<_>>().join(","))
            });
            prop_oneof![list, members]
        })
    }

    proptest! {
        #[test]
        fn any_state_goes_back_as_the_text_that_came(value in json()) {
            let line = format!(r#"{{"type":"STATE","value":{value}}}"#);
            prop_assert_eq!(echo(&line), value);
        }
    }
}

//! A STATE goes back as its whole line; nothing but `destinationStats` is spliced in.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::message::describe;
use super::super::state::StatsPlace;
use super::super::{State, StateScope};
use super::incoming::Descriptor;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    stream: Option<StreamPart>,
    #[serde(rename = "destinationStats", borrow, default, deserialize_with = "even_null")]
    destination_stats: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamPart {
    stream_descriptor: Descriptor,
}

/// An explicit null has a place in the text, too.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads the line of a STATE; `state` is its payload, borrowed from the line.
pub(super) fn read(line: &str, state: &RawValue) -> Result<State, String> {
    let text = state.get();
    let body: Body<'_> = serde_json::from_str(text).map_err(|error| describe(&error))?;
    let scope = match (body.kind.as_deref(), body.stream) {
        (Some("STREAM"), None) => return Err("is a STREAM state without its `stream`".to_owned()),
        (Some("STREAM"), Some(stream)) => StateScope::Stream(stream.stream_descriptor.into()),
        // GLOBAL and LEGACY.
        _ => StateScope::All,
    };
    let start = offset(line, text);
    let place = if let Some(old) = body.destination_stats {
        let at = offset(line, old.get());
        StatsPlace { at: at..at + old.get().len(), lead: "" }
    } else {
        let end = start + text.len() - "}".len();
        let is_empty = text.trim_end_matches('}').trim_end().ends_with('{');
        let lead = if is_empty { r#""destinationStats":"# } else { r#","destinationStats":"# };
        StatsPlace { at: end..end, lead }
    };
    Ok(State::new(line, scope, Some(place)))
}

/// Where `part` begins in `whole`, which it is a part of.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Message, Stats, StreamName};
    use super::super::read;
    use super::*;

    fn echo(line: &str) -> String {
        let Ok(Message::State(state)) = read(line) else { panic!("not a state: {line}") };
        state.with_stats(Stats { records: 98, rejected: 2 }).into_owned()
    }

    #[test]
    fn only_the_statistics_are_spliced_in() {
        let stats = r#""destinationStats":{"recordCount":98.0,"rejectedRecordCount":2.0}"#;
        for (name, before, after) in [
            (
                "the platform's",
                r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"c","namespace":"p"},"stream_state":{"n":12345678901234567890123,"f":1.10}},"sourceStats":{"recordCount":100.0},"id":7"#,
                "}}",
            ),
            (
                "white space",
                "{ \"type\" : \"STATE\", \"state\" : { \"data\": {}, \"x\": [1,\t2]",
                " } , \"new\": 1 }",
            ),
            ("legacy", r#"{"state":{"data":{"a":"}"}"#, r#"},"type":"STATE"}"#),
            (
                "global_ of an unnamed type",
                r#"{"type":"STATE","state":{"type":"GLOBAL","global":null,"global_":{"shared_state":{"lsn":42}}"#,
                "}}",
            ),
        ] {
            assert_eq!(
                echo(&format!("{before}{after}")),
                {
                    let trimmed = after.trim_start();
                    let space = &after[..after.len() - trimmed.len()];
                    format!("{before}{space},{stats}{trimmed}")
                },
                "{name}"
            );
        }
    }

    #[test]
    fn old_statistics_are_replaced_in_their_place() {
        for old in ["null", r#"{"recordCount":1.0}"#] {
            let line =
                format!(r#"{{"type":"STATE","state":{{"destinationStats":{old},"id":7,"data":{{}}}}}}"#);
            assert_eq!(
                echo(&line),
                r#"{"type":"STATE","state":{"destinationStats":{"recordCount":98.0,"rejectedRecordCount":2.0},"id":7,"data":{}}}"#
            );
        }
    }

    #[test]
    fn an_empty_state_stays_json() {
        let line = echo(r#"{"type":"STATE","state":{ }}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
    }

    #[test]
    fn a_stream_state_names_its_stream() {
        let line = r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"c","namespace":null},"stream_state":null}}}"#;
        let Ok(Message::State(state)) = read(line) else { panic!("not a state") };
        assert_eq!(
            state.scope,
            StateScope::Stream(StreamName { namespace: String::new(), name: "c".into() })
        );
    }
}

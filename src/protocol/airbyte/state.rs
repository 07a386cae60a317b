//! A STATE goes back as its whole line; nothing but `destinationStats` is spliced in.

use super::super::json::object::Object;
use super::super::json::offset;
use super::super::state::StatsPlace;
use super::super::{State, StateScope};
use super::stream_name;

/// Reads the line of a STATE; `state` is its payload, a part of the line.
pub(super) fn parse_state(line: &str, state: &str) -> Result<State, String> {
    let body = Object::parse(state).map_err(|_| "is a STATE whose `state` is not an object")?;
    let scope = match &*body.text("type").ok_or("is a STATE whose `type` is not text")? {
        "STREAM" => {
            let stream = body.object("stream").ok_or("is a STREAM state without its `stream`")?;
            let name = stream.object("stream_descriptor").as_ref().and_then(stream_name);
            StateScope::Stream(name.ok_or("is a STREAM state without the name of its stream")?)
        }
        // GLOBAL and LEGACY.
        _ => StateScope::All,
    };
    let old = body.members().filter(|(name, _)| *name == "destinationStats").last();
    let stats = if let Some((_, old)) = old {
        let at = offset(line, old);
        StatsPlace { at: at..at + old.len(), lead: "" }
    } else {
        let end = offset(line, state) + state.len() - "}".len();
        let is_empty = body.members().next().is_none();
        let lead = if is_empty { r#""destinationStats":"# } else { r#","destinationStats":"# };
        StatsPlace { at: end..end, lead }
    };
    Ok(State::new(line, line, scope, Some(stats)))
}

#[cfg(test)]
mod tests {
    use super::super::super::{Message, Stats};
    use super::super::parse_message;
    use super::*;
    use crate::domain::stream_name::StreamName;

    fn echo(line: &str) -> String {
        let Ok(Message::State(state)) = parse_message(line) else { panic!("not a state: {line}") };
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
        let Ok(Message::State(state)) = parse_message(line) else { panic!("not a state") };
        assert_eq!(
            state.scope,
            StateScope::Stream(StreamName { namespace: String::new(), name: "c".into() })
        );
    }
}

//! A STATE goes back as the text that came: the platform's integer `id`, numbers beyond 2^53 and
//! keys of later versions survive only in the text. Nothing but `destinationStats` is spliced in.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::StreamName;
use super::incoming::{Descriptor, describe};

/// A position of the source, waiting for the records before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    line: Box<str>,
    /// Where the statistics go: the bytes of old ones, or the empty range before the closing brace.
    splice: std::ops::Range<usize>,
    lead: &'static str,
    /// Whose records it speaks for.
    pub scope: StateScope,
}

/// Whose records a STATE speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateScope {
    /// One stream's.
    Stream(StreamName),
    /// All streams' (GLOBAL and LEGACY states).
    All,
}

/// How many records ended since the previous STATE of the same scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Accepted or duplicate.
    pub records: u64,
    /// All others.
    pub rejected: u64,
}

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

impl State {
    /// Reads the line of a STATE; `state` is its payload, borrowed from the line.
    pub(super) fn new(line: &str, state: &RawValue) -> Result<Self, String> {
        let text = state.get();
        let body: Body<'_> = serde_json::from_str(text).map_err(|error| describe(&error))?;
        let scope = match (body.kind.as_deref(), body.stream) {
            (Some("STREAM"), None) => return Err("is a STREAM state without its `stream`".to_owned()),
            (Some("STREAM"), Some(stream)) => StateScope::Stream(stream.stream_descriptor.into()),
            _ => StateScope::All,
        };
        let start = offset(line, text);
        let (splice, lead) = if let Some(old) = body.destination_stats {
            let at = offset(line, old.get());
            (at..at + old.get().len(), "")
        } else {
            let end = start + text.len() - "}".len();
            let is_empty = text.trim_end_matches('}').trim_end().ends_with('{');
            (end..end, if is_empty { r#""destinationStats":"# } else { r#","destinationStats":"# })
        };
        Ok(Self { line: line.into(), splice, lead, scope })
    }

    /// The line to hand back.
    #[must_use]
    pub fn with_stats(&self, stats: Stats) -> String {
        let (before, rest) = self.line.split_at(self.splice.start);
        let (_, after) = rest.split_at(self.splice.len());
        let Stats { records, rejected } = stats;
        format!(
            r#"{before}{}{{"recordCount":{records}.0,"rejectedRecordCount":{rejected}.0}}{after}"#,
            self.lead
        )
    }

    /// Bytes that it holds while it waits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Never: a STATE has text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.rejected += other.rejected;
    }
}

/// Where `part` begins in `whole`, which it is a part of.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use super::super::{Message, read};
    use super::*;

    fn echo(line: &str) -> String {
        let Ok(Message::State(state)) = read(line) else { panic!("not a state: {line}") };
        state.with_stats(Stats { records: 98, rejected: 2 })
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

//! What both dialects must keep, over any JSON.

use std::fs::File;
use std::io::Seek;

use proptest::prelude::*;

use super::*;
use crate::domain::error::{Error, Mistake};

const NEW: &str = r#"{"recordCount":98.0,"rejectedRecordCount":2.0}"#;

/// Reads a line as the intake does, and gives the state as it goes back.
fn echo(dialect: Dialect, line: &str) -> String {
    let repaired = RepairedLine::of(line);
    let message =
        dialect.parse_line(line).or_else(|why| dialect.parse_repaired(line, repaired.as_ref().ok_or(why)?));
    let Ok(Message::State(state)) = message else { panic!("not a state: {message:?} of {line}") };
    state.with_stats(Stats { records: 98, rejected: 2 }).into_owned()
}

/// White space between tokens.
fn space() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ \t]{1,2}"]
}

/// A JSON string with escapes of all kinds, halves of characters and braces among them.
fn text() -> impl Strategy<Value = String> {
    r#""([a-zé电{}\[\]:,]|\\["\\/bfnrt]|\\u00[0-7][0-9a-f]|\\ud83d|\\udc00){0,6}""#
}

/// A JSON text with white space, numbers that no machine type holds, empty lists and objects at any
/// depth, names that are there twice, and now and then what Python takes for JSON.
fn json() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?";
    let word = prop::sample::select(vec!["null", "true", "{}", "[]", "{ }", "NaN", "Infinity", "-Infinity"]);
    let leaf = prop_oneof![word.prop_map(str::to_owned), text(), number];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        let list = (prop::collection::vec(inner.clone(), 0..4), space())
            .prop_map(|(items, space)| format!("[{space}{}]", items.join(" ,\t")));
        let name = prop_oneof![Just(r#""a""#.to_owned()), text()];
        let members = prop::collection::vec((name, space(), inner), 0..4).prop_map(|members| {
            let each = members.iter().map(|(name, space, value)| format!("{space}{name}{space}:{value}"));
            format!("{{{}}}", each.collect::<Vec<_>>().join(","))
        });
        prop_oneof![list, members]
    })
}

/// Further members of an object.
fn extra() -> impl Strategy<Value = Vec<String>> {
    let member = (text(), json()).prop_map(|(name, value)| format!("{name}:{value}"));
    prop::collection::vec(member, 0..3)
}

/// The members that make a STATE of the platform one of its kind; the last of a name counts.
fn kind() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        (json(), json()).prop_map(|(state, old)| {
            let stream = format!(r#""stream":{{"stream_descriptor":{{"name":"c"}},"stream_state":{state}}}"#);
            vec![
                format!(r#""type":{old}"#),
                format!(r#""stream":{old}"#),
                r#""type":"STREAM""#.into(),
                stream,
            ]
        }),
        (json(), json()).prop_map(|(shared, streams)| {
            let global = format!(r#""global":{{"stream_states":[{streams}],"shared_state":{shared}}}"#);
            vec![r#""type":"GLOBAL""#.to_owned(), global]
        }),
        json().prop_map(|data| vec![format!(r#""data":{data}"#)]),
        Just(Vec::new()),
    ]
}

fn object(members: &[String], space: &str, tail: &str) -> String {
    format!("{{{space}{}{space}{tail}}}", members.join(&format!("{space},{space}")))
}

/// The statistics of a line's state, read by a reader that takes everything; NaN is no matter of ours.
fn stats_of(line: &str) -> Option<String> {
    let repaired = RepairedLine::of(line);
    let line = Object::parse(repaired.as_ref().map_or(line, RepairedLine::text)).ok()?;
    line.object("state")?.get("destinationStats").map(str::to_owned)
}

proptest! {
    #[test]
    fn any_state_goes_back_as_the_text_that_came(
        kind in kind(),
        (before, between, after) in (extra(), extra(), extra()),
        old in prop::collection::vec(json(), 0..3),
        (inner, outer) in (space(), space()),
    ) {
        let statistics = |value: &str| format!(r#""destinationStats":{value}"#);
        let with = |replaced: Option<&str>| {
            let mut olds: Vec<String> = old.iter().map(|old| statistics(old)).collect();
            if let (Some(last), Some(new)) = (olds.last_mut(), replaced) {
                *last = statistics(new);
            }
            let members = [before.clone(), olds, kind.clone(), between.clone()].concat();
            let tail = match (replaced, old.is_empty(), members.is_empty()) {
                (Some(new), true, true) => statistics(new),
                (Some(new), true, false) => format!(",{}", statistics(new)),
                _ => String::new(),
            };
            let state = format!(r#""state":{}"#, object(&members, &inner, &tail));
            let line = vec![r#""state":{}"#.to_owned(), r#""type":"LOG""#.to_owned(), state, r#""type":"STATE""#.to_owned()];
            object(&[after.clone(), line].concat(), &outer, "")
        };
        let echoed = echo(Dialect::Airbyte, &with(None));
        prop_assert_eq!(&echoed, &with(Some(NEW)));
        prop_assert_eq!(stats_of(&echoed), Some(NEW.to_owned()), "{}", echoed);
    }

    #[test]
    fn any_state_of_a_tap_goes_back_as_the_text_that_came(value in json(), extra in extra(), space in space()) {
        let line = [r#""value":0"#.to_owned(), format!(r#""value":{space}{value}"#), r#""type":"STATE""#.to_owned()];
        prop_assert_eq!(echo(Dialect::Singer, &object(&[extra, line.to_vec()].concat(), &space, "")), value);
    }
}

#[test]
fn depth_is_no_reason_to_stop() {
    for depth in [200, 100_000] {
        let deep = format!("{}{{}}{}", r#"{"a":["#.repeat(depth), "]}".repeat(depth));
        let line = format!(r#"{{"type":"STATE","value":{deep}}}"#);
        assert_eq!(echo(Dialect::Singer, &line), deep, "{depth}");
        let state = format!(r#"{{"type":"STATE","state":{{"type":"GLOBAL","global":{deep}"#);
        assert_eq!(
            echo(Dialect::Airbyte, &format!("{state}}}}}")),
            format!(r#"{state},"destinationStats":{NEW}}}}}"#),
            "{depth}"
        );
        let record = format!(r#"{{"type":"RECORD","record":{{"stream":"s","data":{deep}}}}}"#);
        assert!(matches!(Dialect::Airbyte.parse_line(&record), Ok(Message::Record(_))), "{depth}");
        let other = format!(r#"{{"type":"TRACE","trace":{deep}}}"#);
        assert!(matches!(Dialect::Airbyte.parse_line(&other), Ok(Message::Other)), "{depth}");
    }
}

#[test]
fn a_person_reads_sentences_where_a_platform_reads_messages() {
    let line = r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"people","namespace":"public"}}}}"#;
    let Ok(Message::State(state)) = Dialect::Airbyte.parse_line(line) else { panic!("not a state") };
    let error =
        Error::Config(vec![Mistake::new("vendor.job_id", "missing"), Mistake::new("streams", "empty")]);
    let speak = |output: fn(File) -> Output<File>| {
        let mut said = tempfile::tempfile().unwrap();
        let mut output = output(said.try_clone().unwrap());
        output.log(Level::Warn, "no ledger is configured")?;
        output.state(&state, Stats { records: 3, rejected: 2 })?;
        output.connection_status(Ok("Nobody was called."))?;
        output.connection_status(Err(&error.with_causes()))?;
        output.failure(&error, jiff::Timestamp::UNIX_EPOCH)?;
        said.rewind().map_err(Error::Input)?;
        std::io::read_to_string(said).map_err(Error::Input)
    };
    let person = speak(Output::terminal).unwrap();
    let want = "\
WARNING no ledger is configured
INFO state of public.people: settled 3 accepted or duplicate, 2 rejected for a reason
SUCCEEDED: Nobody was called.
FAILED: the configuration cannot work:
- vendor.job_id: missing
- streams: empty
ERROR the configuration cannot work:
- vendor.job_id: missing
- streams: empty
ERROR it fails in the same way until somebody corrects this
";
    assert_eq!(person, want);
    let platform = speak(Output::new).unwrap();
    assert!(platform.lines().all(|line| line.starts_with('{')), "{platform}");
    assert_eq!(platform.lines().count(), 5);
}

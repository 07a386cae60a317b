//! Any line, and any STATE, in both dialects: it is read or refused; a STATE goes back as it came, and no refusal shows
//! what the line holds.

use serde_json::Value;

use super::{Dialect, Message, RepairedLine, State, Stats};

const STATS: Stats = Stats { records: 98, rejected: 2 };

/// So many digits in a row are somebody's number.
const NUMBER: usize = 7;

pub(crate) fn lines(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    for line in text.split('\n').take(20) {
        for dialect in [Dialect::Airbyte, Dialect::Singer] {
            read(dialect, line);
        }
    }
}

pub(crate) fn states(data: &[u8]) {
    let Ok(inside) = str::from_utf8(data) else { return };
    if !inside.contains('\n') {
        read(Dialect::Airbyte, &format!(r#"{{"type":"STATE","state":{{{inside}}}}}"#));
        read(Dialect::Singer, &format!(r#"{{"type":"STATE","value":{inside}}}"#));
    }
}

/// Reads a line as the intake does.
fn read(dialect: Dialect, line: &str) {
    let repaired = RepairedLine::of(line);
    let message =
        dialect.parse_line(line).or_else(|why| dialect.parse_repaired(line, repaired.as_ref().ok_or(why)?));
    match message {
        Ok(Message::Record(record)) => {
            for (name, raw) in record.data.members() {
                assert!(!raw.is_empty(), "{name} of {line} is nothing");
            }
        }
        Ok(Message::State(state)) => goes_back(dialect, line, &state),
        Ok(_) => {}
        Err(why) => assert!(longest_number(&why) < NUMBER, "{why} of {line}"),
    }
}

fn goes_back(dialect: Dialect, line: &str, state: &State) {
    let echoed = state.with_stats(STATS);
    if dialect == Dialect::Singer {
        assert!(line.contains(&*echoed), "{echoed} of {line}");
        return;
    }
    let repaired = RepairedLine::of(&echoed);
    let again = dialect
        .parse_line(&echoed)
        .or_else(|why| dialect.parse_repaired(&echoed, repaired.as_ref().ok_or(why)?));
    let Ok(Message::State(again)) = again else { unreachable!("{echoed} is no STATE any more") };
    assert_eq!(again.scope, state.scope, "{echoed}");
    assert_eq!(again.with_stats(STATS), echoed, "the second time");
    let (Ok(mut came), Ok(mut went)) = (serde_json::from_str::<Value>(line), serde_json::from_str(&echoed))
    else {
        return;
    };
    for value in [&mut came, &mut went] {
        if let Some(Value::Object(state)) = value.get_mut("state") {
            state.shift_remove("destinationStats");
        }
    }
    assert_eq!(came, went, "{echoed} of {line}");
}

fn longest_number(text: &str) -> usize {
    text.split(|c: char| !c.is_numeric()).map(|digits| digits.chars().count()).max().unwrap_or_default()
}

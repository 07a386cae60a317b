//! How the objects in a storage are named: text with variables in braces, as the platform writes them.

use crate::nearest::nearest;
use crate::phone::shown;

/// A path or a name with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameFormat(Vec<Piece>);

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Stands there as it is.
    Text(String),
    /// Is known when an object is put.
    Variable(Variable),
    /// A part of the time at which the sync began, in the letters of strftime.
    Time(String),
}

/// What a name can tell of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    SyncId,
    RunId,
    Namespace,
    StreamName,
    /// Milliseconds since 1970.
    Epoch,
    /// Microseconds since 1970.
    Micros,
    Millisecond,
    Uuid,
    PartNumber,
    FormatExtension,
}

const VARIABLES: [(&str, Variable); 11] = [
    ("sync_id", Variable::SyncId),
    ("run_id", Variable::RunId),
    ("namespace", Variable::Namespace),
    ("stream_name", Variable::StreamName),
    ("epoch", Variable::Epoch),
    ("timestamp", Variable::Epoch),
    ("millisecond", Variable::Millisecond),
    ("uuid", Variable::Uuid),
    ("part_number", Variable::PartNumber),
    ("format_extension", Variable::FormatExtension),
    ("timestamp:micros", Variable::Micros),
];

/// Parts of the time, and what strftime calls them.
const TIMES: [(&str, &str); 7] = [
    ("date", "%Y_%m_%d"),
    ("year", "%Y"),
    ("month", "%m"),
    ("day", "%d"),
    ("hour", "%H"),
    ("minute", "%M"),
    ("second", "%S"),
];

/// The letters of `{date:yyyy_MM}`.
const LETTERS: [(&str, &str); 6] =
    [("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")];

impl NameFormat {
    /// Reads `{variable}` and `${VARIABLE}`.
    ///
    /// # Errors
    /// Says which variable there is not, and which there are.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or("has a brace that is not closed; variables are like {sync_id}")?;
            pieces.push(Piece::Text(before.strip_suffix('$').unwrap_or(before).to_owned()));
            pieces.push(variable(name).ok_or_else(|| unknown(name))?);
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let fixed = pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Variable(_) | Piece::Time(_) => None,
        });
        if fixed.clone().any(|text| text.contains(|c: char| c.is_control() || matches!(c, '}' | '\\'))) {
            return Err("has a character that no name has".to_owned());
        }
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        Ok(Self(pieces))
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether it names no folder.
    pub(super) fn is_one_name(&self) -> bool {
        !self.0.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains('/')))
    }
}

fn variable(name: &str) -> Option<Piece> {
    let name = name.trim();
    if let Some(pattern) = name.strip_prefix("date:") {
        return date(pattern).map(Piece::Time);
    }
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(":millis").filter(|name| *name == "timestamp").unwrap_or(&name);
    let time = TIMES.iter().find(|(known, _)| *known == name);
    let time = time.map(|(_, letters)| Piece::Time((*letters).to_owned()));
    time.or_else(|| {
        let found = VARIABLES.iter().find(|(known, _)| *known == name);
        found.map(|(_, variable)| Piece::Variable(*variable))
    })
}

/// A pattern of dates in the letters of strftime.
fn date(pattern: &str) -> Option<String> {
    let mut letters = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some((java, own)) = LETTERS.iter().find(|(java, _)| rest.starts_with(java)) {
            letters.push_str(own);
            rest = rest.get(java.len()..)?;
        } else if matches!(first, '_' | '-' | '.' | 'T') {
            letters.push(first);
            rest = rest.get(1..)?;
        } else {
            return None;
        }
    }
    Some(letters)
}

fn unknown(name: &str) -> String {
    let times = TIMES.iter().map(|(name, _)| *name);
    let others = VARIABLES.iter().map(|(name, _)| *name).filter(|name| !name.contains(':'));
    let known: Vec<&str> = others.chain(times).collect();
    let near = nearest(name, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean {{{near}}}?"));
    let name = shown(name);
    format!("has a variable {{{name}}} that there is not{near}; there are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_in_both_spellings() {
        let text = |text: &str| Piece::Text(text.to_owned());
        for (format, want) in [
            ("", vec![]),
            ("a/b", vec![text("a/b")]),
            ("${NAMESPACE}/x", vec![Piece::Variable(Variable::Namespace), text("/x")]),
            ("{ stream_name }", vec![Piece::Variable(Variable::StreamName)]),
            ("{timestamp:millis}", vec![Piece::Variable(Variable::Epoch)]),
            ("{date:yyyy_MM}", vec![Piece::Time("%Y_%m".to_owned())]),
            ("$5{day}", vec![text("$5"), Piece::Time("%d".to_owned())]),
        ] {
            assert_eq!(NameFormat::parse(format).map(|format| format.0), Ok(want), "{format}");
        }
    }

    #[test]
    fn what_is_no_variable_is_told_with_what_there_is() {
        for (format, want) in [
            ("{stream_nam}", "did you mean {stream_name}?"),
            ("{0987654321}", "has a variable {****321}"),
            ("{date:QQ}", "there are sync_id"),
            ("{uuid:micros}", "there are sync_id"),
            ("{sync_id", "a brace that is not closed"),
            ("a}b", "a character that no name has"),
        ] {
            let why = NameFormat::parse(format).unwrap_err();
            assert!(why.contains(want), "{format}: {why}");
        }
    }
}

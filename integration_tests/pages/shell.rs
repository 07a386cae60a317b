//! Lines for a shell, as far as one must know of them which program they start with what.

use std::ffi::OsString;

/// The program's names, and its image's.
const NAMES: [&str; 2] = ["destination-ai-voice", "target-ai-voice"];

/// The commands of a block, without comments, redirections and what a shell does with them.
pub(super) fn commands(block: &str) -> Vec<Vec<String>> {
    let block = block.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in block.lines().filter(|line| !line.starts_with('#')) {
        let line = line.split(" #").next().unwrap_or_default();
        for part in line.split(['|', ';', '&', '{', '}']) {
            let part = part.split(['<', '>']).next().unwrap_or_default();
            let words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned());
            found.extend(Some(words.collect::<Vec<_>>()).filter(|words| !words.is_empty()));
        }
    }
    found
}

/// What this program is given by a command, with its name in front; nothing of another program's.
pub(super) fn arguments(words: &[String]) -> Option<Vec<OsString>> {
    let name = |word: &String| {
        let named = word.rsplit('/').next().unwrap_or_default();
        NAMES.into_iter().find(|name| named.split(':').next() == Some(name))
    };
    let first = words.first()?;
    let (place, name) = match first.as_str() {
        "docker" if words.get(1).is_some_and(|word| word == "run") => {
            words.iter().enumerate().find_map(|(place, word)| Some((place, name(word)?)))?
        }
        "cargo" if words.get(1).is_some_and(|word| word == "run") => {
            (words.iter().position(|word| word == "--")?, NAMES[0])
        }
        _ => (0, name(first)?),
    };
    Some(
        std::iter::once(name)
            .chain(words[place + 1..].iter().map(String::as_str))
            .map(OsString::from)
            .collect(),
    )
}

#[test]
fn a_command_is_this_programs_by_whatever_way() {
    let block = "set -o pipefail\n{ rows && state; } |\n  docker run --rm --volume \"$PWD:/c:ro\" destination-ai-voice:0.1.0 \\\n    write --config /c/a.json < b |\n  tee c # destination-ai-voice d\n./target-ai-voice --about > e\ncargo run --release -- demo\nls f\n";
    let found: Vec<_> = commands(block).iter().filter_map(|words| arguments(words)).collect();
    let want: [&[&str]; 3] = [
        &["destination-ai-voice", "write", "--config", "/c/a.json"],
        &["target-ai-voice", "--about"],
        &["destination-ai-voice", "demo"],
    ];
    assert_eq!(found, want);
}

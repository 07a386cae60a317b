//! What README and docs show works as they show it: commands are commands, settings are settings.

use std::ffi::OsString;
use std::path::PathBuf;

use destination_ai_voice::cli::Cli;
use destination_ai_voice::config::read_config;
use serde_json::{Value, json};

use crate::root;

/// Settings of the walk through a vendor that nobody has.
const INVENTED: &str = "docs/adding-a-vendor.md";

/// Every page for people, by its path.
fn pages() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        docs.filter(|path| path.extension().is_some_and(|ext| ext == "md")).collect();
    paths.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    paths.sort();
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The blocks of one language, each with its page's path.
fn blocks(language: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (page, text) in pages() {
        let mut parts = text.split("\n```");
        while let (Some(_), Some(block)) = (parts.next(), parts.next()) {
            if let Some(block) = block.strip_prefix(language).and_then(|rest| rest.strip_prefix('\n')) {
                found.push((page.clone(), block.to_owned()));
            }
        }
    }
    found
}

/// A line for a shell, without comments, redirections and what a manual's way of writing leaves open.
fn commands(block: &str) -> Vec<Vec<String>> {
    let block = block.replace("\\\n", " ");
    let lines = block.lines().map(|line| line.split(" #").next().unwrap_or_default());
    let parts = lines.flat_map(|line| line.split([';', '|', '>']).map(str::to_owned).collect::<Vec<_>>());
    let words = parts.map(|part| part.replace(['[', ']', '{', '}'], ""));
    let words = words.map(|part| part.split('<').next().unwrap_or_default().to_owned());
    words.map(|part| part.split_whitespace().map(str::to_owned).collect()).collect()
}

/// The arguments behind the program's own name or that of its image.
fn of_this_program(words: &[String]) -> Option<Vec<OsString>> {
    let names =
        |word: &String| matches!(word.split(':').next(), Some("destination-ai-voice" | "target-ai-voice"));
    let place = words.iter().position(names)?;
    let is_run = place == 0 || words.first().is_some_and(|first| first == "docker");
    is_run.then(|| {
        let program = words[place].split(':').next().unwrap_or_default().to_owned();
        std::iter::once(program).chain(words[place + 1..].iter().cloned()).map(OsString::from).collect()
    })
}

#[test]
fn every_command_that_is_shown_is_a_command_of_this_program() {
    let mut n_commands = 0;
    for (page, block) in blocks("sh") {
        // Either of two words may stand there.
        for words in commands(&block.replace("accepted|not-delivered", "accepted")) {
            if let Some(arguments) = of_this_program(&words) {
                let read = Cli::read(arguments);
                assert!(read.is_ok(), "{page}: {}: {}", words.join(" "), read.err().unwrap());
                n_commands += 1;
            }
        }
    }
    assert!(n_commands > 12, "{n_commands}");
}

#[test]
fn every_target_of_make_that_is_named_is_there() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut n_targets = 0;
    for (page, text) in pages() {
        let shown = blocks("sh").into_iter().filter(|(of, _)| *of == page).map(|(_, block)| block);
        let lines: Vec<String> =
            shown.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        let spans = text.split('`').skip(1).step_by(2).map(str::to_owned);
        for command in lines.into_iter().chain(spans) {
            let Some(target) = command.strip_prefix("make ").and_then(|rest| rest.split_whitespace().next())
            else {
                continue;
            };
            assert!(makefile.contains(&format!("\n{target}:")), "{page}: make {target}");
            n_targets += 1;
        }
    }
    assert!(n_targets > 15, "{n_targets}");
}

/// A block holds a whole configuration, a stream's section, or one section a line or in all.
fn configurations(block: &str) -> Vec<Value> {
    let whole = |text: &str| serde_json::from_str::<Value>(text).ok();
    let sections = || whole(&format!("{{ {block} }}"));
    let lines = || block.lines().map(|line| whole(&format!("{{ {line} }}"))).collect::<Option<Vec<_>>>();
    let mut shown = match whole(block).or_else(sections) {
        Some(one) => vec![one],
        None => lines().unwrap_or_else(|| panic!("no JSON: {block}")),
    };
    for config in &mut shown {
        if config.get("stream").is_some() {
            *config = json!({ "streams": [config.take()] });
        }
        let itnio =
            json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "A", "job_id": 9 });
        config.as_object_mut().unwrap().entry("vendor").or_insert(itnio);
    }
    shown
}

#[test]
fn every_configuration_that_is_shown_is_understood() {
    let mut n_configurations = 0;
    for (page, block) in blocks("json").into_iter().filter(|(page, _)| page != INVENTED) {
        // In the place of what only the reader knows.
        for config in configurations(&block.replace('…', "x")) {
            let (read, mistakes) = read_config(&config.to_string());
            assert_eq!(mistakes, [], "{page}: {config}");
            assert_eq!(read.unwrap().vendor.mistakes(), [], "{page}: {config}");
            n_configurations += 1;
        }
    }
    assert!(n_configurations > 5, "{n_configurations}");
}

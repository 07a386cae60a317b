//! What README and docs say and show is so: a block, a span or a link that no rule holds fails here.

mod page;
mod settings;
mod shell;
mod walk;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap::error::ErrorKind;
use destination_ai_voice::cli::Cli;
use destination_ai_voice::sandbox::faults::Fault;
use regex::Regex;
use serde_json::json;

use crate::root;
use page::{Block, Page, pages};

/// A page that is one story: a test of its own goes through all of it, from the first block to the last.
const STORY: &str = "docs/from-a-csv.md";

/// A page whose blocks are files of the sources, as `generated` draws them.
const GENERATED: &str = "docs/adding-a-vendor.md";

/// What holds a block to what it says.
#[derive(Debug, PartialEq, Eq)]
enum Rule {
    /// It is parsed, and judged by `check`.
    Configuration,
    /// Each line is the condition of a stream.
    Conditions,
    /// It is pasted into a shell.
    Pasted,
    /// The comment above it names what does.
    Elsewhere,
}

impl Rule {
    fn of(block: &Block, page: &Page, tests: &BTreeSet<String>) -> Result<Self, String> {
        for comment in &block.comments {
            if let Some(names) = comment.strip_prefix("proved by: ") {
                let missing = names.split(", ").find(|name| !tests.contains(*name));
                return missing.map_or(Ok(Self::Elsewhere), |name| Err(format!("no test is called {name}")));
            }
            let is_file = ["file: ", "lines: "].iter().any(|mark| comment.starts_with(mark));
            let is_generated = is_file && page.path == GENERATED;
            let is_excused = comment.strip_prefix("not run: ").is_some_and(|why| !why.is_empty());
            if is_generated || is_excused {
                return Ok(Self::Elsewhere);
            }
        }
        match block.language.as_str() {
            "json" => Ok(Self::Configuration),
            "sql" => Ok(Self::Conditions),
            _ if page.path == STORY => Ok(Self::Elsewhere),
            "sh" => {
                let mut tools = block.comments.iter().filter_map(|comment| comment.strip_prefix("with: "));
                Ok(if tools.all(is_installed) { Self::Pasted } else { Self::Elsewhere })
            }
            other => {
                Err(format!("no rule holds a block of {other:?}: name what proves it in a comment above it"))
            }
        }
    }
}

/// Whether a tool is there that nobody needs for anything else.
fn is_installed(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).exists())
}

/// The blocks that a rule holds, by page; the first test says of a block that none does.
fn held_by(rule: &Rule) -> Vec<(Page, Vec<Block>)> {
    let tests = tests();
    let of_page = |page: Page| {
        let blocks = page.blocks().into_iter();
        let held = blocks.filter(|block| Rule::of(block, &page, &tests).as_ref() == Ok(rule)).collect();
        (page, held)
    };
    pages().into_iter().map(of_page).collect()
}

/// The names of all tests, Rust's and Python's.
fn tests() -> BTreeSet<String> {
    let name = Regex::new(r"(?m)^\s*(?:async )?(?:fn|def) ([a-z0-9_]+)").unwrap();
    let mut names = BTreeSet::new();
    let mut folders = vec![root().join("src"), root().join("integration_tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if matches!(extension, Some("rs" | "py")) {
                let text = fs::read_to_string(&path).unwrap();
                names.extend(name.captures_iter(&text).map(|found| found[1].to_owned()));
            }
        }
    }
    names
}

/// Fails with everything that is wrong, so that a page is mended once.
fn hold(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} of the docs are not so:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_block_is_held_by_a_rule() {
    let tests = tests();
    let mut wrong = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            wrong.extend(Rule::of(&block, &page, &tests).err().map(|why| format!("{}: {why}", block.place)));
        }
    }
    hold(&wrong);
}

#[test]
fn every_configuration_that_is_shown_is_understood() {
    let is_section = Regex::new(r#"^"[a-z_]+": \{"#).unwrap();
    let mut shown = Vec::new();
    for (page, blocks) in held_by(&Rule::Configuration) {
        shown.extend(blocks.into_iter().map(|block| (block.place, block.text)));
        let spans = page.spans().into_iter().filter(|span| is_section.is_match(span));
        shown.extend(spans.map(|span| (page.path.clone(), span)));
    }
    assert!(shown.len() > 10, "{}", shown.len());
    let mut wrong = Vec::new();
    for (place, text) in shown {
        match settings::configurations(&text) {
            Ok(configs) => {
                let mistakes = configs.iter().flat_map(settings::mistakes);
                wrong.extend(mistakes.map(|why| format!("{place}: {why}\n{text}")));
            }
            Err(why) => wrong.push(format!("{place}: {why}\n{text}")),
        }
    }
    hold(&wrong);
}

#[test]
fn every_condition_that_is_shown_is_one() {
    let mut wrong = Vec::new();
    for (_, blocks) in held_by(&Rule::Conditions) {
        for block in blocks {
            let stream = |(index, line)| json!({ "stream": format!("line_{index}"), "only_when": line });
            let streams: Vec<_> = block.text.lines().enumerate().map(stream).collect();
            let config =
                settings::configurations(&json!({ "streams": streams }).to_string()).unwrap().remove(0);
            wrong.extend(settings::mistakes(&config).iter().map(|why| format!("{}: {why}", block.place)));
        }
    }
    hold(&wrong);
}

/// Whether a page may say so: arguments that are understood, or in a sentence only which command it is.
fn is_command(arguments: Vec<OsString>, is_sentence: bool) -> Result<(), String> {
    let ends_open = arguments.last().is_some_and(|last| last.to_string_lossy().starts_with("--"));
    let Err(error) = Cli::from_arguments(arguments) else { return Ok(()) };
    let is_understood = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            is_sentence
        }
        ErrorKind::InvalidValue => is_sentence && ends_open,
        _ => false,
    };
    if is_understood { Ok(()) } else { Err(error.to_string()) }
}

#[test]
fn every_command_of_this_program_is_one() {
    let (mut n_commands, mut wrong) = (0, Vec::new());
    let short = Regex::new("^(ledger [a-z]|(spec|check|discover|write|preview|sandbox|demo) --)").unwrap();
    // In the place of what only the reader knows.
    let open = Regex::new(r"\b[A-Z]{2,}\b|…|N\b").unwrap();
    for page in pages() {
        let blocks = page.blocks().into_iter().filter(|block| block.language == "sh");
        let shown = blocks.map(|block| (block.place.clone(), block.text, false));
        let spans = page.spans().into_iter().map(|span| {
            let span = if short.is_match(&span) { format!("destination-ai-voice {span}") } else { span };
            (page.path.clone(), open.replace_all(&span, "1").into_owned(), true)
        });
        for (place, text, is_sentence) in shown.chain(spans) {
            for words in shell::commands(&text) {
                let Some(arguments) = shell::arguments(&words) else { continue };
                n_commands += 1;
                let why = is_command(arguments, is_sentence).err();
                wrong.extend(why.map(|why| format!("{place}: {}: {why}", words.join(" "))));
            }
        }
    }
    assert!(n_commands > 40, "{n_commands}");
    hold(&wrong);
}

/// What help lists of a command and of those below it: the words that call it, and its options.
fn offered(command: &clap::Command, words: &str, found: &mut BTreeSet<String>) {
    let options = command.get_arguments().filter(|option| !option.is_hide_set());
    found.extend(options.filter_map(|option| option.get_long().map(|long| format!("--{long}"))));
    for inner in command.get_subcommands() {
        let words = format!("{words} {}", inner.get_name()).trim_start().to_owned();
        offered(inner, &words, found);
        if !inner.has_subcommands() {
            found.insert(words);
        }
    }
}

#[test]
fn every_command_every_option_and_every_fault_is_in_the_docs() {
    let mut there = BTreeSet::new();
    offered(&Cli::command(), "", &mut there);
    there.extend(Fault::ALL.map(|fault| format!("| `{}` |", fault.name())));
    let text: String = pages().into_iter().map(|page| page.text).collect();
    let said = Regex::new(r"\s+").unwrap().replace_all(&text, " ").into_owned();
    let missing: Vec<_> = there.iter().filter(|what| !said.contains(what.as_str())).collect();
    assert!(there.len() > 40 && missing.is_empty(), "no page says {missing:?}");
}

#[test]
fn every_target_of_make_is_there() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let (mut n_targets, mut wrong) = (0, Vec::new());
    for page in pages() {
        let shown = page.blocks().into_iter().filter(|block| block.language == "sh").map(|block| block.text);
        for text in shown.chain(page.spans()) {
            for words in shell::commands(&text) {
                let [make, target, given @ ..] = words.as_slice() else { continue };
                if make != "make" {
                    continue;
                }
                n_targets += 1;
                let is_there = makefile.contains(&format!("\n{target}:"));
                let mut variables = given.iter().filter_map(|word| word.split_once('='));
                if !is_there || !variables.all(|(name, _)| makefile.contains(&format!("$({name})"))) {
                    wrong.push(format!("{}: {}", page.path, words.join(" ")));
                }
            }
        }
    }
    assert!(n_targets > 15, "{n_targets}");
    hold(&wrong);
}

#[test]
fn every_setting_and_every_file_that_is_named_is_there() {
    let settings = settings::names();
    let setting = Regex::new(r"^[a-z_]+(\[\])?(\.[a-z_]+(\[\])?)+$").unwrap();
    let file =
        Regex::new(r"^(\.ci|\.github|benches|docs|fuzz|image|integration_tests|spec|src)/[\w./-]*$").unwrap();
    let (mut n_named, mut wrong) = (0, Vec::new());
    for page in pages() {
        for span in page.spans() {
            let section = span.split(['.', '[']).next().unwrap_or_default();
            let is_setting = setting.is_match(&span) && settings.contains(section);
            let is_file = file.is_match(&span);
            n_named += usize::from(is_setting || is_file);
            if is_setting && !settings.contains(&span) || is_file && !root().join(&span).exists() {
                wrong.push(format!("{}: {span}", page.path));
            }
        }
    }
    assert!(n_named > 60, "{n_named}");
    hold(&wrong);
}

/// A reader of Meltano's page pastes it, so what is not there could not be set.
#[test]
fn the_loader_of_meltano_has_every_setting() {
    let page = fs::read_to_string(root().join("docs/meltano.md")).unwrap();
    let name = Regex::new(r"(?m)^ +- \{name: ([a-z0-9_.]+)").unwrap();
    let named: BTreeSet<String> = name.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    let settings = settings::names();
    let is_section = |name: &String| {
        settings.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '['])))
    };
    let is_own = |name: &&String| !name.contains('[') && (*name == "streams" || !is_section(name));
    let own: BTreeSet<String> = settings.iter().filter(is_own).cloned().collect();
    // A rehearsal needs no credentials, and calls by no address.
    let left_out = |name: &&String| !name.starts_with("vendor.plays.");
    let missing: Vec<_> = own.difference(&named).filter(left_out).collect();
    assert!(missing.is_empty(), "docs/meltano.md has no {missing:?}");
    let unknown: Vec<_> = named.difference(&own).collect();
    assert!(unknown.is_empty(), "docs/meltano.md has {unknown:?}");
}

#[test]
fn every_link_leads_somewhere_and_readme_leads_to_every_page() {
    let pages = pages();
    let mut wrong = Vec::new();
    for page in &pages {
        let folder = Path::new(&page.path).parent().unwrap();
        for link in page.links().into_iter().filter(|link| !link.starts_with("http")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if file.is_empty() { page.path.clone() } else { plain(&folder.join(file)) };
            let there = pages.iter().find(|other| other.path == path);
            let is_there = there.is_some() || root().join(&path).exists();
            let has_anchor = anchor.is_empty()
                || there.is_some_and(|there| there.anchors().iter().any(|own| own == anchor));
            if !is_there || !has_anchor {
                wrong.push(format!("{}: {link}", page.path));
            }
        }
    }
    let readme = pages.iter().find(|page| page.path == "README.md").unwrap().links();
    let lost = pages.iter().filter(|page| page.path != "README.md" && !readme.contains(&page.path));
    wrong.extend(lost.map(|page| format!("README.md does not lead to {}", page.path)));
    hold(&wrong);
}

/// Without `..`.
fn plain(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str().unwrap().split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

#[test]
fn what_was_measured_names_the_command_that_measured_it() {
    let measured = Regex::new(
        r"(?i)\bmeasured (by|with|on|against|once)\b|\d ?(µs|ns|ms)\b|MB (compressed|on disk)|executions|\b(busy|idle) (two )?(cores|machine)",
    )
    .unwrap();
    let command = Regex::new(
        r"(?m)(`|^)(make |cargo |\.ci/|benches/|fuzz/|image/|integration_tests/|podman )|`(run\.py|time)\b",
    )
    .unwrap();
    let mut wrong = Vec::new();
    for page in pages() {
        for (place, section) in page.sections() {
            let found = measured.find(&section).map(|found| found.as_str().to_owned());
            if let Some(found) = found.filter(|_| !command.is_match(&section)) {
                wrong.push(format!("{place}: {found:?} without the command that measured it"));
            }
        }
    }
    hold(&wrong);
}

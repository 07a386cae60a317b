//! Files that are made from the code: stale ones fail, `make generate` rewrites them.

use std::fmt::Write as _;
use std::fs;

use destination_ai_voice::config::schema;
use destination_ai_voice::domain::reason::Reason;
use destination_ai_voice::providers::registry;
use destination_ai_voice::report;
use serde_json::{Value, json};

use crate::command::{self, Folder};
use crate::{root, tidy};

/// Holds a file against what it should be, or rewrites it.
fn hold(path: &str, want: &str) {
    let path = root().join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, want).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == want, "{} is stale: run `make generate` and review it", path.display());
}

/// Replaces what is between the two marks of a page.
fn between_marks(path: &str, table: &str) -> String {
    let page = fs::read_to_string(root().join(path)).unwrap();
    let (before, rest) = page.split_once("<!-- generated -->\n").expect("the page has a mark");
    let (_, after) = rest.split_once("<!-- /generated -->").expect("the page has an end mark");
    format!("{before}<!-- generated -->\n{table}<!-- /generated -->{after}")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn the_generated_spec_is_current() {
    hold("spec/spec.json", &pretty(&schema::specification()));
}

#[test]
fn the_generated_contact_schema_is_current() {
    let mut catalogs = serde_json::Map::new();
    for vendor in registry::names() {
        // Nobody is asked what his scripts speak: the examples' addresses are the vendors' own.
        let example = fs::read_to_string(root().join(format!("spec/examples/{vendor}.json"))).unwrap();
        let mut example: Value = serde_json::from_str(&example).unwrap();
        example["vendor"] = json!({ "vendor_type": "rehearsal", "plays": example["vendor"] });
        let folder = Folder::new();
        let config = folder.file("config.json", &example.to_string());
        let messages = command::run(["discover", "--config", &config], b"").messages();
        assert_eq!(messages.len(), 1);
        catalogs.insert(vendor.to_owned(), messages[0]["destination_catalog"].clone());
    }
    hold("spec/catalog.json", &pretty(&Value::Object(catalogs)));
}

#[test]
fn the_generated_schema_of_the_report_is_current() {
    hold("spec/report.json", &pretty(&report::schema()));
    hold("spec/list-report.json", &pretty(&report::list_schema()));
}

#[test]
fn the_generated_table_of_reasons_is_current() {
    let mut table = String::from("| code | what happened | what to do |\n| --- | --- | --- |\n");
    for reason in Reason::ALL {
        writeln!(table, "| `{}` | {} | {} |", reason.code(), reason.meaning(), reason.remedy()).unwrap();
    }
    hold("docs/outcomes.md", &between_marks("docs/outcomes.md", &table));
}

#[test]
fn the_generated_table_of_settings_is_current() {
    let mut table = String::from("| setting | default | meaning |\n| --- | --- | --- |\n");
    settings("", &schema::form(), &mut table);
    hold("docs/configuration.md", &between_marks("docs/configuration.md", &table));
}

fn settings(at: &str, schema: &Value, table: &mut String) {
    for option in schema["oneOf"].as_array().into_iter().flatten() {
        let properties = option["properties"].as_object().unwrap();
        let (name, told) = properties.iter().find(|(_, property)| property.get("const").is_some()).unwrap();
        let text = option["description"].as_str().or(option["title"].as_str()).unwrap_or_default();
        writeln!(table, "| `{at}{name}`: `{}` | | {text} |", told["const"].as_str().unwrap()).unwrap();
        settings(at, option, table);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if property.get("const").is_some() {
            continue;
        }
        let text = property["description"].as_str().unwrap_or_default();
        let required =
            schema["required"].as_array().is_some_and(|names| names.contains(&Value::from(name.as_str())));
        let default = match property.get("default") {
            Some(Value::String(text)) if text.is_empty() => String::new(),
            Some(default) => format!("`{default}`"),
            None if required => "required".to_owned(),
            None => String::new(),
        };
        writeln!(table, "| `{at}{name}` | {default} | {text} |").unwrap();
        settings(&format!("{at}{name}."), property, table);
        if let Some(items) = property.get("items") {
            settings(&format!("{at}{name}[]."), items, table);
        }
    }
}

/// The page's code is the files', so what it shows is built and tested.
#[test]
fn the_generated_walk_through_a_new_vendor_is_current() {
    let path = "docs/adding-a-vendor.md";
    let page = fs::read_to_string(root().join(path)).unwrap();
    let mut want = String::new();
    let mut lines = page.lines().peekable();
    let mut shown = Vec::new();
    while let Some(line) = lines.next() {
        writeln!(want, "{line}").unwrap();
        let comment = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
        let Some(what) = comment.filter(|what| what.starts_with("file: ") || what.starts_with("lines: "))
        else {
            continue;
        };
        // What stands there now, if anything does.
        if lines.peek().is_some_and(|next| next.starts_with("```")) {
            lines.by_ref().skip(1).find(|line| *line == "```").expect("a block ends");
        }
        let (file, text) = excerpt(what);
        let language = file.rsplit('.').next().unwrap().replace("rs", "rust").replace("jsonl", "json");
        writeln!(want, "```{language}\n{text}```").unwrap();
        shown.push(file);
    }
    hold(path, &want);
    let folder = root().join("src/providers/pigeon");
    for source in tidy::sources(&folder) {
        let source = source.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        assert!(shown.contains(&source) || source.ends_with("tests.rs"), "{path} does not show {source}");
    }
}

/// The whole file of `file: PATH`, or from `lines: PATH: FIRST` the lines up to the brace that closes what begins there.
fn excerpt(what: &str) -> (String, String) {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    if let Some(path) = what.strip_prefix("file: ") {
        return (path.to_owned(), read(path));
    }
    let (path, first) = what.strip_prefix("lines: ").and_then(|rest| rest.split_once(": ")).unwrap();
    let whole = read(path);
    let from = whole.lines().skip_while(|line| *line != first);
    let mut text = String::new();
    for line in from {
        writeln!(text, "{line}").unwrap();
        if line == "}" {
            break;
        }
    }
    assert!(text.ends_with("}\n"), "{path} has no line {first:?} with a brace that closes behind it");
    (path.to_owned(), text)
}

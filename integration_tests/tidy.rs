//! Rules about the sources that no other tool checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// The modules, bottom-up. A module may use those before it, never those after it.
const LAYERS: &[&[&str]] = &[
    &["nearest", "domain", "phone"],
    &["values"],
    &["protocol"],
    &["providers"],
    &["config"],
    &["conditions"],
    &["templates"],
    &["mapping"],
    &["ledger"],
    &["intake"],
    &["delivery"],
    &["storage"],
    &["pipeline"],
    &["sandbox"],
    &["cli"],
    &["commands"],
    &["main", "lib", "bin"],
];

const LONGEST_FILE: usize = 500;

pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module of the top level that a file belongs to.
fn module(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn layers() -> BTreeMap<&'static str, usize> {
    let each = LAYERS.iter().enumerate();
    each.flat_map(|(layer, modules)| modules.iter().map(move |module| (*module, layer))).collect()
}

/// Modules named after `crate::` in a text.
fn used(text: &str) -> Vec<&str> {
    let after = text.split("crate::").skip(1);
    let names = after.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap());
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn dependencies_point_down() {
    let layers = layers();
    let mut upward = Vec::new();
    for path in sources(&root().join("src")) {
        let own = module(&path);
        let layer = layers.get(own.as_str()).unwrap_or_else(|| panic!("{own} has no place in the layers"));
        for name in used(&fs::read_to_string(&path).unwrap()) {
            let is_above = layers.get(name).is_some_and(|other| other > layer);
            let is_beside = name != own && layers.get(name) == Some(layer) && *layer > 0;
            if is_above || is_beside {
                upward.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert_eq!(upward, [""; 0]);
}

#[test]
fn nothing_is_left_for_later() {
    for path in sources(&root().join("src")).iter().chain(&sources(&root().join("integration_tests"))) {
        let text = fs::read_to_string(path).unwrap();
        for word in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("#[ig", "nore"),
            concat!("#[should", "_panic"),
        ] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
        let n_lines = text.lines().count();
        assert!(n_lines <= LONGEST_FILE, "{} has {n_lines} lines", path.display());
    }
}

#[test]
fn only_main_knows_stdout() {
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let knows = text.contains("io::stdout") || text.contains("println!");
        assert!(
            !knows || module(&path) == "main",
            "{} writes to stdout past protocol::Output",
            path.display()
        );
    }
}

#[test]
fn the_map_names_tests_that_exist() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let files = [sources(&root().join("src")), sources(&root().join("integration_tests"))].concat();
    let code: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let quoted = map.split('`').skip(1).step_by(2);
    let names: Vec<&str> = quoted.filter(|name| name.matches('_').count() >= 3).collect();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        assert!(code.contains(&format!("fn {name}(")), "no test is called {name}");
    }
}

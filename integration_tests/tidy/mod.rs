//! Rules about the sources that no other tool checks.

mod graph;
mod names;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;
use graph::{Crate, Edge, circles};

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

/// The rooms by the rows of the map in `lib.rs`, bottom-up.
fn layers(map: &str) -> Vec<Vec<&str>> {
    let rows = map.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let first_cells = rows.filter_map(|row| row.split(" | ").next());
    first_cells.map(|cell| cell.split(", ").map(|name| name.trim_matches('`')).collect()).collect()
}

/// The room that a place of the graph belongs to.
fn room(place: &str) -> &str {
    let first = place.split('/').next().unwrap();
    first.split(".rs").next().unwrap()
}

/// Uses of a room further down in the map than one's own; those of one row may use each other.
fn upward<'e>(edges: &'e BTreeSet<Edge>, layers: &[Vec<&str>]) -> Vec<&'e Edge> {
    let layer = |place: &str| {
        let found = layers.iter().position(|rooms| rooms.contains(&room(place)));
        found.unwrap_or_else(|| panic!("the map has no row for {place}"))
    };
    edges.iter().filter(|edge| layer(&edge.from) < layer(&edge.to)).collect()
}

/// The library's files below `src`. The programs' own, which use the library as anybody would, are above all.
fn library() -> Vec<(String, String)> {
    let folder = root().join("src");
    let programs = [folder.join("main.rs"), folder.join("bin")];
    let is_program = |path: &PathBuf| programs.iter().any(|program| path.starts_with(program));
    let files = sources(&folder).into_iter().filter(|path| !is_program(path));
    files
        .map(|path| {
            let below = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            (below, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn edges(files: &[(String, String)]) -> BTreeSet<Edge> {
    Crate::parse(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))).edges()
}

#[test]
fn dependencies_point_down_and_go_in_no_circle() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let edges = edges(&library());
    assert!(edges.len() > 1000, "only {} uses were found", edges.len());
    let upward: Vec<_> = upward(&edges, &layers(&map)).into_iter().map(Edge::to_string).collect();
    assert_eq!(upward, [""; 0], "these point upward");

    let circles = circles(&edges);
    let told: Vec<Vec<String>> =
        circles.iter().map(|circle| circle.iter().map(Edge::to_string).collect()).collect();
    assert!(told.is_empty(), "each of these lists is a circle: {told:#?}");
}

/// Each program of the tests is a crate of its own; the simulation lies in the other's folder.
#[test]
fn the_tests_themselves_go_in_no_circle() {
    let tests = root().join("integration_tests");
    let simulation = tests.join("simulation");
    let (of_simulation, of_others): (Vec<_>, Vec<_>) =
        sources(&tests).into_iter().partition(|path| path.starts_with(&simulation));
    for (folder, paths) in [(&simulation, of_simulation), (&tests, of_others)] {
        let files: Vec<_> = paths
            .iter()
            .map(|path| {
                let below = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                (below, fs::read_to_string(path).unwrap())
            })
            .collect();
        let edges = edges(&files);
        assert!(edges.len() > 10, "only {} uses were found in {}", edges.len(), folder.display());
        let circles = circles(&edges);
        assert!(circles.is_empty(), "each of these lists is a circle: {circles:#?}");
    }
}

#[test]
fn every_way_to_write_a_use_is_seen() {
    for (name, text) in [
        ("grouped over lines", "use crate::{\n    low::Low,\n    high::{self, High},\n};"),
        ("super", "use super::super::high::High;"),
        ("renamed", "use crate::high as above; fn f(_: above::High) {}"),
        ("a folder's re-export", "use crate::roof::Tile;"),
        ("a glob", "use crate::high::*;"),
        ("a path in code", "fn f() { let _ = crate::high::High::new(); }"),
        ("a path in a type", "struct S(Vec<crate::high::High>);"),
        ("a path in a macro", "fn f() { println!(\"{}\", [crate::high::High]); }"),
        ("an attribute", "#[derive(crate::high::High)] struct S;"),
        ("within a function", "fn f() { use crate::high::High; }"),
        ("within a module", "mod inner { use super::super::super::high::High; }"),
        ("within a test", "#[cfg(test)] mod tests { use crate::high::High; }"),
    ] {
        let planted = [
            ("lib.rs", "mod low; mod high; mod roof;"),
            ("low/mod.rs", "mod file; pub struct Low;"),
            ("low/file.rs", text),
            ("high.rs", "pub struct High;"),
            ("roof/mod.rs", "mod tile; pub use tile::Tile;"),
            ("roof/tile.rs", "pub struct Tile;"),
        ];
        let edges = Crate::parse(planted).edges();
        let upward = upward(&edges, &[vec!["low"], vec!["high", "roof"]]);
        assert!(!upward.is_empty(), "{name}: {edges:?}");
    }
}

#[test]
fn a_circle_is_found_and_a_table_of_contents_is_none() {
    for (name, parent, one, other, is_circle) in [
        ("of two files", "", "use super::other::B; pub struct A;", "use super::one::A; pub struct B;", true),
        (
            "through what the parent re-exports",
            "pub use one::A;",
            "use super::other::B; pub struct A;",
            "use super::A; pub struct B;",
            true,
        ),
        (
            "of a parent and a child",
            "struct P(one::A); fn f() {}",
            "fn g() { super::f() } pub struct A;",
            "",
            true,
        ),
        (
            "of a test that uses its own file",
            "",
            "pub struct A; #[cfg(test)] mod tests { use super::*; }",
            "",
            false,
        ),
        (
            "of a child that uses what its parent re-exports",
            "pub use other::B;",
            "use super::B;",
            "pub struct B;",
            false,
        ),
        (
            "of a parent that only lists what uses it",
            "pub use one::A; pub struct P;",
            "use super::P; pub struct A;",
            "",
            false,
        ),
        ("one way", "", "use super::other::B;", "pub struct B;", false),
    ] {
        let parent = format!("mod one; mod other; {parent}");
        let edges = Crate::parse([("room/mod.rs", &*parent), ("room/one.rs", one), ("room/other.rs", other)]);
        let found = circles(&edges.edges());
        assert_eq!(!found.is_empty(), is_circle, "{name}: {found:?}");
    }
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

/// Whether the simulation finds them, `make mutations` shows, which takes its time.
#[test]
fn every_planted_bug_still_has_its_text() {
    let script = root().join("integration_tests/simulation/mutations.sh");
    let looked = std::process::Command::new(script).env("LOOK", "yes").output().unwrap();
    let told = String::from_utf8_lossy(&looked.stdout);
    assert!(looked.status.success() && told.contains("mutations: 0 missed"), "{told}");
}

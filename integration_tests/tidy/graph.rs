//! Which file uses which: of every `use`, grouped, renamed or `super::`, and of every path in code and macros.
//!
//! The rule for a circle: an edge goes from a file to the file that has what it names. A re-export is looked
//! through, so that `crate::ledger::AnyLedger` leads to the file of `AnyLedger` and not to the folder's. A
//! parent's `mod` and `pub use` of its children are a table of contents and no edge; whatever else it takes
//! from a child is one. A test module is a place of its own, so its `super::*` closes no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use syn::visit::Visit;

use super::names::{Names, Scope};
use super::source::{Module, ModulePath, Named};

/// A re-export of a re-export of …: nobody writes more of them, and two globs could lead to each other.
const LONGEST_WAY: usize = 8;

/// The modules of a crate.
pub(super) struct Crate(BTreeMap<ModulePath, Module>);

/// A place uses another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
}

impl fmt::Display for Edge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} uses {}", self.from, self.to)
    }
}

impl Crate {
    /// Reads files, each with its path below `src`.
    pub(super) fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut modules = BTreeMap::new();
        for (path, text) in files {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut names = Names::new(&mut modules, Scope::file(path));
            names.visit_file(&file);
        }
        Self(modules)
    }

    /// Who uses whom.
    pub(super) fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = BTreeSet::new();
        for (own, module) in &self.0 {
            for Named { path, is_reexport } in &module.named {
                let Some(found) = self.resolve(own, path, 0) else { continue };
                let to = &self.0[&found].place;
                let is_child = found.len() > own.len() && found.starts_with(own);
                if *to != module.place && !(*is_reexport && is_child) {
                    let (from, to) = (module.place.clone(), to.clone());
                    edges.insert(Edge { from, to });
                }
            }
        }
        edges
    }

    /// The module that has what a path names; none for another crate's, and for what is no item at all.
    fn resolve(&self, from: &[String], path: &[String], n_steps: usize) -> Option<ModulePath> {
        let mut module = from.to_vec();
        let mut rest = path;
        while let [first, after @ ..] = rest {
            match first.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()?),
                _ => break,
            }
            rest = after;
        }
        self.walk(module, rest, rest.len() < path.len(), n_steps)
    }

    fn walk(
        &self,
        mut module: ModulePath,
        path: &[String],
        mut is_inside: bool,
        n_steps: usize,
    ) -> Option<ModulePath> {
        for (at, name) in path.iter().enumerate() {
            let this = self.0.get(&module)?;
            if name == "*" || this.items.contains(name) {
                return Some(module);
            }
            let child = [module.as_slice(), std::slice::from_ref(name)].concat();
            if self.0.contains_key(&child) {
                (module, is_inside) = (child, true);
                continue;
            }
            if n_steps > LONGEST_WAY {
                return None;
            }
            let behind = |before: &Vec<String>, rest: &[String]| {
                self.resolve(&module, &[before.as_slice(), rest].concat(), n_steps + 1)
            };
            if let Some(imported) = this.imports.get(name) {
                return behind(imported, path.get(at + 1..)?);
            }
            let from_glob = this.globs.iter().find_map(|glob| behind(glob, path.get(at..)?));
            return from_glob.or(is_inside.then_some(module));
        }
        // A module's name alone says nothing yet of what behind it is meant.
        None
    }
}

/// Groups of places that use one another in a circle, each with the uses inside of it.
pub(super) fn circles(edges: &BTreeSet<Edge>) -> Vec<Vec<Edge>> {
    let mut behind: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Edge { from, to } in edges {
        behind.entry(from).or_default().insert(to);
    }
    let reached = |start: &str| {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(place) = waiting.pop() {
            for next in behind.get(place).into_iter().flatten() {
                if reached.insert(*next) {
                    waiting.push(next);
                }
            }
        }
        reached
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> = behind.keys().map(|place| (*place, reached(place))).collect();
    let is_mutual = |one: &str, other: &str| {
        let reaches = |from: &str, to: &str| reach.get(from).is_some_and(|reached| reached.contains(to));
        reaches(one, other) && reaches(other, one)
    };
    let mut groups: BTreeMap<Vec<&str>, Vec<Edge>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| is_mutual(&edge.from, &edge.to)) {
        let group = behind.keys().copied().filter(|place| is_mutual(&edge.from, place)).collect();
        groups.entry(group).or_default().push(edge.clone());
    }
    groups.into_values().collect()
}

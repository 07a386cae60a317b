//! What is read of a module.

use std::collections::{BTreeMap, BTreeSet};

/// Steps from the crate's root: `[ledger, sqlite, open]`.
pub(super) type ModulePath = Vec<String>;

/// A module as it is written.
#[derive(Default)]
pub(super) struct Module {
    /// Where it stands: its file, and for a test module inside of it a place of its own.
    pub(super) place: String,
    /// What it declares itself.
    pub(super) items: BTreeSet<String>,
    /// What its `use`s bring in, by the name it has here.
    pub(super) imports: BTreeMap<String, Vec<String>>,
    pub(super) globs: Vec<Vec<String>>,
    /// Every path that it names.
    pub(super) named: Vec<Named>,
}

/// A path, as it stands in a module.
pub(super) struct Named {
    pub(super) path: Vec<String>,
    pub(super) is_reexport: bool,
}

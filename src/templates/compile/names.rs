//! The names that a template gives: where each holds, and the place of its value.

/// The names in scope beside the template's own.
pub(super) const ROOTS: [&str; 6] = ["record", "stream", "namespace", "sync_id", "emitted_at", "now"];

/// A name of the template's own.
#[derive(Clone, Debug)]
pub(super) struct Name {
    name: String,
    pub(super) local: usize,
    /// The columns that its value is made of, for messages.
    pub(super) columns: Vec<Box<str>>,
}

/// Names by the blocks in which they hold, the innermost last.
#[derive(Debug)]
pub(super) struct NameScopes {
    scopes: Vec<NameScope>,
    n_locals: usize,
}

#[derive(Debug, Default)]
struct NameScope {
    names: Vec<Name>,
    is_loop: bool,
    /// What was declared in it, and what the same name meant before.
    fresh: Vec<(usize, Option<usize>)>,
}

impl Default for NameScopes {
    fn default() -> Self {
        Self { scopes: vec![NameScope::default()], n_locals: 0 }
    }
}

impl NameScopes {
    pub(super) fn n_locals(&self) -> usize {
        self.n_locals
    }

    pub(super) fn open(&mut self, is_loop: bool) {
        self.scopes.push(NameScope { is_loop, ..NameScope::default() });
    }

    /// Ends a block; gives what was declared in it.
    pub(super) fn close(&mut self) -> Vec<(usize, Option<usize>)> {
        self.scopes.pop().map(|scope| scope.fresh).unwrap_or_default()
    }

    /// What was declared in a block inside belongs to each turn of the loop around it, too.
    pub(super) fn also_fresh(&mut self, fresh: Vec<(usize, Option<usize>)>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.fresh.extend(fresh);
        }
    }

    /// The names so far are filled by the loop itself.
    pub(super) fn forget_fresh(&mut self) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.fresh.clear();
        }
    }

    pub(super) fn is_in_loop(&self) -> bool {
        self.scopes.iter().any(|scope| scope.is_loop)
    }

    pub(super) fn find_name(&self, name: &str) -> Option<&Name> {
        self.scopes.iter().rev().flat_map(|scope| scope.names.iter().rev()).find(|known| known.name == name)
    }

    /// All names that hold here.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().flat_map(|scope| &scope.names).map(|name| &*name.name)
    }

    /// A place that no name has.
    pub(super) fn hidden(&mut self) -> usize {
        self.n_locals += 1;
        self.n_locals - 1
    }

    /// The place of a name of this block.
    pub(super) fn declare(&mut self, name: &str, columns: Vec<Box<str>>) -> usize {
        let outside = self.find_name(name).map(|known| known.local);
        let next = self.n_locals;
        let Some(scope) = self.scopes.last_mut() else { return next };
        if let Some(known) = scope.names.iter_mut().find(|known| known.name == name) {
            let new = columns.into_iter().filter(|column| !known.columns.contains(column));
            let new: Vec<_> = new.collect();
            known.columns.extend(new);
            return known.local;
        }
        scope.names.push(Name { name: name.to_owned(), local: next, columns });
        scope.fresh.push((next, outside));
        self.n_locals += 1;
        next
    }
}

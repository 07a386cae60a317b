//! Reads every path that a file names, module by module.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::{Module, ModulePath, Named};

/// Where in a crate somebody reads.
#[derive(Clone)]
pub(super) struct Scope {
    module: ModulePath,
    place: String,
}

impl Scope {
    pub(super) fn file(path: &str) -> Self {
        let mut module: ModulePath = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
        Self { module, place: path.to_owned() }
    }
}

/// Goes through a file and fills the modules in it.
pub(super) struct Names<'a> {
    modules: &'a mut BTreeMap<ModulePath, Module>,
    scope: Scope,
}

impl<'a> Names<'a> {
    pub(super) fn new(modules: &'a mut BTreeMap<ModulePath, Module>, scope: Scope) -> Self {
        let module = Module { place: scope.place.clone(), ..Module::default() };
        modules.insert(scope.module.clone(), module);
        Self { modules, scope }
    }

    fn module(&mut self) -> &mut Module {
        self.modules.get_mut(&self.scope.module).unwrap()
    }

    fn names(&mut self, path: Vec<String>) {
        self.module().named.push(Named { path, is_reexport: false });
    }

    fn uses(&mut self, before: &[String], tree: &syn::UseTree, is_reexport: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            syn::UseTree::Path(path) => return self.uses(&with(&path.ident), &path.tree, is_reexport),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.uses(before, tree, is_reexport);
                }
                return;
            }
            syn::UseTree::Glob(_) => {
                self.module().globs.push(before.to_vec());
                let path = [before, &["*".to_owned()]].concat();
                return self.module().named.push(Named { path, is_reexport });
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                (before.last().unwrap().clone(), before.to_vec())
            }
            syn::UseTree::Name(name) => (name.ident.to_string(), with(&name.ident)),
            syn::UseTree::Rename(name) if name.ident == "self" => (name.rename.to_string(), before.to_vec()),
            syn::UseTree::Rename(name) => (name.rename.to_string(), with(&name.ident)),
        };
        self.module().named.push(Named { path: path.clone(), is_reexport });
        self.module().imports.insert(name, path);
    }

    /// Macros are not parsed: in what they are given, names with `::` between them are paths.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Vec::new();
        let mut n_colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if n_colons != 2 {
                        self.names(std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    n_colons = 0;
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' && !path.is_empty() => n_colons += 1,
                other => {
                    self.names(std::mem::take(&mut path));
                    n_colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.names(path);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let Some((_, items)) = &item.content else { return };
        let is_test = item.attrs.iter().any(is_for_tests);
        let mut scope = self.scope.clone();
        scope.module.push(item.ident.to_string());
        if is_test {
            scope.place.push_str(" (tests)");
        }
        let mut names = Names::new(self.modules, scope);
        for item in items {
            names.visit_item(item);
        }
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let Some(name) = declared(item) {
            self.module().items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.uses(&[], &item.tree, !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.names(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }
}

fn is_for_tests(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

/// The name of what a module declares.
fn declared(item: &syn::Item) -> Option<&syn::Ident> {
    match item {
        syn::Item::Const(item) => Some(&item.ident),
        syn::Item::Enum(item) => Some(&item.ident),
        syn::Item::Fn(item) => Some(&item.sig.ident),
        syn::Item::Macro(item) => item.ident.as_ref(),
        syn::Item::Static(item) => Some(&item.ident),
        syn::Item::Struct(item) => Some(&item.ident),
        syn::Item::Trait(item) => Some(&item.ident),
        syn::Item::Type(item) => Some(&item.ident),
        _ => None,
    }
}

//! Templates: what a call script says to a person, made of a record.
//!
//! The syntax is Jinja's, by MiniJinja's parser. What it means is decided here, because a machine speaks it
//! aloud: null, missing and blank are one and the same nothing, which is never spoken and never half a
//! sentence; numbers are exact; nothing that a template or a record holds takes much memory or time; and
//! what can be known to be wrong without a record is told before the first.

mod braces;
mod budget;
mod compile;
mod constant;
mod context;
mod evaluate;
mod failure;
mod filters;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod operators;
mod predicates;
mod render;
mod tree;
mod value;

use render::Machine;
use tree::Node;

pub(crate) use compile::Columns;
pub(crate) use context::{RenderContext, TemplateContext};
pub(crate) use tree::Template;

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Says everything that can be known to be wrong without a record, and in which line.
    pub(crate) fn compile(source: &str, columns: &mut dyn Columns) -> Result<Self, Vec<String>> {
        compile::template(source, columns)
    }

    /// The text of a template that has nothing but text.
    pub(crate) fn constant(&self) -> Option<&str> {
        match &*self.nodes {
            [] => Some(""),
            [Node::Text { text, .. }] => Some(text),
            _ => None,
        }
    }

    /// The text for one record; nothing when a value is missing that its words need.
    ///
    /// # Errors
    /// Says which column it stumbled over and why, without data of the record.
    pub(crate) fn render(&self, context: &RenderContext<'_>) -> Result<Option<String>, String> {
        Machine::new(context, self.n_locals).render(&self.nodes).map_err(|failure| failure.to_string())
    }
}

#[cfg(test)]
mod tests;

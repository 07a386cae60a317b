//! Templates: what a call script says to a person, made of a record.
//!
//! The syntax is Jinja's, by MiniJinja's parser. What it means is decided here, because a machine speaks it
//! aloud: null, missing and blank are one and the same nothing, which is never spoken and never half a
//! sentence; numbers are exact; nothing that a template or a record holds takes much memory or time; and
//! what can be known to be wrong without a record is told before the first.

mod braces;
mod budget;
mod compile;
mod evaluate;
mod filters;
mod operators;
mod predicates;
mod render;
mod tree;
mod value;

use std::fmt;

use jiff::tz::TimeZone;

use budget::Why;
use render::Machine;
use tree::{Expr, Node};

/// What is known of a stream's columns while its templates are compiled.
pub(crate) trait Columns: Send {
    /// The slot of the top-level column where this path begins, which is wanted from now on, and the
    /// names below it as the source spells them.
    ///
    /// # Errors
    /// Says that there is no such column, with the nearest.
    fn want(&mut self, path: &[&str]) -> Result<(usize, Vec<Box<str>>), String>;

    /// Whether the stream is known to have a top-level column of this name.
    fn has(&self, name: &str) -> bool;

    /// The column that is most like this name, if any is.
    fn nearest(&self, name: &str) -> Option<String>;
}

/// A text with parts that the record fills in.
#[derive(Debug)]
pub(crate) struct Template {
    nodes: Vec<Node>,
    n_locals: usize,
}

/// What is the same for all records of a stream.
#[derive(Debug)]
pub(crate) struct TemplateContext {
    /// The stream's name.
    pub(crate) stream: String,
    /// Its namespace, or blank.
    pub(crate) namespace: String,
    /// The platform's number of the sync, or blank.
    pub(crate) sync_id: String,
    /// When the run began.
    pub(crate) now: String,
    /// Where times without an offset are, and whose calendar `date` shows.
    pub(crate) zone: TimeZone,
}

/// One record, as templates see it.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    /// The wanted columns as raw JSON, by their slots.
    pub(crate) slots: &'a [Option<&'a str>],
    /// When the source read the record.
    pub(crate) emitted_at: i64,
    /// What is the same for all of them.
    pub(crate) around: &'a TemplateContext,
}

/// Why a record cannot be spoken of; holds no data of it.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    /// The line of the template, if it is one place.
    line: Option<u16>,
    columns: Vec<Box<str>>,
    why: Why,
}

impl TemplateContext {
    /// For what does not look at them.
    fn none() -> Self {
        let [stream, namespace, sync_id, now] = [const { String::new() }; 4];
        Self { stream, namespace, sync_id, now, zone: TimeZone::UTC }
    }
}

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
    pub(crate) fn render(&self, scene: &Scene<'_>) -> Result<Option<String>, String> {
        Machine::new(scene, self.n_locals).render(&self.nodes).map_err(|failure| failure.to_string())
    }
}

impl Failure {
    /// A failure of an expression.
    fn at(expr: &Expr, why: Why) -> Self {
        Self { line: Some(expr.line), columns: expr.columns(), why }
    }

    /// A failure of the whole template.
    fn without_place(why: Why) -> Self {
        Self { line: None, columns: Vec::new(), why }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.columns.iter().map(|column| format!("`{column}`")).collect();
        match &*columns {
            [] => {}
            [column] => write!(f, "column {column}, ")?,
            _ => write!(f, "columns {}, ", columns.join(" and "))?,
        }
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.why)
    }
}

#[cfg(test)]
mod tests;

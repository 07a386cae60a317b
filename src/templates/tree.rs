//! A compiled template: what is said, and what it is made of.

use super::constant::Constant;
use super::filters::Filter;
use super::operators::{Comparison, Operator};
use super::predicates::Predicate;

/// A text with parts that the record fills in.
#[derive(Debug)]
pub(crate) struct Template {
    pub(super) nodes: Vec<Node>,
    pub(super) n_locals: usize,
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// The template's own text.
    Text {
        text: Box<str>,
        is_words: bool,
    },
    /// Says what an expression is worth.
    Emit(Expr),
    /// The first branch whose condition is true, else the last part.
    If {
        branches: Vec<(Expr, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    For(Box<For>),
    Set {
        target: Target,
        value: Expr,
    },
    /// Keeps what is said inside; `is_spoken` when it is said afterwards, changed by filters.
    Capture {
        local: usize,
        body: Vec<Node>,
        is_spoken: bool,
    },
}

/// A loop.
#[derive(Debug)]
pub(super) struct For {
    pub(super) target: Target,
    pub(super) list: Expr,
    pub(super) condition: Option<Expr>,
    pub(super) body: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
    /// The names that the body sets, which each turn begins with: nothing, or what a name outside holds.
    pub(super) fresh: Vec<(usize, Option<usize>)>,
}

/// What a value is kept in.
#[derive(Debug)]
pub(super) enum Target {
    One(usize),
    /// The items of a list, each in its own.
    Each(Vec<usize>),
}

/// An expression, and the line where it stands.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) line: u16,
    pub(super) kind: ExprKind,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum ExprKind {
    Constant(Constant),
    Column(Column),
    /// What `set`, `with` or `for` named, with the columns that it is made of.
    Local {
        local: usize,
        columns: Vec<Box<str>>,
    },
    ContextValue(ContextValue),
    Loop(LoopField),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Member(Box<Expr>, Box<str>),
    Item(Box<(Expr, Expr)>),
    Slice(Box<Slice>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Concat(Vec<Expr>),
    Calculate(Operator, Box<(Expr, Expr)>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    Choice {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Filter {
        filter: &'static Filter,
        input: Box<Expr>,
        arguments: Vec<Option<Expr>>,
    },
    Predicate {
        predicate: &'static Predicate,
        input: Box<Expr>,
        argument: Option<Box<Expr>>,
    },
    Range(Vec<Expr>),
}

/// A column of the record.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) slot: usize,
    /// The names below the top-level column.
    pub(super) below: Vec<Box<str>>,
    /// As people write it, for messages.
    pub(super) shown: Box<str>,
}

/// What is known beside the record.
#[derive(Clone, Copy, Debug)]
pub(super) enum ContextValue {
    Stream,
    Namespace,
    SyncId,
    EmittedAt,
    /// The same as `date` takes it.
    EmittedAtTime,
    Now,
}

/// What a loop knows of itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum LoopField {
    Index,
    Index0,
    RevIndex,
    RevIndex0,
    First,
    Last,
    Length,
}

/// `[start:stop:step]`.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) of: Expr,
    pub(super) start: Option<Expr>,
    pub(super) stop: Option<Expr>,
    pub(super) step: Option<Expr>,
}

impl ExprKind {
    /// Whether it gives a list or an object, whatever the record.
    pub(super) fn is_list(&self) -> bool {
        match self {
            Self::List(_) | Self::Map(_) | Self::Range(_) => true,
            Self::Filter { filter, .. } => filter.gives_list(),
            _ => false,
        }
    }
}

impl Expr {
    /// The expressions that it is made of.
    pub(super) fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Constant(_)
            | ExprKind::Column(_)
            | ExprKind::Local { .. }
            | ExprKind::ContextValue(_)
            | ExprKind::Loop(_) => Vec::new(),
            ExprKind::List(parts)
            | ExprKind::And(parts)
            | ExprKind::Or(parts)
            | ExprKind::Concat(parts)
            | ExprKind::Range(parts) => parts.iter().collect(),
            ExprKind::Map(members) => members.iter().flat_map(|(name, value)| [name, value]).collect(),
            ExprKind::Member(of, _) | ExprKind::Not(of) | ExprKind::Negative(of) => vec![of],
            ExprKind::Item(pair) | ExprKind::Calculate(_, pair) => vec![&pair.0, &pair.1],
            ExprKind::Slice(slice) => {
                let bounds = [&slice.start, &slice.stop, &slice.step];
                std::iter::once(&slice.of).chain(bounds.into_iter().flatten()).collect()
            }
            ExprKind::Compare(first, rest) => {
                std::iter::once(&**first).chain(rest.iter().map(|(_, other)| other)).collect()
            }
            ExprKind::Choice { branches, otherwise } => {
                let branches = branches.iter().flat_map(|(condition, value)| [condition, value]);
                branches.chain(otherwise.as_deref()).collect()
            }
            ExprKind::Filter { input, arguments, .. } => {
                std::iter::once(&**input).chain(arguments.iter().flatten()).collect()
            }
            ExprKind::Predicate { input, argument, .. } => {
                std::iter::once(&**input).chain(argument.as_deref()).collect()
            }
        }
    }

    /// The columns that it is made of, each once.
    pub(super) fn columns(&self) -> Vec<Box<str>> {
        let mut found: Vec<Box<str>> = match &self.kind {
            ExprKind::Column(column) => vec![column.shown.clone()],
            ExprKind::Local { columns, .. } => columns.clone(),
            _ => self.parts().into_iter().flat_map(Self::columns).collect(),
        };
        let mut seen = std::collections::HashSet::new();
        found.retain(|column| seen.insert(column.clone()));
        found
    }

    /// Whether every record gives it the same value.
    pub(super) fn is_constant(&self) -> bool {
        match &self.kind {
            ExprKind::Constant(_) => true,
            ExprKind::Column(_) | ExprKind::Local { .. } | ExprKind::ContextValue(_) | ExprKind::Loop(_) => {
                false
            }
            _ => self.parts().into_iter().all(Self::is_constant),
        }
    }
}

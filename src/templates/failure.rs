//! Why a record cannot be spoken of.

use std::fmt;

use super::budget::Why;
use super::tree::Expr;

/// Why a record cannot be spoken of; holds no data of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The line of the template, if it is one place.
    pub(super) line: Option<u16>,
    pub(super) columns: Vec<Box<str>>,
    pub(super) why: Why,
}

impl Failure {
    /// A failure of an expression.
    pub(super) fn at(expr: &Expr, why: Why) -> Self {
        Self { line: Some(expr.line), columns: expr.columns(), why }
    }

    /// A failure of the whole template.
    pub(super) fn without_place(why: Why) -> Self {
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

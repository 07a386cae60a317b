//! Why something is unknown, in words that help: the column, and what to write.
//!
//! A cause is made for each record that is not called, so it only points into the condition; the
//! words are made for those who are told.

use super::kinds::{Kinds, ValueKind};
use super::tree::{Blocked, CastTarget, Cause, Node, Operator};

/// A column of the condition.
#[derive(Clone, Debug)]
pub(super) struct ColumnInfo {
    /// As the condition writes it.
    pub(super) written: Box<str>,
    /// Where each of the names in it ends.
    pub(super) ends: Box<[usize]>,
    /// What the catalog lets it hold.
    pub(super) kinds: Kinds,
}

impl Cause<'_> {
    pub(super) fn told(self, columns: &[ColumnInfo]) -> String {
        let words = CauseWords(columns);
        match self {
            Self::Null => "NULL is compared or used as a value: write IS NULL".to_owned(),
            Self::Missing(column) => format!("{} is missing", words.column(column)),
            Self::IsNull(column) => format!("{} is null", words.column(column)),
            Self::Unreadable(column, kind) => format!("{} is not {}", words.column(column), kind.name()),
            Self::Blocked(column, Blocked::NoObject { n_names, what }) => {
                format!("`{}` is {what}, not an object", words.above(column, n_names))
            }
            Self::Blocked(column, Blocked::OtherSpelling) => {
                format!("{} is there in another spelling: write the column's very name", words.column(column))
            }
            Self::Different(sides) => words.different(sides),
            Self::NoOrder(node) => {
                format!("{} is a truth value, which has no order: write = or <>", words.subject(node))
            }
            Self::Unfit(what, takes, (node, kind)) => {
                let remedy = words.cast(node, kind, takes).map(|cast| format!(": write {cast}"));
                let subject = words.subject(node);
                format!(
                    "{subject} is {}, and {what} takes {}{}",
                    kind.name(),
                    takes.name(),
                    remedy.unwrap_or_default()
                )
            }
            Self::Unjoined(operator, sides) => words.unjoined(operator, sides),
            Self::Uncastable(node, target) => {
                format!("{} cannot be cast to {}", words.subject(node), target.name())
            }
            Self::ByZero(node) => format!("{} is zero, and divides", words.subject(node)),
            Self::TooLarge(node) => format!("{} is too large to hold", words.subject(node)),
            Self::BadCount(what, node) => {
                format!("{} is no {what}", words.subject(node))
            }
            Self::BadPattern(node, why) => format!("{} is no pattern: {why}", words.subject(node)),
            Self::NulledOut => "NULLIF gave NULL".to_owned(),
        }
    }
}

struct CauseWords<'c>(&'c [ColumnInfo]);

impl CauseWords<'_> {
    fn column(&self, index: usize) -> String {
        format!("`{}`", self.written(index))
    }

    fn written(&self, index: usize) -> &str {
        self.0.get(index).map_or("", |column| &column.written)
    }

    /// The first names of a column's path.
    fn above(&self, index: usize, n_names: usize) -> &str {
        let column = self.0.get(index);
        let end = column.and_then(|column| column.ends.get(n_names.checked_sub(1)?));
        end.and_then(|end| self.written(index).get(..*end)).unwrap_or_else(|| self.written(index))
    }

    fn subject(&self, node: &Node) -> String {
        match (node, node.first_column()) {
            (Node::Column { index, .. }, _) => self.column(*index),
            (_, Some(index)) => format!("what is made of {}", self.column(index)),
            (Node::Constant(_), None) => "the constant".to_owned(),
            (_, None) => "the result".to_owned(),
        }
    }

    /// The CAST that makes one kind of another, where there is one.
    fn cast(&self, node: &Node, from: ValueKind, to: ValueKind) -> Option<String> {
        let target = match (from, to) {
            (ValueKind::Text | ValueKind::Truth, ValueKind::Number) => CastTarget::Decimal,
            (ValueKind::Text, ValueKind::Date) => CastTarget::Date,
            (ValueKind::Text, ValueKind::Timestamp) => CastTarget::Timestamp,
            (ValueKind::Text | ValueKind::Number, ValueKind::Truth) => CastTarget::Boolean,
            (ValueKind::Number | ValueKind::Truth | ValueKind::Date, ValueKind::Text) => CastTarget::Text,
            _ => return None,
        };
        let inner = match node {
            Node::Column { index, .. } => self.written(*index),
            Node::Constant(_) | Node::Now(_) => return None,
            _ => "…",
        };
        Some(format!("CAST({inner} AS {})", target.name()))
    }

    fn different(&self, [left, right]: [(&Node, ValueKind); 2]) -> String {
        // The side that can become the other's kind is named: text becomes a number, not the other way round.
        let casts = |(node, from): (&Node, ValueKind), (_, to): (&Node, ValueKind)| {
            if to == ValueKind::Text { None } else { self.cast(node, from, to) }
        };
        let (named, other, cast) = match (casts(left, right), casts(right, left)) {
            (Some(cast), _) => (left, right, Some(cast)),
            (None, Some(cast)) => (right, left, Some(cast)),
            (None, None) if matches!(left.0, Node::Constant(_)) => (right, left, None),
            (None, None) => (left, right, None),
        };
        let remedy = match cast {
            Some(cast) => format!(": write {cast}"),
            None if matches!(other.0, Node::Constant(_)) => match (named.1, other.1) {
                (ValueKind::Number, ValueKind::Text) => ": write the number without quotes".to_owned(),
                (ValueKind::Truth, _) => ": write TRUE or FALSE".to_owned(),
                (ValueKind::Date | ValueKind::Timestamp | ValueKind::Number, ValueKind::Days) => {
                    ": compare a date with a date, days with a number".to_owned()
                }
                _ => String::new(),
            },
            None => String::new(),
        };
        format!("{} is {}, compared with {}{remedy}", self.subject(named.0), named.1.name(), other.1.name())
    }

    fn unjoined(&self, operator: Operator, [left, right]: [(&Node, ValueKind); 2]) -> String {
        let is_odd = |(_, kind): (&Node, ValueKind)| {
            matches!(kind, ValueKind::Text | ValueKind::Truth | ValueKind::Nested)
        };
        let (odd, other) = if is_odd(left) { (left, right) } else { (right, left) };
        let sign = operator.sign();
        let takes = match other.1 {
            ValueKind::Date | ValueKind::Timestamp => "dates and intervals of days",
            _ => "numbers",
        };
        let wanted = if other.1.is_moment() { other.1 } else { ValueKind::Number };
        let remedy = self.cast(odd.0, odd.1, wanted).map(|cast| format!(": write {cast}"));
        let subject = self.subject(odd.0);
        format!("{subject} is {}, and {sign} takes {takes} here{}", odd.1.name(), remedy.unwrap_or_default())
    }
}

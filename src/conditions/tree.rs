//! A condition, compiled: what is evaluated for each record.

use jiff::Timestamp;
use jiff::civil::Date;
use smallvec::{SmallVec, smallvec};

use std::borrow::Cow;

use super::kinds::{Reading, ValueKind};
use super::text::Glob;
use crate::values::Number;

/// A value on its way through a condition.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// SQL's NULL, with why.
    Unknown(Cause<'a>),
    Truth(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Date(Date),
    Timestamp(Timestamp),
    Days(i64),
    Nested,
}

/// One of the three.
#[derive(Clone, Copy, Debug)]
pub(super) enum Truth<'a> {
    True,
    False,
    Unknown(Cause<'a>),
}

/// An expression.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value<'static>),
    /// The same for all records of a run, another for another run.
    Now(Value<'static>),
    Column {
        index: usize,
        reading: Reading,
    },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<[Node; 2]>),
    Between(Box<[Node; 3]>),
    In(Box<Node>, Vec<Node>),
    Like(Box<Like>),
    Is(Box<Node>, Test),
    Negate(Box<Node>),
    Arithmetic(Operator, Box<[Node; 2]>),
    Join(Box<[Node; 2]>),
    Call(Function, Vec<Node>),
    Cast(Box<Node>, CastTarget),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub(super) struct Like {
    /// The text and the pattern.
    pub(super) sides: [Node; 2],
    /// The pattern, when it is the same for all records.
    pub(super) glob: Option<Glob>,
    pub(super) escape: Option<char>,
    pub(super) ignores_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Null,
    True,
    False,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Lower,
    Upper,
    Trim,
    TrimLeft,
    TrimRight,
    Substring,
    Left,
    Right,
    Length,
    Coalesce,
    NullIf,
}

/// What CAST makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CastTarget {
    Integer,
    Decimal,
    Text,
    Boolean,
    Date,
    Timestamp,
}

impl<'a> Value<'a> {
    /// What it is; none of NULL.
    pub(super) fn kind(&self) -> Option<ValueKind> {
        Some(match self {
            Self::Unknown(_) => return None,
            Self::Truth(_) => ValueKind::Truth,
            Self::Number(_) => ValueKind::Number,
            Self::Text(_) => ValueKind::Text,
            Self::Date(_) => ValueKind::Date,
            Self::Timestamp(_) => ValueKind::Timestamp,
            Self::Days(_) => ValueKind::Days,
            Self::Nested => ValueKind::Nested,
        })
    }

    /// The same without a copy of its text.
    pub(super) fn borrowed(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }
}

impl Node {
    pub(super) fn children(&self) -> SmallVec<[&Self; 4]> {
        match self {
            Self::Constant(_) | Self::Now(_) | Self::Column { .. } => SmallVec::new(),
            Self::All(nodes) | Self::Any(nodes) | Self::Call(_, nodes) => nodes.iter().collect(),
            Self::Not(node) | Self::Is(node, _) | Self::Negate(node) | Self::Cast(node, _) => {
                smallvec![&**node]
            }
            Self::Compare(_, sides) | Self::Arithmetic(_, sides) | Self::Join(sides) => {
                sides.iter().collect()
            }
            Self::Between(three) => three.iter().collect(),
            Self::In(node, list) => std::iter::once(&**node).chain(list).collect(),
            Self::Like(like) => like.sides.iter().collect(),
        }
    }

    /// Whether it is the same for all records of all runs.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Self::Now(_) | Self::Column { .. } => false,
            _ => self.children().into_iter().all(Self::is_constant),
        }
    }

    /// The first column that it looks at.
    pub(super) fn first_column(&self) -> Option<usize> {
        match self {
            Self::Column { index, .. } => Some(*index),
            _ => self.children().into_iter().find_map(Self::first_column),
        }
    }
}

impl Comparison {
    pub(super) fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Different)
    }
}

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Function {
    /// All of them by their names.
    pub(super) const NAMES: [(&'static str, Self); 14] = [
        ("lower", Self::Lower),
        ("upper", Self::Upper),
        ("trim", Self::Trim),
        ("ltrim", Self::TrimLeft),
        ("rtrim", Self::TrimRight),
        ("substr", Self::Substring),
        ("substring", Self::Substring),
        ("left", Self::Left),
        ("right", Self::Right),
        ("length", Self::Length),
        ("char_length", Self::Length),
        ("character_length", Self::Length),
        ("coalesce", Self::Coalesce),
        ("nullif", Self::NullIf),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    /// How many arguments it takes at least and at most.
    pub(super) fn arguments(self) -> (usize, usize) {
        match self {
            Self::Lower | Self::Upper | Self::Trim | Self::TrimLeft | Self::TrimRight | Self::Length => {
                (1, 1)
            }
            Self::Substring => (2, 3),
            Self::Left | Self::Right | Self::NullIf => (2, 2),
            Self::Coalesce => (1, usize::MAX),
        }
    }

    /// The least that each count behind its text may be.
    pub(super) fn least_counts(self) -> &'static [i64] {
        match self {
            Self::Left | Self::Right => &[0],
            Self::Substring => &[1, 0],
            _ => &[],
        }
    }

    /// Whether its first argument is a text.
    pub(super) fn is_of_text(self) -> bool {
        !matches!(self, Self::Coalesce | Self::NullIf)
    }
}

impl CastTarget {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Decimal => "DECIMAL",
            Self::Text => "TEXT",
            Self::Boolean => "BOOLEAN",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
        }
    }

    pub(super) fn kind(self) -> ValueKind {
        match self {
            Self::Integer | Self::Decimal => ValueKind::Number,
            Self::Text => ValueKind::Text,
            Self::Boolean => ValueKind::Truth,
            Self::Date => ValueKind::Date,
            Self::Timestamp => ValueKind::Timestamp,
        }
    }
}

/// Why a value is unknown. None of them holds a value of the record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause<'a> {
    /// The word NULL.
    Null,
    Missing(usize),
    IsNull(usize),
    /// The catalog calls the column a date, and its value is none.
    Unreadable(usize, ValueKind),
    /// Nobody can look for the column, or say whether it is there.
    Blocked(usize, Blocked),
    /// Two sides that do not compare.
    Different([(&'a Node, ValueKind); 2]),
    /// Truth values know no order, nor do objects equality.
    NoOrder(&'a Node),
    /// Something is given what it is not for: its name, what it takes, what it got.
    Unfit(&'static str, ValueKind, (&'a Node, ValueKind)),
    /// An operator between two that it does not join.
    Unjoined(Operator, [(&'a Node, ValueKind); 2]),
    Uncastable(&'a Node, CastTarget),
    ByZero(&'a Node),
    TooLarge(&'a Node),
    /// A place or a count that is no whole number in its range.
    BadCount(&'static str, &'a Node),
    BadPattern(&'a Node, &'static str),
    /// What NULLIF is for.
    NulledOut,
}

/// What kind of unknown it is. Of several, the last of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// There is nothing: SQL's NULL.
    Absent,
    /// Values that do not fit together. IS NULL and COALESCE take them for NULL, as SQL does; nothing
    /// is known of their truth.
    Clash,
    /// There is something, and nobody knows what: no test makes anything certain of it.
    Unreadable,
}

/// Why nobody can say what a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// Something on the way to it has no names in it: neither an object, nor null or missing.
    NoObject {
        /// How many of the path's names lead to it.
        n_names: usize,
        /// What it is, in words.
        what: &'static str,
    },
    /// It is missing, and what is there has its name in another case, or looks the same twice: it may be meant.
    OtherSpelling,
}

impl Cause<'_> {
    pub(super) fn class(self) -> Class {
        match self {
            Self::Null | Self::Missing(_) | Self::IsNull(_) | Self::ByZero(_) | Self::NulledOut => {
                Class::Absent
            }
            Self::Different(_)
            | Self::NoOrder(_)
            | Self::Unfit(..)
            | Self::Unjoined(..)
            | Self::Uncastable(..)
            | Self::BadCount(..)
            | Self::BadPattern(..) => Class::Clash,
            Self::Unreadable(..) | Self::Blocked(..) | Self::TooLarge(_) => Class::Unreadable,
        }
    }

    /// The cause that counts of two: the first of the same class.
    pub(super) fn or_worse(self, other: Self) -> Self {
        if other.class() > self.class() { other } else { self }
    }
}

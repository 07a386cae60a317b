//! What a condition says of one record: TRUE, FALSE, or unknown with its cause.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use jiff::tz::TimeZone;

use super::kinds::{Reading, ValueKind};
use super::text::{self, Glob};
use super::tree::{Blocked, Cause, Class, Comparison, Function, Like, Node, Test, Truth, Value};
use super::{arithmetic, cast};
use crate::protocol;
use crate::values::{Moment, Number};

/// The raw value of a column; none when it is missing.
pub(crate) type Raw<'a> = Result<Option<&'a str>, Blocked>;

/// A text that grows on the way is given up beyond this.
const LONGEST_TEXT: usize = 1 << 20;

/// A pattern that a record brings is given up beyond this.
const LONGEST_PATTERN: usize = 10_000;

/// One record before a condition: its raw columns by their places.
pub(super) struct Sight<'a, F> {
    pub(super) raw: F,
    pub(super) zone: &'a TimeZone,
    /// How many characters its patterns may still compare.
    pub(super) steps: Cell<usize>,
}

/// Some milliseconds. Patterns that need more for one record are given up.
pub(super) const MOST_STEPS: usize = 2_000_000;

impl<'a, F: Fn(usize) -> Raw<'a>> Sight<'a, F> {
    pub(super) fn truth(&self, node: &'a Node) -> Truth<'a> {
        match node {
            Node::All(nodes) => self.all(nodes),
            Node::Any(nodes) => self.any(nodes),
            Node::Not(node) => match self.truth(node) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                unknown @ Truth::Unknown(_) => unknown,
            },
            Node::Compare(comparison, sides) => {
                let [left, right] = &**sides;
                compare(*comparison, (left, &self.value(left)), (right, &self.value(right)), self.zone)
            }
            Node::Between(three) => self.between(three),
            Node::In(node, list) => self.contains(node, list),
            Node::Like(like) => self.like(like),
            Node::Is(node, test) => self.is(node, *test),
            _ => match self.value(node) {
                Value::Truth(true) => Truth::True,
                Value::Truth(false) => Truth::False,
                Value::Unknown(cause) => Truth::Unknown(cause),
                other => unfit("a condition", ValueKind::Truth, node, &other),
            },
        }
    }

    pub(super) fn value(&self, node: &'a Node) -> Value<'a> {
        match node {
            Node::Constant(value) | Node::Now(value) => value.borrowed(),
            Node::Column { index, reading } => self.column(*index, *reading, node),
            Node::Negate(inner) => match self.value(inner) {
                Value::Number(number) => Value::Number(number.neg()),
                Value::Unknown(cause) => Value::Unknown(cause),
                other => unfit("-", ValueKind::Number, inner, &other).into(),
            },
            Node::Arithmetic(operator, sides) => {
                let [left, right] = &**sides;
                let values = (self.value(left), self.value(right));
                arithmetic::result(*operator, (left, values.0), (right, values.1), self.zone)
            }
            Node::Join(sides) => self.join(sides).unwrap_or_else(Value::Unknown),
            Node::Call(function, arguments) => self.call(*function, arguments).unwrap_or_else(Value::Unknown),
            Node::Cast(inner, target) => cast::cast(inner, self.value(inner), *target, self.zone),
            _ => self.truth(node).into(),
        }
    }

    fn all(&self, nodes: &'a [Node]) -> Truth<'a> {
        joined(false, nodes.iter().map(|node| self.truth(node)))
    }

    fn any(&self, nodes: &'a [Node]) -> Truth<'a> {
        joined(true, nodes.iter().map(|node| self.truth(node)))
    }

    fn between(&self, [node, low, high]: &'a [Node; 3]) -> Truth<'a> {
        let value = self.value(node);
        let bounds = [(Comparison::GreaterOrEqual, low), (Comparison::LessOrEqual, high)].into_iter();
        let compared = bounds.map(|(comparison, bound)| {
            compare(comparison, (node, &value), (bound, &self.value(bound)), self.zone)
        });
        joined(false, compared)
    }

    fn contains(&self, node: &'a Node, list: &'a [Node]) -> Truth<'a> {
        let value = self.value(node);
        let is = |item| compare(Comparison::Equal, (node, &value), (item, &self.value(item)), self.zone);
        joined(true, list.iter().map(is))
    }

    fn like(&self, like: &'a Like) -> Truth<'a> {
        let [subject, pattern] = &like.sides;
        let text = self.text("LIKE", subject);
        if let Some(glob) = &like.glob {
            return text.map_or_else(Truth::Unknown, |text| self.matches(glob, subject, &text));
        }
        let (text, wanted) = match both(text, self.text("LIKE", pattern)) {
            Ok((_, wanted)) if wanted.len() > LONGEST_PATTERN => {
                return Truth::Unknown(Cause::TooLarge(pattern));
            }
            Ok(texts) => texts,
            Err(cause) => return Truth::Unknown(cause),
        };
        match Glob::new(&wanted, like.escape, like.ignores_case) {
            Ok(glob) => self.matches(&glob, subject, &text),
            Err(why) => Truth::Unknown(Cause::BadPattern(pattern, why)),
        }
    }

    fn matches(&self, glob: &Glob, subject: &'a Node, text: &str) -> Truth<'a> {
        glob.matches(text, &self.steps).map_or(Truth::Unknown(Cause::TooLarge(subject)), truth_of)
    }

    fn is(&self, node: &'a Node, test: Test) -> Truth<'a> {
        let value = self.value(node);
        let is = match (test, &value) {
            // A column that holds something is not NULL, readable or not.
            (Test::Null, Value::Unknown(Cause::Unreadable(..) | Cause::TooLarge(_)))
                if matches!(node, Node::Column { .. }) =>
            {
                false
            }
            (Test::Null | Test::Unknown, Value::Unknown(cause)) if cause.class() < Class::Unreadable => true,
            (Test::True | Test::False, Value::Unknown(cause)) if cause.class() == Class::Absent => false,
            (_, Value::Unknown(cause)) => return Truth::Unknown(*cause),
            (Test::Null, _) | (Test::Unknown, Value::Truth(_)) => false,
            (Test::True, Value::Truth(truth)) => *truth,
            (Test::False, Value::Truth(truth)) => !truth,
            (_, other) => return unfit("IS", ValueKind::Truth, node, other),
        };
        truth_of(is)
    }

    fn column(&self, index: usize, reading: Reading, node: &'a Node) -> Value<'a> {
        let raw = match (self.raw)(index) {
            Ok(Some(raw)) => raw,
            Ok(None) => return Value::Unknown(Cause::Missing(index)),
            Err(blocked) => return Value::Unknown(Cause::Blocked(index, blocked)),
        };
        let kind = match (raw.as_bytes().first(), reading) {
            (Some(b'n') | None, _) => return Value::Unknown(Cause::IsNull(index)),
            (Some(b'"'), Reading::AsItIs) => return Value::Text(text::nfc(protocol::string(raw))),
            (Some(b'"'), Reading::Date) => return Self::date(index, &protocol::string(raw)),
            (Some(b'"'), Reading::Timestamp) => return self.timestamp(index, &protocol::string(raw)),
            (_, Reading::Date) => ValueKind::Date,
            (_, Reading::Timestamp) => ValueKind::Timestamp,
            (Some(b'{' | b'['), _) => return Value::Nested,
            (Some(b't'), _) => return Value::Truth(true),
            (Some(b'f'), _) => return Value::Truth(false),
            _ => return Number::parse(raw).map_or(Value::Unknown(Cause::TooLarge(node)), Value::Number),
        };
        Value::Unknown(Cause::Unreadable(index, kind))
    }

    fn date(index: usize, text: &str) -> Value<'a> {
        Moment::day(text).map_or(Value::Unknown(Cause::Unreadable(index, ValueKind::Date)), Value::Date)
    }

    fn timestamp(&self, index: usize, text: &str) -> Value<'a> {
        let read = Moment::parse(text, self.zone).and_then(|moment| moment.timestamp(self.zone));
        read.map_or(Value::Unknown(Cause::Unreadable(index, ValueKind::Timestamp)), Value::Timestamp)
    }

    fn text(&self, what: &'static str, node: &'a Node) -> Result<Cow<'a, str>, Cause<'a>> {
        match self.value(node) {
            Value::Text(text) => Ok(text),
            other => Err(cause(what, ValueKind::Text, node, &other)),
        }
    }

    fn join(&self, sides: &'a [Node; 2]) -> Result<Value<'a>, Cause<'a>> {
        let [left, right] = sides;
        let (joined, more) = both(self.text("||", left), self.text("||", right))?;
        let mut joined = joined.into_owned();
        if joined.len() + more.len() > LONGEST_TEXT {
            return Err(Cause::TooLarge(right));
        }
        joined.push_str(&more);
        Ok(Value::Text(text::nfc(Cow::Owned(joined))))
    }

    fn call(&self, function: Function, arguments: &'a [Node]) -> Result<Value<'a>, Cause<'a>> {
        let [first_text, more @ ..] = arguments else { return Err(Cause::Null) };
        match function {
            Function::Coalesce => return Ok(self.coalesce(arguments)),
            Function::NullIf => {
                let [second, ..] = more else { return Err(Cause::Null) };
                return self.null_if(first_text, second);
            }
            _ => {}
        }
        let name = function.name();
        let mut counts =
            more.iter().zip(function.least_counts()).map(|(n, least)| self.count(name, n, *least));
        let (first, second) = (counts.next(), counts.next());
        let no_count = || Ok(usize::MAX);
        let counts = both(first.unwrap_or_else(no_count), second.unwrap_or_else(no_count));
        let (text, (n, length)) = both(self.text(name, first_text), counts)?;
        Ok(Value::Text(match function {
            Function::Length => {
                let n_characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                return Ok(Value::Number(Number::from(n_characters)));
            }
            Function::Lower => text::nfc(Cow::Owned(text::lower(&text))),
            Function::Upper => text::nfc(Cow::Owned(text::upper(&text))),
            Function::Trim => cut(text, |text| text.trim_matches(' ')),
            Function::TrimLeft => cut(text, |text| text.trim_start_matches(' ')),
            Function::TrimRight => cut(text, |text| text.trim_end_matches(' ')),
            Function::Left => cut(text, |text| text::take(text, n)),
            Function::Right => cut(text, |text| text::last(text, n)),
            Function::Substring => {
                cut(text, |text| text::take(text::skip(text, n.saturating_sub(1)), length))
            }
            Function::Coalesce | Function::NullIf => return Err(Cause::Null),
        }))
    }

    /// The first value that is there. What cannot be read is there.
    fn coalesce(&self, nodes: &'a [Node]) -> Value<'a> {
        let mut absent = Cause::Null;
        for (place, node) in nodes.iter().enumerate() {
            match self.value(node) {
                Value::Unknown(cause) if cause.class() < Class::Unreadable => {
                    absent = if place == 0 { cause } else { absent.or_worse(cause) };
                }
                there => return there,
            }
        }
        Value::Unknown(absent)
    }

    fn null_if(&self, first: &'a Node, second: &'a Node) -> Result<Value<'a>, Cause<'a>> {
        let (value, other) = (self.value(first), self.value(second));
        if matches!(other, Value::Unknown(cause) if cause.class() < Class::Unreadable) {
            return Ok(value);
        }
        match compare(Comparison::Equal, (first, &value), (second, &other), self.zone) {
            Truth::True => Err(Cause::NulledOut),
            Truth::False => Ok(value),
            Truth::Unknown(cause) => Err(cause),
        }
    }

    /// A whole number that counts characters.
    fn count(&self, what: &'static str, node: &'a Node, least: i64) -> Result<usize, Cause<'a>> {
        let number = match self.value(node) {
            Value::Number(number) => number,
            other => return Err(cause(what, ValueKind::Number, node, &other)),
        };
        if !is_count(&number, least) {
            return Err(bad_count(node, least));
        }
        Ok(number.as_i64().and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX))
    }
}

impl<'a> From<Truth<'a>> for Value<'a> {
    fn from(truth: Truth<'a>) -> Self {
        match truth {
            Truth::True => Self::Truth(true),
            Truth::False => Self::Truth(false),
            Truth::Unknown(cause) => Self::Unknown(cause),
        }
    }
}

/// AND of all, or OR: what settles it, else what is unknown.
fn joined<'a>(settles: bool, truths: impl Iterator<Item = Truth<'a>>) -> Truth<'a> {
    let mut unknown: Option<Cause<'a>> = None;
    for truth in truths {
        match truth {
            Truth::True if settles => return Truth::True,
            Truth::False if !settles => return Truth::False,
            Truth::Unknown(cause) => unknown = Some(unknown.map_or(cause, |one| one.or_worse(cause))),
            Truth::True | Truth::False => {}
        }
    }
    unknown.map_or_else(|| truth_of(!settles), Truth::Unknown)
}

/// Two that are both wanted, or why not.
fn both<'a, A, B>(a: Result<A, Cause<'a>>, b: Result<B, Cause<'a>>) -> Result<(A, B), Cause<'a>> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(cause), Err(other)) => Err(cause.or_worse(other)),
        (Err(cause), Ok(_)) | (Ok(_), Err(cause)) => Err(cause),
    }
}

/// A part of a text, without a copy where there is none yet.
fn cut(text: Cow<'_, str>, part: impl Fn(&str) -> &str) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

/// Whether a number counts characters.
pub(super) fn is_count(number: &Number, least: i64) -> bool {
    number.is_integer() && *number >= Number::from(least)
}

pub(super) fn bad_count(node: &Node, least: i64) -> Cause<'_> {
    let word = if least == 0 { "number of characters" } else { "place in a text, which are counted from 1" };
    Cause::BadCount(word, node)
}

fn truth_of<'a>(truth: bool) -> Truth<'a> {
    if truth { Truth::True } else { Truth::False }
}

/// Why a value of the wrong kind makes something unknown; of one that is unknown, its own cause.
fn cause<'a>(what: &'static str, takes: ValueKind, node: &'a Node, value: &Value<'a>) -> Cause<'a> {
    match (value, value.kind()) {
        (Value::Unknown(cause), _) => *cause,
        (_, Some(kind)) => Cause::Unfit(what, takes, (node, kind)),
        (_, None) => Cause::Null,
    }
}

fn unfit<'a>(what: &'static str, takes: ValueKind, node: &'a Node, value: &Value<'a>) -> Truth<'a> {
    Truth::Unknown(cause(what, takes, node, value))
}

/// Compares two values of one kind; of different kinds it is unknown.
pub(super) fn compare<'a>(
    comparison: Comparison,
    (left, a): (&'a Node, &Value<'a>),
    (right, b): (&'a Node, &Value<'a>),
    zone: &TimeZone,
) -> Truth<'a> {
    let order = match (a, b) {
        (Value::Unknown(cause), Value::Unknown(other)) => return Truth::Unknown(cause.or_worse(*other)),
        (Value::Unknown(cause), _) | (_, Value::Unknown(cause)) => return Truth::Unknown(*cause),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        // UTF-8 has the order of the code points.
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Truth(_), Value::Truth(_)) if comparison.is_order() => {
            return Truth::Unknown(Cause::NoOrder(left));
        }
        (Value::Truth(a), Value::Truth(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Date(_) | Value::Timestamp(_), Value::Date(_) | Value::Timestamp(_)) => {
            match (instant(a, zone), instant(b, zone)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (None, _) => return Truth::Unknown(Cause::TooLarge(left)),
                (_, None) => return Truth::Unknown(Cause::TooLarge(right)),
            }
        }
        _ => return different((left, a), (right, b)),
    };
    truth_of(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::Different => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

/// The instant of a day or a time; none beyond the calendar.
fn instant(value: &Value<'_>, zone: &TimeZone) -> Option<jiff::Timestamp> {
    match value {
        Value::Date(date) => Moment::Date(*date).timestamp(zone),
        Value::Timestamp(timestamp) => Some(*timestamp),
        _ => None,
    }
}

fn different<'a>((left, a): (&'a Node, &Value<'a>), (right, b): (&'a Node, &Value<'a>)) -> Truth<'a> {
    Truth::Unknown(match (a.kind(), b.kind()) {
        (Some(a), Some(b)) => Cause::Different([(left, a), (right, b)]),
        _ => Cause::Null,
    })
}

/// What a constant says.
pub(super) fn constant<'a>(node: &'a Node, zone: &'a TimeZone) -> Value<'a> {
    Sight { raw: |_| Ok(None), zone, steps: Cell::new(MOST_STEPS) }.value(node)
}

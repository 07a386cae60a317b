//! What a condition can ever be, by the kinds that its columns hold: what can never be TRUE is a mistake.

use jiff::tz::TimeZone;

use super::arithmetic::kind_of;
use super::cause::ColumnInfo;
use super::evaluate::{bad_count, constant, is_count};
use super::kinds::{Kinds, ValueKind};
use super::tree::{CastTarget, Cause, Comparison, Function, Node, Test, Value};

/// Looks at a condition without a record.
pub(super) struct PossibleResults<'c> {
    pub(super) columns: &'c [ColumnInfo],
    pub(super) zone: &'c TimeZone,
}

impl PossibleResults<'_> {
    /// All that a node can be.
    pub(super) fn of(&self, node: &Node) -> Kinds {
        match node {
            Node::Constant(value) | Node::Now(value) => exactly(value),
            Node::Column { index, reading } => {
                reading.of(self.columns.get(*index).map_or(Kinds::ANY, |column| column.kinds))
            }
            _ if node.is_constant() => exactly(&constant(node, self.zone)),
            Node::All(nodes) => nodes
                .iter()
                .map(|node| truths(self.of(node)))
                .fold(Kinds::TRUE, |a, b| inverted(either(inverted(a), inverted(b)))),
            Node::Any(nodes) => nodes.iter().map(|node| truths(self.of(node))).fold(Kinds::FALSE, either),
            Node::Not(node) => inverted(truths(self.of(node))),
            Node::Compare(comparison, sides) => {
                let [left, right] = &**sides;
                compared(self.of(left), self.of(right), *comparison)
            }
            Node::Between(three) => {
                let [node, low, high] = &**three;
                let node = self.of(node);
                let least = compared(node, self.of(low), Comparison::GreaterOrEqual);
                let most = compared(node, self.of(high), Comparison::LessOrEqual);
                inverted(either(inverted(least), inverted(most)))
            }
            Node::In(node, list) => {
                let node = self.of(node);
                let each = list.iter().map(|item| compared(node, self.of(item), Comparison::Equal));
                each.fold(Kinds::FALSE, either)
            }
            Node::Like(like) => {
                let [text, pattern] = &like.sides;
                let (text, pattern) = (self.of(text), self.of(pattern));
                Kinds::NULL | Kinds::TRUTH.when(text.can_be(Kinds::TEXT) && pattern.can_be(Kinds::TEXT))
            }
            Node::Is(node, test) => tested(self.of(node), *test),
            Node::Negate(node) => Kinds::NULL | Kinds::NUMBER & self.of(node),
            Node::Arithmetic(operator, sides) => {
                let [left, right] = &**sides;
                let right: Vec<ValueKind> = self.of(right).each().collect();
                let pairs = self.of(left).each().flat_map(|a| right.iter().map(move |b| (a, *b)));
                let made = pairs.filter_map(|(a, b)| kind_of(*operator, a, b)).map(Kinds::of);
                made.fold(Kinds::NULL, |all, kind| all | kind)
            }
            Node::Join(sides) => {
                let are_texts = sides.iter().all(|side| self.of(side).can_be(Kinds::TEXT));
                Kinds::NULL | Kinds::TEXT.when(are_texts)
            }
            Node::Call(function, arguments) => self.called(*function, arguments),
            Node::Cast(node, target) => cast(self.of(node), *target),
        }
    }

    fn called(&self, function: Function, arguments: &[Node]) -> Kinds {
        let mut kinds = arguments.iter().map(|argument| self.of(argument));
        let first = kinds.next().unwrap_or(Kinds::NONE);
        match function {
            Function::Coalesce => {
                kinds.fold(
                    first,
                    |all, next| {
                        if all.can_be(Kinds::NULL) { all.without(Kinds::NULL) | next } else { all }
                    },
                )
            }
            Function::NullIf => first | Kinds::NULL,
            _ => {
                let fits = first.can_be(Kinds::TEXT)
                    && kinds.all(|count| count.can_be(Kinds::NUMBER))
                    && self.no_count(function, arguments).is_none();
                let gives = if function == Function::Length { Kinds::NUMBER } else { Kinds::TEXT };
                Kinds::NULL | gives.when(fits)
            }
        }
    }

    /// The first thing in a node that can only be unknown because of the kinds in it, in words.
    pub(super) fn never(&self, node: &Node) -> Option<String> {
        let inner = || node.children().into_iter().find_map(|child| self.never(child));
        if node.is_constant() {
            return match constant(node, self.zone) {
                Value::Unknown(cause) => Some(cause.told(self.columns)),
                _ => None,
            };
        }
        inner().or_else(|| {
            let is_unknown =
                self.of(node) == Kinds::NULL || matches!(node, Node::Is(_, test) if *test != Test::Null);
            is_unknown.then(|| self.clash(node))?.map(|cause| cause.told(self.columns))
        })
    }

    /// Why a node whose parts are right can only be unknown.
    fn clash<'n>(&self, node: &'n Node) -> Option<Cause<'n>> {
        let first = |node: &'n Node| self.of(node).each().next().map(|kind| (node, kind));
        match node {
            Node::Compare(comparison, sides) => {
                let [left, right] = &**sides;
                let (left, right) = (first(left)?, first(right)?);
                if left.1 == ValueKind::Truth && right.1 == ValueKind::Truth && comparison.is_order() {
                    return Some(Cause::NoOrder(left.0));
                }
                Some(Cause::Different([left, right]))
            }
            Node::Between(three) => {
                let [node, low, high] = &**three;
                let node = first(node)?;
                let odd =
                    [low, high].into_iter().filter_map(first).find(|side| !side.1.compares_with(node.1));
                Some(odd.map_or(Cause::NoOrder(node.0), |odd| Cause::Different([node, odd])))
            }
            Node::In(node, list) => Some(Cause::Different([first(node)?, list.iter().find_map(first)?])),
            Node::Like(like) => self.odd("LIKE", ValueKind::Text, &like.sides),
            Node::Join(sides) => self.odd("||", ValueKind::Text, &**sides),
            Node::Negate(node) => self.odd("-", ValueKind::Number, std::slice::from_ref(&**node)),
            Node::Call(function, arguments) => {
                let (text, counts) = arguments.split_first()?;
                let text = self.odd(function.name(), ValueKind::Text, std::slice::from_ref(text));
                let count = || self.odd(function.name(), ValueKind::Number, counts);
                text.or_else(count).or_else(|| self.no_count(*function, arguments))
            }
            Node::Arithmetic(operator, sides) => {
                let [left, right] = &**sides;
                Some(Cause::Unjoined(*operator, [first(left)?, first(right)?]))
            }
            Node::Is(node, _) => self.odd("IS", ValueKind::Truth, std::slice::from_ref(&**node)),
            Node::Cast(node, target) => Some(Cause::Uncastable(node, *target)),
            Node::Column { index, reading } => {
                let kind = reading.of(Kinds::TEXT).each().next()?;
                Some(Cause::Unreadable(*index, kind))
            }
            Node::All(nodes) | Node::Any(nodes) => self.odd("a condition", ValueKind::Truth, nodes),
            Node::Not(node) => self.odd("NOT", ValueKind::Truth, std::slice::from_ref(&**node)),
            Node::Constant(_) | Node::Now(_) => None,
        }
    }

    /// A constant in the place of a count that is none.
    fn no_count<'n>(&self, function: Function, arguments: &'n [Node]) -> Option<Cause<'n>> {
        let counts = arguments.iter().skip(1).zip(function.least_counts());
        let mut constants = counts.filter(|(node, _)| node.is_constant());
        constants.find_map(|(node, least)| match constant(node, self.zone) {
            Value::Number(number) if !is_count(&number, *least) => Some(bad_count(node, *least)),
            _ => None,
        })
    }

    /// A branch of ANDs and ORs that can be neither TRUE nor FALSE because of the kinds in it.
    pub(super) fn slip(&self, node: &Node) -> Option<String> {
        match node {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().find_map(|node| self.slip(node)),
            Node::Not(node) => self.slip(node),
            _ if self.of(node).can_be(Kinds::TRUTH) => None,
            Node::Constant(Value::Text(text)) => Some(format!(
                "'{text}' is text, and no truth value: write the column before it, too, or IN (…, '{text}')"
            )),
            Node::Constant(Value::Number(_)) => Some(
                "a number is no truth value: write the column before it, too, or a list behind IN".to_owned(),
            ),
            _ => self.never(node).or_else(|| self.no_condition(node)),
        }
    }

    /// The first of some nodes that can never be of the kind that is taken.
    fn odd<'n>(&self, what: &'static str, takes: ValueKind, nodes: &'n [Node]) -> Option<Cause<'n>> {
        let mut odd = nodes.iter().filter(|node| !self.of(node).can_be(Kinds::of(takes)));
        odd.find_map(|node| Some(Cause::Unfit(what, takes, (node, self.of(node).each().next()?))))
    }

    /// Why a value in the place of a condition is none.
    pub(super) fn no_condition(&self, node: &Node) -> Option<String> {
        self.odd("a condition", ValueKind::Truth, std::slice::from_ref(node))
            .map(|cause| cause.told(self.columns))
    }
}

fn exactly(value: &Value<'_>) -> Kinds {
    match value {
        Value::Unknown(_) => Kinds::NULL,
        Value::Truth(true) => Kinds::TRUE,
        Value::Truth(false) => Kinds::FALSE,
        other => other.kind().map_or(Kinds::NULL, Kinds::of),
    }
}

/// In the place of a condition, what is no truth value is unknown.
fn truths(kinds: Kinds) -> Kinds {
    let odd = kinds.without(Kinds::TRUTH) != Kinds::NONE;
    kinds & Kinds::TRUTH | Kinds::NULL.when(odd)
}

fn inverted(kinds: Kinds) -> Kinds {
    Kinds::TRUE.when(kinds.can_be(Kinds::FALSE))
        | Kinds::FALSE.when(kinds.can_be(Kinds::TRUE))
        | kinds & Kinds::NULL
}

/// OR of all that both can be.
fn either(a: Kinds, b: Kinds) -> Kinds {
    let both = |x, y| a.can_be(x) && b.can_be(y);
    let unknown = both(Kinds::NULL, Kinds::NULL | Kinds::FALSE) || both(Kinds::FALSE, Kinds::NULL);
    (a | b) & Kinds::TRUE | Kinds::FALSE.when(both(Kinds::FALSE, Kinds::FALSE)) | Kinds::NULL.when(unknown)
}

fn compared(a: Kinds, b: Kinds, comparison: Comparison) -> Kinds {
    let mut all = (a | b) & Kinds::NULL;
    for one in a.each() {
        for other in b.each() {
            let is_ordered = one != ValueKind::Truth || !comparison.is_order();
            all = all | if one.compares_with(other) && is_ordered { Kinds::TRUTH } else { Kinds::NULL };
        }
    }
    all
}

fn tested(kinds: Kinds, test: Test) -> Kinds {
    let (yes, no) = match test {
        Test::Null => (Kinds::NULL, !kinds.without(Kinds::NULL).is_none()),
        Test::Unknown => (Kinds::NULL, kinds.can_be(Kinds::TRUTH)),
        Test::True => (Kinds::TRUE, kinds.can_be(Kinds::FALSE | Kinds::NULL)),
        Test::False => (Kinds::FALSE, kinds.can_be(Kinds::TRUE | Kinds::NULL)),
    };
    // What is unknown for another reason than that there is nothing stays so.
    let odd = kinds.can_be(Kinds::NULL) || test != Test::Null && !kinds.without(Kinds::TRUTH).is_none();
    Kinds::TRUE.when(kinds.can_be(yes)) | Kinds::FALSE.when(no) | Kinds::NULL.when(odd)
}

fn cast(kinds: Kinds, target: CastTarget) -> Kinds {
    let can = kinds.each().any(|kind| match target {
        CastTarget::Integer | CastTarget::Decimal => {
            matches!(kind, ValueKind::Number | ValueKind::Truth | ValueKind::Text)
        }
        CastTarget::Text => {
            matches!(kind, ValueKind::Number | ValueKind::Truth | ValueKind::Text | ValueKind::Date)
        }
        CastTarget::Boolean => matches!(kind, ValueKind::Number | ValueKind::Truth | ValueKind::Text),
        CastTarget::Date | CastTarget::Timestamp => {
            matches!(kind, ValueKind::Text | ValueKind::Date | ValueKind::Timestamp)
        }
    });
    Kinds::NULL | Kinds::of(target.kind()).when(can)
}

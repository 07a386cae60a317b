//! Turns SQL's syntax tree into a condition's own, and refuses what that does not have.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlparser::ast::{
    self, BinaryOperator, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, InTarget,
    UnaryOperator,
};

use super::cause::ColumnInfo;
use super::parse::TOO_DEEP;
use super::possible::PossibleResults;
use super::text::{self, Glob};
use super::tree::{CastTarget, Comparison, Function, Like, Node, Operator, Test, Value};
use super::{kinds, literals, unsupported};
use crate::values::{Moment, Number};

/// Finds a column by the path that a condition writes, the first time and again; whether its first
/// name stands in quotes. Counts the columns from 0, and says why there is none.
pub(crate) type Finder<'c, 's> = &'c mut (dyn FnMut(&[&str], bool) -> Result<ColumnMatch<'s>, String> + Send);

/// A column that a condition names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnMatch<'s> {
    /// Its place among the condition's columns.
    pub(crate) index: usize,
    /// What the catalog says of it.
    pub(crate) schema: Option<&'s serde_json::Value>,
}

/// How deep a condition may nest, chains of AND and OR aside.
const DEEPEST: usize = 50;

/// Compiles one condition.
pub(super) struct ConditionCompiler<'c, 's> {
    pub(super) find: Finder<'c, 's>,
    pub(super) now: Timestamp,
    pub(super) zone: &'c TimeZone,
    pub(super) columns: Vec<ColumnInfo>,
    depth: usize,
}

impl<'c, 's> ConditionCompiler<'c, 's> {
    pub(super) fn new(find: Finder<'c, 's>, now: Timestamp, zone: &'c TimeZone) -> Self {
        Self { find, now, zone, columns: Vec::new(), depth: 0 }
    }

    /// Compiles one expression.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn node(&mut self, expression: &Expr) -> Result<Node, String> {
        self.depth += 1;
        let node = if self.depth > DEEPEST { Err(TOO_DEEP.to_owned()) } else { self.any(expression) };
        self.depth -= 1;
        node
    }

    fn any(&mut self, expression: &Expr) -> Result<Node, String> {
        Ok(match expression {
            Expr::Nested(inner) => self.node(inner)?,
            Expr::Identifier(name) => self.column(std::slice::from_ref(name))?,
            Expr::CompoundIdentifier(names) => self.column(names)?,
            Expr::Value(value) => {
                Self::literal(&value.value).unwrap_or_else(|| Err(unsupported::expression(expression)))?
            }
            Expr::TypedString(typed) => {
                self.typed(typed).unwrap_or_else(|| Err(unsupported::expression(expression)))?
            }
            Expr::Interval(interval) => Node::Constant(Value::Days(literals::days(interval)?)),
            Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
                self.chain(left, op, right)?
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right)?,
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => not(self.node(expr)?),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => negated(self.operand(expr)?),
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } if matches!(&**expr, Expr::Value(_)) => {
                self.node(expr)?
            }
            Expr::UnaryOp { op, .. } => return Err(unsupported::sign(*op)),
            Expr::Between { expr, negated, low, high } => {
                let mut three = [self.operand(expr)?, self.operand(low)?, self.operand(high)?];
                self.read_dates(&mut three)?;
                maybe_not(*negated, Node::Between(Box::new(three)))
            }
            Expr::In { expr, target: InTarget::List(list), negated, global: false } if !list.is_empty() => {
                maybe_not(*negated, self.contained(expr, list)?)
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                maybe_not(*negated, self.like(expr, pattern, escape_char.as_deref(), false)?)
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                maybe_not(*negated, self.like(expr, pattern, escape_char.as_deref(), true)?)
            }
            Expr::Cast { expr, data_type, format: None, .. } => self.cast(expr, data_type)?,
            Expr::Function(function) => self.call(function)?,
            Expr::Trim { .. } | Expr::Substring { .. } => self.part_of_text(expression)?,
            other => {
                let Some((inner, test, is_negated)) = tested(other) else {
                    return Err(unsupported::expression(expression));
                };
                maybe_not(is_negated, Node::Is(Box::new(self.node(inner)?), test))
            }
        })
    }

    /// The functions that have a syntax of their own.
    fn part_of_text(&mut self, expression: &Expr) -> Result<Node, String> {
        match expression {
            Expr::Trim { expr, trim_where, trim_what: None, trim_characters: None } => {
                let function = match trim_where {
                    Some(ast::TrimWhereField::Leading) => Function::TrimLeft,
                    Some(ast::TrimWhereField::Trailing) => Function::TrimRight,
                    _ => Function::Trim,
                };
                Ok(Node::Call(function, vec![self.text(expr)?]))
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, special: _, shorthand: _ } => {
                let mut arguments = vec![self.text(expr)?, self.node(from)?];
                if let Some(length) = substring_for {
                    arguments.push(self.node(length)?);
                }
                Ok(Node::Call(Function::Substring, arguments))
            }
            _ => Err(unsupported::expression(expression)),
        }
    }

    /// An operand of something that binds more tightly than a comparison. SQL's dialects read
    /// `a = b = c` and `a = NOT b` each in its own way.
    fn operand(&mut self, expression: &Expr) -> Result<Node, String> {
        let is_loose = match expression {
            Expr::BinaryOp { op, .. } => {
                comparison(op).is_some() || matches!(op, BinaryOperator::And | BinaryOperator::Or)
            }
            Expr::UnaryOp { op: UnaryOperator::Not, .. }
            | Expr::Between { .. }
            | Expr::In { .. }
            | Expr::Like { .. }
            | Expr::ILike { .. } => true,
            other => tested(other).is_some(),
        };
        if is_loose {
            return Err("databases disagree on what belongs together in a = b = c, and in a = NOT b: write \
                        parentheses around one of the comparisons"
                .to_owned());
        }
        self.node(expression)
    }

    /// AND and OR of any length, without the depth that the parser gives them.
    fn chain(&mut self, left: &Expr, operator: &BinaryOperator, right: &Expr) -> Result<Node, String> {
        let mut terms = vec![right];
        let mut rest = left;
        while let Expr::BinaryOp { left, op, right } = rest
            && op == operator
        {
            terms.push(right);
            rest = left;
        }
        terms.push(rest);
        let nodes: Vec<Node> =
            terms.into_iter().rev().map(|term| self.node(term)).collect::<Result<_, _>>()?;
        Ok(if *operator == BinaryOperator::And { Node::All(nodes) } else { Node::Any(nodes) })
    }

    fn binary(&mut self, left: &Expr, operator: &BinaryOperator, right: &Expr) -> Result<Node, String> {
        if let Some(comparison) = comparison(operator) {
            let mut sides = [self.operand(left)?, self.operand(right)?];
            self.read_dates(&mut sides)?;
            return Ok(Node::Compare(comparison, Box::new(sides)));
        }
        let arithmetic = match operator {
            BinaryOperator::StringConcat => {
                return Ok(Node::Join(Box::new([self.text_operand(left)?, self.text_operand(right)?])));
            }
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => Operator::Times,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Remainder,
            other => return Err(unsupported::operator(other)),
        };
        let mut sides = [self.operand(left)?, self.operand(right)?];
        if arithmetic == Operator::Minus {
            self.read_dates(&mut sides)?;
        }
        Ok(Node::Arithmetic(arithmetic, Box::new(sides)))
    }

    fn contained(&mut self, expression: &Expr, list: &[Expr]) -> Result<Node, String> {
        let mut nodes = vec![self.operand(expression)?];
        for item in list {
            nodes.push(self.node(item)?);
        }
        self.read_dates(&mut nodes)?;
        let list = nodes.split_off(1);
        let node = nodes.pop().ok_or("IN needs a list")?;
        Ok(Node::In(Box::new(node), list))
    }

    fn like(
        &mut self,
        expression: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        ignores_case: bool,
    ) -> Result<Node, String> {
        let sides = [self.text_operand(expression)?, self.text_operand(pattern)?];
        let escape = escape.map(literals::escape).transpose()?;
        let glob = match &sides {
            [_, Node::Constant(Value::Text(pattern))] => {
                let glob = Glob::new(pattern, escape, ignores_case);
                Some(glob.map_err(|why| format!("'{pattern}' is no pattern: {why}"))?)
            }
            _ => None,
        };
        Ok(Node::Like(Box::new(Like { sides, glob, escape, ignores_case })))
    }

    fn cast(&mut self, expression: &Expr, to: &DataType) -> Result<Node, String> {
        let target = literals::target(to)?;
        let node = if target == CastTarget::Text { self.text(expression)? } else { self.node(expression)? };
        Ok(Node::Cast(Box::new(node), target))
    }

    fn call(&mut self, function: &ast::Function) -> Result<Node, String> {
        let name = function.name.to_string();
        let lower = name.to_lowercase();
        if function.over.is_some() {
            return Err(unsupported::has_no("window functions", "a condition sees one record"));
        }
        let is_plain = function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && !function.uses_odbc_syntax
            && matches!(function.parameters, FunctionArguments::None);
        let arguments = match &function.args {
            FunctionArguments::None => &[][..],
            FunctionArguments::List(list)
                if list.clauses.is_empty() && list.duplicate_treatment.is_none() =>
            {
                &list.args
            }
            _ => return Err(unsupported::function(&name)),
        };
        match (&*lower, arguments) {
            ("current_date", []) => {
                return Ok(Node::Now(Value::Date(Moment::Timestamp(self.now).date(self.zone))));
            }
            ("current_timestamp" | "now", []) => return Ok(Node::Now(Value::Timestamp(self.now))),
            _ => {}
        }
        let known = Function::NAMES.iter().find(|(other, _)| *other == lower);
        let Some((_, function)) = known.filter(|_| is_plain) else {
            let is_word = matches!(function.args, FunctionArguments::None);
            let column = if is_word { super::parse::quote_it(&name) } else { String::new() };
            return Err(unsupported::function(&name) + &column);
        };
        let (least, most) = function.arguments();
        if arguments.len() < least || arguments.len() > most {
            return Err(format!("the function {name} does not take {} arguments", arguments.len()));
        }
        let mut nodes = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                return Err(format!("the function {name} takes values"));
            };
            let is_text = function.is_of_text() && nodes.is_empty();
            nodes.push(if is_text { self.text(argument)? } else { self.node(argument)? });
        }
        if matches!(function, Function::Coalesce | Function::NullIf) {
            self.read_dates(&mut nodes)?;
        }
        Ok(Node::Call(*function, nodes))
    }

    /// An argument that is wanted as text.
    fn text(&mut self, expression: &Expr) -> Result<Node, String> {
        self.node(expression).map(as_text)
    }

    /// An operand that is wanted as text.
    fn text_operand(&mut self, expression: &Expr) -> Result<Node, String> {
        self.operand(expression).map(as_text)
    }

    /// Beside a date, a text that the condition writes is one, too.
    fn read_dates(&self, nodes: &mut [Node]) -> Result<(), String> {
        let outlook = PossibleResults { columns: &self.columns, zone: self.zone };
        if !nodes.iter().any(|node| outlook.of(node).are_moments()) {
            return Ok(());
        }
        for node in nodes {
            if let Node::Constant(Value::Text(text)) = node {
                *node = Node::Constant(self.moment(text)?);
            }
        }
        Ok(())
    }

    fn moment(&self, text: &str) -> Result<Value<'static>, String> {
        match Moment::parse(text, self.zone) {
            Some(Moment::Date(date)) => Ok(Value::Date(date)),
            Some(Moment::Timestamp(timestamp)) => Ok(Value::Timestamp(timestamp)),
            Some(Moment::Late(_)) => Ok(Value::Timestamp(Timestamp::MAX)),
            None => Err(format!("'{text}' is no date; write '2026-01-31' or '2026-01-31 10:00:00'")),
        }
    }

    /// None: it is not one of the language's.
    fn literal(value: &ast::Value) -> Option<Result<Node, String>> {
        Some(Ok(Node::Constant(match value {
            ast::Value::Null => Value::Unknown(super::tree::Cause::Null),
            ast::Value::Boolean(truth) => Value::Truth(*truth),
            ast::Value::SingleQuotedString(said) => {
                Value::Text(Cow::Owned(text::nfc(Cow::Borrowed(said)).into_owned()))
            }
            ast::Value::Number(digits, false) => match Number::parse(digits) {
                Some(number) => Value::Number(number),
                None => return Some(Err(format!("{} is too large a number", super::parse::shown(digits)))),
            },
            _ => return None,
        })))
    }

    /// DATE '…' and TIMESTAMP '…'.
    fn typed(&self, typed: &ast::TypedString) -> Option<Result<Node, String>> {
        let ast::Value::SingleQuotedString(text) = &typed.value.value else { return None };
        let wants_date = match typed.data_type {
            DataType::Date => true,
            DataType::Timestamp(None, _) => false,
            _ => return None,
        };
        let value = self.moment(text).and_then(|value| match (value, wants_date) {
            (Value::Timestamp(_), true) => Err(format!("'{text}' is a timestamp: write TIMESTAMP '{text}'")),
            (Value::Date(date), false) => {
                let begins = Moment::Date(date).timestamp(self.zone);
                begins.map(Value::Timestamp).ok_or_else(|| format!("'{text}' is beyond the calendar"))
            }
            (value, _) => Ok(value),
        });
        Some(value.map(Node::Constant))
    }

    fn column(&mut self, names: &[Ident]) -> Result<Node, String> {
        let path: Vec<&str> = names.iter().map(|name| &*name.value).collect();
        let is_quoted = names.first().is_some_and(|name| name.quote_style.is_some());
        let found = (self.find)(&path, is_quoted)?;
        let (kinds, reading) = kinds::of_schema(found.schema);
        let (mut written, mut ends) = (String::new(), Vec::with_capacity(names.len()));
        for name in names {
            written += &format!("{}{name}", if ends.is_empty() { "" } else { "." });
            ends.push(written.len());
        }
        let index = found.index;
        // The finder counts the columns, so a new one is the next.
        if index >= self.columns.len() {
            self.columns.push(ColumnInfo { written: written.into(), ends: ends.into(), kinds });
        }
        Ok(Node::Column { index, reading })
    }
}

fn comparison(operator: &BinaryOperator) -> Option<Comparison> {
    Some(match operator {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::Different,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// A column that the catalog calls a date is its text where text is wanted.
fn as_text(mut node: Node) -> Node {
    if let Node::Column { reading, .. } = &mut node {
        *reading = kinds::Reading::AsItIs;
    }
    node
}

fn not(node: Node) -> Node {
    Node::Not(Box::new(node))
}

fn maybe_not(is_negated: bool, node: Node) -> Node {
    if is_negated { not(node) } else { node }
}

/// What an IS asks of what, and whether it is an IS NOT.
fn tested(expression: &Expr) -> Option<(&Expr, Test, bool)> {
    Some(match expression {
        Expr::IsNull(inner) => (inner, Test::Null, false),
        Expr::IsNotNull(inner) => (inner, Test::Null, true),
        Expr::IsTrue(inner) => (inner, Test::True, false),
        Expr::IsNotTrue(inner) => (inner, Test::True, true),
        Expr::IsFalse(inner) => (inner, Test::False, false),
        Expr::IsNotFalse(inner) => (inner, Test::False, true),
        Expr::IsUnknown(inner) => (inner, Test::Unknown, false),
        Expr::IsNotUnknown(inner) => (inner, Test::Unknown, true),
        _ => return None,
    })
}

fn negated(node: Node) -> Node {
    match node {
        Node::Constant(Value::Number(number)) => Node::Constant(Value::Number(number.neg())),
        node => Node::Negate(Box::new(node)),
    }
}

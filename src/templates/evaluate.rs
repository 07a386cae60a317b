//! What an expression is worth for one record.

use std::rc::Rc;

use jiff::Timestamp;

use crate::values::Number;

use super::budget::Why;
use super::constant::Constant;
use super::failure::Failure;
use super::filters::Call;
use super::operators;
use super::operators::Comparison;
use super::render::Machine;
use super::tree::{Column, ContextValue, Expr, ExprKind, LoopField, Slice};
use super::value::{Text, Value, member};

impl<'a> Machine<'a> {
    pub(super) fn evaluate(&mut self, expr: &'a Expr) -> Result<Value<'a>, Failure> {
        let at = |why| Failure::at(expr, why);
        self.budget.steps(1).map_err(at)?;
        let value = self.worth(expr)?;
        value.charge(&mut self.budget).map_err(at)?;
        Ok(value)
    }

    fn worth(&mut self, expr: &'a Expr) -> Result<Value<'a>, Failure> {
        let at = |why| Failure::at(expr, why);
        match &expr.kind {
            ExprKind::Constant(constant) => Ok(constant.value()),
            ExprKind::Column(column) => self.column(column).map_err(at),
            ExprKind::Local { local, .. } => Ok(self.locals.get(*local).cloned().unwrap_or(Value::Nothing)),
            ExprKind::ContextValue(known) => Ok(self.known(*known)),
            ExprKind::Loop(field) => Ok(self.loop_field(*field)),
            ExprKind::Member(of, name) => {
                let of = self.evaluate(of)?;
                of.member(name, &mut self.budget).map_err(at)
            }
            ExprKind::Not(of) => Ok(Value::Bool(!self.evaluate(of)?.is_true())),
            ExprKind::And(parts) => self.first(parts, false),
            ExprKind::Or(parts) => self.first(parts, true),
            ExprKind::Choice { branches, otherwise } => {
                for (condition, value) in branches {
                    if self.evaluate(condition)?.is_true() {
                        return self.evaluate(value);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Nothing), |value| self.evaluate(value))
            }
            ExprKind::Compare(first, rest) => self.compare(expr, first, rest),
            ExprKind::List(parts) => {
                self.budget.list(parts.len()).map_err(at)?;
                Ok(Value::list(self.all(parts)?))
            }
            ExprKind::Map(members) => self.map(expr, members),
            _ => self.operation(expr),
        }
    }

    /// What fails by its operands.
    fn operation(&mut self, expr: &'a Expr) -> Result<Value<'a>, Failure> {
        let at = |why| Failure::at(expr, why);
        match &expr.kind {
            ExprKind::Item(pair) => {
                let (of, index) = (self.evaluate(&pair.0)?, self.evaluate(&pair.1)?);
                operators::item(&of, &index, &mut self.budget).map_err(at)
            }
            ExprKind::Slice(slice) => self.slice(expr, slice),
            ExprKind::Negative(of) => operators::negative(&self.evaluate(of)?).map_err(at),
            ExprKind::Concat(parts) => {
                let values = self.all(parts)?;
                operators::concat(&values, &mut self.budget).map_err(at)
            }
            ExprKind::Calculate(operator, pair) => {
                let (left, right) = (self.evaluate(&pair.0)?, self.evaluate(&pair.1)?);
                operators::calculate(*operator, &left, &right, &mut self.budget).map_err(at)
            }
            ExprKind::Range(arguments) => {
                let bounds = self.all(arguments)?;
                operators::range(&bounds, &mut self.budget).map_err(at)
            }
            ExprKind::Filter { filter, input, arguments } => {
                let input = self.evaluate(input)?;
                let mut given = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    given.push(argument.as_ref().map(|argument| self.evaluate(argument)).transpose()?);
                }
                let zone = &self.context.context.zone;
                let mut call = Call { input, arguments: given, zone, budget: &mut self.budget };
                filter.apply(&mut call).map_err(at)
            }
            ExprKind::Predicate { predicate, input, argument } => {
                let input = self.evaluate(input)?;
                let argument = argument.as_ref().map(|argument| self.evaluate(argument)).transpose()?;
                predicate.ask(&input, argument.as_ref(), &mut self.budget).map(Value::Bool).map_err(at)
            }
            _ => Ok(Value::Nothing),
        }
    }

    fn all(&mut self, parts: &'a [Expr]) -> Result<Vec<Value<'a>>, Failure> {
        parts.iter().map(|part| self.evaluate(part)).collect()
    }

    fn column(&mut self, column: &Column) -> Result<Value<'a>, Why> {
        let mut found = self.context.slots.get(column.slot).copied().flatten();
        for name in &column.below {
            let Some(raw) = found else { break };
            self.budget.read(raw.len())?;
            found = member(raw, name);
        }
        let Some(raw) = found else { return Ok(Value::Nothing) };
        self.budget.look(raw.len())?;
        Ok(Value::of(raw))
    }

    fn known(&self, known: ContextValue) -> Value<'a> {
        let context = self.context.context;
        let text = match known {
            ContextValue::Stream => &context.stream,
            ContextValue::Namespace => &context.namespace,
            ContextValue::SyncId => &context.sync_id,
            ContextValue::Now => &context.now,
            ContextValue::EmittedAtTime => {
                let at = Timestamp::from_millisecond(self.context.emitted_at);
                return at.map_or(Value::Nothing, |at| Value::made(at.to_string()));
            }
            ContextValue::EmittedAt => return Value::number(Number::from(self.context.emitted_at)),
        };
        if text.trim().is_empty() { Value::Nothing } else { Value::Text(Text::Borrowed(text)) }
    }

    fn loop_field(&self, field: LoopField) -> Value<'a> {
        let Some((index, length)) = self.loops.last().copied() else { return Value::Nothing };
        match field {
            LoopField::Index => Value::count(index + 1),
            LoopField::Index0 => Value::count(index),
            LoopField::RevIndex => Value::count(length - index),
            LoopField::RevIndex0 => Value::count(length - index - 1),
            LoopField::First => Value::Bool(index == 0),
            LoopField::Last => Value::Bool(index + 1 == length),
            LoopField::Length => Value::count(length),
        }
    }

    /// The first value whose truth is this one, else the last.
    fn first(&mut self, parts: &'a [Expr], truth: bool) -> Result<Value<'a>, Failure> {
        let mut value = Value::Nothing;
        for part in parts {
            value = self.evaluate(part)?;
            if value.is_true() == truth {
                break;
            }
        }
        Ok(value)
    }

    fn map(&mut self, expr: &'a Expr, members: &'a [(Expr, Expr)]) -> Result<Value<'a>, Failure> {
        self.budget.list(members.len()).map_err(|why| Failure::at(expr, why))?;
        let mut made = Vec::with_capacity(members.len());
        for (name, value) in members {
            let spoken = self.evaluate(name)?;
            let name = match spoken {
                Value::Text(text) => text,
                other => other
                    .spoken()
                    .map(|text| Text::Made(text.as_ref().into()))
                    .map_err(|why| Failure::at(name, why))?,
            };
            made.push((name, self.evaluate(value)?));
        }
        Ok(if made.is_empty() { Value::Nothing } else { Value::Map(Rc::from(made)) })
    }

    fn slice(&mut self, expr: &'a Expr, slice: &'a Slice) -> Result<Value<'a>, Failure> {
        let of = self.evaluate(&slice.of)?;
        let mut bounds = [None, None, None];
        for (bound, part) in bounds.iter_mut().zip([&slice.start, &slice.stop, &slice.step]) {
            *bound = part.as_ref().map(|part| self.evaluate(part)).transpose()?;
        }
        operators::slice(&of, &bounds, &mut self.budget).map_err(|why| Failure::at(expr, why))
    }

    /// `a < b < c`: all must hold.
    fn compare(
        &mut self,
        expr: &'a Expr,
        first: &'a Expr,
        rest: &'a [(Comparison, Expr)],
    ) -> Result<Value<'a>, Failure> {
        let (mut left_expr, mut left) = (first, self.evaluate(first)?);
        for (comparison, right_expr) in rest {
            let right = self.evaluate(right_expr)?;
            let holds = self.holds(*comparison, (left_expr, &left), (right_expr, &right));
            match holds.map_err(|why| Failure::at(expr, why))? {
                Some(true) => (left_expr, left) = (right_expr, right),
                Some(false) => return Ok(Value::Bool(false)),
                None => return Ok(Value::Nothing),
            }
        }
        Ok(Value::Bool(true))
    }

    /// Nothing when one side is nothing, but for a comparison with `none` as such.
    fn holds(
        &mut self,
        comparison: Comparison,
        (left_expr, left): (&Expr, &Value<'a>),
        (right_expr, right): (&Expr, &Value<'a>),
    ) -> Result<Option<bool>, Why> {
        let asks_for_none = |expr: &Expr| matches!(expr.kind, ExprKind::Constant(Constant::None));
        if asks_for_none(left_expr) || asks_for_none(right_expr) {
            let both = left.is_nothing() && right.is_nothing();
            match comparison {
                Comparison::Equal => return Ok(Some(both)),
                Comparison::Unequal => return Ok(Some(!both)),
                _ => {}
            }
        }
        if left.is_nothing() || right.is_nothing() {
            return Ok(None);
        }
        operators::compare(comparison, left, right, &mut self.budget).map(Some)
    }
}

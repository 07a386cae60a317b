//! Expressions: operators, columns, names.

use minijinja::machinery::ast::{self, BinOpKind, CompareOpKind, UnaryOpKind};
use minijinja::value::ValueKind;

use crate::nearest::nearest;
use crate::phone::shown;
use crate::values::{Number, nfc};

use super::super::constant::Constant;
use super::super::context::{RenderContext, TemplateContext};
use super::super::operators::{Comparison, Operator};
use super::super::render::Machine;
use super::super::tree::{Column, ContextValue, Expr, ExprKind, LoopField, Slice};
use super::names::ROOTS;
use super::{DEEPEST, TemplateCompiler};

impl TemplateCompiler<'_> {
    pub(super) fn expression(&mut self, expr: &ast::Expr<'_>) -> Expr {
        let line = expr.span().start_line;
        let kind = self.inside(|compiler| Some(compiler.kind(expr, line)));
        let mut expr = Expr { line, kind: kind.unwrap_or(ExprKind::Constant(Constant::None)) };
        if let Some(constant) = self.try_out(&expr) {
            expr.kind = ExprKind::Constant(constant);
        }
        expr
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> Box<Expr> {
        Box::new(self.expression(expr))
    }

    fn all(&mut self, items: &[ast::Expr<'_>]) -> Vec<Expr> {
        items.iter().map(|item| self.expression(item)).collect()
    }

    /// What every record gives the same value can be found wrong without one, and is as good as written.
    fn try_out(&mut self, expr: &Expr) -> Option<Constant> {
        if matches!(expr.kind, ExprKind::Constant(_)) || !expr.is_constant() || !self.mistakes.is_empty() {
            return None;
        }
        let context = TemplateContext::none();
        let context = RenderContext { slots: &[], emitted_at: 0, context: &context };
        let mut machine = Machine::new(&context, 0);
        std::mem::swap(&mut machine.budget, &mut self.budget);
        let found = machine.evaluate(expr).map(|value| Constant::of(&value));
        std::mem::swap(&mut machine.budget, &mut self.budget);
        drop(machine);
        match found {
            Ok(constant) => constant,
            Err(failure) => {
                self.mistake(failure.line.unwrap_or(expr.line), &failure.why);
                None
            }
        }
    }

    fn kind(&mut self, expr: &ast::Expr<'_>, line: u16) -> ExprKind {
        match expr {
            ast::Expr::Const(constant) => {
                ExprKind::Constant(self.constant(&constant.value, &self.written(expr), line))
            }
            ast::Expr::Var(var) => self.name(var.id, line),
            ast::Expr::List(list) => ExprKind::List(self.all(&list.items)),
            ast::Expr::Tuple(tuple) => ExprKind::List(self.all(&tuple.items)),
            ast::Expr::Map(map) => {
                let members = map.keys.iter().zip(&map.values);
                ExprKind::Map(
                    members.map(|(name, value)| (self.expression(name), self.expression(value))).collect(),
                )
            }
            ast::Expr::UnaryOp(unary) => {
                let of = self.boxed(&unary.expr);
                if matches!(unary.op, UnaryOpKind::Not) { ExprKind::Not(of) } else { ExprKind::Negative(of) }
            }
            ast::Expr::BinOp(binary) => self.binary(binary),
            ast::Expr::Compare(compare) => {
                let first = self.boxed(&compare.expr);
                let rest = compare.ops.iter().map(|op| (comparison(op.op), self.expression(&op.expr)));
                ExprKind::Compare(first, rest.collect())
            }
            ast::Expr::IfExpr(_) => self.choice(expr),
            ast::Expr::GetAttr(_) | ast::Expr::GetItem(_) => self.status_of(expr, line),
            ast::Expr::Slice(slice) => {
                let of = self.expression(&slice.expr);
                let mut bound =
                    |part: &Option<ast::Expr<'_>>| part.as_ref().map(|part| self.expression(part));
                let (start, stop, step) = (bound(&slice.start), bound(&slice.stop), bound(&slice.step));
                ExprKind::Slice(Box::new(Slice { of, start, stop, step }))
            }
            ast::Expr::Filter(filter) => self.filter(filter, line),
            ast::Expr::Test(test) => self.question(test, line),
            ast::Expr::Call(call) => self.call(call, line),
        }
    }

    fn constant(&mut self, value: &minijinja::Value, written: &str, line: u16) -> Constant {
        match value.kind() {
            ValueKind::Bool => Constant::Bool(value.is_true()),
            ValueKind::String => Constant::Text(nfc(value.as_str().unwrap_or_default().into()).into()),
            ValueKind::Number => {
                if let Some(number) = number(value, written) {
                    return Constant::Number(number);
                }
                self.mistake(line, "a number has too many digits");
                Constant::None
            }
            _ => Constant::None,
        }
    }

    fn binary(&mut self, binary: &ast::BinOp<'_>) -> ExprKind {
        let operator = match binary.op {
            BinOpKind::ScAnd => return ExprKind::And(self.chain(binary)),
            BinOpKind::ScOr => return ExprKind::Or(self.chain(binary)),
            BinOpKind::Concat => return ExprKind::Concat(self.chain(binary)),
            BinOpKind::Eq => return self.pair(binary, Comparison::Equal),
            BinOpKind::Ne => return self.pair(binary, Comparison::Unequal),
            BinOpKind::Lt => return self.pair(binary, Comparison::Less),
            BinOpKind::Lte => return self.pair(binary, Comparison::LessOrEqual),
            BinOpKind::Gt => return self.pair(binary, Comparison::Greater),
            BinOpKind::Gte => return self.pair(binary, Comparison::GreaterOrEqual),
            BinOpKind::In => return self.pair(binary, Comparison::In),
            BinOpKind::Add => Operator::Add,
            BinOpKind::Sub => Operator::Subtract,
            BinOpKind::Mul => Operator::Multiply,
            BinOpKind::Div => Operator::Divide,
            BinOpKind::FloorDiv => Operator::FloorDivide,
            BinOpKind::Rem => Operator::Remainder,
            BinOpKind::Pow => Operator::Power,
        };
        if let (BinOpKind::Rem, ast::Expr::Const(text)) = (binary.op, &binary.left)
            && text.value.as_str().is_some()
        {
            let line = text.span().start_line;
            let (format, value) = (self.written(&binary.left), self.written(&binary.right));
            self.mistake(line, &format!("`%` is for numbers; write {format} | format({value})"));
        }
        ExprKind::Calculate(
            operator,
            Box::new((self.expression(&binary.left), self.expression(&binary.right))),
        )
    }

    fn pair(&mut self, binary: &ast::BinOp<'_>, comparison: Comparison) -> ExprKind {
        let first = self.boxed(&binary.left);
        ExprKind::Compare(first, vec![(comparison, self.expression(&binary.right))])
    }

    /// The operands of `a ~ b ~ c`, which the parser puts into each other.
    fn chain(&mut self, binary: &ast::BinOp<'_>) -> Vec<Expr> {
        let same = |op: BinOpKind| std::mem::discriminant(&op) == std::mem::discriminant(&binary.op);
        let mut behind = vec![&binary.right];
        let mut first = &binary.left;
        while let ast::Expr::BinOp(inner) = first
            && same(inner.op)
        {
            behind.push(&inner.right);
            first = &inner.left;
        }
        behind.push(first);
        behind.into_iter().rev().map(|operand| self.expression(operand)).collect()
    }

    fn choice(&mut self, expr: &ast::Expr<'_>) -> ExprKind {
        let mut branches = Vec::new();
        let mut rest = Some(expr);
        while let Some(ast::Expr::IfExpr(choice)) = rest {
            branches.push((self.expression(&choice.test_expr), self.expression(&choice.true_expr)));
            rest = choice.false_expr.as_ref();
        }
        ExprKind::Choice { branches, otherwise: rest.map(|expr| self.boxed(expr)) }
    }

    /// `record.a.b`, `record['a']`, or a part of any other value.
    fn status_of(&mut self, expr: &ast::Expr<'_>, line: u16) -> ExprKind {
        if let Some(path) = column_path(expr) {
            return self.column(&path);
        }
        match expr {
            ast::Expr::GetAttr(attribute) => match &attribute.expr {
                ast::Expr::Var(var) if var.id == "loop" => self.loop_field(attribute.name, line),
                of => ExprKind::Member(self.boxed(of), attribute.name.into()),
            },
            ast::Expr::GetItem(item) => {
                if matches!(&item.expr, ast::Expr::Var(var) if var.id == "record") {
                    self.mistake(
                        line,
                        "a column is looked up by its name, as in record.name or record['a name']",
                    );
                    return ExprKind::Constant(Constant::None);
                }
                ExprKind::Item(Box::new((self.expression(&item.expr), self.expression(&item.subscript_expr))))
            }
            _ => ExprKind::Constant(Constant::None),
        }
    }

    fn column(&mut self, path: &[&str]) -> ExprKind {
        if path.len() > DEEPEST {
            self.too_deep();
            return ExprKind::Constant(Constant::None);
        }
        match self.columns.want(path) {
            Ok((slot, below)) => {
                ExprKind::Column(Column { slot, below, shown: shown(&path.join(".")).into() })
            }
            Err(why) => {
                self.mistakes.extend(Some(why.clone()).filter(|_| !self.mistakes.contains(&why)));
                ExprKind::Constant(Constant::None)
            }
        }
    }

    fn loop_field(&mut self, name: &str, line: u16) -> ExprKind {
        if !self.names.is_in_loop() {
            self.mistake(line, "`loop` is known inside of a loop only");
        }
        ExprKind::Loop(match name {
            "index" => LoopField::Index,
            "index0" => LoopField::Index0,
            "revindex" => LoopField::RevIndex,
            "revindex0" => LoopField::RevIndex0,
            "first" => LoopField::First,
            "last" => LoopField::Last,
            "length" => LoopField::Length,
            _ => {
                let known = "index, index0, revindex, revindex0, first, last, length";
                self.mistake(line, &format!("a loop has no `{name}`; it has {known}"));
                return ExprKind::Constant(Constant::None);
            }
        })
    }

    fn name(&mut self, name: &str, line: u16) -> ExprKind {
        if let Some(known) = self.names.find_name(name) {
            return ExprKind::Local { local: known.local, columns: known.columns.clone() };
        }
        let known = match name {
            "stream" => ContextValue::Stream,
            "namespace" => ContextValue::Namespace,
            "sync_id" => ContextValue::SyncId,
            "emitted_at" => ContextValue::EmittedAt,
            "now" => ContextValue::Now,
            "record" => {
                self.mistake(line, "`record` is written with a column, as in record.name");
                return ExprKind::Constant(Constant::None);
            }
            "loop" => return self.loop_field("", line),
            _ => {
                self.unknown_name(name, line);
                return ExprKind::Constant(Constant::None);
            }
        };
        ExprKind::ContextValue(known)
    }

    fn unknown_name(&mut self, name: &str, line: u16) {
        let known: Vec<_> = ROOTS.into_iter().chain(self.names.all()).chain(["range"]).collect();
        let near = nearest(name, known);
        let hint = match (near, self.columns.nearest(name)) {
            (_, Some(column)) => format!("did you mean `record.{column}`?"),
            (Some(name), None) => format!("did you mean `{name}`?"),
            (None, None) => "a column is written as record.column".to_owned(),
        };
        self.mistake(line, &format!("nothing is called `{name}`; {hint}"));
    }

    /// An expression as it stands in the template.
    pub(super) fn written(&self, expr: &ast::Expr<'_>) -> String {
        let span = expr.span();
        let place = |offset: u32| usize::try_from(offset).unwrap_or_default();
        let text = self.source.get(place(span.start_offset)..place(span.end_offset));
        text.unwrap_or_default().trim().to_owned()
    }
}

/// The names of `record.a['b'].c`.
fn column_path<'e>(expr: &'e ast::Expr<'_>) -> Option<Vec<&'e str>> {
    let mut names = Vec::new();
    let mut rest = expr;
    loop {
        match rest {
            ast::Expr::GetAttr(attribute) => {
                names.push(attribute.name);
                rest = &attribute.expr;
            }
            ast::Expr::GetItem(item) => {
                let ast::Expr::Const(name) = &item.subscript_expr else { return None };
                names.push(name.value.as_str()?);
                rest = &item.expr;
            }
            ast::Expr::Var(var) if var.id == "record" && !names.is_empty() => break,
            _ => return None,
        }
    }
    names.reverse();
    Some(names)
}

fn comparison(op: CompareOpKind) -> Comparison {
    match op {
        CompareOpKind::Eq => Comparison::Equal,
        CompareOpKind::Ne => Comparison::Unequal,
        CompareOpKind::Lt => Comparison::Less,
        CompareOpKind::Lte => Comparison::LessOrEqual,
        CompareOpKind::Gt => Comparison::Greater,
        CompareOpKind::Gte => Comparison::GreaterOrEqual,
        CompareOpKind::In => Comparison::In,
        CompareOpKind::NotIn => Comparison::NotIn,
    }
}

/// The number as it is written: the parser keeps a float of it.
fn number(value: &minijinja::Value, written: &str) -> Option<Number> {
    if value.is_integer() {
        return Number::parse(&value.to_string());
    }
    Number::parse(&written.replace('_', ""))
}

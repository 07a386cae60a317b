//! Filters, tests and functions: whether they exist, and whether what they are given fits.

use minijinja::machinery::ast::{self, CallArg};

use super::super::constant::Constant;
use super::super::filters::Filter;
use super::super::predicates::Predicate;
use super::super::tree::{ContextValue, Expr, ExprKind};
use super::{TemplateCompiler, advice};

impl TemplateCompiler<'_> {
    pub(super) fn filter(&mut self, filter: &ast::Filter<'_>, line: u16) -> ExprKind {
        let input = match &filter.expr {
            Some(input) => self.expression(input),
            None => Expr { line, kind: ExprKind::Constant(Constant::None) },
        };
        self.filtered(filter, input, line)
    }

    /// Filters of a block, for what it said.
    pub(super) fn filters_of(&mut self, filters: &ast::Expr<'_>, local: usize) -> Expr {
        let line = filters.span().start_line;
        let ast::Expr::Filter(filter) = filters else {
            return Expr { line, kind: ExprKind::Local { local, columns: Vec::new() } };
        };
        let kind = self.inside(|compiler| {
            let input = match &filter.expr {
                Some(before) => compiler.filters_of(before, local),
                None => Expr { line, kind: ExprKind::Local { local, columns: Vec::new() } },
            };
            Some(compiler.filtered(filter, input, line))
        });
        Expr { line, kind: kind.unwrap_or(ExprKind::Constant(Constant::None)) }
    }

    fn filtered(&mut self, used: &ast::Filter<'_>, input: Expr, line: u16) -> ExprKind {
        let given = self.arguments(&used.args, line);
        let Some(filter) = Filter::named(used.name) else {
            self.mistake(line, &advice::unknown_filter(used.name));
            return ExprKind::Constant(Constant::None);
        };
        let Some(arguments) = self.bound(filter, given, line) else {
            return ExprKind::Constant(Constant::None);
        };
        let input = match input.kind {
            // A number of milliseconds, which is no spelling of dates.
            ExprKind::ContextValue(ContextValue::EmittedAt) if filter.name() == "date" => {
                Expr { kind: ExprKind::ContextValue(ContextValue::EmittedAtTime), ..input }
            }
            _ => input,
        };
        let constants: Vec<_> = arguments.iter().map(|argument| constant(argument.as_ref())).collect();
        if let Err(why) = filter.check(constant(Some(&input)), &constants) {
            self.mistake(line, &why);
        }
        ExprKind::Filter { filter, input: Box::new(input), arguments }
    }

    /// Puts arguments to their parameters.
    fn bound(
        &mut self,
        filter: &'static Filter,
        given: Vec<(Option<String>, Expr)>,
        line: u16,
    ) -> Option<Vec<Option<Expr>>> {
        let name = filter.name();
        if filter.takes_many {
            if given.iter().any(|(keyword, _)| keyword.is_some()) {
                self.mistake(line, &format!("`{name}` takes its values without names"));
            }
            return Some(given.into_iter().map(|(_, argument)| Some(argument)).collect());
        }
        let n_given = given.len();
        let parameters = filter.parameters;
        let mut bound: Vec<Option<Expr>> = parameters.iter().map(|_| None).collect();
        for (index, (keyword, argument)) in given.into_iter().enumerate() {
            if let Some(parameter) = parameters.get(index).filter(|one| one.is_by_name && keyword.is_none()) {
                self.mistake(line, &advice::by_name(name, parameter.name));
                return None;
            }
            let place = match &keyword {
                None => Some(index),
                Some(keyword) => parameters.iter().position(|parameter| parameter.name == *keyword),
            };
            match (place.and_then(|place| bound.get_mut(place)), keyword) {
                (Some(place), _) if place.is_none() => *place = Some(argument),
                (None, None) => {
                    let wanted = advice::parameters(parameters);
                    self.mistake(line, &format!("`{name}` takes {wanted}, and is given {n_given}"));
                    return None;
                }
                (_, keyword) => {
                    let keyword = keyword.unwrap_or_default();
                    let wanted = advice::parameters(parameters);
                    self.mistake(
                        line,
                        &format!("`{name}` cannot be given `{keyword}` here; it takes {wanted}"),
                    );
                    return None;
                }
            }
        }
        let is_missing =
            parameters.iter().zip(&bound).any(|(parameter, bound)| parameter.is_needed && bound.is_none());
        if is_missing {
            let wanted = advice::parameters(parameters);
            self.mistake(line, &format!("`{name}` takes {wanted}, and is given {n_given}"));
            return None;
        }
        Some(bound)
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>], line: u16) -> Vec<(Option<String>, Expr)> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                CallArg::Pos(value) => given.push((None, self.expression(value))),
                CallArg::Kwarg(name, value) => given.push((Some((*name).to_owned()), self.expression(value))),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    self.mistake(line, "arguments are written one by one, without * and **");
                }
            }
        }
        given
    }

    pub(super) fn question(&mut self, test: &ast::Test<'_>, line: u16) -> ExprKind {
        let input = Box::new(self.expression(&test.expr));
        let mut given = self.arguments(&test.args, line);
        let Some(predicate) = Predicate::named(test.name) else {
            self.mistake(line, &advice::unknown_predicate(test.name));
            return ExprKind::Constant(Constant::None);
        };
        let n_wanted = usize::from(predicate.has_argument);
        if given.len() != n_wanted || given.iter().any(|(keyword, _)| keyword.is_some()) {
            let (name, n_given) = (test.name, given.len());
            self.mistake(line, &format!("`is {name}` takes {n_wanted} values, and is given {n_given}"));
        }
        let argument = given.pop().map(|(_, argument)| Box::new(argument));
        ExprKind::Predicate { predicate, input, argument }
    }

    /// There is one function; everything else that is called is a filter in other languages.
    pub(super) fn call(&mut self, call: &ast::Call<'_>, line: u16) -> ExprKind {
        let written: Vec<_> = call.args.iter().map(|argument| self.written_argument(argument)).collect();
        let mistake = match &call.expr {
            ast::Expr::Var(var) if var.id == "range" => {
                let bounds = self.arguments(&call.args, line);
                if matches!(bounds.len(), 1..=3) && bounds.iter().all(|(keyword, _)| keyword.is_none()) {
                    return ExprKind::Range(bounds.into_iter().map(|(_, bound)| bound).collect());
                }
                "`range` takes one to three whole numbers".to_owned()
            }
            ast::Expr::Var(var) => advice::function(var.id, &written),
            ast::Expr::GetAttr(method) => {
                // A column that does not exist is told as well.
                if !matches!(&method.expr, ast::Expr::Var(_)) {
                    self.expression(&method.expr);
                }
                advice::method(&self.written(&method.expr), method.name, &written)
            }
            _ => "a value cannot be called".to_owned(),
        };
        self.mistake(line, &mistake);
        ExprKind::Constant(Constant::None)
    }

    fn written_argument(&self, argument: &CallArg<'_>) -> String {
        match argument {
            CallArg::Pos(value) | CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                self.written(value)
            }
            CallArg::Kwarg(name, value) => format!("{name}={}", self.written(value)),
        }
    }
}

fn constant(expr: Option<&Expr>) -> Option<&Constant> {
    match &expr?.kind {
        ExprKind::Constant(constant) => Some(constant),
        _ => None,
    }
}

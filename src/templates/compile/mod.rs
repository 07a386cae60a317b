//! From the parser's tree to ours, and every mistake that shows without a record.

mod advice;
mod calls;
mod expressions;
mod names;

use std::panic;
use std::thread;

use minijinja::machinery::ast::{self, Stmt};
use minijinja::machinery::parse;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

use crate::phone::mask_numbers;
use crate::values::{is_blank, spoken};

use super::braces;
use super::budget::Budget;
use super::tree::{Expr, ExprKind, For, Node, Target, Template};

use names::NameScopes;

/// Expressions and blocks inside of each other.
const DEEPEST: usize = 50;

/// Room for the parser, which goes one call deeper for each `not` and each minus. Memory that is not
/// touched is not taken.
const STACK: usize = 32 * 1024 * 1024;

/// What is known of a stream's columns while its templates are compiled.
pub(crate) trait Columns: Send {
    /// The slot of the top-level column where this path begins, which is wanted from now on, and the
    /// names below it as the source spells them.
    ///
    /// # Errors
    /// Says that there is no such column, with the nearest.
    fn want(&mut self, path: &[&str]) -> Result<(usize, Vec<Box<str>>), String>;

    /// Whether the stream is known to have a top-level column of this name.
    fn has(&self, name: &str) -> bool;

    /// The column that is most like this name, if any is.
    fn nearest(&self, name: &str) -> Option<String>;
}

/// Compiles one template.
struct TemplateCompiler<'a> {
    source: &'a str,
    columns: &'a mut dyn Columns,
    names: NameScopes,
    depth: usize,
    /// For what can be evaluated without a record.
    budget: Budget,
    mistakes: Vec<String>,
}

/// Compiles a template.
///
/// # Errors
/// Says everything that can be known to be wrong without a record, and in which line.
pub(super) fn template(source: &str, columns: &mut dyn Columns) -> Result<Template, Vec<String>> {
    let checked = braces::check(source, &|name| columns.has(name));
    checked.map_err(|why| vec![why])?;
    if braces::is_constant(source) {
        return Ok(Template { nodes: vec![text(source)], n_locals: 0 });
    }
    // The parser's tree is as deep as the template, and taken apart on the same stack.
    thread::scope(|scope| {
        let compile = move || parsed(source, columns);
        match thread::Builder::new().stack_size(STACK).spawn_scoped(scope, compile) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)),
            Err(error) => Err(vec![format!("no thread could be started to read it: {error}")]),
        }
    })
}

fn parsed(source: &str, columns: &mut dyn Columns) -> Result<Template, Vec<String>> {
    let parsed = parse(source, "template", SyntaxConfig::default());
    let Stmt::Template(parsed) = parsed.map_err(|error| vec![explain(&error)])? else {
        return Err(vec!["it is no template".to_owned()]);
    };
    let mut compiler = TemplateCompiler {
        source,
        columns,
        names: NameScopes::default(),
        depth: 0,
        budget: Budget::new(),
        mistakes: Vec::new(),
    };
    let nodes = compiler.body(&parsed.children);
    if compiler.mistakes.is_empty() {
        Ok(Template { nodes, n_locals: compiler.names.n_locals() })
    } else {
        Err(compiler.mistakes)
    }
}

/// The parser's error: its own words, or those of the template.
fn explain(error: &Error) -> String {
    let line = error.line().unwrap_or(1);
    match (error.kind(), error.detail()) {
        (ErrorKind::SyntaxError, Some(detail)) => {
            // Jinja's words that this parser leaves out.
            let unknown = detail.strip_prefix("unknown statement ");
            unknown.map_or_else(|| format!("line {line}: {detail}"), |word| advice::refused(line, word))
        }
        (kind, _) => format!("line {line}: {kind}"),
    }
}

fn text(text: &str) -> Node {
    let is_words = !is_blank(text);
    Node::Text { text: spoken(text.into()).into(), is_words }
}

impl TemplateCompiler<'_> {
    fn mistake(&mut self, line: u16, why: &str) {
        // It quotes the template, where somebody may have written a number.
        let mistake = format!("line {line}: {}", mask_numbers(why));
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    fn body(&mut self, statements: &[Stmt<'_>]) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(statements.len());
        for statement in statements {
            self.statement(statement, &mut nodes);
        }
        nodes
    }

    fn statement(&mut self, statement: &Stmt<'_>, nodes: &mut Vec<Node>) {
        let refused = match statement {
            Stmt::EmitRaw(raw) => return nodes.push(text(raw.raw)),
            Stmt::EmitExpr(emit) => return self.emit(&emit.expr, nodes),
            Stmt::IfCond(condition) => return nodes.push(self.condition(condition)),
            Stmt::ForLoop(each) => return self.each(each, each.span().start_line, nodes),
            Stmt::WithBlock(with) => return self.with(with, nodes),
            Stmt::Set(set) => {
                // The value first: the name's old value is still what it was.
                let value = self.expression(&set.expr);
                let target = self.target(&set.target, &value);
                return nodes.push(Node::Set { target, value });
            }
            Stmt::SetBlock(set) => return self.set_block(set, nodes),
            Stmt::FilterBlock(block) => {
                let local = self.names.hidden();
                let body = self.inside(|compiler| compiler.body(&block.body));
                nodes.push(Node::Capture { local, body, is_spoken: true });
                let said = self.filters_of(&block.filter, local);
                return nodes.push(Node::Emit(said));
            }
            Stmt::Template(template) => ("template", template.span()),
            Stmt::AutoEscape(block) => ("autoescape", block.span()),
            Stmt::Block(block) => ("block", block.span()),
            Stmt::Import(import) => ("import", import.span()),
            Stmt::FromImport(import) => ("from", import.span()),
            Stmt::Extends(extends) => ("extends", extends.span()),
            Stmt::Include(include) => ("include", include.span()),
            Stmt::Macro(each) => ("macro", each.span()),
            Stmt::CallBlock(call) => ("call", call.span()),
            Stmt::Do(each) => ("do", each.span()),
        };
        let mistake = advice::refused(refused.1.start_line.into(), refused.0);
        self.mistakes.push(mistake);
    }

    /// `a if b else c` is said like `{% if b %}{{ a }}{% else %}{{ c }}{% endif %}`: what it leaves out is
    /// left out on purpose.
    fn emit(&mut self, expr: &ast::Expr<'_>, nodes: &mut Vec<Node>) {
        let mut branches = Vec::new();
        let mut rest = Some(expr);
        while let Some(ast::Expr::IfExpr(choice)) = rest {
            let condition = self.expression(&choice.test_expr);
            branches.push((condition, self.inside(|compiler| compiler.emitted(&choice.true_expr))));
            rest = choice.false_expr.as_ref();
        }
        let otherwise = rest.map(|expr| {
            let said = self.expression(expr);
            if said.kind.is_list() {
                self.mistake(said.line, "a list is not spoken; write |join(', '), or |first");
            }
            Node::Emit(said)
        });
        if branches.is_empty() {
            nodes.extend(otherwise);
        } else {
            nodes.push(Node::If { branches, otherwise: otherwise.into_iter().collect() });
        }
    }

    fn emitted(&mut self, expr: &ast::Expr<'_>) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.emit(expr, &mut nodes);
        nodes
    }

    fn condition(&mut self, first: &ast::IfCond<'_>) -> Node {
        let mut branches = Vec::new();
        let mut rest = first;
        loop {
            let condition = self.expression(&rest.expr);
            branches.push((condition, self.inside(|compiler| compiler.body(&rest.true_body))));
            match &*rest.false_body {
                [Stmt::IfCond(next)] => rest = next,
                body => {
                    let otherwise = self.inside(|compiler| compiler.body(body));
                    return Node::If { branches, otherwise };
                }
            }
        }
    }

    fn each(&mut self, each: &ast::ForLoop<'_>, line: u16, nodes: &mut Vec<Node>) {
        if each.recursive {
            self.mistake(line, "templates here have no recursive loops");
        }
        let list = self.expression(&each.iter);
        self.names.open(true);
        let target = self.target(&each.target, &list);
        let condition = each.filter_expr.as_ref().map(|condition| self.expression(condition));
        self.names.forget_fresh();
        let body = self.inside(|compiler| compiler.body(&each.body));
        let fresh = self.names.close();
        let otherwise = self.inside(|compiler| compiler.body(&each.else_body));
        nodes.push(Node::For(Box::new(For { target, list, condition, body, otherwise, fresh })));
    }

    fn with(&mut self, with: &ast::WithBlock<'_>, nodes: &mut Vec<Node>) {
        self.names.open(false);
        for (target, value) in &with.assignments {
            let value = self.expression(value);
            let target = self.target(target, &value);
            nodes.push(Node::Set { target, value });
        }
        let body = self.inside(|compiler| compiler.body(&with.body));
        let fresh = self.names.close();
        self.names.also_fresh(fresh);
        nodes.extend(body);
    }

    fn set_block(&mut self, set: &ast::SetBlock<'_>, nodes: &mut Vec<Node>) {
        let local = self.names.hidden();
        let body = self.inside(|compiler| compiler.body(&set.body));
        nodes.push(Node::Capture { local, body, is_spoken: false });
        let value = match &set.filter {
            Some(filters) => self.filters_of(filters, local),
            None => Expr { line: 1, kind: ExprKind::Local { local, columns: Vec::new() } },
        };
        let target = self.target(&set.target, &value);
        nodes.push(Node::Set { target, value });
    }

    /// A name, or several in which a list is taken apart.
    fn target(&mut self, target: &ast::Expr<'_>, value: &Expr) -> Target {
        let columns = value.columns();
        match target {
            ast::Expr::Var(var) => {
                let line = var.span().start_line;
                if names::ROOTS.contains(&var.id) {
                    self.mistake(line, &format!("`{}` has its meaning, and cannot be set", var.id));
                }
                Target::One(self.names.declare(var.id, columns))
            }
            ast::Expr::List(list) => {
                let mut locals = Vec::with_capacity(list.items.len());
                for item in &list.items {
                    match self.target(item, value) {
                        Target::One(local) => locals.push(local),
                        Target::Each(_) => {
                            self.mistake(list.span().start_line, "a list is taken apart one level deep");
                        }
                    }
                }
                Target::Each(locals)
            }
            other => {
                self.mistake(other.span().start_line, "`set` takes a plain name");
                Target::Each(Vec::new())
            }
        }
    }

    /// Goes one level deeper, if there is one.
    fn inside<T: Default>(&mut self, compile: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            self.too_deep();
            return T::default();
        }
        self.depth += 1;
        let compiled = compile(self);
        self.depth -= 1;
        compiled
    }

    fn too_deep(&mut self) {
        let mistake = format!("it is nested more than {DEEPEST} levels deep");
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }
}

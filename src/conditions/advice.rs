//! Conditions were once written as templates are (`record.days|float < 30`); whoever still does is
//! shown the same condition in SQL, ready to copy.

use minijinja::Value;
use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Slice, Spanned, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::ValueKind;

use super::parse::parse;
use super::spelling::{bracketed, without_record};
use crate::phone::discreet;

/// Longer ones are not translated: their syntax trees could exhaust the stack.
const LONGEST: usize = 2_000;

const DEEPEST: usize = 100;

const OF_TEMPLATES: &str = "a condition is SQL, and this is the spelling of templates";

const SPELLING: &str = "write = for ==, AND, OR and NOT in words, and columns without record";

/// What stands behind IS in both.
const TESTS_OF_SQL: [&str; 3] = ["null", "true", "false"];

/// The mistake, or the condition in SQL when it is a template's. Only what compiles is offered.
pub(super) fn with_advice(
    source: &str,
    why: String,
    compiles: &mut dyn FnMut(&str) -> Result<(), String>,
) -> String {
    let inner = source.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
    let is_braced = source.contains("{{") || source.contains("{%");
    if inner.len() > LONGEST {
        return why;
    }
    // Numbers of phones are masked in what is told; a condition with a mask in it is another one.
    let is_told = |sql: &str| discreet(sql) == sql;
    let bare = without_record(inner);
    let is_template = is_braced || why.starts_with("`==`");
    // In parentheses, so that nothing behind the expression is left unread.
    let whole = bracketed(inner, is_template || bare.is_some());
    let translated = whole.as_deref().and_then(|whole| parse_expr(whole).ok()).map(|expression| {
        let mut translator = Translator { is_template, depth: 0 };
        (translator.sql(&expression), translator.is_template)
    });
    match translated {
        Some((_, false)) => return why,
        Some((Ok(ref sql), _)) if !is_told(&sql.text) => return format!("{OF_TEMPLATES}; {SPELLING}"),
        Some((Ok(ref sql), _)) => {
            return match compiles(&sql.text) {
                Ok(()) => format!("a condition is SQL; write {}", sql.text),
                Err(_) if parse(&sql.text).is_err() => why,
                Err(mistake) => {
                    format!("a condition is SQL; as {} it has a mistake, too: {mistake}", sql.text)
                }
            };
        }
        Some((Err(_), _)) | None => {}
    }
    match (bare, translated) {
        (Some(bare), _) if is_told(&bare) && compiles(&bare).is_ok() => {
            format!("{why}; a column is written without record, as in {bare}")
        }
        (_, Some((Err(part), _))) => format!("{OF_TEMPLATES}; SQL here has no {part}"),
        _ if is_braced => format!("a condition is SQL, without braces, for instance consent = 'yes'; {why}"),
        _ if is_template => format!("a condition is SQL, and this cannot be translated whole; {SPELLING}"),
        (Some(_), _) => format!("{why}; a column is written without record"),
        _ => why,
    }
}

/// A piece of SQL, and how tightly its outermost operator binds.
struct Sql {
    text: String,
    binding: Binding,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Atom,
}

struct Translator {
    /// Something was seen that SQL does not have.
    is_template: bool,
    depth: usize,
}

impl Sql {
    fn new(text: impl Into<String>, binding: Binding) -> Self {
        Self { text: text.into(), binding }
    }

    fn atom(text: impl Into<String>) -> Self {
        Self::new(text, Binding::Atom)
    }

    /// The text, in parentheses where it binds less tightly than wanted.
    fn at_least(self, binding: Binding) -> String {
        if self.binding < binding { format!("({})", self.text) } else { self.text }
    }
}

impl Translator {
    fn sql(&mut self, expression: &Expr<'_>) -> Result<Sql, String> {
        self.depth += 1;
        let sql = if self.depth > DEEPEST { Err("nesting so deep".to_owned()) } else { self.any(expression) };
        self.depth -= 1;
        sql
    }

    fn any(&mut self, expression: &Expr<'_>) -> Result<Sql, String> {
        if let Some(path) = path(expression) {
            self.is_template |= path.is_of_record;
            return name(&path);
        }
        match expression {
            Expr::Const(value) => literal(&value.value),
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => {
                Err("looking into a computed value".to_owned())
            }
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => self.negated(&unary.expr),
                UnaryOpKind::Neg => {
                    let inner = self.sql(&unary.expr)?.at_least(Binding::Atom);
                    Ok(Sql::new(format!("-{inner}"), Binding::Product))
                }
            },
            Expr::BinOp(binary) => self.binary(binary.op, &binary.left, &binary.right),
            Expr::Compare(compare) => {
                let [only] = &*compare.ops else { return Err("chained comparisons; write AND".to_owned()) };
                self.compared(only.op, &compare.expr, &only.expr)
            }
            Expr::Slice(slice) => self.slice(slice),
            Expr::Filter(filter) => {
                self.is_template = true;
                let Some(inner) = &filter.expr else { return Err("filter blocks".to_owned()) };
                self.filtered(filter.name, inner, &filter.args)
            }
            Expr::Test(test) => {
                self.is_template |= !TESTS_OF_SQL.contains(&test.name);
                self.tested(test.name, &test.expr, &test.args, false)
            }
            Expr::Call(call) => match &call.expr {
                Expr::GetAttr(method) => self.method(method.name, &method.expr, &call.args),
                _ => Err("such functions".to_owned()),
            },
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => Err("lists but behind IN".to_owned()),
            Expr::IfExpr(_) => {
                self.is_template = true;
                Err("if and else; write the cases with AND and OR".to_owned())
            }
        }
    }

    fn negated(&mut self, inner: &Expr<'_>) -> Result<Sql, String> {
        if let Expr::Test(test) = inner {
            self.is_template |= !TESTS_OF_SQL.contains(&test.name);
            return self.tested(test.name, &test.expr, &test.args, true);
        }
        if let Expr::BinOp(binary) = inner
            && matches!(binary.op, BinOpKind::In)
        {
            return self.contained(&binary.left, &binary.right, true);
        }
        let inner = self.sql(inner)?.at_least(Binding::Comparison);
        Ok(Sql::new(format!("NOT {inner}"), Binding::Not))
    }

    fn binary(&mut self, operator: BinOpKind, left: &Expr<'_>, right: &Expr<'_>) -> Result<Sql, String> {
        let (sign, binding) = match operator {
            BinOpKind::ScAnd => ("AND", Binding::And),
            BinOpKind::ScOr => ("OR", Binding::Or),
            BinOpKind::Eq => return self.compared(CompareOpKind::Eq, left, right),
            BinOpKind::Ne => return self.compared(CompareOpKind::Ne, left, right),
            BinOpKind::Lt => return self.compared(CompareOpKind::Lt, left, right),
            BinOpKind::Lte => return self.compared(CompareOpKind::Lte, left, right),
            BinOpKind::Gt => return self.compared(CompareOpKind::Gt, left, right),
            BinOpKind::Gte => return self.compared(CompareOpKind::Gte, left, right),
            BinOpKind::In => return self.contained(left, right, false),
            BinOpKind::Add => ("+", Binding::Sum),
            BinOpKind::Sub => ("-", Binding::Sum),
            BinOpKind::Concat => ("||", Binding::Sum),
            BinOpKind::Mul => ("*", Binding::Product),
            BinOpKind::Div => ("/", Binding::Product),
            BinOpKind::Rem => ("%", Binding::Product),
            BinOpKind::FloorDiv => return Err("// (division without a fraction)".to_owned()),
            BinOpKind::Pow => return Err("**".to_owned()),
        };
        let tighter = if binding >= Binding::Sum { Binding::Atom } else { binding };
        let (left, right) = (self.sql(left)?.at_least(binding), self.sql(right)?.at_least(tighter));
        Ok(Sql::new(format!("{left} {sign} {right}"), binding))
    }

    fn compared(
        &mut self,
        operator: CompareOpKind,
        left: &Expr<'_>,
        right: &Expr<'_>,
    ) -> Result<Sql, String> {
        let sign = match operator {
            CompareOpKind::Eq if is_none(right) => return self.is(left, "IS NULL"),
            CompareOpKind::Ne if is_none(right) => return self.is(left, "IS NOT NULL"),
            CompareOpKind::Eq => "=",
            CompareOpKind::Ne => "<>",
            CompareOpKind::Lt => "<",
            CompareOpKind::Lte => "<=",
            CompareOpKind::Gt => ">",
            CompareOpKind::Gte => ">=",
            CompareOpKind::In => return self.contained(left, right, false),
            CompareOpKind::NotIn => return self.contained(left, right, true),
        };
        let (left, right) = (self.sql(left)?.at_least(Binding::Sum), self.sql(right)?.at_least(Binding::Sum));
        Ok(Sql::new(format!("{left} {sign} {right}"), Binding::Comparison))
    }

    fn is(&mut self, inner: &Expr<'_>, test: &str) -> Result<Sql, String> {
        let inner = self.sql(inner)?.at_least(Binding::Sum);
        Ok(Sql::new(format!("{inner} {test}"), Binding::Comparison))
    }

    fn contained(&mut self, left: &Expr<'_>, right: &Expr<'_>, is_negated: bool) -> Result<Sql, String> {
        let not = if is_negated { "NOT " } else { "" };
        let items = match right {
            Expr::List(list) => {
                list.items.iter().map(|item| Ok(self.sql(item)?.at_least(Binding::Sum))).collect()
            }
            Expr::Tuple(list) => {
                list.items.iter().map(|item| Ok(self.sql(item)?.at_least(Binding::Sum))).collect()
            }
            Expr::Const(list) if list.value.kind() == ValueKind::Seq => {
                let items = list.value.try_iter().map_err(|_| "such lists".to_owned())?;
                items.map(|item| Ok(literal(&item)?.text)).collect()
            }
            text => {
                let within = self.sql(text)?.at_least(Binding::Sum);
                let pattern = like(left, "%", "%").ok_or("`in` of a text that is not written out")?;
                return Ok(Sql::new(format!("{within} {not}LIKE {pattern}"), Binding::Comparison));
            }
        };
        self.is_template |= !matches!(right, Expr::Tuple(_));
        let items: Result<Vec<String>, String> = items;
        let left = self.sql(left)?.at_least(Binding::Sum);
        Ok(Sql::new(format!("{left} {not}IN ({})", items?.join(", ")), Binding::Comparison))
    }

    fn slice(&mut self, slice: &Spanned<Slice<'_>>) -> Result<Sql, String> {
        self.is_template = true;
        let bound = |bound: &Option<Expr<'_>>| match bound {
            None => Ok(None),
            Some(Expr::Const(bound)) => match bound.value.as_i64() {
                Some(bound) => Ok(Some(bound)),
                None => Err("such slices".to_owned()),
            },
            Some(Expr::UnaryOp(unary)) => match &unary.expr {
                Expr::Const(bound) => Ok(bound.value.as_i64().map(|bound| -bound)),
                _ => Err("such slices".to_owned()),
            },
            Some(_) => Err("such slices".to_owned()),
        };
        let text = self.sql(&slice.expr)?.text;
        if slice.step.is_some() {
            return Err("slices with steps".to_owned());
        }
        Ok(Sql::atom(match (bound(&slice.start)?.unwrap_or(0), bound(&slice.stop)?) {
            (0, Some(stop)) if stop >= 0 => format!("left({text}, {stop})"),
            (start, None) if start < 0 => format!("right({text}, {})", -start),
            (start, None) => format!("substr({text}, {})", start + 1),
            (start, Some(stop)) if 0 <= start && start <= stop => {
                format!("substr({text}, {}, {})", start + 1, stop - start)
            }
            _ => return Err("such slices".to_owned()),
        }))
    }

    fn filtered(&mut self, filter: &str, inner: &Expr<'_>, arguments: &[CallArg<'_>]) -> Result<Sql, String> {
        let text = self.sql(inner)?.text;
        Ok(Sql::atom(match (filter, arguments) {
            ("lower" | "upper" | "trim", []) => format!("{filter}({text})"),
            ("length" | "count", []) => format!("length({text})"),
            ("float", []) => format!("CAST({text} AS DECIMAL)"),
            ("int", []) => format!("CAST({text} AS INTEGER)"),
            ("string", []) => format!("CAST({text} AS TEXT)"),
            ("bool", []) => format!("CAST({text} AS BOOLEAN)"),
            ("first", []) => format!("left({text}, 1)"),
            ("last", []) => format!("right({text}, 1)"),
            ("default" | "d", [CallArg::Pos(other)]) => {
                format!("coalesce({text}, {})", self.sql(other)?.text)
            }
            _ => return Err(format!("filter {filter}")),
        }))
    }

    fn tested(
        &mut self,
        test: &str,
        inner: &Expr<'_>,
        arguments: &[CallArg<'_>],
        is_negated: bool,
    ) -> Result<Sql, String> {
        let words = match (test, is_negated) {
            ("none" | "null" | "undefined", false) | ("defined", true) => "IS NULL",
            ("none" | "null" | "undefined", true) | ("defined", false) => "IS NOT NULL",
            ("true", false) => "IS TRUE",
            ("true", true) => "IS NOT TRUE",
            ("false", false) => "IS FALSE",
            ("false", true) => "IS NOT FALSE",
            ("startingwith" | "endingwith", _) => {
                let [CallArg::Pos(part)] = arguments else { return Err(format!("test {test}")) };
                return self.ends(inner, part, test == "startingwith", is_negated);
            }
            ("in", _) => {
                let [CallArg::Pos(list)] = arguments else { return Err("such tests".to_owned()) };
                return self.contained(inner, list, is_negated);
            }
            _ => return Err(format!("test `is {test}`")),
        };
        self.is(inner, words)
    }

    fn ends(
        &mut self,
        text: &Expr<'_>,
        part: &Expr<'_>,
        at_start: bool,
        is_negated: bool,
    ) -> Result<Sql, String> {
        let (before, behind) = if at_start { ("", "%") } else { ("%", "") };
        let pattern = like(part, before, behind).ok_or("LIKE of such a text")?;
        self.is(text, &format!("{}LIKE {pattern}", if is_negated { "NOT " } else { "" }))
    }

    fn method(&mut self, method: &str, inner: &Expr<'_>, arguments: &[CallArg<'_>]) -> Result<Sql, String> {
        self.is_template = true;
        match (method, arguments) {
            ("lower" | "upper", []) => self.filtered(method, inner, &[]),
            ("strip", []) => self.filtered("trim", inner, &[]),
            ("startswith", [CallArg::Pos(part)]) => self.ends(inner, part, true, false),
            ("endswith", [CallArg::Pos(part)]) => self.ends(inner, part, false, false),
            _ => Err(format!("method {method}")),
        }
    }
}

/// A name, and the names below it.
struct Path<'e> {
    names: Vec<&'e str>,
    is_of_record: bool,
}

/// `record.a['b']` as its names; none of anything else.
fn path<'e>(expression: &'e Expr<'_>) -> Option<Path<'e>> {
    let mut names = Vec::new();
    let mut rest = expression;
    loop {
        match rest {
            Expr::Var(root) => {
                names.push(root.id);
                break;
            }
            Expr::GetAttr(attribute) => {
                names.push(attribute.name);
                rest = &attribute.expr;
            }
            Expr::GetItem(item) => {
                names.push(text_of(&item.subscript_expr)?);
                rest = &item.expr;
            }
            _ => return None,
        }
    }
    names.reverse();
    let is_of_record = names.len() > 1 && names.first() == Some(&"record");
    if is_of_record {
        names.remove(0);
    }
    Some(Path { names, is_of_record })
}

fn text_of<'e>(expression: &'e Expr<'_>) -> Option<&'e str> {
    match expression {
        Expr::Const(value) => value.value.as_str(),
        _ => None,
    }
}

fn name(path: &Path<'_>) -> Result<Sql, String> {
    if let ([name], false) = (&*path.names, path.is_of_record) {
        match *name {
            "now" => return Ok(Sql::atom("current_timestamp")),
            "stream" | "namespace" | "sync_id" | "emitted_at" | "record" => {
                return Err(format!("`{name}`, only columns of the record"));
            }
            _ => {}
        }
    }
    let names: Vec<String> = path.names.iter().map(|name| identifier(name)).collect();
    Ok(Sql::atom(names.join(".")))
}

/// A name, in quotes where SQL needs them.
fn identifier(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let means_itself = || match parse(name).map(|parsed| parsed.expression) {
        Ok(sqlparser::ast::Expr::Identifier(parsed)) => parsed.value == name,
        _ => false,
    };
    if is_plain && means_itself() { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn is_none(expression: &Expr<'_>) -> bool {
    matches!(expression, Expr::Const(value) if value.value.is_none())
}

fn literal(value: &Value) -> Result<Sql, String> {
    Ok(Sql::atom(match value.kind() {
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Bool => if value.is_true() { "TRUE" } else { "FALSE" }.to_owned(),
        ValueKind::None => "NULL".to_owned(),
        ValueKind::Number => value.to_string(),
        _ => return Err("such literals".to_owned()),
    }))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A pattern around a text that is written out and has no wildcards of its own.
fn like(text: &Expr<'_>, before: &str, behind: &str) -> Option<String> {
    let text = text_of(text).filter(|text| !text.contains(['%', '_', '\\']))?;
    Some(quoted(&format!("{before}{text}{behind}")))
}

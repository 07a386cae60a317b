//! What SQL has and conditions have not: each is refused by its name, with what there is instead.

use sqlparser::ast::{BinaryOperator, Expr, InTarget, UnaryOperator, Value};

use super::tree::Function;
use crate::nearest::nearest;

/// Functions of databases, and what does the same here.
const INSTEAD: [(&str, &str); 22] = [
    ("ifnull", "coalesce(a, b)"),
    ("nvl", "coalesce(a, b)"),
    ("isnull", "a IS NULL"),
    ("len", "length(a)"),
    ("concat", "a || b"),
    ("getdate", "current_timestamp"),
    ("sysdate", "current_timestamp"),
    ("today", "current_date"),
    ("curdate", "current_date"),
    ("localtimestamp", "current_timestamp"),
    ("lcase", "lower(a)"),
    ("ucase", "upper(a)"),
    ("btrim", "trim(a)"),
    ("datediff", "date - date, which gives days"),
    ("date_diff", "date - date, which gives days"),
    ("dateadd", "date + INTERVAL '7 days'"),
    ("date_add", "date + INTERVAL '7 days'"),
    ("date_sub", "date - INTERVAL '7 days'"),
    ("starts_with", "a LIKE 'x%'"),
    ("to_date", "CAST(a AS DATE)"),
    ("to_number", "CAST(a AS DECIMAL)"),
    ("date", "CAST(a AS DATE)"),
];

/// Refuses an expression that the language does not have.
pub(super) fn expression(expression: &Expr) -> String {
    let (what, instead) = match expression {
        Expr::In { target: InTarget::List(_) | InTarget::Unnest(_) | InTarget::Table { .. }, .. } => {
            ("IN of this kind", "write a IN (1, 2)")
        }
        Expr::Case { .. } => ("CASE", "write the cases with AND and OR"),
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::In { .. } => {
            ("subqueries", "a condition sees one record only")
        }
        Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => {
            ("IS DISTINCT FROM", "write = or <>, and IS NULL for what is missing")
        }
        Expr::SimilarTo { .. } | Expr::RLike { .. } => ("regular expressions", "write LIKE or ILIKE"),
        Expr::AnyOp { .. } | Expr::AllOp { .. } => ("ANY and ALL", "write IN (…)"),
        Expr::Position { .. } => ("POSITION", "write a LIKE '%x%'"),
        Expr::Extract { .. } => ("EXTRACT", "compare with DATE '…' or current_date - INTERVAL '365 days'"),
        Expr::Ceil { .. } | Expr::Floor { .. } => ("rounding", "numbers are compared exactly"),
        Expr::AtTimeZone { .. } => ("AT TIME ZONE", "set time_zone"),
        Expr::Collate { .. } => ("COLLATE", "texts are compared by their characters"),
        Expr::Convert { .. } => ("CONVERT", "write CAST(a AS …)"),
        Expr::Overlay { .. } => ("OVERLAY", "write left(a, n) || 'x'"),
        Expr::Tuple(_) => ("rows of several values", "compare one value with another"),
        Expr::Array(_) => ("lists in brackets", "write a IN (1, 2)"),
        Expr::CompoundFieldAccess { .. } | Expr::JsonAccess { .. } => (
            "brackets and paths into lists",
            "write customer.tier for a nested column, left(a, 4) for a part of a text",
        ),
        Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => ("*", "name the column"),
        Expr::Lambda(_) => ("lambda functions and ->", "write customer.tier for a nested column"),
        Expr::IsNormalized { .. } | Expr::IsJson { .. } => {
            ("this test", "write IS NULL, IS TRUE or IS FALSE")
        }
        Expr::Substring { .. } => ("substr without a start", "write substr(a, 1, 4) or left(a, 4)"),
        Expr::Value(value) if matches!(value.value, Value::Placeholder(_)) => {
            ("placeholders", "write the value, a text in single quotes")
        }
        Expr::Value(_) | Expr::Prefixed { .. } => {
            ("this kind of literal", "write 'text', 12.5, TRUE, NULL, DATE '2026-01-31'")
        }
        Expr::TypedString(_) => {
            ("this kind of literal", "write DATE '2026-01-31' or TIMESTAMP '2026-01-31 10:00'")
        }
        _ => ("this", "write columns, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL"),
    };
    has_no(what, instead)
}

/// Refuses an operator of two sides.
pub(super) fn operator(operator: &BinaryOperator) -> String {
    let instead = match operator {
        BinaryOperator::Xor => "write a <> b of truth values",
        BinaryOperator::Spaceship => "write =, and IS NULL for what is missing",
        BinaryOperator::Arrow | BinaryOperator::LongArrow => "write customer.tier for a nested column",
        BinaryOperator::BitwiseOr => "write || to join texts, OR between conditions",
        BinaryOperator::BitwiseAnd => "write AND",
        _ => "write =, <>, <, <=, >, >=, LIKE, ILIKE, ||, +, -, *, / or %",
    };
    has_no(&format!("the operator {operator}"), instead)
}

/// Refuses an operator of one side.
pub(super) fn sign(operator: UnaryOperator) -> String {
    has_no(&format!("the sign {operator}"), "write - before a number, NOT before a condition")
}

/// Refuses a function, with the nearest.
pub(super) fn function(name: &str) -> String {
    let lower = name.to_lowercase();
    if let Some((_, instead)) = INSTEAD.iter().find(|(other, _)| *other == lower) {
        return has_no(&format!("the function {name}"), &format!("write {instead}"));
    }
    let near = nearest(name, Function::NAMES.iter().map(|(other, _)| *other));
    let instead = near.map_or_else(
        || {
            "they have lower, upper, trim, substr, left, right, length, coalesce, nullif, cast, current_date, \
             current_timestamp"
                .to_owned()
        },
        |near| format!("did you mean {near}?"),
    );
    has_no(&format!("the function {name}"), &instead)
}

/// The sentence of a refusal.
pub(super) fn has_no(what: &str, instead: &str) -> String {
    format!("conditions do not have {what}; {instead}")
}

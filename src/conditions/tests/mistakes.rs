use std::time::{Duration, Instant};

use super::*;

fn mistake(source: &str, catalog: &Json) -> String {
    compile(source, catalog).map(|_| ()).expect_err(source)
}

const REFUSED: [&str; 51] = [
    "CASE WHEN a THEN b ELSE c END = 1",
    "a IN (SELECT 1)",
    "EXISTS (SELECT 1)",
    "a = (SELECT 1)",
    "a ~ 'x'",
    "a SIMILAR TO 'x'",
    "a IS DISTINCT FROM b",
    "lowr(a) = 'x'",
    "ifnull(a, 1) = 1",
    "frobnicate(a)",
    "row_number() OVER () = 1",
    "a = ?",
    "a = :x",
    "a = $1",
    "a & 1 = 1",
    "a = ANY(b)",
    "position('x' IN a) = 1",
    "extract(year from a) = 2026",
    "ceil(a) = 1",
    "a[1] = 2",
    "a IN b",
    "a AT TIME ZONE 'x' = b",
    "TIME '10:00' = a",
    "E'a' = a",
    "0x10 = a",
    "a = 1 = b",
    "a = NOT b",
    "a < b IS NULL = c",
    "(a, b) = (1, 2)",
    "length(a, b) = 1",
    "substr(a) = 'x'",
    "trim(both 'x' from a) = 'y'",
    "CAST(a AS VARCHAR(2)) = 'x'",
    "CAST(a AS DECIMAL(10,2)) = 1",
    "CAST(a AS BLOB) = 1",
    "a > DATE '2026-02-30'",
    "a > DATE '2026-02-03 10:00'",
    "current_date > 'tomorrow'",
    "a > current_date - INTERVAL '1 month'",
    "a > current_date - INTERVAL '5 hours'",
    "a LIKE 'x\\%'",
    "a LIKE 'x' ESCAPE 'ab'",
    "a = 1e2000",
    "a = 'x' -- or not",
    "a =",
    "WHERE a = 1",
    "SELECT a",
    "count(*) > 1",
    "a == 1 and",
    "user = 'x'",
    "interval > 5",
];

#[test]
fn what_the_language_does_not_have_is_refused_by_name() {
    let mistakes: Vec<String> =
        REFUSED.iter().map(|source| format!("{source}\n    {}", mistake(source, &Json::Null))).collect();
    insta::assert_snapshot!(mistakes.join("\n"));
}

const NEVER_TRUE: [&str; 40] = [
    "t > 5",
    "n = 'x'",
    "ok = 'yes'",
    "ok = 1",
    "t",
    "n",
    "o = 'x'",
    "o.x = 'x'",
    "n > 1 AND t < 30",
    "n > 1 AND (t < 30 OR t > 40)",
    "NOT t > 5",
    "n = NULL",
    "n IN (NULL)",
    "ok > FALSE",
    "lower(n) = 'x'",
    "t + 1 > 2",
    "t > current_date",
    "t BETWEEN 1 AND 2",
    "n IN ('1', '2')",
    "n LIKE '1%'",
    "on > 5",
    "on > 'tomorrow'",
    "on + at > at",
    "CAST(n AS DATE) > current_date",
    "t IS TRUE",
    "1 = 2",
    "FALSE",
    "NULL",
    "5",
    "n > 1 AND 1 / 0 = 1",
    "n IS NULL AND FALSE",
    "-t > 1",
    "t || n = 'x'",
    "left(t, 'x') = 'x'",
    "left(t, 1.5) = 'x'",
    "substr(t, 0, 2) = 'x'",
    "right(t, -1) = 'x'",
    "t = 'a' OR 'b'",
    "n = 1 OR 2",
    "NOT (ok OR n = 'x')",
];

#[test]
fn what_can_never_be_true_is_a_mistake_with_the_cast_that_helps() {
    let catalog = columns(&[
        ("t", "string"),
        ("n", "integer"),
        ("ok", "boolean"),
        ("o", "object"),
        ("on", "date"),
        ("at", "date-time"),
    ]);
    let mistakes: Vec<String> =
        NEVER_TRUE.iter().map(|source| format!("{source}\n    {}", mistake(source, &catalog))).collect();
    insta::assert_snapshot!(mistakes.join("\n"));
    for source in [
        "t = '5'",
        "on > current_date",
        "at > '2026-01-01'",
        "o IS NOT NULL",
        "t IS NULL",
        "(t > 5) IS NULL",
        "coalesce(t > 5, TRUE)",
        "lower(on) = 'x'",
        "TRUE",
        "current_date > DATE '2030-01-01'",
        "n IN (1, 'x')",
        "nullif(n, 0) > 1",
    ] {
        assert!(compile(source, &catalog).is_ok(), "{source}: {:?}", compile(source, &catalog).err());
    }
}

#[test]
fn a_branch_that_the_catalog_rules_out_is_told_and_the_others_are_asked() {
    let catalog = columns(&[("t", "string"), ("n", "integer"), ("ok", "boolean")]);
    for (source, want) in [
        ("t > '5' OR n > 5", None),
        ("n > 1 AND (t > 5 OR n > 5)", Some("`t` is text, compared with a number: write CAST(t AS DECIMAL)")),
        (
            "t = 'a' OR (ok AND n)",
            Some("`n` is a number, and a condition takes a truth value: write CAST(n AS BOOLEAN)"),
        ),
    ] {
        let condition = compile(source, &catalog).unwrap().condition;
        let doubts: Vec<String> = condition.doubts().collect();
        assert_eq!(doubts.len(), usize::from(want.is_some()), "{source}: {doubts:?}");
        assert!(doubts.iter().all(|doubt| doubt.ends_with(want.unwrap_or_default())), "{source}: {doubts:?}");
    }
}

const TEMPLATES: [&str; 44] = [
    "record.consent == 'yes'",
    "record.days_overdue|float < 30",
    "record.note[:4] != 'STOP'",
    "record['Odd Name'] == 1 and not record.b",
    "record.a is none or record.a > 100",
    "record.a is not defined",
    "record.a == none",
    "record.status in ['a', 'b']",
    "record.status not in ('a', \"b\")",
    "'stop' in record.note",
    "{{ record.ok }}",
    "record.due < now",
    "record.id[-4:] == '1234'",
    "record.id[2:4] == '12'",
    "record.a|default(99) < 30",
    "record.name.startswith('A') and record.case|lower == 'x'",
    "(record.a or record.b) and record.c == 'it''s'",
    "record.a == \"it's\"",
    "stream == 'people'",
    "record.a if record.b else record.c",
    "record.a|title == 'X'",
    "record.a ** 2 == 4",
    "a == 1",
    "{% if record.a %}",
    "record.a == 'x' && record.b < 30",
    "record.a == 'x' AND record.b < 30",
    "record.a == 'AND' OR NOT record.b IN ['x'] AND record.c IS NOT NULL",
    "record.a == 'x'; record.b < 30",
    "record.a == 'x' & record.b",
    "record.a == 'x' ? record.b : record.c",
    "!record.a == 'x'",
    "record.a == @x",
    "record.a == $x",
    "record.a == 'x' -- and not record.b",
    "record.a == 'x') or (record.b == 'y'",
    "record.a = 'x' && record.b < 30",
    "record.a = 'x' AND record.b < 30",
    "record.a = 'x' AND record.b = 'y' z",
    "record.phone == '0987654321'",
    "record.phone == 84987654321",
    "record.phone = '0987654321'",
    "record.ok IS UNKNOWN",
    "record.ok == TRUE AND record.a == NULL",
    "record.a > '5' and record.a|float + 'x' > 1",
];

#[test]
fn the_spelling_of_templates_is_shown_in_sql() {
    let told: Vec<String> =
        TEMPLATES.iter().map(|source| format!("{source}\n    {}", advised(source))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_mistake_of_sql_is_not_taken_for_a_template() {
    let catalog = columns(&[("status", "string")]);
    for source in [
        "status in ('a', 'b') and statu is null",
        "statu is not null",
        "statu is true or status in ('a',)",
        "length(statu) > 3 and status < 'b'",
        "statu.x > 1",
        "statu IS UNKNOWN",
        "status IN ('a', 'b') AND statu IS NULL",
    ] {
        let why = mistake(source, &catalog);
        assert!(why.contains("no column `statu") || why.starts_with("expected"), "{source}: {why}");
    }
}

/// The mistake where nobody knows a column of the name `record`.
fn advised(source: &str) -> String {
    let mut find = |path: &[&str], _: bool| match path.first() {
        Some(&"record") => Err("no column `record`".to_owned()),
        _ => Ok(ColumnMatch { index: 0, schema: None }),
    };
    let compiled = Condition::compile(source, NOW.parse().unwrap(), &zone(), &mut find);
    compiled.map(|_| ()).expect_err(source)
}

#[test]
fn no_text_of_any_length_takes_the_stack_or_the_time() {
    let long = |piece: &str, n_bytes: usize| piece.repeat(n_bytes / piece.len());
    for piece in [
        "not ",
        "(",
        "-",
        "a or ",
        "a||",
        "a+",
        "a and ",
        "a=",
        "a::int::",
        "a is null ",
        "[",
        "{",
        "case when ",
        "cast(",
        "lower(",
        "a in (",
        "a between ",
        "'",
        "\"",
        "a.",
        "a like ",
        "interval ",
        "date ",
        "coalesce(a,",
        "a[1]",
        "exists(",
        "current_date(",
        "/*",
        "$$",
        "x'",
        "not(",
        "+",
        "~",
        "a->",
        "? ",
    ] {
        for tail in ["", "a", "a)", "1"] {
            let source = long(piece, 9_990) + tail;
            let began = Instant::now();
            let compiled = compile(&source, &Json::Null);
            drop(compiled);
            assert!(began.elapsed() < Duration::from_secs(10), "{piece}{tail}: {:?}", began.elapsed());
        }
    }
    for depth in [20, 40] {
        let source = "(".repeat(depth) + "a" + &")".repeat(depth);
        assert!(compile(&source, &Json::Null).is_ok(), "{depth}");
    }
    let chain = vec!["a = 1"; 1_000].join(" OR ");
    assert_eq!(of(&chain, &json!({ "a": 1 })), "true");
    assert!(mistake(&long("a", 10_001), &Json::Null).contains("longer than 10000 bytes"));
}

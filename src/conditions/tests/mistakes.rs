use std::time::{Duration, Instant};

use super::*;

fn mistake(source: &str, catalog: &Json) -> String {
    compile(source, catalog).map(|_| ()).expect_err(source)
}

#[test]
fn what_the_language_does_not_have_is_refused_by_name() {
    let mistakes: Vec<String> = [
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
    ]
    .iter()
    .map(|source| format!("{source}\n    {}", mistake(source, &Json::Null)))
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    CASE WHEN a THEN b ELSE c END = 1
        conditions do not have CASE; write the cases with AND and OR
    a IN (SELECT 1)
        conditions do not have subqueries; a condition sees one record only
    EXISTS (SELECT 1)
        conditions do not have subqueries; a condition sees one record only
    a = (SELECT 1)
        conditions do not have subqueries; a condition sees one record only
    a ~ 'x'
        conditions do not have the operator ~; write =, <>, <, <=, >, >=, LIKE, ILIKE, ||, +, -, *, / or %
    a SIMILAR TO 'x'
        conditions do not have regular expressions; write LIKE or ILIKE
    a IS DISTINCT FROM b
        conditions do not have IS DISTINCT FROM; write = or <>, and IS NULL for what is missing
    lowr(a) = 'x'
        conditions do not have the function lowr; did you mean lower?
    ifnull(a, 1) = 1
        conditions do not have the function ifnull; write coalesce(a, b)
    frobnicate(a)
        conditions do not have the function frobnicate; they have lower, upper, trim, substr, left, right, length, coalesce, nullif, cast, current_date, current_timestamp
    row_number() OVER () = 1
        conditions do not have window functions; a condition sees one record
    a = ?
        conditions do not have placeholders; write the value, a text in single quotes
    a = :x
        conditions do not have placeholders; write the value, a text in single quotes
    a = $1
        conditions do not have placeholders; write the value, a text in single quotes
    a & 1 = 1
        conditions do not have the operator &; write AND
    a = ANY(b)
        conditions do not have ANY and ALL; write IN (…)
    position('x' IN a) = 1
        conditions do not have POSITION; write a LIKE '%x%'
    extract(year from a) = 2026
        conditions do not have EXTRACT; compare with DATE '…' or current_date - INTERVAL '365 days'
    ceil(a) = 1
        conditions do not have rounding; numbers are compared exactly
    a[1] = 2
        conditions do not have brackets and paths into lists; write customer.tier for a nested column, left(a, 4) for a part of a text
    a IN b
        conditions do not have IN of this kind; write a IN (1, 2)
    a AT TIME ZONE 'x' = b
        conditions do not have AT TIME ZONE; set time_zone
    TIME '10:00' = a
        conditions do not have this kind of literal; write DATE '2026-01-31' or TIMESTAMP '2026-01-31 10:00'
    E'a' = a
        conditions do not have this kind of literal; write 'text', 12.5, TRUE, NULL, DATE '2026-01-31'
    0x10 = a
        conditions do not have this kind of literal; write 'text', 12.5, TRUE, NULL, DATE '2026-01-31'
    a = 1 = b
        databases disagree on what belongs together in a = b = c, and in a = NOT b: write parentheses around one of the comparisons
    a = NOT b
        databases disagree on what belongs together in a = b = c, and in a = NOT b: write parentheses around one of the comparisons
    a < b IS NULL = c
        databases disagree on what belongs together in a = b = c, and in a = NOT b: write parentheses around one of the comparisons
    (a, b) = (1, 2)
        conditions do not have rows of several values; compare one value with another
    length(a, b) = 1
        the function length does not take 2 arguments
    substr(a) = 'x'
        conditions do not have substr without a start; write substr(a, 1, 4) or left(a, 4)
    trim(both 'x' from a) = 'y'
        conditions do not have trim of other characters; trim(a) takes blanks away
    CAST(a AS VARCHAR(2)) = 'x'
        CAST to VARCHAR(2): what does not fit its size would be cut or rounded in each database's own way; write the type without it
    CAST(a AS DECIMAL(10,2)) = 1
        CAST to DECIMAL(10,2): what does not fit its size would be cut or rounded in each database's own way; write the type without it
    CAST(a AS BLOB) = 1
        CAST makes no BLOB; it makes INTEGER, DECIMAL, TEXT, BOOLEAN, DATE and TIMESTAMP
    a > DATE '2026-02-30'
        '2026-02-30' is no date; write '2026-01-31' or '2026-01-31 10:00:00'
    a > DATE '2026-02-03 10:00'
        '2026-02-03 10:00' is a timestamp: write TIMESTAMP '2026-02-03 10:00'
    current_date > 'tomorrow'
        'tomorrow' is no date; write '2026-01-31' or '2026-01-31 10:00:00'
    a > current_date - INTERVAL '1 month'
        conditions do not have intervals but those of whole days; write INTERVAL '365 days'; months and hours have no fixed number of days
    a > current_date - INTERVAL '5 hours'
        conditions do not have intervals but those of whole days; write INTERVAL '365 days'; months and hours have no fixed number of days
    a LIKE 'x\%'
        'x\%' is no pattern: databases disagree on a backslash: say ESCAPE '\' or another character
    a LIKE 'x' ESCAPE 'ab'
        ESCAPE takes one character that is neither % nor _, for instance ESCAPE '!'
    a = 1e2000
        1e2000 is too large a number
    a = 'x' -- or not
        a condition has no comments at column 9; minus minus is one: write - (-1)
    a =
        expected: an expression, found its end
    WHERE a = 1
        a condition is what stands behind WHERE; leave WHERE out
    SELECT a
        a condition is what stands behind WHERE; leave SELECT out
    count(*) > 1
        conditions do not have the function count; they have lower, upper, trim, substr, left, right, length, coalesce, nullif, cast, current_date, current_timestamp
    a == 1 and
        `==` is written =, once at column 3
    "#);
}

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
    let mistakes: Vec<String> = [
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
    ]
    .iter()
    .map(|source| format!("{source}\n    {}", mistake(source, &catalog)))
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"), @"
    t > 5
        `t > 5` can never be TRUE: `t` is text, compared with a number: write CAST(t AS DECIMAL)
    n = 'x'
        `n = 'x'` can never be TRUE: `n` is a number, compared with text: write the number without quotes
    ok = 'yes'
        `ok = 'yes'` can never be TRUE: `ok` is a truth value, compared with text: write TRUE or FALSE
    ok = 1
        `ok = 1` can never be TRUE: `ok` is a truth value, compared with a number: write CAST(ok AS DECIMAL)
    t
        `t` can never be TRUE: `t` is text, and a condition takes a truth value: write CAST(t AS BOOLEAN)
    n
        `n` can never be TRUE: `n` is a number, and a condition takes a truth value: write CAST(n AS BOOLEAN)
    o = 'x'
        `o = 'x'` can never be TRUE: `o` is an object or a list, compared with text
    o.x = 'x'
        `o.x = 'x'` can never be TRUE: `o.x` is an object or a list, compared with text
    n > 1 AND t < 30
        `t < 30` can never be TRUE: `t` is text, compared with a number: write CAST(t AS DECIMAL)
    n > 1 AND (t < 30 OR t > 40)
        `(t < 30 OR t > 40)` can never be TRUE: `t` is text, compared with a number: write CAST(t AS DECIMAL)
    NOT t > 5
        `NOT t > 5` can never be TRUE: `t` is text, compared with a number: write CAST(t AS DECIMAL)
    n = NULL
        `n = NULL` can never be TRUE: NULL is compared or used as a value: write IS NULL
    n IN (NULL)
        `n IN (NULL)` can never be TRUE: NULL is compared or used as a value: write IS NULL
    ok > FALSE
        `ok > FALSE` can never be TRUE: `ok` is a truth value, which has no order: write = or <>
    lower(n) = 'x'
        `lower(n) = 'x'` can never be TRUE: `n` is a number, and lower takes text: write CAST(n AS TEXT)
    t + 1 > 2
        `t + 1 > 2` can never be TRUE: `t` is text, and + takes numbers here: write CAST(t AS DECIMAL)
    t > current_date
        `t > current_date` can never be TRUE: `t` is text, compared with a date: write CAST(t AS DATE)
    t BETWEEN 1 AND 2
        `t BETWEEN 1 AND 2` can never be TRUE: `t` is text, compared with a number: write CAST(t AS DECIMAL)
    n IN ('1', '2')
        `n IN ('1', '2')` can never be TRUE: `n` is a number, compared with text: write the number without quotes
    n LIKE '1%'
        `n LIKE '1%'` can never be TRUE: `n` is a number, and LIKE takes text: write CAST(n AS TEXT)
    on > 5
        `on > 5` can never be TRUE: `on` is a date, compared with a number
    on > 'tomorrow'
        'tomorrow' is no date; write '2026-01-31' or '2026-01-31 10:00:00'
    on + at > at
        `on + at > at` can never be TRUE: `at` is a timestamp, and + takes dates and intervals of days here
    CAST(n AS DATE) > current_date
        `CAST(n AS DATE) > current_date` can never be TRUE: `n` cannot be cast to DATE
    t IS TRUE
        `t IS TRUE` can never be TRUE: `t` is text, and IS takes a truth value: write CAST(t AS BOOLEAN)
    1 = 2
        `1 = 2` can never be TRUE
    FALSE
        `FALSE` can never be TRUE
    NULL
        `NULL` can never be TRUE: NULL is compared or used as a value: write IS NULL
    5
        `5` can never be TRUE: the constant is a number, and a condition takes a truth value
    n > 1 AND 1 / 0 = 1
        `1 / 0 = 1` can never be TRUE: the constant is zero, and divides
    n IS NULL AND FALSE
        `FALSE` can never be TRUE
    -t > 1
        `-t > 1` can never be TRUE: `t` is text, and - takes a number: write CAST(t AS DECIMAL)
    t || n = 'x'
        `t || n = 'x'` can never be TRUE: `n` is a number, and || takes text: write CAST(n AS TEXT)
    left(t, 'x') = 'x'
        `left(t, 'x') = 'x'` can never be TRUE: the constant is text, and left takes a number
    ");
    for source in [
        "t = '5'",
        "t > 5 OR n > 5",
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
fn the_spelling_of_templates_is_shown_in_sql() {
    let told: Vec<String> = [
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
    ]
    .iter()
    .map(|source| format!("{source}\n    {}", advised(source)))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    record.consent == 'yes'
        a condition is SQL; write consent = 'yes'
    record.days_overdue|float < 30
        a condition is SQL; write CAST(days_overdue AS DECIMAL) < 30
    record.note[:4] != 'STOP'
        a condition is SQL; write left(note, 4) <> 'STOP'
    record['Odd Name'] == 1 and not record.b
        a condition is SQL; write "Odd Name" = 1 AND NOT b
    record.a is none or record.a > 100
        a condition is SQL; write a IS NULL OR a > 100
    record.a is not defined
        a condition is SQL; write a IS NULL
    record.a == none
        a condition is SQL; write a IS NULL
    record.status in ['a', 'b']
        a condition is SQL; write status IN ('a', 'b')
    record.status not in ('a', "b")
        a condition is SQL; write status NOT IN ('a', 'b')
    'stop' in record.note
        a condition is SQL; write note LIKE '%stop%'
    {{ record.ok }}
        a condition is SQL; write ok
    record.due < now
        a condition is SQL; write due < current_timestamp
    record.id[-4:] == '1234'
        a condition is SQL; write right(id, 4) = '1234'
    record.id[2:4] == '12'
        a condition is SQL; write substr(id, 3, 2) = '12'
    record.a|default(99) < 30
        a condition is SQL; write coalesce(a, 99) < 30
    record.name.startswith('A') and record.case|lower == 'x'
        a condition is SQL; write name LIKE 'A%' AND lower(case) = 'x'
    (record.a or record.b) and record.c == 'it''s'
        a condition is SQL; write (a OR b) AND c = 'its'
    record.a == "it's"
        a condition is SQL; write a = 'it''s'
    stream == 'people'
        a condition is SQL, and this is the spelling of templates; SQL here has no `stream`, only columns of the record
    record.a if record.b else record.c
        a condition is SQL, and this is the spelling of templates; SQL here has no if and else; write the cases with AND and OR
    record.a|title == 'X'
        a condition is SQL, and this is the spelling of templates; SQL here has no filter title
    record.a ** 2 == 4
        a condition is SQL, and this is the spelling of templates; SQL here has no **
    a == 1
        a condition is SQL; write a = 1
    {% if record.a %}
        a condition is SQL, without braces, for instance consent = 'yes'; expected: identifier, found: % at column 2
    "#);
}

/// The mistake where nobody knows a column of the name `record`.
fn advised(source: &str) -> String {
    let mut find = |path: &[&str], _: bool| match path.first() {
        Some(&"record") => Err("no column `record`".to_owned()),
        _ => Ok(Found { index: 0, schema: None }),
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
            assert!(began.elapsed() < Duration::from_secs(2), "{piece}{tail}: {:?}", began.elapsed());
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

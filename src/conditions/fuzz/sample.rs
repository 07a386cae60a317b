//! Random conditions, mostly of kinds that fit, and random records, mostly of values that do not.

use super::choices::Choices;

use super::condition::{COLUMNS, E};
use super::reference::written;

const TEXTS: [&str; 16] = [
    "",
    " ",
    "a",
    "A",
    "ab",
    "aab",
    "e\u{301}a",
    "Đức",
    "đức",
    "7",
    " 7 ",
    "0.5",
    "yes",
    "off",
    "it's",
    "1e1",
];

const PATTERNS: [&str; 10] = ["", "%", "a%", "%a%", "_", "_b", "%A_", "%a%b", "a!%%", "!_%"];

const NUMBERS: [&str; 10] = ["0", "1", "2", "7", "10", "-1", "0.5", "2.50", "1e1", "12345678901234567890"];

/// Around the day of the run.
const DAYS: std::ops::Range<i64> = 20_770..20_790;

/// What an expression is meant to be.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Truth,
    Number,
    Text,
    Moment,
}

fn one<T: Copy>(rng: &mut Choices<'_>, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

pub(super) fn condition(rng: &mut Choices<'_>, depth: usize) -> E {
    expression(rng, Sort::Truth, depth)
}

/// One value a column, as JSON; none when it is missing. Those that fit are as the catalog says, or
/// null or missing.
pub(super) fn record(rng: &mut Choices<'_>, fits: bool) -> Vec<Option<String>> {
    COLUMNS.iter().map(|(name, _)| raw(rng, name, fits)).collect()
}

fn raw(rng: &mut Choices<'_>, name: &str, fits: bool) -> Option<String> {
    let sort = match rng.u8(..4) {
        0 if fits => rng.u8(..2),
        0 => rng.u8(..10),
        _ => usual(rng, name),
    };
    Some(match sort {
        0 => return None,
        1 => "null".to_owned(),
        2 => one(rng, &["{}", r#"{"a":1}"#, "[]", r#"["a"]"#]).to_owned(),
        3 | 4 => one(rng, &["true", "false"]).to_owned(),
        5 => one(rng, &["0", "1", "7", "-2", "0.5", "5.0", "0.50", "1e1", "1e1001"]).to_owned(),
        6 | 7 => serde_json::to_string(one(rng, &TEXTS)).unwrap(),
        8 => format!("\"{}\"", written(rng.i64(DAYS))),
        _ => format!("\"{}T{:02}:00:00Z\"", written(rng.i64(DAYS)), one(rng, &[0, 5, 17, 20])),
    })
}

fn usual(rng: &mut Choices<'_>, name: &str) -> u8 {
    match name {
        "t" => 6,
        "n" => 5,
        "ok" => 3,
        "on" => 8,
        "at" => 9,
        _ => rng.u8(1..10),
    }
}

fn expression(rng: &mut Choices<'_>, sort: Sort, depth: usize) -> E {
    // Now and then something that does not belong there.
    let sort =
        if rng.u8(..) < 24 { one(rng, &[Sort::Truth, Sort::Number, Sort::Text, Sort::Moment]) } else { sort };
    if depth == 0 {
        return leaf(rng, sort);
    }
    let below = depth - 1;
    match (sort, rng.u8(..12)) {
        (Sort::Truth, 0 | 1) => E::And(several(rng, Sort::Truth, below, 2..4)),
        (Sort::Truth, 2 | 3) => E::Or(several(rng, Sort::Truth, below, 2..4)),
        (Sort::Truth, 4) => E::Not(Box::new(expression(rng, Sort::Truth, below))),
        (Sort::Truth, 5) => between(rng, below),
        (Sort::Truth, 6) => contained(rng, below),
        (Sort::Truth, 7) => like(rng, below),
        (Sort::Truth, 8) => tested(rng, below),
        (Sort::Truth, _) => compared(rng, below),
        (_, 0) => leaf(rng, sort),
        (_, 1 | 2) => {
            let mut arguments = several(rng, sort, below, 1..4);
            settle(rng, &mut arguments);
            E::Call("coalesce", arguments)
        }
        (_, 3) => {
            let (a, b) = alike(rng, sort, below);
            E::Call("nullif", vec![a, b])
        }
        (Sort::Number, 4) => E::Negate(Box::new(expression(rng, Sort::Number, below))),
        (Sort::Number, 5..=7) => {
            let mut sides = [expression(rng, Sort::Number, below), expression(rng, Sort::Number, below)];
            settle(rng, &mut sides);
            E::Arithmetic(one(rng, &['+', '-', '*', '/', '%']), Box::new(sides))
        }
        (Sort::Number, 8) => {
            E::Call(one(rng, &["length", "char_length"]), vec![expression(rng, Sort::Text, below)])
        }
        (Sort::Number, 9) => {
            let mut sides = [expression(rng, Sort::Moment, below), expression(rng, Sort::Moment, below)];
            settle(rng, &mut sides);
            E::Arithmetic('-', Box::new(sides))
        }
        (Sort::Number, _) => cast(rng, below, &["INTEGER", "DECIMAL"]),
        (Sort::Text, 4) => {
            E::Join(Box::new([expression(rng, Sort::Text, below), expression(rng, Sort::Text, below)]))
        }
        (Sort::Text, 5..=7) => {
            let name = one(rng, &["lower", "upper", "trim", "ltrim", "rtrim"]);
            E::Call(name, vec![expression(rng, Sort::Text, below)])
        }
        (Sort::Text, 8 | 9) => {
            let name = one(rng, &["left", "right", "substr", "substring"]);
            let mut arguments =
                vec![expression(rng, Sort::Text, below), expression(rng, Sort::Number, below.min(1))];
            if name.starts_with("sub") && rng.bool() {
                arguments.push(expression(rng, Sort::Number, below.min(1)));
            }
            E::Call(name, arguments)
        }
        (Sort::Text, _) => cast(rng, below, &["TEXT"]),
        (Sort::Moment, 4..=8) => {
            let days = if rng.bool() { E::Days(rng.i64(-9..9)) } else { leaf(rng, Sort::Number) };
            let moment = expression(rng, Sort::Moment, below);
            if rng.bool() {
                let mut sides = [moment, days];
                settle(rng, &mut sides);
                E::Arithmetic(one(rng, &['+', '-']), Box::new(sides))
            } else {
                E::Arithmetic('+', Box::new([days, moment]))
            }
        }
        (Sort::Moment, _) => cast(rng, below, &["DATE", "TIMESTAMP"]),
    }
}

fn one_of(rng: &mut Choices<'_>) -> Sort {
    one(rng, &[Sort::Truth, Sort::Number, Sort::Text, Sort::Text, Sort::Moment])
}

fn several(rng: &mut Choices<'_>, sort: Sort, depth: usize, count: std::ops::Range<usize>) -> Vec<E> {
    (0..rng.usize(count)).map(|_| expression(rng, sort, depth)).collect()
}

fn cast(rng: &mut Choices<'_>, depth: usize, to: &[&'static str]) -> E {
    let of = one_of(rng);
    let to = if rng.u8(..10) == 0 { "BOOLEAN" } else { one(rng, to) };
    E::Cast(Box::new(expression(rng, of, depth)), to)
}

fn leaf(rng: &mut Choices<'_>, sort: Sort) -> E {
    if rng.u8(..30) == 0 {
        return E::Null;
    }
    let column = rng.bool();
    match sort {
        _ if rng.u8(..6) == 0 => E::Column(rng.usize(..3)),
        Sort::Truth if column => E::Column(5),
        Sort::Truth => E::Bool(rng.bool()),
        Sort::Number if column => E::Column(4),
        Sort::Number => E::Number(one(rng, &NUMBERS)),
        Sort::Text if column => E::Column(3),
        Sort::Text => E::Text(one(rng, &TEXTS)),
        Sort::Moment if column => E::Column(rng.usize(6..8)),
        Sort::Moment => match rng.u8(..3) {
            0 => E::Today,
            1 => E::Now,
            _ => E::Date(rng.i64(DAYS)),
        },
    }
}

/// Two of one sort. Beside what may be a date, the condition's own text would be read as one.
fn alike(rng: &mut Choices<'_>, sort: Sort, depth: usize) -> (E, E) {
    let (a, b) = (expression(rng, sort, depth), expression(rng, sort, depth));
    let mut both = vec![a, b];
    settle(rng, &mut both);
    let b = both.pop().unwrap();
    (both.pop().unwrap(), b)
}

/// Replaces bare texts beside dates by dates as text where that is certain, else by columns.
fn settle(rng: &mut Choices<'_>, all: &mut [E]) {
    let certain = all.iter().any(|e| matches!(e, E::Column(6 | 7) | E::Date(_) | E::Today | E::Now));
    if all.iter().any(has_moment) {
        for e in all.iter_mut().filter(|e| matches!(e, E::Text(_))) {
            *e = if certain { E::DateText(rng.i64(DAYS)) } else { E::Column(3) };
        }
    }
}

fn has_moment(e: &E) -> bool {
    match e {
        E::Column(index) => *index >= 6,
        E::Date(_) | E::Today | E::Now | E::Days(_) => true,
        E::Negate(e) => has_moment(e),
        E::Cast(_, to) => *to == "DATE" || *to == "TIMESTAMP",
        E::Arithmetic(_, sides) => sides.iter().any(has_moment),
        E::Call(_, arguments) => arguments.iter().any(has_moment),
        _ => false,
    }
}

fn compared(rng: &mut Choices<'_>, depth: usize) -> E {
    let sort = one_of(rng);
    let (a, b) = alike(rng, sort, depth);
    let sign = one(rng, &["=", "<>", "<", "<=", ">", ">="]);
    E::Compare(sign, Box::new([a, b]))
}

fn between(rng: &mut Choices<'_>, depth: usize) -> E {
    let sort = one_of(rng);
    let mut three = [0; 3].map(|_| expression(rng, sort, depth));
    settle(rng, &mut three);
    E::Between(rng.bool(), Box::new(three))
}

fn contained(rng: &mut Choices<'_>, depth: usize) -> E {
    let sort = one_of(rng);
    let mut all = several(rng, sort, depth, 2..5);
    settle(rng, &mut all);
    let e = all.pop().unwrap();
    E::In(rng.bool(), Box::new(e), all)
}

fn like(rng: &mut Choices<'_>, depth: usize) -> E {
    let pattern =
        if rng.u8(..4) == 0 { expression(rng, Sort::Text, depth) } else { E::Text(one(rng, &PATTERNS)) };
    // A literal in which the escape stands before a letter is a mistake.
    let escape = if matches!(pattern, E::Text(_)) || rng.bool() { Some('!') } else { None };
    let sides = [expression(rng, Sort::Text, depth), pattern];
    E::Like(rng.bool(), rng.bool(), Box::new(sides), escape)
}

fn tested(rng: &mut Choices<'_>, depth: usize) -> E {
    let test = one(rng, &["NULL", "NULL", "TRUE", "FALSE", "UNKNOWN"]);
    let sort = if test == "NULL" { one_of(rng) } else { Sort::Truth };
    E::Is(rng.bool(), test, Box::new(expression(rng, sort, depth)))
}

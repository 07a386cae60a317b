//! What a condition says of a record, written as simply as can be: fractions of two integers, days
//! counted from 1970, texts as they are.

use super::condition::{COLUMNS, E};

/// Seconds by which the tests' zone is ahead.
const AHEAD: i64 = 7 * 3600;

/// 2026-11-22T20:00:00Z.
const NOW: i64 = 1_795_377_600;

/// The first and the last day of the calendar.
const CALENDAR: std::ops::RangeInclusive<i64> = -4_371_587..=2_932_896;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum V {
    Null,
    /// Two that do not fit together.
    Clash,
    /// Something that cannot be read.
    Unread,
    Bool(bool),
    /// Numerator and denominator, without a common divisor.
    Num(i128, i128),
    Text(String),
    Date(i64),
    /// Seconds since 1970.
    At(i64),
    Days(i64),
    Nested,
}

use V::{At, Bool, Clash, Date, Days, Nested, Null, Num, Text, Unread};

impl V {
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Null | Clash | Unread)
    }
}

/// The worst of all that are unknown.
fn worst(all: &[V]) -> Option<V> {
    [Unread, Clash, Null].into_iter().find(|unknown| all.contains(unknown))
}

/// A value that must be of some kind.
fn fitting(v: V, fits: impl Fn(&V) -> bool) -> V {
    if v.is_unknown() || fits(&v) { v } else { Clash }
}

/// What is said; none when the numbers are beyond this reference.
pub(super) fn says(e: &E, record: &[Option<String>]) -> Option<V> {
    Some(condition(value(e, record)?))
}

/// In the place of a condition, what is no truth value is unknown.
fn condition(v: V) -> V {
    fitting(v, |v| matches!(v, Bool(_)))
}

fn value(e: &E, r: &[Option<String>]) -> Option<V> {
    let truth = |e: &E| value(e, r).map(condition);
    Some(match e {
        E::Column(index) => column(*index, r[*index].as_deref(), true),
        E::Null => Null,
        E::Bool(b) => Bool(*b),
        E::Number(text) => number(text, true)?,
        E::Text(text) => Text(composed(text)),
        E::Date(days) | E::DateText(days) => Date(*days),
        E::Today => Date((NOW + AHEAD).div_euclid(86_400)),
        E::Now => At(NOW),
        E::Days(days) => Days(*days),
        E::And(terms) => {
            let terms: Vec<V> = terms.iter().map(truth).collect::<Option<_>>()?;
            and(&terms)
        }
        E::Or(terms) => {
            let terms: Vec<V> = terms.iter().map(|term| truth(term).map(not)).collect::<Option<_>>()?;
            not(and(&terms))
        }
        E::Not(e) => not(truth(e)?),
        E::Compare(sign, sides) => compare(sign, &value(&sides[0], r)?, &value(&sides[1], r)?)?,
        E::Between(negated, three) => {
            let [v, low, high] = [value(&three[0], r)?, value(&three[1], r)?, value(&three[2], r)?];
            let v = and(&[compare(">=", &v, &low)?, compare("<=", &v, &high)?]);
            if *negated { not(v) } else { v }
        }
        E::In(negated, e, list) => {
            let v = value(e, r)?;
            let each = list.iter().map(|item| Some(not(compare("=", &v, &value(item, r)?)?)));
            let none_of = and(&each.collect::<Option<Vec<V>>>()?);
            if *negated { none_of } else { not(none_of) }
        }
        E::Like(negated, no_case, sides, escape) => {
            let v = match texts(sides, r)? {
                Ok([text, pattern]) => like(&text, &pattern, *no_case, *escape),
                Err(unknown) => unknown,
            };
            if *negated { not(v) } else { v }
        }
        E::Is(negated, test, e) => {
            let v = value(e, r)?;
            let said = match (*test, &v, &**e) {
                ("NULL", _, E::Column(index)) => Bool(r[*index].as_deref().is_none_or(|raw| raw == "null")),
                (_, Unread, _) => Unread,
                ("NULL", v, _) => Bool(v.is_unknown()),
                ("UNKNOWN", Null | Clash | Bool(_), _) => Bool(v.is_unknown()),
                ("TRUE", Null | Bool(_), _) => Bool(v == Bool(true)),
                ("FALSE", Null | Bool(_), _) => Bool(v == Bool(false)),
                _ => Clash,
            };
            if *negated { not(said) } else { said }
        }
        E::Negate(e) => match value(e, r)? {
            Num(n, d) => Num(-n, d),
            other => fitting(other, |_| false),
        },
        E::Arithmetic(sign, sides) => arithmetic(*sign, value(&sides[0], r)?, value(&sides[1], r)?)?,
        E::Join(sides) => match texts(sides, r)? {
            Ok([a, b]) => Text(a + &b),
            Err(unknown) => unknown,
        },
        E::Call(name, arguments) => call(name, arguments, r)?,
        E::Cast(e, to) => cast(if *to == "TEXT" { text(e, r)? } else { value(e, r)? }, to)?,
    })
}

/// Where text is wanted, a column that is called a date is its text.
fn text(e: &E, r: &[Option<String>]) -> Option<V> {
    match e {
        E::Column(index) => Some(column(*index, r[*index].as_deref(), false)),
        e => value(e, r),
    }
}

fn texts(sides: &[E; 2], r: &[Option<String>]) -> Option<Result<[String; 2], V>> {
    let both = [text(&sides[0], r)?, text(&sides[1], r)?].map(|v| fitting(v, |v| matches!(v, Text(_))));
    Some(match both {
        [Text(a), Text(b)] => Ok([a, b]),
        both => Err(worst(&both).unwrap()),
    })
}

fn column(index: usize, raw: Option<&str>, reads_dates: bool) -> V {
    let json: serde_json::Value = match raw {
        None => return Null,
        Some("1e1001") => return Unread,
        Some(raw) => serde_json::from_str(raw).unwrap(),
    };
    let name = COLUMNS[index].0;
    match json {
        serde_json::Value::Null => Null,
        serde_json::Value::String(said) if reads_dates && name == "on" => match moment(&said) {
            Some(Date(days)) => Date(days),
            Some(At(at)) if at % 86_400 == 0 => Date(at / 86_400),
            _ => Unread,
        },
        serde_json::Value::String(said) if reads_dates && name == "at" => match moment(&said) {
            Some(Date(days)) => At(days * 86_400 - AHEAD),
            Some(at @ At(_)) => at,
            _ => Unread,
        },
        _ if reads_dates && (name == "on" || name == "at") => Unread,
        serde_json::Value::Bool(b) => Bool(b),
        serde_json::Value::Number(_) => number(raw.unwrap(), true).unwrap(),
        serde_json::Value::String(said) => Text(composed(&said)),
        _ => Nested,
    }
}

/// The only decomposed letter of the samples.
fn composed(text: &str) -> String {
    text.replace("e\u{301}", "é")
}

fn not(mut v: V) -> V {
    if let Bool(b) = &mut v {
        *b = !*b;
    }
    v
}

fn and(terms: &[V]) -> V {
    if terms.contains(&Bool(false)) {
        return Bool(false);
    }
    worst(terms).unwrap_or(Bool(true))
}

/// None: beyond the reference.
fn compare(sign: &str, left: &V, right: &V) -> Option<V> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let instant = |v: &V| match v {
        Date(days) => Some(days * 86_400 - AHEAD),
        At(at) => Some(*at),
        _ => None,
    };
    if let Some(unknown) = worst(&[left.clone(), right.clone()]) {
        return Some(unknown);
    }
    let order = match (left, right) {
        (Num(n, d), Num(m, e)) => n.checked_mul(*e)?.cmp(&m.checked_mul(*d)?),
        (Text(a), Text(b)) => a.chars().cmp(b.chars()),
        (Bool(a), Bool(b)) if sign == "=" || sign == "<>" => a.cmp(b),
        _ => match (instant(left), instant(right)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => return Some(Clash),
        },
    };
    Some(Bool(match sign {
        "=" => order == Equal,
        "<>" => order != Equal,
        "<" => order == Less,
        "<=" => order != Greater,
        ">" => order == Greater,
        _ => order != Less,
    }))
}

fn like(text: &str, pattern: &str, no_case: bool, escape: Option<char>) -> V {
    let fold = |c: char| if no_case { c.to_lowercase().next().unwrap() } else { c };
    let text: Vec<char> = text.chars().map(fold).collect();
    // A wildcard, or a character that means itself.
    let mut pieces: Vec<(bool, char)> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if Some(c) == escape {
            match characters.next() {
                Some(next) if next == '%' || next == '_' || next == c => pieces.push((false, fold(next))),
                _ => return Clash,
            }
        } else if c == '\\' && escape.is_none() {
            return Clash;
        } else if c == '%' || c == '_' {
            pieces.push((true, c));
        } else {
            pieces.push((false, fold(c)));
        }
    }
    // Which beginnings of the text the pattern so far matches.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for (is_wild, c) in pieces {
        let before = ends.clone();
        for (at, end) in ends.iter_mut().enumerate() {
            *end = match (is_wild, c) {
                (true, '%') => before[..=at].contains(&true),
                (true, _) => at > 0 && before[at - 1],
                (false, c) => at > 0 && before[at - 1] && text[at - 1] == c,
            };
        }
    }
    Bool(ends[text.len()])
}

fn reduced(n: i128, d: i128) -> V {
    let (mut a, mut b) = (n.abs(), d.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let by = if d < 0 { -a } else { a };
    Num(n / by, d / by)
}

fn arithmetic(sign: char, left: V, right: V) -> Option<V> {
    if let Some(unknown) = worst(&[left.clone(), right.clone()]) {
        return Some(unknown);
    }
    let day =
        |days: i64, by: i64| days.checked_add(by).filter(|days| CALENDAR.contains(days)).map_or(Unread, Date);
    let whole = |n: i128, d: i128| i64::try_from(n).ok().filter(|n| d == 1 && n.abs() < 1 << 40);
    Some(match (sign, left, right) {
        ('+', Num(n, d), Num(m, e)) => {
            reduced(n.checked_mul(e)?.checked_add(m.checked_mul(d)?)?, d.checked_mul(e)?)
        }
        ('-', Num(n, d), Num(m, e)) => {
            reduced(n.checked_mul(e)?.checked_sub(m.checked_mul(d)?)?, d.checked_mul(e)?)
        }
        ('*', Num(n, d), Num(m, e)) => reduced(n.checked_mul(m)?, d.checked_mul(e)?),
        (_, Num(..), Num(0, _)) => Null,
        ('/', Num(n, d), Num(m, e)) => reduced(n.checked_mul(e)?, d.checked_mul(m)?),
        (_, Num(n, d), Num(m, e)) => {
            let (of, by) = (n.checked_mul(e)?, m.checked_mul(d)?);
            // Rust's % has the sign of the dividend, too.
            reduced(of % by, d.checked_mul(e)?)
        }
        ('-', Date(a), Date(b)) => Num(i128::from(a - b), 1),
        ('+', Date(days), Days(by)) | ('+', Days(by), Date(days)) => day(days, by),
        ('-', Date(days), Days(by)) => day(days, -by),
        ('+', Date(days), Num(n, d)) | ('+', Num(n, d), Date(days)) => {
            whole(n, d).map_or(Unread, |by| day(days, by))
        }
        ('-', Date(days), Num(n, d)) => whole(n, d).map_or(Unread, |by| day(days, -by)),
        ('+', At(at), Days(by)) | ('+', Days(by), At(at)) => At(at + by * 86_400),
        ('-', At(at), Days(by)) => At(at - by * 86_400),
        _ => Clash,
    })
}

fn call(name: &str, arguments: &[E], r: &[Option<String>]) -> Option<V> {
    if name == "coalesce" {
        let mut nothing = Vec::new();
        for argument in arguments {
            match value(argument, r)? {
                v @ (Null | Clash) => nothing.push(v),
                v => return Some(v),
            }
        }
        return worst(&nothing);
    }
    if name == "nullif" {
        let (a, b) = (value(&arguments[0], r)?, value(&arguments[1], r)?);
        return Some(match compare("=", &a, &b)? {
            _ if b == Null || b == Clash => a,
            Bool(false) => a,
            Bool(true) => Null,
            unknown => unknown,
        });
    }
    let mut all = vec![fitting(text(&arguments[0], r)?, |v| matches!(v, Text(_)))];
    for (place, argument) in arguments[1..].iter().enumerate() {
        let least = i128::from(name.starts_with("sub") && place == 0);
        all.push(fitting(value(argument, r)?, |v| matches!(v, Num(n, 1) if *n >= least)));
    }
    if let Some(unknown) = worst(&all) {
        return Some(unknown);
    }
    let Text(said) = all.remove(0) else { return None };
    let counts: Vec<i128> = all.iter().map(|v| if let Num(n, _) = v { *n } else { 0 }).collect();
    let characters: Vec<char> = said.chars().collect();
    let length = i128::try_from(characters.len()).unwrap();
    // From a place, counted from 0, so many characters.
    let cut = |from: i128, n: i128| {
        let (from, n) = (usize::try_from(from.min(length)).unwrap(), usize::try_from(n.min(length)).unwrap());
        Text(characters[from..].iter().take(n).collect())
    };
    Some(match (name, &*counts) {
        ("lower", _) => Text(said.to_lowercase()),
        ("upper", _) => Text(said.to_uppercase()),
        ("trim", _) => Text(said.trim_matches(' ').to_owned()),
        ("ltrim", _) => Text(said.trim_start_matches(' ').to_owned()),
        ("rtrim", _) => Text(said.trim_end_matches(' ').to_owned()),
        ("length" | "char_length", _) => Num(length, 1),
        ("left", [n]) if *n >= 0 => cut(0, *n),
        ("right", [n]) if *n >= 0 => cut((length - n).max(0), length),
        ("substr" | "substring", [from]) if *from >= 1 => cut(from - 1, length),
        ("substr" | "substring", [from, n]) if *from >= 1 && *n >= 0 => cut(from - 1, *n),
        _ => Null,
    })
}

/// A number as it is written; null when it is none; none beyond the reference.
fn number(text: &str, with_exponent: bool) -> Option<V> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(_) if !with_exponent => return Some(Null),
        Some(at) => match text[at + 1..].parse::<i32>() {
            Ok(exponent) => (&text[..at], exponent),
            Err(_) => return Some(Null),
        },
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.chars().all(|c| c.is_ascii_digit()) {
        return Some(Null);
    }
    let units: i128 = all.parse().ok()?;
    let power = exponent - i32::try_from(fraction.len()).ok()?;
    let ten = 10_i128.checked_pow(power.unsigned_abs())?;
    Some(if power < 0 { reduced(sign * units, ten) } else { Num(sign * units.checked_mul(ten)?, 1) })
}

fn cast(v: V, to: &str) -> Option<V> {
    if v.is_unknown() {
        return Some(v);
    }
    let made = match (to, v) {
        ("DECIMAL", Num(n, d)) | ("INTEGER", Num(n, d @ 1)) => Num(n, d),
        ("DECIMAL" | "INTEGER", Bool(b)) => Num(i128::from(b), 1),
        ("DECIMAL", Text(text)) => number(text.trim_matches(' '), true)?,
        ("INTEGER", Text(text)) => match number(text.trim_matches(' '), false)? {
            Num(n, 1) => Num(n, 1),
            _ => Null,
        },
        ("BOOLEAN", Bool(b)) => Bool(b),
        ("BOOLEAN", Num(n @ 0..=1, 1)) => Bool(n == 1),
        ("BOOLEAN", Text(text)) => match &*text.trim_matches(' ').to_ascii_lowercase() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Bool(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Bool(false),
            _ => Null,
        },
        ("TEXT", Text(text)) => Text(text),
        ("TEXT", Bool(b)) => Text(b.to_string()),
        ("TEXT", Num(n, d)) => plain(n, d)?,
        ("TEXT", Date(days)) => {
            if !(0..=40_000).contains(&days) {
                return None;
            }
            Text(written(days))
        }
        ("DATE", Date(days)) => Date(days),
        ("DATE", At(at)) => Date((at + AHEAD).div_euclid(86_400)),
        ("DATE", Text(text)) => match moment(&text)? {
            At(at) => Date((at + AHEAD).div_euclid(86_400)),
            other => other,
        },
        ("TIMESTAMP", At(at)) => At(at),
        ("TIMESTAMP", Date(days)) if (-4_000_000..2_900_000).contains(&days) => At(days * 86_400 - AHEAD),
        ("TIMESTAMP", Date(_)) => return None,
        ("TIMESTAMP", Text(text)) => match moment(&text)? {
            Date(days) => At(days * 86_400 - AHEAD),
            other => other,
        },
        _ => Null,
    };
    Some(if made == Null { Clash } else { made })
}

/// A fraction as a decimal; null when none ends.
fn plain(n: i128, d: i128) -> Option<V> {
    let mut rest = d;
    while rest % 2 == 0 {
        rest /= 2;
    }
    while rest % 5 == 0 {
        rest /= 5;
    }
    if rest != 1 {
        return Some(Null);
    }
    let (mut units, mut places, mut rest) = (n.abs(), 0_usize, d);
    while rest != 1 {
        units = units.checked_mul(10)?;
        places += 1;
        let by = [10, 2, 5].into_iter().find(|by| rest % by == 0)?;
        rest /= by;
        units /= by;
    }
    let digits = format!("{units:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if n < 0 { "-" } else { "" };
    Some(Text(if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }))
}

/// The spellings of the samples; null when it is none. What a condition makes of them may be a
/// spelling that this reference does not know.
fn moment(text: &str) -> Option<V> {
    let text = text.trim().to_ascii_uppercase();
    let begins_with_a_year = text.chars().take(4).filter(char::is_ascii_digit).count() == 4;
    match known_moment(&text) {
        None if begins_with_a_year && text.len() >= 8 => None,
        known => Some(known.unwrap_or(Null)),
    }
}

fn known_moment(text: &str) -> Option<V> {
    let days = |date: &str| {
        let bytes = date.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let [y, m, d] = [date[..4].parse().ok()?, date[5..7].parse().ok()?, date[8..].parse().ok()?];
        Some(days_of(y, m, d)).filter(|days| written(*days) == date)
    };
    if text.len() == 10 && text.is_ascii() {
        return days(text).map(Date);
    }
    if text.len() == 20 && text.is_ascii() && text.ends_with('Z') {
        let [h, m, s]: [i64; 3] =
            [text[11..13].parse().ok()?, text[14..16].parse().ok()?, text[17..19].parse().ok()?];
        return Some(At(days(&text[..10])? * 86_400 + h * 3600 + m * 60 + s));
    }
    None
}

/// The days from 1970 to a date of our calendar: whole years, whole months, days.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leaps_until = |year: i64| year / 4 - year / 100 + year / 400;
    let of_years = (year - 1970) * 365 + leaps_until(year - 1) - leaps_until(1969);
    let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let of_months: i64 = lengths.iter().take(usize::try_from(month - 1).unwrap_or(0)).sum();
    of_years + of_months + day - 1
}

/// A day from 1970 on as ISO 8601 writes it.
pub(super) fn written(days: i64) -> String {
    let mut year = 1970 + days / 366;
    while days_of(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days_of(year, *month, 1) <= days).unwrap_or(1);
    format!("{year:04}-{month:02}-{:02}", days - days_of(year, month, 1) + 1)
}

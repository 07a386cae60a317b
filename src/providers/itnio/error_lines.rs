//! The entries of `data`: whom the vendor refused, in sentences of which a few are documented.
//!
//! The number at a sentence's end says who; the words decide only what kind of refusal it is, so
//! that other wordings and languages still find their contact.

use std::sync::LazyLock;

use regex::{Match, Regex};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::phone::finder;
use crate::providers::contact_index::{ContactIndex, SHORTEST_NUMBER};

/// One refusal, in the vendor's words.
pub(super) struct ErrorLine {
    /// What was said, without the number at its end.
    pub(super) words: String,
    /// The numbers, when the entry has a place for them.
    numbers: Vec<String>,
    /// The whole entry, whose other fields may hold the number, or its parts.
    entry: Option<String>,
}

/// What kind of refusal a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorKind {
    /// The number is in the job already.
    AlreadyThere,
    /// The script speaks a variable that the contact does not fill.
    MissingVariable,
    /// Anything else.
    Other,
}

/// Nesting beyond this is no list of customers.
const MAX_DEPTH: usize = 8;

/// The entries of `data`. Every entry counts, even one without words: somebody was refused.
pub(super) fn parse_lines(data: Option<&RawValue>) -> Vec<ErrorLine> {
    let Some(raw) = data.map(RawValue::get) else { return Vec::new() };
    // The clean success, which nearly every batch ends in.
    if matches!(raw, "[]" | "null" | "\"\"" | "{}") {
        return Vec::new();
    }
    let mut lines = Vec::new();
    match serde_json::from_str(raw) {
        Ok(Value::String(text)) => match serde_json::from_str(text.trim()) {
            // A list inside a text.
            Ok(nested @ (Value::Array(_) | Value::Null)) => add(&nested, 0, &mut lines),
            _ => text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .for_each(|line| add_text(line, &mut lines)),
        },
        Ok(value) => add(&value, 0, &mut lines),
        Err(_) => add_text("unreadable data", &mut lines),
    }
    lines
}

fn add(value: &Value, depth: usize, lines: &mut Vec<ErrorLine>) {
    match value {
        Value::Null if depth == 0 => {}
        Value::Array(entries) if depth < MAX_DEPTH => {
            for entry in entries {
                let n_before = lines.len();
                add(entry, depth + 1, lines);
                if lines.len() == n_before {
                    add_text("", lines);
                }
            }
        }
        Value::Object(fields) if depth < MAX_DEPTH => add_object(value, fields, depth, lines),
        Value::String(text) => add_text(text, lines),
        other => add_text(&other.to_string(), lines),
    }
}

/// An object about a contact, by its keys; or a map, or lists under headings.
fn add_object(value: &Value, fields: &Map<String, Value>, depth: usize, lines: &mut Vec<ErrorLine>) {
    let is_about_somebody = fields.iter().any(|(key, value)| {
        let key = key.to_lowercase();
        !value.is_array() && !value.is_object() && (is_phone_key(&key) || is_reason_key(&key))
    });
    if !is_about_somebody {
        for (key, entry) in fields {
            match entry {
                // A heading, unless it is itself the number of somebody.
                Value::Array(_) | Value::Object(_) if !is_person(key) => add(entry, depth + 1, lines),
                Value::Array(_) | Value::Object(_) => {
                    let mut words = Vec::new();
                    collect_under(entry, is_reason_key, depth + 1, &mut words);
                    let words = words.into_iter().next().unwrap_or_else(|| entry.to_string());
                    lines.push(ErrorLine { words, numbers: vec![key.clone()], entry: None });
                }
                Value::String(text) => add_text(&format!("{key}: {text}"), lines),
                other => add_text(&format!("{key}: {other}"), lines),
            }
        }
        return;
    }
    let (mut numbers, mut words) = (Vec::new(), Vec::new());
    collect_under(value, is_phone_key, 0, &mut numbers);
    collect_under(value, is_reason_key, 0, &mut words);
    let words = words.into_iter().next().unwrap_or_default();
    let entry = Some(value.to_string());
    if !numbers.is_empty() {
        lines.push(ErrorLine { words, numbers, entry });
        return;
    }
    let n_before = lines.len();
    add_text(&words, lines);
    if let [line] = lines.get_mut(n_before..).unwrap_or_default() {
        line.entry = entry;
    }
}

/// Whether a key is a number or an encrypted identifier.
fn is_person(key: &str) -> bool {
    let is_word = !key.contains(char::is_whitespace) && key.len() > SHORTEST_NUMBER;
    finder::only_number(key, SHORTEST_NUMBER).is_some()
        || is_word && key.contains(|c: char| c.is_ascii_digit())
}

/// Texts and numbers under keys that look right, in this value and those inside it.
fn collect_under(value: &Value, fits: fn(&str) -> bool, depth: usize, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if depth < MAX_DEPTH => {
            for (key, inner) in fields {
                match inner {
                    Value::String(text) if fits(&key.to_lowercase()) => found.push(text.clone()),
                    Value::Number(number) if fits(&key.to_lowercase()) => found.push(number.to_string()),
                    inner => collect_under(inner, fits, depth + 1, found),
                }
            }
        }
        Value::Array(entries) if depth < MAX_DEPTH => {
            for entry in entries {
                collect_under(entry, fits, depth + 1, found);
            }
        }
        _ => {}
    }
}

fn is_phone_key(key: &str) -> bool {
    ["phone", "mobile", "手机", "电话", "号码"].iter().any(|word| key.contains(word))
        || matches!(key, "tel" | "number")
}

fn is_reason_key(key: &str) -> bool {
    ["reason", "msg", "message", "error", "desc", "cause", "remark", "原因"]
        .iter()
        .any(|word| key.contains(word))
}

const LABEL: &str = r"(?:phone\s*(?:number|no\.?)?|mobile(?:\s*(?:phone|number))?|手机(?:号码?)?|客户电话|电话(?:号码?)?)\s*[:：=]\s*";
/// Takes a sentence apart; or several, if they were strung together.
fn add_text(text: &str, lines: &mut Vec<ErrorLine>) {
    // Digits in front of letters begin an encrypted identifier.
    static NUMBER: LazyLock<String> =
        LazyLock::new(|| format!(r"{}(?-u:\b)", finder::source(SHORTEST_NUMBER)));
    static LABELLED: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!(r"(?i)[\s,，;；、.。]*{LABEL}({}|[^\s,，;；]+)", *NUMBER)));
    static TAIL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(r"(?i)[\s,，;；、]*{LABEL}({}|\S+?)[\s.。,，;；!！)）]*$", *NUMBER))
    });
    if LABELLED.find_iter(text).nth(1).is_some() {
        add_sentences(text, &LABELLED, lines);
        return;
    }
    lines.push(match TAIL.captures(text) {
        Some(found) => ErrorLine::new(text.get(..found.get_match().start()), found.get(1)),
        None => ErrorLine::new(Some(text), None),
    });
}

/// Each label ends a sentence, or begins one when nothing stands before the first.
fn add_sentences(text: &str, labelled: &Regex, lines: &mut Vec<ErrorLine>) {
    let found: Vec<_> = labelled.captures_iter(text).collect();
    let label_first = found.first().is_some_and(|first| first.get_match().start() == 0);
    let mut end = 0;
    for (position, label) in found.iter().enumerate() {
        let whole = label.get_match();
        let next = found.get(position + 1).map_or(text.len(), |next| next.get_match().start());
        let words = if label_first { text.get(whole.end()..next) } else { text.get(end..whole.start()) };
        lines.push(ErrorLine::new(words, label.get(1)));
        end = whole.end();
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is constant and tested")
}

impl ErrorLine {
    fn new(words: Option<&str>, number: Option<Match<'_>>) -> Self {
        let marks = |c: char| c.is_whitespace() || ",，;；、.。".contains(c);
        let words = words.unwrap_or_default().trim_matches(marks).to_owned();
        let numbers = number.iter().map(|number| number.as_str().to_owned()).collect();
        Self { words, numbers, entry: None }
    }

    /// The contacts that the line is about: by the numbers in their place, else by these put together; where no place
    /// holds a whole number, the only one whose number is among the words, else in the entry. None: it names nobody
    /// whom we know.
    pub(super) fn contacts(&self, contact_index: &ContactIndex<'_>) -> Vec<usize> {
        let found: Vec<usize> = self.numbers.iter().flat_map(|number| named(contact_index, number)).collect();
        if !found.is_empty() {
            return found;
        }
        if self.numbers.iter().any(|number| !is_part(number)) {
            return Vec::new();
        }
        let together = named(contact_index, &self.numbers.join(" "));
        if !together.is_empty() {
            return together;
        }
        let entry = || contact_index.find_inside(self.entry.as_deref()?);
        contact_index.find_inside(&self.words).or_else(entry).into_iter().collect()
    }

    /// What kind of refusal it is.
    pub(super) fn kind(&self) -> ErrorKind {
        static PATTERNS: LazyLock<[(Regex, ErrorKind); 3]> = LazyLock::new(|| {
            [
                // Somebody can "already exist" in a list of people who must not be called, too.
                (r"(?i)black\s*list|block|黑名单|禁", ErrorKind::Other),
                (
                    r"(?i)already\s+(?:exist|in\s+th(?:is|e)\s+(?:task|job)|added|imported)|duplicate|已[^不]{0,12}存在|重复",
                    ErrorKind::AlreadyThere,
                ),
                (
                    r"(?i)(?:propert(?:y|ies)|variables?)\b.*\b(?:incomplete|missing)|(?:属性|变量).*(?:不完整|缺失|不能为空)",
                    ErrorKind::MissingVariable,
                ),
            ]
            .map(|(text, kind)| (pattern(text), kind))
        });
        PATTERNS
            .iter()
            .find(|(pattern, _)| pattern.is_match(&self.words))
            .map_or(ErrorKind::Other, |(_, kind)| *kind)
    }
}

/// Those whom a text in a number's place names.
fn named(contact_index: &ContactIndex<'_>, number: &str) -> Vec<usize> {
    match contact_index.find_contact(number) {
        Some(position) => vec![position],
        None => contact_index.find_written(number).into_iter().collect(),
    }
}

/// Whether this is a part of a number, such as its country code.
fn is_part(number: &str) -> bool {
    finder::only_number(number, 1).is_some_and(|part| part.digits.len() < SHORTEST_NUMBER)
}

//! What to write instead, for those who know Jinja, Python, SQL or a spreadsheet.

use crate::nearest::nearest;

use super::super::filters::{Filter, Parameter};
use super::super::predicates::Predicate;

/// What other languages call a filter of ours.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("upcase", "upper"),
    ("uppercase", "upper"),
    ("toupper", "upper"),
    ("downcase", "lower"),
    ("lowercase", "lower"),
    ("tolower", "lower"),
    ("casefold", "lower"),
    ("titlecase", "title"),
    ("proper", "title"),
    ("initcap", "title"),
    ("strip", "trim"),
    ("lstrip", "trim"),
    ("rstrip", "trim"),
    ("len", "length"),
    ("size", "length"),
    ("str", "string"),
    ("sorted", "sort"),
    ("reversed", "reverse"),
    ("strftime", "date('%d/%m/%Y')"),
    ("date_format", "date('%d/%m/%Y')"),
    ("dateformat", "date('%d/%m/%Y')"),
    ("datetimeformat", "date('%d/%m/%Y')"),
    ("to_char", "date('%d/%m/%Y')"),
    ("number_format", "thousands('.')"),
    ("numberformat", "thousands('.')"),
    ("intcomma", "thousands(',')"),
    ("currency", "thousands('.')"),
    ("coalesce", "default('…')"),
    ("ifnull", "default('…')"),
    ("nvl", "default('…')"),
    ("safe", "string"),
    ("escape", "string"),
    ("e", "string"),
];

/// Statements of Jinja that are not for templates that speak.
pub(super) fn refused(line: usize, word: &str) -> String {
    let kind = match word {
        "macro" | "call" => "macros",
        "include" | "import" | "from" => "includes or imports",
        "extends" | "block" => "blocks that other templates fill",
        "autoescape" => "autoescape: nothing is escaped",
        "do" => "`do`: nothing can be called",
        "break" | "continue" => "`break` and `continue`",
        word => {
            let known = ["if", "elif", "else", "endif", "for", "endfor", "set", "endset", "with", "endwith"];
            let hint = nearest(word, known);
            let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return format!("line {line}: there is no statement `{word}`{hint}");
        }
    };
    format!("line {line}: templates here have no {kind}")
}

fn ours(name: &str) -> Option<&'static str> {
    OTHER_NAMES.iter().find(|(other, _)| name.eq_ignore_ascii_case(other)).map(|(_, ours)| *ours)
}

pub(super) fn unknown_filter(name: &str) -> String {
    if let Some(near) = ours(name).or_else(|| nearest(name, Filter::all_names())) {
        return format!("there is no filter `{name}`; did you mean `{near}`?");
    }
    let all: Vec<_> = Filter::all_names().collect();
    format!("there is no filter `{name}`; there are {}", all.join(", "))
}

pub(super) fn unknown_predicate(name: &str) -> String {
    if let Some(near) = nearest(name, Predicate::all_names()) {
        return format!("there is no test `is {name}`; did you mean `is {near}`?");
    }
    let all: Vec<_> = Predicate::all_names().collect();
    format!("there is no test `is {name}`; there are {}", all.join(", "))
}

/// What a filter takes, for people.
pub(super) fn parameters(parameters: &[Parameter]) -> String {
    if parameters.is_empty() {
        return "no value in ()".to_owned();
    }
    let names: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
    let n_needed = parameters.iter().filter(|parameter| parameter.is_needed).count();
    let count = match (n_needed, names.len()) {
        (needed, all) if needed == all => format!("{all}"),
        (0, all) => format!("at most {all}"),
        (needed, all) => format!("{needed} to {all}"),
    };
    format!("{count} ({})", names.join(", "))
}

/// `map('upper')`, which means a filter for each item in Jinja.
pub(super) fn by_name(filter: &str, parameter: &str) -> String {
    format!(
        "`{filter}` takes a name in each item, as in {filter}({parameter}='name'); for a filter write {{% for x in … %}}{{{{ x | upper }}}}{{% endfor %}}"
    )
}

/// `len(x)` and the like.
pub(super) fn function(name: &str, arguments: &[String]) -> String {
    if let ["now" | "today" | "utcnow"] = [name] {
        return "`now` is written without (), as in now | date('%d/%m/%Y')".to_owned();
    }
    let filter =
        ours(name).map(str::to_owned).or_else(|| Filter::named(name).map(|filter| filter.name().to_owned()));
    match (filter, arguments) {
        (Some(filter), [input, rest @ ..]) => {
            let filter = if rest.is_empty() || filter.contains('(') {
                filter
            } else {
                format!("{filter}({})", rest.join(", "))
            };
            format!("filters stand behind |; for `{name}(…)` write {input} | {filter}")
        }
        _ => format!(
            "templates here have no function `{name}`; there is `range`, and filters such as x | upper"
        ),
    }
}

/// `x.title()` and the like.
pub(super) fn method(receiver: &str, name: &str, arguments: &[String]) -> String {
    let joined = arguments.join(", ");
    let first = arguments.first().map_or("x", String::as_str);
    let instead = match name {
        "strip" | "lstrip" | "rstrip" => format!("{receiver} | trim"),
        "startswith" => format!("{receiver} is startingwith({joined})"),
        "endswith" => format!("{receiver} is endingwith({joined})"),
        "join" => format!("{first} | join({receiver})"),
        "get" => match arguments {
            [name] => format!("{receiver}[{name}]"),
            _ => format!("{receiver}[{first}] | default({})", arguments.get(1).map_or("''", String::as_str)),
        },
        "format" if receiver.contains(",}") || receiver.contains(",.") => format!("{first} | thousands(',')"),
        "format" => format!("'… %s …' | format({joined})"),
        "strftime" => format!("{receiver} | date({joined})"),
        "isoformat" => format!("{receiver} | date('%Y-%m-%d')"),
        "count" | "find" | "index" => format!("{first} in {receiver}"),
        _ => match ours(name).or_else(|| Filter::named(name).map(Filter::name)) {
            Some(filter) if arguments.is_empty() => format!("{receiver} | {filter}"),
            Some(filter) => format!("{receiver} | {filter}({joined})"),
            None => {
                let near = nearest(name, Filter::all_names());
                let near =
                    near.map_or_else(String::new, |near| format!("; did you mean {receiver} | {near}?"));
                return format!("there are no methods such as `.{name}()`, but filters behind |{near}");
            }
        },
    };
    format!("there are no methods such as `.{name}()`; write {instead}")
}

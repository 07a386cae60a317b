//! Texts of a mapping that would be understood, but not as they were meant: a template where a column's
//! name belongs, a column's name where a template belongs, braces that would be spoken.

use crate::phone::shown;

use super::catalog::Schema;
use super::gender;
use super::name::same_letters;

/// What is wrong with the name of a column, if anything is.
pub(super) fn in_column(name: &str, schema: Schema<'_>) -> Option<String> {
    if schema.exact(name).is_some() {
        return None;
    }
    if let Some(inner) = braced(name) {
        return Some(match bare_column(inner) {
            Some(column) => format!("a column's name is written without braces: write `{}`", shown(column)),
            None => {
                "a column's name is written without braces; fill in template instead of column".to_owned()
            }
        });
    }
    let column = name.strip_prefix("record.")?;
    let is_slip = schema.is_known() && schema.exact("record").is_none();
    is_slip.then(|| format!("a column's name is written without `record.`: write `{}`", shown(column)))
}

/// What is wrong with the name of a field, which people copy out of the call script with what marks it there.
pub(super) fn in_field(name: &str) -> Option<String> {
    let inner = name.trim_matches(|c| "{}[]<>$#%".contains(c)).trim();
    (inner != name && braced(name).is_some())
        .then(|| format!("a variable's name is written without braces: write `{}`", shown(inner)))
}

/// What is wrong with a template, if anything is, that holds no template.
pub(super) fn in_template(source: &str, schema: Schema<'_>) -> Option<String> {
    if is_template(source) {
        return None;
    }
    let text = source.trim();
    let column = text.strip_prefix("record.").filter(|path| is_path(path));
    if let Some(column) = column.or_else(|| is_column(text, schema).then_some(text)) {
        let word = shown(column);
        return Some(format!(
            "would be used as it is written; for the column's value write {}, for the word itself {{{{ '{word}' }}}}",
            expression(column)
        ));
    }
    if let Some(column) = spelled(text, schema) {
        return Some(format!(
            "would be used as it is written; for the column's value write {}",
            expression(column)
        ));
    }
    single_braces(source, schema).or_else(|| marked(source, schema))
}

/// The column that a text of one word means in another spelling, or with the signs of another language around it:
/// `FULL_NAME`, `full-name`, `%full_name%`, `<%= full_name %>`, `record['full_name']`.
fn spelled<'s>(text: &str, schema: Schema<'s>) -> Option<&'s str> {
    let is_sign = |c: char| !c.is_alphanumeric();
    let inner = text.trim_matches(is_sign);
    let inner = inner.strip_prefix("record").filter(|rest| rest.starts_with(is_sign)).unwrap_or(inner);
    let word = inner.trim_matches(is_sign);
    let is_one = !word.is_empty() && !word.contains(|c: char| is_sign(c) && !"_-".contains(c));
    let is_figure = word.chars().all(|c| c.is_ascii_digit());
    // Single braces have advice of their own.
    let is_braced = text.contains(['{', '}']) || is_figure || !is_one;
    schema.columns().find(|column| !is_braced && same_letters(column.trim_matches(is_sign), word))
}

/// What is wrong with a default, if anything is. `field` is the contact's own field that it serves.
pub(super) fn in_default(text: &str, field: Option<&str>, schema: Schema<'_>) -> Option<String> {
    let why = match field {
        _ if is_template(text) => {
            "a default is spoken as it is written; write {{ record.one|default(record.other) }} into template instead"
        }
        Some("gender") if gender::understand(text).is_none() => {
            "is no gender that the vendor knows; write male or female, or leave it blank"
        }
        _ => return single_braces(text, schema).or_else(|| marked(text, schema)),
    };
    Some(why.to_owned())
}

/// Whether the catalog has a column of this very name; a figure is rather a constant than a column.
fn is_column(text: &str, schema: Schema<'_>) -> bool {
    let is_figure = text.chars().all(|c| c.is_ascii_digit());
    let is_nested = || {
        text.contains('.') && is_path(text) && schema.find_path(&text.split('.').collect::<Vec<_>>()).is_ok()
    };
    !is_figure && schema.is_known() && (schema.exact(text).is_some() || is_nested())
}

/// How a template names a column.
fn expression(column: &str) -> String {
    let name = shown(column);
    if is_path(column) { format!("{{{{ record.{name} }}}}") } else { format!("{{{{ record['{name}'] }}}}") }
}

fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#", "}}", "%}", "#}"].iter().any(|mark| text.contains(mark))
}

/// Braces that other languages put around a column's name, and that this one would speak.
fn single_braces(text: &str, schema: Schema<'_>) -> Option<String> {
    let (name, _) = text.split_once('{').and_then(|(_, rest)| rest.split_once('}'))?;
    let name = name.trim();
    let column = name.strip_prefix("record.").or_else(|| is_column(name, schema).then_some(name));
    let column = column.or_else(|| spelled(name, schema))?;
    Some(format!("single braces would be used as they are written; write {}", expression(column)))
}

/// What other languages put around a column's name within a text: `%(full_name)s`, `%full_name%`, `[full_name]`,
/// `<full_name>`, `«full_name»`, `$full_name`, `#full_name#`.
fn marked(text: &str, schema: Schema<'_>) -> Option<String> {
    const MARKS: [(&str, &str); 9] = [
        ("%(", ")"),
        ("%=", "%"),
        ("%", "%"),
        ("[", "]"),
        ("<", ">"),
        ("«", "»"),
        ("#", "#"),
        ("${", "}"),
        ("$", ""),
    ];
    let column = MARKS.iter().find_map(|(opening, closing)| {
        let more = if closing.is_empty() { "_" } else { "_-. " };
        let is_name = |c: char| c.is_alphanumeric() || more.contains(c);
        text.match_indices(opening).find_map(|(at, _)| {
            let inner = text.get(at..)?.strip_prefix(opening)?;
            let rest = inner.trim_start_matches(is_name);
            let word = inner.strip_suffix(rest).filter(|_| rest.starts_with(closing))?;
            let word = word.trim().trim_start_matches("record.");
            if schema.exact(word).is_some() { Some(word) } else { spelled(word, schema) }
        })
    })?;
    Some(format!("would be spoken as it is written; for the column's value write {}", expression(column)))
}

/// What stands in the braces of a text.
fn braced(text: &str) -> Option<&str> {
    ["{{", "{%", "{"].iter().find_map(|opening| text.split_once(opening)).map(|(_, inner)| inner)
}

/// The column of `record.x }}`.
fn bare_column(inner: &str) -> Option<&str> {
    let path = inner.trim_end_matches('}').trim();
    let path = path.strip_prefix("record.").unwrap_or(path);
    Some(path).filter(|path| is_path(path))
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_.".contains(c))
}

//! What is wrong with a template's braces, which the parser would pass over or tell in its own words.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Bytes of a template: nobody speaks more, and nothing that is nested in them exhausts a stack.
pub(super) const LONGEST_SOURCE: usize = 10_000;

/// Names in scope, which nobody writes in single braces to have them spoken.
const ROOTS: [&str; 6] = ["record", "stream", "namespace", "sync_id", "emitted_at", "now"];

/// The parser's names have the letters a to z only.
const ODD_CHARACTER: &str =
    "a character that no expression has; a column with other letters than a to z is written record['tên']";

/// Whether a template has nothing but text.
pub(super) fn is_constant(source: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|opening| source.contains(opening))
}

/// What is open while a template is read.
#[derive(Default)]
struct BraceReader {
    /// `{{` or `{%`, and its line.
    tag: Option<(&'static str, u16)>,
    /// Brackets inside of the tag.
    brackets: Vec<(char, u16)>,
    /// Blocks that want an end.
    blocks: Vec<(String, u16)>,
    /// The tag's first word, until its end shows whether it opens a block.
    keyword: Option<(String, u16)>,
    assigns: bool,
}

/// Finds the first of what is never closed, or closes nothing.
///
/// # Errors
/// Says what, and in which line.
pub(super) fn check(source: &str, is_column: &dyn Fn(&str) -> bool) -> Result<(), String> {
    if source.len() > LONGEST_SOURCE {
        let n_bytes = source.len();
        return Err(format!("a template has at most {LONGEST_SOURCE} bytes, and this one {n_bytes}"));
    }
    let is_raw = source.contains("endraw");
    let mut reader = BraceReader::default();
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = match token {
            Ok(token) => token,
            Err(error) => {
                let line = error.line().unwrap_or(1);
                return Err(match error.detail() {
                    Some("unexpected character") => format!("line {line}: {ODD_CHARACTER}"),
                    Some(why) => format!("line {line}: {why}"),
                    None => format!("line {line}: it cannot be read"),
                });
            }
        };
        match token {
            Token::TemplateData(text) if !is_raw => check_text(text, span.start_line, is_column)?,
            token => reader.take(&token, span.start_line)?,
        }
    }
    reader.finish()
}

impl BraceReader {
    fn take(&mut self, token: &Token<'_>, line: u16) -> Result<(), String> {
        match token {
            Token::VariableStart => self.tag = Some(("{{", line)),
            Token::BlockStart => self.tag = Some(("{%", line)),
            Token::VariableEnd => self.tag = None,
            Token::BlockEnd => {
                self.tag = None;
                return self.end_of_block();
            }
            Token::Ident(word) if matches!(self.tag, Some(("{%", _))) && self.keyword.is_none() => {
                self.keyword = Some(((*word).to_owned(), line));
                self.assigns = false;
            }
            Token::Assign if self.brackets.is_empty() => self.assigns = true,
            Token::ParenOpen => self.brackets.push(('(', line)),
            Token::BracketOpen => self.brackets.push(('[', line)),
            Token::BraceOpen => self.brackets.push(('{', line)),
            Token::ParenClose => return self.close('(', ')', line),
            Token::BracketClose => return self.close('[', ']', line),
            Token::BraceClose => return self.close('{', '}', line),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, opening: char, closing: char, line: u16) -> Result<(), String> {
        match (self.brackets.pop(), self.tag) {
            (Some((found, _)), _) if found == opening => Ok(()),
            (Some((found, line)), _) => Err(format!("line {line}: `{found}` is never closed")),
            (None, Some((tag @ "{{", line))) if closing == '}' => {
                Err(format!("line {line}: `{tag}` is never closed; a single `}}` does not close it"))
            }
            _ => Err(format!("line {line}: `{closing}` closes nothing")),
        }
    }

    fn end_of_block(&mut self) -> Result<(), String> {
        let Some((word, line)) = self.keyword.take() else { return Ok(()) };
        match &*word {
            "set" if self.assigns => {}
            "for" | "if" | "with" | "set" | "filter" | "macro" | "call" | "block" | "autoescape" => {
                self.blocks.push((word, line));
            }
            _ => {
                if let Some(block) = word.strip_prefix("end") {
                    match self.blocks.pop() {
                        Some((open, _)) if open == block => {}
                        Some((open, open_line)) => {
                            return Err(format!("line {open_line}: `{{% {open} %}}` is never closed"));
                        }
                        None => return Err(format!("line {line}: `{{% {word} %}}` closes nothing")),
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), String> {
        if let Some((bracket, line)) = self.brackets.last() {
            return Err(format!("line {line}: `{bracket}` is never closed"));
        }
        if let Some((tag, line)) = self.tag {
            return Err(format!("line {line}: `{tag}` is never closed"));
        }
        match self.blocks.last() {
            Some((block, line)) => {
                Err(format!("line {line}: `{{% {block} %}}` is never closed; write {{% end{block} %}}"))
            }
            None => Ok(()),
        }
    }
}

/// Finds braces in the template's own text that are a mistake.
fn check_text(text: &str, first_line: u16, is_column: &dyn Fn(&str) -> bool) -> Result<(), String> {
    let line_of = |place: usize| {
        let n_before = text.get(..place).unwrap_or_default().matches('\n').count();
        usize::from(first_line) + n_before
    };
    for closing in ["}}", "%}", "#}"] {
        if let Some(place) = text.find(closing) {
            return Err(format!("line {}: `{closing}` closes nothing", line_of(place)));
        }
    }
    for (place, _) in text.match_indices('{') {
        let inside = text.get(place + 1..).unwrap_or_default();
        let (inside, is_closed) =
            inside.split_once('}').map_or((inside, false), |(inside, _)| (inside, true));
        let name = inside.trim();
        let root = name.split(['.', '[', '|', ' ']).next().unwrap_or_default();
        let is_lookup = ROOTS.contains(&root) && (is_closed || name.starts_with("record."));
        if is_lookup || is_closed && is_column(name) {
            let name = if ROOTS.contains(&root) { name.to_owned() } else { format!("record.{name}") };
            return Err(format!(
                "line {}: single braces say their text; write {{{{ {name} }}}}",
                line_of(place)
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_closed_or_closes_nothing_is_told() {
        for (source, want) in [
            ("100% {sure} {x}", ""),
            ("{{ {'a': [1, (2)]}['a'] }}{% if 1 %}{% elif 2 %}{% else %}{% endif %}", ""),
            ("{% set a = 1 %}{% set b %}{% endset %}{% set c | replace(old='x', new='y') %}{% endset %}", ""),
            ("{% raw %}{{ x }}{% endraw %}", ""),
            ("{{ record", "line 1: `{{` is never closed"),
            ("\n{{ 'a", "line 2: unexpected end of string"),
            ("{{ record.a } {{ record.b }}", "line 1: `{{` is never closed; a single `}` does not close it"),
            (
                "{{ record.tên }}",
                "line 1: a character that no expression has; a column with other letters than a to z is written record['tên']",
            ),
            ("{{ range(3 }}", "line 1: `(` is never closed"),
            ("{{ a) }}", "line 1: `)` closes nothing"),
            ("{% if 1 }", "line 1: `}` closes nothing"),
            ("a\n{% if 1 %}b", "line 2: `{% if %}` is never closed; write {% endif %}"),
            ("{% set b %}", "line 1: `{% set %}` is never closed; write {% endset %}"),
            ("{% if 1 %}{% for a in b %}{% endif %}", "line 1: `{% for %}` is never closed"),
            ("{% endif %}", "line 1: `{% endif %}` closes nothing"),
            ("a }}", "line 1: `}}` closes nothing"),
            ("{{ a }}\n b %}", "line 2: `%}` closes nothing"),
            ("{ record.a }", "line 1: single braces say their text; write {{ record.a }}"),
            ("{record.a", "line 1: single braces say their text; write {{ record.a }}"),
            ("{name} {{ x }}", "line 1: single braces say their text; write {{ record.name }}"),
        ] {
            let told = check(source, &|name| name == "name").err().unwrap_or_default();
            assert_eq!(told, want, "{source:?}");
        }
    }
}

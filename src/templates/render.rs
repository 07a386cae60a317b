//! Says a template for one record, and notices what it leaves open.

use crate::values::is_blank;

use super::budget::{Budget, Why, fits};
use super::constant::Constant;
use super::context::RenderContext;
use super::failure::Failure;
use super::tree::{Expr, ExprKind, For, Node, Target};
use super::value::{Text, Value};

/// Evaluates one template on one record.
pub(super) struct Machine<'a> {
    pub(super) context: &'a RenderContext<'a>,
    pub(super) budget: Budget,
    pub(super) locals: Vec<Value<'a>>,
    /// The loops under way: which turn of how many.
    pub(super) loops: Vec<(usize, usize)>,
    speech: Speech,
}

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Speech {
    text: String,
    /// Where nothing was said in the place of a value.
    holes: Vec<usize>,
    /// The template said something of its own.
    has_words: bool,
}

impl<'a> Machine<'a> {
    pub(super) fn new(context: &'a RenderContext<'a>, n_locals: usize) -> Self {
        Self {
            context,
            budget: Budget::new(),
            locals: vec![Value::Nothing; n_locals],
            loops: Vec::new(),
            speech: Speech::default(),
        }
    }

    /// Says the whole template; nothing when half a sentence would be left.
    pub(super) fn render(mut self, nodes: &'a [Node]) -> Result<Option<String>, Failure> {
        self.nodes(nodes)?;
        Ok(self.speech.finish())
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Result<(), Failure> {
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &'a Node) -> Result<(), Failure> {
        match node {
            Node::Text { text, is_words } => {
                self.speech.has_words |= is_words;
                self.say(text).map_err(Failure::without_place)
            }
            Node::Emit(expr) => self.emit(expr),
            Node::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.evaluate(condition)?.is_true() {
                        return self.nodes(body);
                    }
                }
                self.nodes(otherwise)
            }
            Node::For(each) => self.each(each),
            Node::Set { target, value } => {
                let found = self.evaluate(value)?;
                self.put(target, found).map_err(|why| Failure::at(value, why))
            }
            Node::Capture { local, body, is_spoken } => {
                let outside = std::mem::take(&mut self.speech);
                self.nodes(body)?;
                let inside = std::mem::replace(&mut self.speech, outside);
                self.speech.has_words |= *is_spoken && inside.has_words;
                let has_words = inside.has_words;
                let kept =
                    inside.finish().map_or(Value::Nothing, |text| Value::Text(Text::Made(text.into())));
                self.keep(*local, if has_words { kept.with_words() } else { kept });
                Ok(())
            }
        }
    }

    fn emit(&mut self, expr: &'a Expr) -> Result<(), Failure> {
        let value = self.evaluate(expr)?;
        if value.is_nothing() {
            self.speech.hole();
            return Ok(());
        }
        let is_constant = matches!(&expr.kind, ExprKind::Constant(Constant::Number(_) | Constant::Bool(_)));
        self.speech.has_words |= is_constant || value.has_words();
        let said = value.spoken().and_then(|text| self.say(&text));
        said.map_err(|why| Failure::at(expr, why))
    }

    fn say(&mut self, text: &str) -> Result<(), Why> {
        fits(self.speech.text.len() + text.len())?;
        self.budget.text(text.len())?;
        self.speech.text.push_str(text);
        Ok(())
    }

    fn each(&mut self, each: &'a For) -> Result<(), Failure> {
        let at = |why| Failure::at(&each.list, why);
        let list = match self.evaluate(&each.list)? {
            Value::Nothing => {
                if each.otherwise.is_empty() {
                    self.speech.hole();
                }
                return self.nodes(&each.otherwise);
            }
            object @ (Value::Map(_) | Value::Json(_)) if object.kind() == "an object" => {
                let members = object.members(&mut self.budget).map_err(at)?;
                members.into_iter().map(|(name, _)| Value::Text(name)).collect()
            }
            list => list.items(&mut self.budget).map_err(at)?,
        };
        let mut kept = Vec::new();
        for item in list.iter() {
            self.put(&each.target, item.clone()).map_err(at)?;
            let fits = match &each.condition {
                Some(condition) => self.evaluate(condition)?.is_true(),
                None => true,
            };
            if fits {
                kept.push(item.clone());
            }
        }
        if kept.is_empty() {
            return self.nodes(&each.otherwise);
        }
        let n_turns = kept.len();
        for (index, item) in kept.into_iter().enumerate() {
            self.budget.steps(1).map_err(at)?;
            self.put(&each.target, item).map_err(at)?;
            for (local, outside) in &each.fresh {
                let start = outside.and_then(|outside| self.locals.get(outside).cloned());
                self.keep(*local, start.unwrap_or(Value::Nothing));
            }
            self.loops.push((index, n_turns));
            let said = self.nodes(&each.body);
            self.loops.pop();
            said?;
        }
        Ok(())
    }

    fn put(&mut self, target: &Target, value: Value<'a>) -> Result<(), Why> {
        let locals = match target {
            Target::One(local) => {
                self.keep(*local, value);
                return Ok(());
            }
            Target::Each(locals) => locals,
        };
        if value.is_nothing() {
            for local in locals {
                self.keep(*local, Value::Nothing);
            }
            return Ok(());
        }
        let items = value.items(&mut self.budget)?;
        if items.len() != locals.len() {
            let (found, want) = (items.len(), locals.len());
            return Err(format!("it has {found} items, and is taken apart into {want}").into());
        }
        for (local, item) in locals.iter().zip(items.iter()) {
            self.keep(*local, item.clone());
        }
        Ok(())
    }

    fn keep(&mut self, local: usize, value: Value<'a>) {
        if let Some(place) = self.locals.get_mut(local) {
            *place = value;
        }
    }
}

impl Speech {
    /// Nothing is said here in the place of a value.
    fn hole(&mut self) {
        self.holes.push(self.text.len());
    }

    /// The text; nothing when words of the template's own miss a value.
    fn finish(self) -> Option<String> {
        if self.holes.is_empty() {
            return Some(self.text);
        }
        if self.has_words {
            return None;
        }
        let closed = closed_up(&self.text, &self.holes);
        Some(closed).filter(|text| !is_blank(text))
    }
}

/// Takes the blanks out that stood around values which were nothing: one side of each, both at an end.
fn closed_up(text: &str, holes: &[usize]) -> String {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    // Where the last word before each hole ends.
    let mut word_ends = Vec::with_capacity(holes.len());
    let (mut word_end, mut last) = (0, 0);
    for hole in holes {
        let words = part(last, *hole).trim_end();
        if !words.is_empty() {
            word_end = last + words.len();
        }
        word_ends.push(word_end);
        last = *hole;
    }
    // What is kept, from the end to the beginning.
    let mut kept: Vec<&str> = Vec::with_capacity(holes.len() + 1);
    let (mut end, mut has_words_behind) = (text.len(), false);
    for (hole, word_end) in holes.iter().zip(word_ends).rev() {
        let behind = part(*hole, end);
        has_words_behind |= !behind.trim().is_empty();
        kept.push(behind);
        let is_at_an_end = word_end == 0 || !has_words_behind;
        if is_at_an_end || word_end < *hole {
            without_blanks_in_front(&mut kept);
        }
        end = if is_at_an_end { word_end } else { *hole };
    }
    kept.push(part(0, end));
    kept.into_iter().rev().collect()
}

/// Of parts from the end to the beginning.
fn without_blanks_in_front(kept: &mut Vec<&str>) {
    while let Some(first) = kept.pop() {
        let words = first.trim_start();
        if !words.is_empty() {
            return kept.push(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_close_up_around_holes() {
        let cases: [(&[&str], &str); 11] = [
            (&["A", " ", "", " ", "B"], "A B"),
            (&["", " ", "B"], "B"),
            (&["A", " ", ""], "A"),
            (&["A", " ", "", " ", "", "\n", "B"], "A B"),
            (&["A", "", " ", "B"], "A B"),
            (&["A", " ", "", "B"], "A B"),
            (&["A", "", "B"], "AB"),
            (&["", " ", "", " ", ""], ""),
            (&[" ", "", " ", "B ", "", " C"], "B C"),
            (&["  ", "", "", " ", "", "B   C"], "B   C"),
            (&["A  B", " ", "", "", " ", "", "  "], "A  B"),
        ];
        for (parts, want) in cases {
            let (mut text, mut holes) = (String::new(), Vec::new());
            for part in parts {
                if part.is_empty() {
                    holes.push(text.len());
                }
                text.push_str(part);
            }
            assert_eq!(closed_up(&text, &holes), want, "{parts:?}");
        }
    }
}

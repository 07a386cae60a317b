//! Who is called: conditions in SQL, with SQL's three truth values.
//!
//! A condition is compiled once for a stream and asked for each record. Only TRUE calls anybody.
//! What is unknown keeps its cause: the column, and what to write so that it can be known.

mod advice;
mod arithmetic;
mod cast;
mod cause;
mod compile;
mod evaluate;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod kinds;
mod literals;
mod parse;
mod possible;
mod spelling;
mod text;
mod tree;
mod unsupported;

use std::cell::Cell;
use std::panic::resume_unwind;
use std::thread;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use cause::ColumnInfo;
use compile::ConditionCompiler;
use evaluate::{MOST_STEPS, Sight};
use kinds::Kinds;
use possible::PossibleResults;
use tree::{Cause, Node, Truth};

pub(crate) use compile::{ColumnMatch, Finder};
pub(crate) use evaluate::Raw;
pub(crate) use tree::Blocked;

use crate::domain::reason::Reason;
use crate::phone::discreet;

/// The parser takes much of the stack for each level, and so does the end of a long chain: far more
/// than ten thousand bytes can ask for. Only what is used of it costs memory.
const STACK: usize = 64 << 20;

/// A compiled condition.
#[derive(Debug)]
pub(crate) struct Condition {
    /// What its outermost ANDs join.
    parts: Vec<Conjunct>,
    columns: Vec<ColumnInfo>,
    zone: TimeZone,
}

/// One of the conditions that must all be TRUE, as it was written.
#[derive(Debug)]
struct Conjunct {
    node: Node,
    /// As it was written, but for numbers of phones and credentials.
    text: Box<str>,
}

/// Why a record is not called. The detail holds no value of the record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConditionRefusal {
    pub(crate) reason: Reason,
    pub(crate) detail: Box<str>,
}

impl Condition {
    /// Compiles a condition for the records of one stream.
    ///
    /// # Errors
    /// Says what is wrong with it; of the spelling of templates, how it is written in SQL.
    pub(crate) fn compile(
        source: &str,
        now: Timestamp,
        zone: &TimeZone,
        find: Finder<'_, '_>,
    ) -> Result<Self, String> {
        let compile = || {
            let why = match Self::compile_sql(source, now, zone, &mut *find) {
                Ok(condition) => return Ok(condition),
                Err(why) => why,
            };
            let compiles = &mut |sql: &str| Self::compile_sql(sql, now, zone, &mut *find).map(drop);
            Err(discreet(&advice::with_advice(source, why, compiles)))
        };
        thread::scope(|scope| {
            let compiling = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, compile);
            let compiling = compiling.map_err(|error| format!("it cannot be compiled now: {error}"))?;
            compiling.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    fn compile_sql(
        source: &str,
        now: Timestamp,
        zone: &TimeZone,
        find: Finder<'_, '_>,
    ) -> Result<Self, String> {
        let parsed = parse::parse(source)?;
        let mut compiler = ConditionCompiler::new(find, now, zone);
        let nodes = match compiler.node(&parsed.expression)? {
            Node::All(nodes) if nodes.len() == parsed.parts.len() => nodes,
            node => vec![node],
        };
        let texts = if nodes.len() == parsed.parts.len() { parsed.parts } else { vec![parse::shown(source)] };
        let parts = nodes
            .into_iter()
            .zip(texts)
            .map(|(node, text)| Conjunct { node, text: discreet(&text).into() })
            .collect();
        let condition = Self { parts, columns: compiler.columns, zone: zone.clone() };
        condition.parts.iter().try_for_each(|part| condition.check(part))?;
        Ok(condition)
    }

    /// Whether a part can be TRUE for any record, and each of its branches something at all.
    fn check(&self, part: &Conjunct) -> Result<(), String> {
        let outlook = PossibleResults { columns: &self.columns, zone: &self.zone };
        let text = &part.text;
        if outlook.of(&part.node).can_be(Kinds::TRUE) {
            let unlisted = |column: &ColumnInfo| ColumnInfo { kinds: Kinds::ANY, ..column.clone() };
            let columns: Vec<ColumnInfo> = self.columns.iter().map(unlisted).collect();
            return match (PossibleResults { columns: &columns, zone: &self.zone }).slip(&part.node) {
                Some(why) => Err(format!("a branch of `{text}` can be neither TRUE nor FALSE: {why}")),
                None => Ok(()),
            };
        }
        match outlook.never(&part.node).or_else(|| outlook.no_condition(&part.node)) {
            Some(why) => Err(format!("`{text}` can never be TRUE: {why}")),
            None => Err(format!("`{text}` can never be TRUE")),
        }
    }

    /// Branches that the catalog's types rule out, for the log: the condition can be TRUE without them,
    /// but somebody meant something by each.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = String> {
        let outlook = PossibleResults { columns: &self.columns, zone: &self.zone };
        self.parts.iter().filter_map(move |part| {
            let (text, why) = (&part.text, outlook.slip(&part.node)?);
            Some(discreet(&format!(
                "a branch of `{text}` can be neither TRUE nor FALSE by the catalog: {why}"
            )))
        })
    }

    /// Decides about one record by its raw columns.
    pub(crate) fn decide<'a>(&'a self, raw: impl Fn(usize) -> Raw<'a>) -> Result<(), ConditionRefusal> {
        let sight = Sight { raw, zone: &self.zone, steps: Cell::new(MOST_STEPS) };
        let mut unknown: Option<(&Conjunct, Cause<'_>)> = None;
        for part in &self.parts {
            match sight.truth(&part.node) {
                Truth::True => {}
                Truth::False => return Err(self.refusal(unknown, Some(part))),
                Truth::Unknown(cause) => unknown = unknown.or(Some((part, cause))),
            }
        }
        if unknown.is_some() { Err(self.refusal(unknown, None)) } else { Ok(()) }
    }

    fn refusal(
        &self,
        unknown: Option<(&Conjunct, Cause<'_>)>,
        is_false: Option<&Conjunct>,
    ) -> ConditionRefusal {
        let unknown =
            unknown.map(|(part, cause)| format!("`{}` is unknown: {}", part.text, cause.told(&self.columns)));
        let is_false = is_false.map(|part| format!("`{}` is FALSE", part.text));
        let reason = if is_false.is_some() { Reason::OnlyWhen } else { Reason::ConditionUnknown };
        let said: Vec<String> = unknown.into_iter().chain(is_false).collect();
        ConditionRefusal { reason, detail: said.join("; ").into() }
    }
}

#[cfg(test)]
mod tests;

//! The rules of calling that were kept, each with whom it kept back: nobody is a count, too.

use super::document::{Records, RuleRow};
use super::facts::{Ending, RuleFacts};
use crate::domain::decision::Decision;

/// Counts by rule.
#[derive(Debug)]
pub(super) struct Rules(Vec<(RuleFacts, u64)>);

impl Rules {
    pub(super) fn new(rules: &[RuleFacts]) -> Self {
        Self(rules.iter().map(|rule| (rule.clone(), 0)).collect())
    }

    pub(super) fn add(&mut self, decision: &Decision<'_>) {
        let Some(reason) = decision.outcome.reason() else { return };
        for (_, count) in self.0.iter_mut().filter(|(rule, _)| rule.reasons.contains(&reason)) {
            *count += 1;
        }
    }

    /// In their order. What was left alone when a rule ended the run, that rule kept back.
    pub(super) fn rows(&self, how: &Ending, records: Records) -> Vec<RuleRow> {
        let row = |(rule, count): &(RuleFacts, u64)| {
            let ended_the_run = how.rule() == Some(rule.setting);
            RuleRow {
                rule: rule.setting.to_owned(),
                says: rule.says.clone(),
                count: count + if ended_the_run { records.not_sent } else { 0 },
                ended_the_run,
            }
        };
        self.0.iter().map(row).collect()
    }
}

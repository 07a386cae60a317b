//! Counts and samples by reason.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::document::ReasonSection;
use super::people::People;
use crate::domain::decision::Decision;
use crate::domain::reason::Reason;

/// Records that are shown of each reason.
const SAMPLES: usize = 3;

/// Why records ended as they did.
#[derive(Debug, Default)]
pub(super) struct Reasons(BTreeMap<(Reason, &'static str), Kind>);

#[derive(Debug)]
struct Kind {
    count: u64,
    samples: People,
}

impl Reasons {
    pub(super) fn add(&mut self, decision: &Decision<'_>) {
        let Some(reason) = decision.outcome.reason() else { return };
        let fresh = || Kind { count: 0, samples: People::new(SAMPLES) };
        let kind = self.0.entry((reason, decision.outcome.name())).or_insert_with(fresh);
        kind.count += 1;
        kind.samples.add(decision);
    }

    pub(super) fn by_code(&self) -> BTreeMap<String, u64> {
        let mut codes = BTreeMap::new();
        for ((reason, _), kind) in &self.0 {
            *codes.entry(reason.code().to_owned()).or_default() += kind.count;
        }
        codes
    }

    /// The commonest first.
    pub(super) fn details(&self) -> Vec<ReasonSection> {
        let sections = self.0.iter().map(|((reason, outcome), kind)| ReasonSection {
            code: reason.code().to_owned(),
            outcome: (*outcome).to_owned(),
            count: kind.count,
            meaning: reason.meaning().to_owned(),
            remedy: reason.remedy().to_owned(),
            samples: kind.samples.shown().to_vec(),
        });
        let mut sections: Vec<_> = sections.collect();
        sections.sort_by_key(|section| Reverse(section.count));
        sections
    }
}

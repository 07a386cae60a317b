//! Records that are named: masked when they are taken, so that nothing else is ever held.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::document::Person;
use crate::domain::decision::Decision;
use crate::phone::{Phone, mask_numbers, shown_identifier, visible};

/// Longer texts are cut off.
const LONGEST_CHARS: usize = 300;

/// The first few records of a kind.
#[derive(Debug)]
pub(super) struct People {
    most: usize,
    shown: Vec<Person>,
}

impl People {
    pub(super) fn new(most: usize) -> Self {
        Self { most, shown: Vec::new() }
    }

    /// Names a record, if it is one of the first.
    pub(super) fn add(&mut self, decision: &Decision<'_>) {
        if self.shown.len() < self.most {
            self.shown.push(person(decision));
        }
    }

    pub(super) fn shown(&self) -> &[Person] {
        &self.shown
    }
}

fn person(decision: &Decision<'_>) -> Person {
    let nobody = Phone::opaque("");
    let phone = decision.phone.unwrap_or(&nobody);
    let without_number = |text: String| if phone.occurs_in(&text) { phone.to_string() } else { text };
    let detail = decision.outcome.detail().map(|detail| visible(&mask_numbers(detail)));
    Person {
        stream: without_number(decision.stream.to_string()),
        primary_key: cut(without_number(decision.shown_key())),
        line: decision.line,
        campaign: decision.campaign.map(|campaign| shown_campaign(campaign.as_str())).unwrap_or_default(),
        phone_number: decision.phone.map(Phone::to_string).unwrap_or_default(),
        detail: cut(without_number(detail.unwrap_or_default())),
        at: utc(decision.at),
    }
}

/// A campaign, as its owner knows it.
pub(super) fn shown_campaign(id: &str) -> String {
    cut(shown_identifier(id))
}

/// A text of bounded length.
pub(super) fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// To the second.
pub(super) fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

//! From a reply to a verdict.

use serde_json::value::RawValue;

use crate::domain::batch::Batch;
use crate::domain::outcome::{Detail, Outcome};
use crate::domain::reason::Reason;
use crate::phone::shown_identifier;
use crate::providers::api::{Reply, Verdict};
use crate::providers::contact_index::{self, ContactIndex};
use crate::providers::http_status::{self, Word};
use crate::providers::json;

use super::Vbee;
use super::codes::{self, GOOD_ON_EMPTY, VbeeAction, VbeeCode};
use super::envelope::VbeeEnvelope;
use super::results;

impl Vbee {
    pub(super) fn interpret_reply(&self, batch: &Batch, reply: &Reply) -> Verdict {
        let text = json::text_of(&reply.body);
        let envelope = VbeeEnvelope::parse(&text);
        let said = || self.said(envelope.as_ref(), &text);
        let word = match &envelope {
            Some(VbeeEnvelope::Success { .. }) => Word::Taken,
            Some(VbeeEnvelope::Failure { code, .. }) if codes::lookup(*code).is_some() => Word::Known,
            Some(VbeeEnvelope::Failure { .. }) | None => Word::None,
        };
        if let Some(verdict) = http_status::before_body(reply, &self.endpoint, word, &said) {
            return verdict;
        }
        match &envelope {
            Some(VbeeEnvelope::Success { result }) => self.added(batch, *result),
            Some(VbeeEnvelope::Failure { code, message }) => match codes::lookup(*code) {
                Some(row) => self.refused(batch, row, message),
                None => http_status::without_code(reply, &self.endpoint, &said()),
            },
            _ => http_status::without_code(reply, &self.endpoint, &said()),
        }
    }

    /// Reads the table backwards: an empty list may be refused only after everything else was right.
    pub(super) fn judge_probe(&self, reply: &Reply) -> Verdict {
        let text = json::text_of(&reply.body);
        let body_counts = matches!(reply.status, 200..300 | 400..500) && !matches!(reply.status, 413 | 429);
        let good = match VbeeEnvelope::parse(&text) {
            Some(VbeeEnvelope::Success { .. }) => true,
            Some(VbeeEnvelope::Failure { code, .. }) => GOOD_ON_EMPTY.contains(&code),
            None => false,
        };
        if body_counts && good {
            Verdict::Settled(Vec::new())
        } else {
            self.interpret_reply(&self.nobody(), reply)
        }
    }

    fn refused(&self, batch: &Batch, row: &VbeeCode, message: &str) -> Verdict {
        let why = format!(
            "code vbee:{}, {}: {} (campaign {}{})",
            row.number,
            row.meaning,
            row.hint,
            shown_identifier(batch.campaign.as_str()),
            self.redactor.quoted(message),
        );
        match row.action {
            VbeeAction::Halt(blame) => Verdict::Halt { blame, why },
            VbeeAction::Unclear => Verdict::Unclear { why },
            VbeeAction::AllInvalid => {
                let detail: Detail = Some(why.into());
                let outcome = if batch.maybe_sent {
                    // A campaign that forbids duplicates may call a second coming invalid.
                    Outcome::Unknown(detail)
                } else {
                    Outcome::Rejected(Reason::RefusedAsInvalid, detail)
                };
                Verdict::Settled(vec![outcome; batch.contacts.len()])
            }
        }
    }

    /// Only who is in the result was added: its documentation says that the result holds those who were.
    fn added(&self, batch: &Batch, result: Option<&RawValue>) -> Verdict {
        let Some(entries) = results::parse_results(result) else {
            return Verdict::Unclear { why: "status 1 without a list of the added contacts".to_owned() };
        };
        let wires = contact_index::wires(&batch.contacts, self.format);
        let contact_index = ContactIndex::new(&batch.contacts, &wires);
        let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.contacts.len()];
        let mut n_strangers = 0_usize;
        let mut expected = 0;
        for entry in &entries {
            let found =
                entry.as_ref().and_then(|entry| Some((entry, entry.contact(&contact_index, expected)?)));
            let Some((entry, position)) = found else {
                n_strangers += 1;
                continue;
            };
            expected = position + 1;
            if let Some(outcome) = outcomes.get_mut(position) {
                outcome.get_or_insert_with(|| Outcome::Accepted { contact_id: entry.contact_id() });
            }
        }
        if n_strangers > 0 && n_strangers == entries.len() {
            return Verdict::Unclear {
                why: format!("status 1 with {n_strangers} contacts, none of which was sent"),
            };
        }
        let missing = missing(batch.maybe_sent, n_strangers);
        Verdict::Settled(outcomes.into_iter().map(|added| added.unwrap_or_else(|| missing.clone())).collect())
    }

    /// What a reply holds, when its HTTP status decides.
    fn said(&self, envelope: Option<&VbeeEnvelope<'_>>, text: &str) -> String {
        match envelope {
            Some(VbeeEnvelope::Success { .. }) => "status 1".to_owned(),
            Some(VbeeEnvelope::Failure { code, message }) => {
                format!("code vbee:{}{}", json::shown_code(*code), self.redactor.quoted(message))
            }
            None => json::describe(text).to_owned(),
        }
    }
}

/// What a contact is that the result does not list.
fn missing(maybe_sent: bool, n_strangers: usize) -> Outcome {
    if n_strangers > 0 {
        let why = format!("{n_strangers} entries of the vendor's result name nobody who was sent");
        return Outcome::Unknown(Some(why.into()));
    }
    if maybe_sent {
        let why = "not in the vendor's result; an earlier request may have added it already";
        return Outcome::Unknown(Some(why.into()));
    }
    let why = "Vbee did not add this contact and gives no reason: the number is invalid for it, or already in a campaign that forbids duplicates";
    Outcome::Rejected(Reason::NotInResult, Some(why.into()))
}

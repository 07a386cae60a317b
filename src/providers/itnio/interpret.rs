//! From a reply to a verdict.

use crate::domain::batch::Batch;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::phone::shown_identifier;
use crate::providers::api::{Reply, Verdict};
use crate::providers::contact_index::{self, ContactIndex};
use crate::providers::http_status::{self, Word};
use crate::providers::json;

use super::Itnio;
use super::codes::{self, GOOD_ON_EMPTY, ItnioAction, ItnioCode};
use super::envelope::ItnioEnvelope;
use super::error_lines::{self, ErrorKind, ErrorLine};

/// What the lines of `data` say about a batch.
struct ItnioRefusals {
    /// In the order of the contacts; nothing for those without a line.
    outcomes: Vec<Option<Outcome>>,
    /// A line that names nobody of the batch, masked.
    nameless: Option<String>,
}

impl Itnio {
    pub(super) fn interpret_reply(&self, batch: &Batch, reply: &Reply) -> Verdict {
        let text = json::text_of(&reply.body);
        let envelope = ItnioEnvelope::parse(&text);
        let said = || self.said(envelope.as_ref(), &text);
        let row = envelope.as_ref().and_then(|envelope| Some((envelope, codes::lookup(envelope.code)?)));
        let word = match &row {
            None => Word::None,
            Some((_, code)) if code.action == ItnioAction::Taken => Word::Taken,
            Some(_) => Word::Known,
        };
        if let Some(verdict) = http_status::before_body(reply, &self.endpoint, word, &said) {
            return verdict;
        }
        match row {
            Some((envelope, code)) => self.decide(batch, reply, envelope, code),
            None => http_status::without_code(reply, &self.endpoint, &said()),
        }
    }

    /// Reads the table backwards: an empty list may be refused only after everything else was right.
    pub(super) fn judge_probe(&self, reply: &Reply) -> Verdict {
        let nobody = Batch::new(Campaign::new(&self.job_id), Vec::new(), false);
        let text = json::text_of(&reply.body);
        let body_counts = matches!(reply.status, 200..300 | 400..500) && !matches!(reply.status, 413 | 429);
        match ItnioEnvelope::parse(&text) {
            Some(envelope) if body_counts && GOOD_ON_EMPTY.contains(&envelope.code) => {
                Verdict::Settled(Vec::new())
            }
            _ => self.interpret_reply(&nobody, reply),
        }
    }

    fn decide(
        &self,
        batch: &Batch,
        reply: &Reply,
        envelope: &ItnioEnvelope<'_>,
        code: &ItnioCode,
    ) -> Verdict {
        let why = || self.why(batch, envelope, code);
        match code.action {
            // A gateway's own page can hold a zero as well; people are not taken on its word.
            ItnioAction::Taken if reply.status >= 300 && !envelope.says_success() => {
                Verdict::Unclear { why: format!("HTTP {} with code 0", reply.status) }
            }
            ItnioAction::Taken => self.taken(batch, envelope),
            ItnioAction::Split => {
                self.settled_by_name(batch, envelope).unwrap_or_else(|| Verdict::Split { why: why() })
            }
            ItnioAction::ClockOff => Verdict::ClockOff { server_time: reply.date },
            ItnioAction::Again => Verdict::Again { after: reply.retry_after, why: why() },
            ItnioAction::Unclear => Verdict::Unclear { why: why() },
            ItnioAction::Halt(blame) => Verdict::Halt { blame, why: why() },
        }
    }

    /// Everybody was taken whom no line names; but only if each line names somebody.
    fn taken(&self, batch: &Batch, envelope: &ItnioEnvelope<'_>) -> Verdict {
        let lines = error_lines::parse_lines(envelope.data);
        let accepted = || Outcome::Accepted { contact_id: None };
        if lines.is_empty() {
            return Verdict::Settled(batch.contacts.iter().map(|_| accepted()).collect());
        }
        let refusals = self.refusals(batch, &lines);
        let unknown = refusals.nameless.map(|words| {
            format!("itnio refused a contact without saying whom, in its words \"{words}\"").into_boxed_str()
        });
        let rest = || unknown.as_ref().map_or_else(accepted, |why| Outcome::Unknown(Some(why.clone())));
        let outcomes = refusals.outcomes.into_iter().map(|named| named.unwrap_or_else(rest));
        Verdict::Settled(outcomes.collect())
    }

    /// A failed import that names every contact has told all there is to know.
    fn settled_by_name(&self, batch: &Batch, envelope: &ItnioEnvelope<'_>) -> Option<Verdict> {
        let lines = error_lines::parse_lines(envelope.data);
        if lines.is_empty() {
            return None;
        }
        let outcomes: Option<Vec<_>> = self.refusals(batch, &lines).outcomes.into_iter().collect();
        outcomes.map(Verdict::Settled)
    }

    fn refusals(&self, batch: &Batch, lines: &[ErrorLine]) -> ItnioRefusals {
        let wires = contact_index::wires(&batch.contacts, self.format);
        let contact_index = ContactIndex::new(&batch.contacts, &wires);
        let mut refusals = ItnioRefusals { outcomes: vec![None; batch.contacts.len()], nameless: None };
        for line in lines {
            let named = line.contacts(&contact_index);
            if named.is_empty() {
                refusals.nameless.get_or_insert_with(|| self.redactor.masked(&line.words));
            }
            for position in named {
                if let (Some(contact), Some(wire), Some(outcome)) =
                    (batch.contacts.get(position), wires.get(position), refusals.outcomes.get_mut(position))
                {
                    outcome.get_or_insert_with(|| self.outcome(batch, contact, wire, line));
                }
            }
        }
        refusals
    }

    fn outcome(&self, batch: &Batch, contact: &Contact, wire: &str, line: &ErrorLine) -> Outcome {
        let words = || self.redactor.masked_about(wire, &line.words);
        match line.kind() {
            // An earlier request may have brought the contact there: then this is its answer.
            ErrorKind::AlreadyThere if batch.maybe_sent => Outcome::Accepted { contact_id: None },
            ErrorKind::AlreadyThere => Outcome::Duplicate(Reason::AlreadyInCampaign),
            ErrorKind::MissingVariable => {
                let filled: Vec<_> = contact.variables.iter().map(|(name, _)| name).collect();
                let filled = if filled.is_empty() { "none".to_owned() } else { filled.join(", ") };
                let detail = format!("{}; variables of this contact: {filled}", words());
                Outcome::Rejected(Reason::MissingVariable, Some(detail.into()))
            }
            ErrorKind::Other => {
                let words = words();
                Outcome::Rejected(Reason::Other, (!words.is_empty()).then(|| words.into()))
            }
        }
    }

    /// What is wrong, where to look, what to change.
    fn why(&self, batch: &Batch, envelope: &ItnioEnvelope<'_>, code: &ItnioCode) -> String {
        let colon = if code.hint.is_empty() { "" } else { ": " };
        format!(
            "code {}, {}{colon}{} (job {}, app {}{})",
            code.number,
            code.meaning,
            code.hint,
            shown_identifier(batch.campaign.as_str()),
            self.app_id,
            self.redactor.quoted(&envelope.reason),
        )
    }

    /// What a reply holds, when its HTTP status decides.
    fn said(&self, envelope: Option<&ItnioEnvelope<'_>>, text: &str) -> String {
        match envelope {
            Some(envelope) => {
                let code = json::shown_code(envelope.code);
                format!("code {code}{}", self.redactor.quoted(&envelope.reason))
            }
            None => json::describe(text).to_owned(),
        }
    }
}

//! From a reply to a verdict.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use crate::domain::batch::Batch;
use crate::domain::contact::Contact;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::phone::shown_identifier;
use crate::providers::api::{ContactVerdict, Reply, Verdict};
use crate::providers::http_status::{self, Word};
use crate::providers::json;

use super::Pigeon;
use super::codes::{self, PigeonAction, PigeonStatus};

/// `rows`, or `error`.
#[derive(Deserialize)]
struct PigeonAnswer<'a> {
    #[serde(borrow)]
    rows: Option<Vec<PigeonRow<'a>>>,
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct PigeonRow<'a> {
    #[serde(borrow)]
    row_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    call_id: Option<Box<str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
}

impl Pigeon {
    pub(super) fn interpret_reply(&self, batch: &Batch<'_>, reply: &Reply) -> Verdict {
        let text = json::text_of(&reply.body);
        let answer = serde_json::from_str::<PigeonAnswer<'_>>(&text).ok();
        let error = answer.as_ref().and_then(|answer| answer.error.as_deref());
        let known = error.and_then(codes::error);
        let said = || match error {
            Some(word) => format!("the error \"{}\"", self.redactor.masked(word)),
            None => json::describe(&text).to_owned(),
        };
        let word = match &answer {
            Some(PigeonAnswer { rows: Some(_), .. }) => Word::Taken,
            _ if known.is_some() => Word::Known,
            _ => Word::None,
        };
        if let Some(verdict) = http_status::before_body(reply, &self.endpoint, word, &said) {
            return verdict;
        }
        if let Some((action, hint)) = known {
            let list = shown_identifier(batch.campaign.as_str());
            let why = format!("{}: {hint} (list {list})", said());
            return match action {
                PigeonAction::Halt(blame) => Verdict::Halt { blame, why },
                PigeonAction::Again => Verdict::Again { after: reply.retry_after, why },
                PigeonAction::Split => Verdict::Split { why },
            };
        }
        match &answer {
            Some(PigeonAnswer { rows: Some(rows), .. }) if reply.status < 300 => {
                self.settle(batch, reply, rows)
            }
            _ => http_status::without_code(reply, &self.endpoint, &said()),
        }
    }

    /// What each row says of its contact. Of whom none speaks, or two speak differently, nobody knows anything.
    fn settle(&self, batch: &Batch<'_>, reply: &Reply, rows: &[PigeonRow<'_>]) -> Verdict {
        let unknown = |why: &str| ContactVerdict::Ended(Outcome::Unknown(Some(why.into())));
        let mut said: HashMap<&str, ContactVerdict> = HashMap::new();
        for row in rows {
            let Some(id) = row.row_id.as_deref() else { continue };
            let verdict = self.verdict(row);
            let before = said.insert(id, verdict.clone());
            if before.is_some_and(|before| before != verdict) {
                said.insert(id, unknown("the vendor's answer speaks of this contact twice, and differently"));
            }
        }
        let of_contact = |contact: &&Contact| {
            let found = said.get(&*batch.contact_id(contact)).cloned();
            found.unwrap_or_else(|| unknown("the vendor's answer does not speak of this contact"))
        };
        let verdicts: Vec<_> = batch.contacts.iter().map(of_contact).collect();
        if verdicts.contains(&ContactVerdict::Again) {
            return Verdict::Partly { verdicts, after: reply.retry_after, why: "status busy".to_owned() };
        }
        let outcomes = verdicts.into_iter().filter_map(|verdict| match verdict {
            ContactVerdict::Ended(outcome) => Some(outcome),
            ContactVerdict::Again => None,
        });
        Verdict::Settled(outcomes.collect())
    }

    fn verdict(&self, row: &PigeonRow<'_>) -> ContactVerdict {
        let words = |words: &Option<Cow<'_, str>>| {
            Some(self.redactor.masked(words.as_deref().unwrap_or_default()).into_boxed_str())
        };
        ContactVerdict::Ended(match row.status.as_deref().and_then(codes::status) {
            Some(PigeonStatus::Busy) => return ContactVerdict::Again,
            Some(PigeonStatus::Queued) => Outcome::Accepted { contact_id: row.call_id.clone() },
            Some(PigeonStatus::Refused) => Outcome::Rejected(Reason::Other, words(&row.reason)),
            None => Outcome::Unknown(words(&row.status)),
        })
    }
}

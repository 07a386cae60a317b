//! How one record ended, with all that is told of it. What a run leaves behind (rejected records, report,
//! receipts) and what a preview shows is made of this.

use jiff::Timestamp;

use crate::domain::columns::Columns;
use crate::domain::contact::Campaign;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::phone::{Phone, shown_key};

/// One record's ending.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Whose record it was.
    pub stream: &'a StreamName,
    /// The stream's generation, where the platform counts them.
    pub generation_id: i64,
    /// Its primary key, without what holds the number or the name; may be blank.
    pub primary_key: &'a str,
    /// Its line of the input, counted from 1.
    pub line: u64,
    /// When the source read it, in milliseconds since 1970; 0 when nobody says.
    pub extracted_at: i64,
    /// How it ended.
    pub outcome: &'a Outcome,
    /// An earlier sync may have sent it, and this one left it alone: only that sync's name settles it.
    pub is_held: bool,
    /// Where it went, or would have gone.
    pub campaign: Option<&'a Campaign>,
    /// Who was, or would have been, called.
    pub phone: Option<&'a Phone>,
    /// When that was known.
    pub at: Timestamp,
    /// The record's columns, where they are kept.
    pub record: Option<&'a Columns>,
}

/// Whether a record may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// As it is.
    Yes,
    /// When what the reason names has been mended; before, it would end in the same way.
    AfterFix,
    /// There is nothing to be sent.
    No,
    /// Only when somebody has found out whether the person is called already.
    NeedsReconcile,
}

impl Decision<'_> {
    /// The stable code of the reason; blank for who was accepted.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.outcome.reason().map_or("", Reason::code)
    }

    /// What happened, for a person; the vendor's own words are not in it.
    #[must_use]
    pub fn message(&self) -> String {
        let mut message = self.outcome.reason().map_or("", Reason::meaning).to_owned();
        if let Some(detail) = self.outcome.detail().filter(|_| self.vendor_message().is_none()) {
            message.push(' ');
            message.push_str(detail);
        }
        message
    }

    /// What the vendor said, or what was heard in the place of its answer.
    #[must_use]
    pub fn vendor_message(&self) -> Option<&str> {
        match self.outcome {
            Outcome::Rejected(_, detail) | Outcome::Unknown(detail) => detail.as_deref(),
            Outcome::Accepted { .. }
            | Outcome::Duplicate(_)
            | Outcome::Suppressed(..)
            | Outcome::Invalid(..) => None,
        }
    }

    /// What the reason is about: a field of the contact, or a setting of the stream; blank when it is
    /// about the whole record.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match (self.outcome, self.outcome.reason()) {
            (_, Some(Reason::OnlyWhen | Reason::ConditionUnknown)) => "only_when",
            (_, Some(Reason::BadCampaign)) => "campaign",
            (_, Some(Reason::OutsideWindow | Reason::NoTimeZone)) => "rules.window",
            (Outcome::Invalid(..), Some(Reason::RequiredMissing | Reason::TemplateFailed)) => "",
            (Outcome::Invalid(..), _) => "phone_number",
            _ => "",
        }
    }

    /// The primary key as it may be shown: masked where it holds a number as people write it.
    #[must_use]
    pub fn shown_key(&self) -> String {
        shown_key(self.primary_key, self.phone.unwrap_or(&Phone::opaque("")))
    }

    /// Whether the record may be sent once more.
    #[must_use]
    pub fn replay(&self) -> Replay {
        match self.outcome {
            Outcome::Accepted { .. }
            | Outcome::Duplicate(_)
            | Outcome::Suppressed(Reason::DeletedInSource | Reason::DoNotCall, _) => Replay::No,
            Outcome::Suppressed(
                Reason::OutsideWindow
                | Reason::CoolingOff
                | Reason::MaxContactsPerSync
                | Reason::MaxContactsPerDay,
                _,
            ) => Replay::Yes,
            Outcome::Suppressed(..) | Outcome::Invalid(..) | Outcome::Rejected(..) => Replay::AfterFix,
            Outcome::Unknown(_) => Replay::NeedsReconcile,
        }
    }
}

impl Replay {
    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::AfterFix => "after_fix",
            Self::No => "no",
            Self::NeedsReconcile => "needs_reconcile",
        }
    }

    /// Whether nobody knows if the person is called already.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        self == Self::NeedsReconcile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_reached_nobody_may_be_sent_once_more() {
        for (outcome, replay, field) in [
            (Outcome::Accepted { contact_id: None }, "no", ""),
            (Outcome::Duplicate(Reason::DuplicateInRun), "no", ""),
            (Outcome::Suppressed(Reason::OnlyWhen, None), "after_fix", "only_when"),
            (Outcome::Suppressed(Reason::DeletedInSource, None), "no", ""),
            (Outcome::Suppressed(Reason::MaxContactsPerSync, None), "yes", ""),
            (Outcome::Suppressed(Reason::DoNotCall, None), "no", ""),
            (Outcome::Suppressed(Reason::CoolingOff, None), "yes", ""),
            (Outcome::Invalid(Reason::TooShort, None), "after_fix", "phone_number"),
            (Outcome::Invalid(Reason::BadCampaign, None), "after_fix", "campaign"),
            (Outcome::Invalid(Reason::RequiredMissing, None), "after_fix", ""),
            (Outcome::Rejected(Reason::Other, None), "after_fix", ""),
            (Outcome::Unknown(None), "needs_reconcile", ""),
        ] {
            let decision = Decision {
                stream: &StreamName::default(),
                generation_id: 0,
                primary_key: "",
                line: 1,
                extracted_at: 0,
                outcome: &outcome,
                is_held: false,
                campaign: None,
                phone: None,
                at: Timestamp::UNIX_EPOCH,
                record: None,
            };
            assert_eq!((decision.replay().name(), decision.field()), (replay, field), "{outcome:?}");
        }
    }
}

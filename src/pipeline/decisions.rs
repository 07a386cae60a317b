//! Makes the one `Decision` of a record's ending: everything that is told of it is made of that.

use jiff::Timestamp;

use super::policy::is_held;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::intake::{Origin, PendingContact, RefusedRecord, StreamNames};

/// Makes decisions; knows what the records do not say of themselves.
#[derive(Clone, Copy)]
pub(crate) struct DecisionMaker<'a> {
    /// The streams by their place.
    pub(crate) streams: &'a StreamNames,
    /// Who may have been sent before may be sent again.
    pub(crate) may_repeat: bool,
    /// The time at which the endings are known.
    pub(crate) at: Timestamp,
}

impl<'a> DecisionMaker<'a> {
    /// How somebody ended who could have been called.
    ///
    /// # Errors
    /// When their stream has no name, which is a defect.
    pub(crate) fn of_contact(
        self,
        pending: &'a PendingContact,
        outcome: &'a Outcome,
    ) -> Result<Decision<'a>, Error> {
        let PendingContact { contact, campaign, origin, lookup } = pending;
        Ok(Decision {
            is_held: is_held(*lookup, self.may_repeat),
            campaign: Some(campaign),
            phone: Some(&contact.phone),
            ..self.of_record(origin, outcome)?
        })
    }

    /// How a record ended that maps to nobody who may be called.
    ///
    /// # Errors
    /// When its stream has no name, which is a defect.
    pub(crate) fn of_refused(self, record: &'a RefusedRecord) -> Result<Decision<'a>, Error> {
        let RefusedRecord { origin, outcome, campaign, phone } = record;
        Ok(Decision {
            campaign: campaign.as_ref(),
            phone: phone.as_ref(),
            ..self.of_record(origin, outcome)?
        })
    }

    fn of_record(self, origin: &'a Origin, outcome: &'a Outcome) -> Result<Decision<'a>, Error> {
        let Origin { position, primary_key, extracted_at, columns } = origin;
        let stream = self.streams.get(position.stream);
        let unknown = || Error::Defect(format!("stream {} was never announced", position.stream.index()));
        Ok(Decision {
            stream: stream.ok_or_else(unknown)?,
            generation_id: self.streams.generation_id(position.stream),
            primary_key,
            line: position.line,
            extracted_at: *extracted_at,
            outcome,
            is_held: false,
            campaign: None,
            phone: None,
            at: self.at,
            record: columns.as_ref(),
        })
    }
}

//! Who must not be sent although their record is good: decided by what was before.

use super::dedupe::Deduper;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::intake::{LedgerStanding, PendingContact};
use crate::ledger::ContactStatus;

/// Applies the policy of a run. Sends nobody, asks nobody: a preview can apply it, too.
#[derive(Debug)]
pub(crate) struct Policy {
    deduper: Deduper,
    /// Contacts in a run; 0: no limit.
    max_contacts: u64,
    n_passed: u64,
    /// Who may have been sent before may be sent again.
    may_repeat: bool,
}

impl Policy {
    pub(crate) fn new(max_contacts: u64, may_repeat: bool) -> Self {
        Self { deduper: Deduper::default(), max_contacts, n_passed: 0, may_repeat }
    }

    /// How a contact ends that must not be sent; none for those that may, who are counted and remembered.
    ///
    /// # Errors
    /// When the ledger was not asked about them, or it cannot be remembered who was sent.
    pub(crate) fn skip_reason(&mut self, pending: &PendingContact) -> Result<Option<Outcome>, Error> {
        let PendingContact { contact, campaign, standing, .. } = pending;
        let by_ledger = match standing {
            LedgerStanding::NoLedger => None,
            LedgerStanding::Known(_, status) => outcome_of_status(*status, self.may_repeat),
            LedgerStanding::NotAsked(_) => {
                return Err(Error::Defect("the ledger was not asked about a contact".to_owned()));
            }
        };
        // Who is kept back by a rule was not sent, and is no duplicate when they come again.
        if let Some(Outcome::Suppressed(..)) = by_ledger {
            return Ok(by_ledger);
        }
        let is_over = by_ledger.is_none() && self.max_contacts > 0 && self.n_passed >= self.max_contacts;
        // Who is over the limit was not sent, and is no duplicate when they come again.
        let is_new = if is_over {
            !self.deduper.contains(campaign, &contact.phone)?
        } else {
            self.deduper.insert(campaign, &contact.phone)?
        };
        let outcome = match by_ledger {
            _ if !is_new => Some(Outcome::Duplicate(Reason::DuplicateInRun)),
            _ if is_over => Some(Outcome::Suppressed(Reason::MaxContactsPerSync, None)),
            by_ledger => by_ledger,
        };
        self.n_passed += u64::from(outcome.is_none());
        Ok(outcome)
    }
}

/// How a contact ends that the ledger keeps from being sent; none for those that may be claimed, now
/// or when another run has let go of them.
pub(super) fn outcome_of_status(status: ContactStatus, may_repeat: bool) -> Option<Outcome> {
    match status {
        ContactStatus::Free | ContactStatus::Elsewhere => None,
        ContactStatus::Unknown if may_repeat => None,
        ContactStatus::Unknown => {
            let why =
                "an earlier sync may have sent it; look into the vendor's console, then `ledger settle`";
            Some(Outcome::Unknown(Some(why.into())))
        }
        ContactStatus::Held => {
            let why = "an earlier sync may have sent it to another campaign or account, or written otherwise, so that a \
                       repeat would not be recognised; look into the vendor's console, then `ledger settle`";
            Some(Outcome::Unknown(Some(why.into())))
        }
        ContactStatus::Accepted => Some(Outcome::Duplicate(Reason::AlreadyInLedger)),
        ContactStatus::DoNotCall => Some(Outcome::Suppressed(Reason::DoNotCall, None)),
        ContactStatus::CoolingOff => Some(Outcome::Suppressed(Reason::CoolingOff, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::{Campaign, Contact};
    use crate::intake::{Interval, RecordPosition, StreamIndex};
    use crate::ledger::Key;
    use crate::phone::Phone;

    fn pending(number: &str, standing: LedgerStanding) -> PendingContact {
        PendingContact {
            contact: Contact::new(Phone::e164(number)),
            campaign: Campaign::new("9"),
            position: RecordPosition { stream: StreamIndex::new(0), line: 1, interval: Interval::default() },
            primary_key: Box::default(),
            standing,
        }
    }

    #[test]
    fn who_was_not_looked_up_stops_the_run_and_is_never_taken_for_free() {
        let not_asked = pending("+14155550101", LedgerStanding::NotAsked(Key::default().into()));
        for may_repeat in [true, false] {
            let told = Policy::new(0, may_repeat).skip_reason(&not_asked);
            assert!(matches!(told, Err(Error::Defect(_))), "may repeat: {may_repeat}: {told:?}");
        }
    }

    #[test]
    fn what_was_before_decides_who_is_sent() {
        let known = |status| LedgerStanding::Known(Key::default().into(), status);
        let free = known(ContactStatus::Free);
        let mut policy = Policy::new(2, false);
        for (name, number, standing, want) in [
            ("new", "+14155550101", free, "sent"),
            ("the same again", "+14155550101", free, "duplicate_in_run"),
            ("sent by an earlier run", "+14155550102", known(ContactStatus::Accepted), "already_in_ledger"),
            ("nobody can say", "+14155550103", known(ContactStatus::Unknown), "outcome_unknown"),
            ("held by another run", "+14155550104", known(ContactStatus::Elsewhere), "sent"),
            ("on the list", "+14155550106", known(ContactStatus::DoNotCall), "do_not_call"),
            ("on the list again", "+14155550106", known(ContactStatus::DoNotCall), "do_not_call"),
            ("handed over today", "+14155550107", known(ContactStatus::CoolingOff), "cooling_off"),
            ("handed over today, again", "+14155550107", known(ContactStatus::CoolingOff), "cooling_off"),
            ("over the limit", "+14155550105", free, "max_contacts_per_sync"),
            ("over the limit again", "+14155550105", free, "max_contacts_per_sync"),
            ("sent before the limit", "+14155550101", free, "duplicate_in_run"),
        ] {
            let told = policy.skip_reason(&pending(number, standing)).unwrap();
            let told = told.as_ref().map_or("sent", |outcome| outcome.reason().map_or("", Reason::code));
            assert_eq!(told, want, "{name}");
        }
    }
}

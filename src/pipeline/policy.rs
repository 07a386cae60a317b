//! Who must not be sent although their record is good: decided by what was before.

use std::sync::Arc;

use jiff::Timestamp;

use super::dedupe::Deduper;
use super::policy_decision::{ContactLimit, PolicyDecision};
use crate::config::OnLimit;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::intake::{LedgerLookup, PendingContact};
use crate::ledger::ContactStatus;
use crate::rules::Window;

/// Applies the policy of a run. Sends nobody, asks nobody: a preview can apply it, too.
#[derive(Debug)]
pub(crate) struct Policy {
    deduper: Deduper,
    options: PolicyOptions,
    n_passed: u64,
}

/// What a policy goes by.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyOptions {
    /// Contacts in a run; 0: no limit.
    pub(crate) max_contacts: u64,
    /// What happens to the others.
    pub(crate) on_limit: OnLimit,
    /// When contacts may be handed over.
    pub(crate) window: Option<Arc<Window>>,
    /// Who may have been sent before may be sent again.
    pub(crate) may_repeat: bool,
}

impl Policy {
    pub(crate) fn new(options: PolicyOptions) -> Self {
        Self { deduper: Deduper::default(), options, n_passed: 0 }
    }

    /// Decides about a contact. Who goes out is counted and remembered.
    ///
    /// # Errors
    /// When the ledger was not asked about them, it cannot be remembered who was sent, or nobody may be sent at this
    /// time.
    pub(crate) fn decide(
        &mut self,
        pending: &PendingContact,
        now: Timestamp,
    ) -> Result<PolicyDecision, Error> {
        let PendingContact { contact, campaign, lookup, .. } = pending;
        let PolicyOptions { max_contacts, on_limit, window, may_repeat } = &self.options;
        let by_ledger = match lookup {
            LedgerLookup::NoLedger => None,
            LedgerLookup::Known(_, status) => outcome_of_status(*status, *may_repeat),
            LedgerLookup::NotAsked(_) => {
                return Err(Error::Defect("the ledger was not asked about a contact".to_owned()));
            }
        };
        // Who is kept back by a rule was not sent, and is no duplicate when they come again.
        if let Some(outcome @ Outcome::Suppressed(..)) = by_ledger {
            return Ok(PolicyDecision::Ended(outcome));
        }
        let is_new_to_ledger = by_ledger.is_none();
        let outside_window = window.as_ref().filter(|_| is_new_to_ledger);
        let outside_window = outside_window.and_then(|window| window.outcome_if_closed(contact, now));
        let may_go = is_new_to_ledger && outside_window.is_none();
        let is_over = may_go && *max_contacts > 0 && self.n_passed >= *max_contacts;
        // Who was kept back was not sent, and is no duplicate when they come again.
        let is_new = if is_over || outside_window.is_some() {
            !self.deduper.contains(campaign, &contact.phone)?
        } else {
            self.deduper.insert(campaign, &contact.phone)?
        };
        if !is_new {
            return Ok(PolicyDecision::Ended(Outcome::Duplicate(Reason::DuplicateInRun)));
        }
        if let Some(outcome) = by_ledger.or(outside_window) {
            return Ok(PolicyDecision::Ended(outcome));
        }
        if let Some(closed) = window.as_ref().and_then(|window| window.closed(now)) {
            return Err(closed);
        }
        if is_over {
            return Ok(ContactLimit::PerSync.decision_beyond(*on_limit));
        }
        self.n_passed += 1;
        Ok(PolicyDecision::Send)
    }
}

/// Whether an earlier run may have sent somebody, and this one leaves them alone: only that run's name settles them.
pub(crate) fn is_held(lookup: LedgerLookup, may_repeat: bool) -> bool {
    let LedgerLookup::Known(_, status) = lookup else { return false };
    matches!(outcome_of_status(status, may_repeat), Some(Outcome::Unknown(_)))
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
    use crate::intake::{Interval, Origin, RecordPosition, StreamIndex};
    use crate::ledger::Key;
    use crate::phone::Phone;

    fn pending(number: &str, lookup: LedgerLookup) -> PendingContact {
        PendingContact {
            contact: Contact::new(Phone::e164(number)),
            campaign: Campaign::new("9"),
            origin: Origin {
                position: RecordPosition {
                    stream: StreamIndex::new(0),
                    line: 1,
                    interval: Interval::default(),
                },
                primary_key: Box::default(),
                extracted_at: 0,
                columns: None,
            },
            lookup,
        }
    }

    #[test]
    fn who_was_not_looked_up_stops_the_run_and_is_never_taken_for_free() {
        let not_asked = pending("+14155550101", LedgerLookup::NotAsked(Key::default().into()));
        for may_repeat in [true, false] {
            let options = PolicyOptions { may_repeat, ..PolicyOptions::default() };
            let told = Policy::new(options).decide(&not_asked, Timestamp::UNIX_EPOCH);
            assert!(matches!(told, Err(Error::Defect(_))), "may repeat: {may_repeat}: {told:?}");
        }
    }

    fn told(policy_decision: &PolicyDecision) -> &'static str {
        match policy_decision {
            PolicyDecision::Send => "sent",
            PolicyDecision::Ended(outcome) => outcome.reason().map_or("", Reason::code),
            PolicyDecision::Leave(_) => "left",
        }
    }

    #[test]
    fn what_was_before_decides_who_is_sent() {
        let known = |status| LedgerLookup::Known(Key::default().into(), status);
        let free = known(ContactStatus::Free);
        let limits = |on_limit| PolicyOptions { max_contacts: 2, on_limit, ..PolicyOptions::default() };
        let mut policy = Policy::new(limits(OnLimit::Suppress));
        let mut stopping = Policy::new(limits(OnLimit::Stop));
        for (name, number, lookup, want) in [
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
            let pending = pending(number, lookup);
            let policy_decision = policy.decide(&pending, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(told(&policy_decision), want, "{name}");
            let want = if want == "max_contacts_per_sync" { "left" } else { want };
            let policy_decision = stopping.decide(&pending, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(told(&policy_decision), want, "{name}, where a limit stops the sync");
        }
    }
}

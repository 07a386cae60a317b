//! Whom somebody else has under way, when nobody waits for that any longer.

use jiff::Timestamp;

use super::policy::outcome_of_status;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::intake::PendingContact;
use crate::ledger::{ContactStatus, Ledger, PersonKeys, one_for_each};

/// How those end who are held, by what the ledger says of them without a rule: the run that has their own key accounts
/// for them. None: the cooling off alone holds them, because of an attempt for another campaign that has no ending yet.
pub(super) async fn outcomes_without_rules<L: Ledger>(
    ledger: &L,
    held: impl IntoIterator<Item = &PendingContact>,
    may_repeat: bool,
    now: Timestamp,
) -> Result<Vec<Option<Outcome>>, Error> {
    let keys = held.into_iter().map(|contact| Ok(contact.keys()?.key.into()));
    let people: Vec<PersonKeys> = keys.collect::<Result<_, Error>>()?;
    let statuses = one_for_each(people.len(), ledger.status_of(people, now).await?)?;
    let outcome = |status| match status {
        ContactStatus::Elsewhere => Some(Outcome::Duplicate(Reason::InAnotherRun)),
        status => outcome_of_status(status, may_repeat),
    };
    Ok(statuses.into_iter().map(outcome).collect())
}

/// How somebody ends whom the cooling off alone holds: whether it does is not known, so nobody calls them.
pub(super) fn handed_over_elsewhere() -> Outcome {
    let why = "they are being handed over to another campaign, and what becomes of that is not known yet";
    Outcome::Suppressed(Reason::CoolingOff, Some(why.into()))
}

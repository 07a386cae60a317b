//! `ledger rescope`: the ledger has no numbers, so another scope's keys can only be made of records.

use std::collections::HashSet;
use std::io::Read;

use jiff::Timestamp;

use super::singer;
use crate::cli::{Environment, RescopeArgs};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::intake::EventReader;
use crate::ledger::{Inspect, LedgerError, LedgerIdentity, OpenedLedger, open};

pub(super) async fn run<R: Read + Send + 'static>(
    arguments: &RescopeArgs,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
) -> Result<String, Error> {
    let job = singer::job_of_either(&arguments.config, arguments.catalog.as_deref(), now, environment)?;
    open::refuse_odd_time(now)?;
    let (records, opened) = open::inspect(&job.config, job.vendor.as_ref()).await?;
    let Some(memory) = job.config.ledger.memory() else { return Ok(String::new()) };
    let wanted = open::identity(&job.config, memory, job.vendor.as_ref());
    let known = &opened.identity;
    if known.scope == wanted.scope {
        return Ok("The ledger has this scope already; nothing was changed.".to_owned());
    }
    if known.numbers != wanted.numbers {
        let why = "with another kind of number nobody can be brought over; use a ledger of its own";
        return Err(Error::config("vendor.phone_format", why));
    }
    // The account keeps the spelling that its keys were made with.
    let identity = LedgerIdentity { account: known.account.clone(), ..wanted };
    let new_keys = OpenedLedger { identity: identity.clone(), ..opened.clone() }.keys();
    let router = job.router(Some(opened.keys()));
    let mut input = EventReader::new(stdin, router)?;
    let mut pairs = HashSet::new();
    while let Some(contacts) = input.next_contacts().await? {
        let mut people = Vec::with_capacity(contacts.len());
        for pending in contacts {
            pairs.insert((pending.key()?, new_keys.key(&pending.campaign, &pending.contact.phone)));
            people.push((pending.key()?, pending.contact.phone));
        }
        // Where a record would go now need not be where its person was called.
        let campaigns = records.campaigns_of(people.iter().map(|(key, _)| *key).collect()).await?;
        for ((old, phone), campaign) in people.iter().zip(campaigns) {
            if let Some(campaign) = campaign {
                pairs.insert((*old, new_keys.key(&Campaign::new(&campaign), phone)));
            }
        }
    }
    let leave = arguments.yes.then_some(arguments.leave);
    let done = records.rescope(identity, pairs.into_iter().collect(), leave).await?;
    let (brought, left) = (done.brought, done.left);
    let people = format!("{brought} people of these records");
    let rest = format!("{left} people in the ledger are in none of them (or are another account's)");
    if arguments.yes && !done.is_done && left <= arguments.leave {
        return Err(LedgerError::Unavailable("a sync is using it; wait for its end".to_owned()).into());
    }
    Ok(if done.is_done {
        format!("{people} were brought over to the new scope; {rest}. Nothing was sent.")
    } else if !arguments.yes {
        format!(
            "{people} would be brought over to the new scope; {rest}. Nothing was changed; add --yes to do it."
        )
    } else {
        format!(
            "Nothing was changed: {people} can be brought over to the new scope, but {rest}, and would be forgotten. \
             Give records that have them, or add --leave {left}."
        )
    })
}

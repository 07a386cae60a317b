//! `ledger forget`: whom the rules need no longer, or one person, who has a right to it.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::find::campaigns;
use super::list::PAGE;
use super::load_config::LoadedConfig;
use super::number::{normalised, phone_rules};
use crate::cli::ForgetArgs;
use crate::config::{Config, MemoryConfig};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::ledger::{Inspect, Key, ListQuery, OldPage, OpenedLedger, Retention, open};
use crate::phone::{Phone, shown_identifier};
use crate::providers::Provider;

const HINT: &str = " Nothing was changed; add --yes to do it.";

pub(super) async fn run(arguments: &ForgetArgs, now: Timestamp) -> Result<String, Error> {
    let ForgetArgs { config, older_than, rejected_only, phone, yes } = arguments;
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let rules = phone_rules(&config)?;
    let phone = phone.as_deref().map(|phone| normalised(&rules, "--phone", phone)).transpose()?;
    let (records, opened) = open::inspect(&config, vendor.as_ref()).await?;
    let Some(memory) = config.ledger.memory() else { return Ok(String::new()) };
    let now = opened.clock.unwrap_or(now);
    open::refuse_odd_time(now)?;
    let mut told = match (phone, older_than) {
        (Some(phone), _) => one(&records, &opened, &config, vendor.as_ref(), &phone, *yes).await?,
        (None, Some(days)) => old(&records, &opened, memory, *days, *rejected_only, now, *yes).await?,
        (None, None) => return Err(Error::Defect("nobody is to be forgotten".to_owned())),
    };
    if *yes && memory.expect_existing && records.list(ListQuery::default(), None, 1).await?.people.is_empty()
    {
        told.push_str(" The ledger is empty now: switch `expect_existing` off for the next sync.");
    }
    Ok(told)
}

/// Forgets whoever is old enough and not needed; nobody where one is needed of those whom that would be.
async fn old(
    records: &impl Inspect,
    opened: &OpenedLedger,
    memory: &MemoryConfig,
    days: u32,
    is_rejected_only: bool,
    now: Timestamp,
    yes: bool,
) -> Result<String, Error> {
    let again = memory.call_again_after_days;
    let retention = Retention {
        account: opened.identity.clone(),
        now,
        old: days_before(now, days),
        called_again: (again > 0).then(|| days_before(now, again)),
        is_rejected_only,
    };
    let OldPage { unneeded, needed, open, others, next: _ } = everybody(records, &retention, false).await?;
    if needed > 0 {
        return Err(Error::NothingDone(refusal(needed, unneeded, days, again)));
    }
    let mut told = if yes {
        let OldPage { unneeded, .. } = everybody(records, &retention, true).await?;
        format!("{unneeded} contacts of {days} days ago or earlier are forgotten.")
    } else {
        let rule = match again {
            0 => String::new(),
            again => format!(
                ", or were called and may be called again after {again} days (`call_again_after_days`, as this \
                 configuration says it; with more days in another one that uses the ledger, that one would call them too early)"
            ),
        };
        format!(
            "{unneeded} contacts of {days} days ago or earlier would be forgotten: they were refused{rule}.{HINT}"
        )
    };
    if open > 0 {
        told.push_str(&format!(
            " {open} more are kept, of whom nobody can say whether they were called, or who are just being sent; `ledger \
             settle` decides about them."
        ));
    }
    if others > 0 {
        told.push_str(&format!(
            " {others} more are kept that are another account's, or of a sync from before the ledger knew its accounts."
        ));
    }
    Ok(told)
}

fn refusal(needed: u64, unneeded: u64, days: u32, again: u32) -> String {
    let rule = match again {
        0 => "`call_again_after_days` is 0, so only the ledger keeps them from being called for ever"
            .to_owned(),
        again => format!(
            "`call_again_after_days` is {again}, and these days have not passed for them by the ledger's clock; ask for \
             --older-than {}, or later",
            again.max(days)
        ),
    };
    format!(
        "{needed} people who were called {days} days ago or earlier would be called again: {rule}. --rejected-only forgets \
         those only whom the vendor refused. {unneeded} others could be forgotten"
    )
}

/// All pages, one after the other.
async fn everybody(
    records: &impl Inspect,
    retention: &Retention,
    is_decided: bool,
) -> Result<OldPage, Error> {
    let mut counts = OldPage::default();
    loop {
        counts = counts.and(records.forget_old(retention.clone(), counts.next, PAGE, is_decided).await?);
        if counts.next.is_none() {
            return Ok(counts);
        }
    }
}

/// Forgets a person in every campaign that the ledger knows, or the configuration.
async fn one(
    records: &impl Inspect,
    opened: &OpenedLedger,
    config: &Config,
    vendor: &dyn Provider,
    phone: &Phone,
    yes: bool,
) -> Result<String, Error> {
    let known = records.status().await?.into_iter().map(|row| Campaign::new(&row.campaign));
    let maker = opened.keys();
    let keys: HashSet<Key> = campaigns(config, vendor, &[])?
        .into_iter()
        .chain(known)
        .map(|campaign| maker.key(&campaign, phone))
        .collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    let found = records.find_contacts(keys.clone()).await?;
    if found.is_empty() {
        return Ok(format!("{phone} is not in the ledger, as this configuration's account."));
    }
    if found.iter().any(|found| found.outcome == "claimed") {
        return Err(Error::NothingDone(format!(
            "{phone} is just being sent; ask again when that sync has ended"
        )));
    }
    let each = found
        .iter()
        .map(|found| format!("{} in campaign {}", found.outcome, shown_identifier(&found.campaign)));
    let each = each.collect::<Vec<_>>().join(", ");
    let means = "A sync that brings a record with this number calls it again, unless the source or a do-not-call list keeps it back; \
                 such a list is left as it is.";
    let doubt = if found.iter().any(|found| found.outcome == "unknown") {
        " Where it is unknown, nobody can say whether it was called already."
    } else {
        ""
    };
    if !yes {
        return Ok(format!("{phone} would be forgotten: {each}. {means}{doubt}{HINT}"));
    }
    let n_forgotten = records.forget_people(keys).await?;
    Ok(format!("{phone} is forgotten ({n_forgotten} of {} entries): {each}. {means}", found.len()))
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

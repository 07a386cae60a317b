//! `ledger status | find | settle | baseline | rescope | accept-loss | do-not-call`: the memory of who was sent to whom, for people.

use std::collections::{BTreeSet, HashSet};
use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;

use super::load_config::LoadedConfig;
use super::{baseline, do_not_call, rescope};
use crate::cli::{AcceptLossArgs, Decision, Environment, FindArgs, LedgerCommand, SettleArgs};
use crate::config::{Config, LedgerConfig};
use crate::domain::error::Error;
use crate::ledger::sqlite::Sqlite;
use crate::ledger::{FoundContact, Inspect, Key, StatusRow, open};
use crate::mapping;
use crate::phone::{PhoneInput, shown, shown_identifier, shown_key, visible};
use crate::providers::Provider;

pub(super) async fn run<R: Read + Send + 'static>(
    command: LedgerCommand,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
    stdout: &mut impl Write,
) -> Result<(), Error> {
    let text = match command {
        LedgerCommand::Status(arguments) => status(&arguments.config).await?,
        LedgerCommand::Find(arguments) => find(&arguments).await?,
        LedgerCommand::Settle(arguments) => settle(&arguments, now).await?,
        LedgerCommand::Baseline(arguments) => baseline::run(&arguments, stdin, now, environment).await?,
        LedgerCommand::Rescope(arguments) => rescope::run(&arguments, stdin, now, environment).await?,
        LedgerCommand::AcceptLoss(arguments) => accept_loss(&arguments)?,
        LedgerCommand::DoNotCall(command) => do_not_call::run(command, stdin, now).await?,
    };
    writeln!(stdout, "{text}").map_err(Error::Output)
}

async fn status(config: &Path) -> Result<String, Error> {
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let (records, _) = open::inspect(&config, vendor.as_ref()).await?;
    let rows = records.status().await?;
    if rows.is_empty() {
        return Ok("The ledger is empty.".to_owned());
    }
    let mut text = format!("{:<28} {:<10} {:>10}  run", "campaign", "outcome", "contacts");
    for StatusRow { campaign, outcome, run, count } in rows {
        let (campaign, run) = (shown_identifier(&campaign), visible(&run));
        text.push_str(&format!("\n{campaign:<28} {outcome:<10} {count:>10}  {run}"));
    }
    Ok(text)
}

async fn find(arguments: &FindArgs) -> Result<String, Error> {
    let (config, vendor) = LoadedConfig::from_file(&arguments.config)?.complete()?;
    let mut mistakes = Vec::new();
    let rules = mapping::phone_rules(&config, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(Error::Config(mistakes));
    }
    let phone = rules.normalise(PhoneInput::Text(arguments.phone.trim()), None).map_err(|refusal| {
        Error::config("--phone", format!("{}: {}", refusal.reason.code(), refusal.reason.meaning()))
    })?;
    let (records, opened) = open::inspect(&config, vendor.as_ref()).await?;
    let keys = opened.keys();
    let campaigns = campaigns(&config, vendor.as_ref(), &arguments.campaigns)?;
    let asked: HashSet<Key> = campaigns.iter().map(|campaign| keys.key(campaign, &phone)).collect();
    let found = records.find_contacts(asked.into_iter().collect()).await?;
    if found.is_empty() {
        return Ok(format!("{phone} is not in the ledger, for the campaigns of this configuration."));
    }
    let mut text = phone.to_string();
    for FoundContact { campaign, outcome, reason, contact_id, stream, primary_key, run, at } in found {
        text.push_str(&format!("\n{at} campaign {}: {outcome}", shown_identifier(&campaign)));
        for (name, value) in [
            ("reason", reason),
            ("contact id", shown_identifier(&contact_id)),
            ("stream", shown(&stream)),
            ("primary key", shown_key(&primary_key, &phone)),
            ("run", visible(&run)),
        ] {
            if !value.is_empty() {
                text.push_str(&format!(", {name} {value}"));
            }
        }
    }
    Ok(text)
}

/// The campaigns that a configuration names, and those of the command line.
fn campaigns(
    config: &Config,
    vendor: &dyn Provider,
    more: &[String],
) -> Result<Vec<crate::domain::contact::Campaign>, Error> {
    let constants = config.streams.iter().map(|stream| stream.campaign.trim());
    let named = constants.filter(|campaign| !campaign.contains('{')).chain(more.iter().map(String::as_str));
    let each = std::iter::once("").chain(named).map(|id| vendor.campaign(id));
    each.collect::<Result<_, _>>().map_err(|why| Error::config("--campaign", why))
}

async fn settle(arguments: &SettleArgs, now: Timestamp) -> Result<String, Error> {
    let SettleArgs { config, run, decision, yes } = arguments;
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let (records, opened) = open::inspect(&config, vendor.as_ref()).await?;
    let now = opened.clock.unwrap_or(now);
    open::refuse_odd_time(now)?;
    let named = visible(run);
    let count = records.settle_unknown(run, *decision == Decision::Accepted, !yes, now).await?;
    let meaning = match decision {
        Decision::Accepted => "in the campaign, and never sent again",
        Decision::NotDelivered => "not in the campaign, and free to be sent by the next sync",
    };
    if count == 0 {
        return Ok(format!("Run {named} has no unknown contacts{}.", others(&records.status().await?)));
    }
    Ok(if *yes {
        format!("{count} contacts of run {named} are now taken to be {meaning}.")
    } else {
        format!(
            "{count} unknown contacts of run {named} would be taken to be {meaning}. Nothing was changed; add --yes to do it."
        )
    })
}

/// Names the runs that have contacts to decide, for who named another one.
fn others(rows: &[StatusRow]) -> String {
    let undecided = rows.iter().filter(|row| row.outcome == "unknown");
    let runs: BTreeSet<String> = undecided.map(|row| visible(&row.run)).collect();
    match runs.len() {
        0 => String::new(),
        _ => format!("; these have: {}", runs.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn accept_loss(arguments: &AcceptLossArgs) -> Result<String, Error> {
    let (config, _) = LoadedConfig::from_file(&arguments.config)?.complete()?;
    let LedgerConfig::Sqlite(sqlite) = &config.ledger else {
        return Err(Error::config("ledger", "is no file: only of a file can something be lost in this way"));
    };
    let path = Path::new(&sqlite.path);
    let Some(flaw) = Sqlite::accept_loss(path, arguments.yes)? else {
        return Ok("Nothing is missing: the ledger can be used.".to_owned());
    };
    let whom = "whoever it does not know of may be called again";
    Ok(if arguments.yes {
        format!("The ledger is taken as it is, although {flaw}: {whom}.")
    } else {
        format!(
            "The ledger would be taken as it is, although {flaw}: {whom}. Nothing was changed; add --yes to do it."
        )
    })
}

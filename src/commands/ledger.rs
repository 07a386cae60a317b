//! `ledger …`: the memory of who was sent to whom, for people. What takes more than a few lines has a file of its own.

use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;

use super::load_config::LoadedConfig;
use super::{baseline, do_not_call, find, forget, list, rescope, settle};
use crate::cli::{AcceptLossArgs, Environment, LedgerCommand};
use crate::config::LedgerConfig;
use crate::domain::error::Error;
use crate::ledger::sqlite::Sqlite;
use crate::ledger::{Inspect, StatusRow, open};
use crate::phone::{shown_identifier, visible};

pub(super) async fn run<R: Read + Send + 'static>(
    command: LedgerCommand,
    stdin: R,
    now: Timestamp,
    environment: &Environment,
    stdout: &mut impl Write,
) -> Result<(), Error> {
    let text = match command {
        LedgerCommand::List(arguments) => return list::run(&arguments, stdout).await,
        LedgerCommand::Status(arguments) => status(&arguments.config).await?,
        LedgerCommand::Find(arguments) => find::run(&arguments).await?,
        LedgerCommand::Settle(arguments) => settle::run(&arguments, stdin, now).await?,
        LedgerCommand::Forget(arguments) => forget::run(&arguments, now).await?,
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

//! `ledger do-not-call load | status | find | remove`: the list of people whom nobody may call.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;

use super::load_config::LoadedConfig;
use super::number::{normalised, phone_rules};
use crate::cli::{DoNotCallCommand, DoNotCallFormat, ListFindArgs, ListLoadArgs, ListRemoveArgs};
use crate::config::Config;
use crate::domain::error::Error;
use crate::ledger::list::{DoNotCallList, ListLoad, ListSource, LoadKind, Loaded};
use crate::ledger::open::{self, OpenList};
use crate::ledger::{AnyRecords, KeyMaker, Ledger, ListOwner};
use crate::listing::{FileFormat, ListFile};
use crate::phone::shown;
use crate::providers::Provider;

/// What stands for stdin in the place of a file.
const STDIN: &str = "-";

pub(super) async fn run(
    command: DoNotCallCommand,
    stdin: impl Read,
    now: Timestamp,
) -> Result<String, Error> {
    match command {
        DoNotCallCommand::Load(arguments) => load(&arguments, stdin, now).await,
        DoNotCallCommand::Status(arguments) => status(&arguments.config, now).await,
        DoNotCallCommand::Find(arguments) => find(&arguments).await,
        DoNotCallCommand::Remove(arguments) => remove(&arguments).await,
    }
}

async fn load(arguments: &ListLoadArgs, stdin: impl Read, now: Timestamp) -> Result<String, Error> {
    let ListLoadArgs { config, file, column, format, replace, source } = arguments;
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let rules = phone_rules(&config)?.for_a_list();
    let is_stdin = file.as_os_str() == STDIN;
    let source = match source {
        Some(source) if source.trim().is_empty() => {
            return Err(Error::config("--source", "is blank: nobody could take such a source off again"));
        }
        Some(source) => source.clone(),
        None if is_stdin => return Err(Error::config("--source", "is needed: stdin has no name of its own")),
        None => file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let format = format_of(*format, file)?;
    let OpenList { ledger, keys, owner, warnings } =
        open::open_list(&config, vendor.as_ref(), &format!("do-not-call-{:08x}", fastrand::u32(..)), now)
            .await?;
    let list =
        ListFile { format, column, region_column: &config.phone.region_column, rules: &rules, keys: &keys };
    let read = if is_stdin {
        list.read(stdin)
    } else {
        let unreadable =
            |source| Error::File { what: "the do-not-call list", path: file.display().to_string(), source };
        File::open(file).map_err(unreadable).and_then(|file| list.read(file))
    };
    let kind = if *replace { LoadKind::Replace } else { LoadKind::Change };
    let loaded = match read {
        Ok((staged, n_left_out)) => {
            let load = ListLoad { owner, source: source.clone(), staged, kind, is_whole: true };
            ledger.load_list(load, now).await.map(|loaded| (loaded, n_left_out)).map_err(Error::from)
        }
        Err(error) => Err(error),
    };
    let closed = ledger.close().await.map_err(Error::from);
    let (Loaded { added, removed, count }, n_left_out) = loaded?;
    closed?;
    let source = shown(&source);
    let mut told = format!(
        "{added} numbers were added to source {source} and {removed} taken off; {count} are on it now."
    );
    if n_left_out > 0 {
        told.push_str(&format!(
            " {n_left_out} rows hold a number of a kind that is never called, and were left out."
        ));
    }
    if count == 0 {
        told.push_str(" An empty source lets no sync begin that goes by the list.");
    }
    for doubt in warnings {
        told.push_str(&format!(" But {doubt}."));
    }
    Ok(told)
}

async fn status(config: &Path, now: Timestamp) -> Result<String, Error> {
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let (records, _, owner) = look(&config, vendor.as_ref()).await?;
    let sources = records.list_sources(owner).await?;
    if sources.is_empty() {
        return Ok("There is no do-not-call list yet.".to_owned());
    }
    let mut text = format!("{:>12}  {:<20} {:>10}  source", "numbers", "loaded", "age (days)");
    for ListSource { name, count, loaded_at } in sources {
        let age = loaded_at.map(|at| (now.duration_since(at).as_hours() / 24).max(0).to_string());
        let at = loaded_at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let (at, age) = (at.unwrap_or_else(|| "never to its end".to_owned()), age.unwrap_or_default());
        text.push_str(&format!("\n{count:>12}  {at:<20} {age:>10}  {}", shown(&name)));
    }
    Ok(text)
}

async fn find(arguments: &ListFindArgs) -> Result<String, Error> {
    let (config, vendor) = LoadedConfig::from_file(&arguments.config)?.complete()?;
    let phone = normalised(&phone_rules(&config)?.for_a_list(), "NUMBER", &arguments.number)?;
    let (records, keys, owner) = look(&config, vendor.as_ref()).await?;
    let key = keys.on_the_list(&phone).ok_or_else(|| Error::Defect("a number has no key".to_owned()))?;
    let sources = records.find_listed(owner, key).await?;
    Ok(match sources.as_slice() {
        [] => format!("{phone} is not on the do-not-call list."),
        sources => {
            let names: Vec<_> = sources.iter().map(|name| shown(name)).collect();
            format!("{phone} is on the do-not-call list, from {}.", names.join(", "))
        }
    })
}

async fn remove(arguments: &ListRemoveArgs) -> Result<String, Error> {
    let ListRemoveArgs { config, source, yes } = arguments;
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let (records, _, owner) = look(&config, vendor.as_ref()).await?;
    let sources = records.list_sources(owner.clone()).await?;
    let Some(found) = sources.iter().find(|found| found.name == *source) else {
        let names: Vec<_> = sources.iter().map(|source| shown(&source.name)).collect();
        let has =
            if names.is_empty() { "has no source".to_owned() } else { format!("has {}", names.join(", ")) };
        return Err(Error::config("--source", format!("is not on the do-not-call list, which {has}")));
    };
    let (count, name) = (found.count, shown(source));
    if !yes {
        return Ok(format!(
            "Source {name} would be taken off the list with its {count} numbers: whoever is on no other source may be \
             called. Nothing was changed; add --yes to do it."
        ));
    }
    let removed = records.remove_source(owner, source.clone()).await?.unwrap_or_default();
    Ok(format!("Source {name} was taken off the list with its {removed} numbers."))
}

/// The ledger as it is.
async fn look(config: &Config, vendor: &dyn Provider) -> Result<(AnyRecords, KeyMaker, ListOwner), Error> {
    let (records, opened) = open::inspect(config, vendor).await?;
    let (keys, owner) = open::list_keys(config, vendor, opened.keys())?;
    Ok((records, keys, owner))
}

/// How a file is written, by its name where nobody says it.
fn format_of(format: Option<DoNotCallFormat>, file: &Path) -> Result<FileFormat, Error> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match (format, ending.to_ascii_lowercase().as_str()) {
        (Some(DoNotCallFormat::Csv), _) | (None, "csv") => Ok(FileFormat::Csv),
        (Some(DoNotCallFormat::Jsonl), _) | (None, "jsonl" | "ndjson") => Ok(FileFormat::Jsonl),
        (None, _) => {
            Err(Error::config("--format", "is needed: the file's name ends neither in .csv nor in .jsonl"))
        }
    }
}

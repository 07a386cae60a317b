//! `ledger settle`: a person says what became of those of whom nobody knows, of a run or of some people in it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;

use super::key_file::WantedKeys;
use super::list::PeoplePages;
use super::load_config::LoadedConfig;
use crate::cli::{SettleArgs, SettleDecision};
use crate::domain::error::Error;
use crate::ledger::{Inspect, Key, ListQuery, StatusRow, open};
use crate::phone::{shown, visible};

/// So many streams are named where one is to be chosen.
const MOST_STREAMS: usize = 20;

pub(super) async fn run(arguments: &SettleArgs, stdin: impl Read, now: Timestamp) -> Result<String, Error> {
    let SettleArgs { config, run, decision, primary_keys, stream, yes } = arguments;
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    // Nobody waits for the ledger while somebody types.
    let keys = primary_keys.as_deref().map(|file| read_keys(file, stdin, run)).transpose()?;
    let (records, opened) = open::inspect(&config, vendor.as_ref()).await?;
    let now = opened.clock.unwrap_or(now);
    open::refuse_odd_time(now)?;
    let (named, is_accepted) = (visible(run), *decision == SettleDecision::Accepted);
    let (count, of) = match keys {
        None => (records.settle_unknown(run, is_accepted, !yes, now).await?, String::new()),
        Some(keys) => {
            let (people, n_unknown) = choose(&records, run, keys, stream.as_deref()).await?;
            let count = people.len();
            if *yes && !records.settle_people(run, people, is_accepted, now).await? {
                let why = "somebody else has settled or is sending one of them just now; try again";
                return Err(Error::NothingDone(why.to_owned()));
            }
            (u64::try_from(count).unwrap_or(u64::MAX), format!(" of {n_unknown}"))
        }
    };
    let meaning = match decision {
        SettleDecision::Accepted => "in the campaign, and never sent again",
        SettleDecision::NotDelivered => "not in the campaign, and free to be sent by the next sync",
    };
    if count == 0 {
        return Ok(format!("Run {named} has no unknown contacts{}.", others(&records.status().await?)));
    }
    Ok(if *yes {
        format!("{count}{of} contacts of run {named} are now taken to be {meaning}.")
    } else {
        format!(
            "{count}{of} unknown contacts of run {named} would be taken to be {meaning}. Nothing was changed; add --yes to do it."
        )
    })
}

fn read_keys(file: &Path, stdin: impl Read, run: &str) -> Result<WantedKeys, Error> {
    if file == Path::new("-") {
        return WantedKeys::read_lines(stdin, run);
    }
    let opened = File::open(file).map_err(|source| Error::File {
        what: "the file of primary keys",
        path: file.display().to_string(),
        source,
    })?;
    WantedKeys::read_lines(opened, run)
}

/// Whoever these keys mean among a run's unknown people, and how many there are of these; an error unless that is clear for each key.
async fn choose(
    records: &impl Inspect,
    run: &str,
    mut keys: WantedKeys,
    stream: Option<&str>,
) -> Result<(Vec<Key>, u64), Error> {
    let query = ListQuery { outcomes: vec!["unknown"], run: Some(run.to_owned()), ..ListQuery::default() };
    let (mut chosen, mut streams, mut n_unknown) = (Vec::new(), BTreeSet::new(), 0_u64);
    let mut people = PeoplePages::new(records, query);
    while let Some(page) = people.next().await? {
        for (key, found) in page {
            n_unknown += 1;
            if streams.len() < MOST_STREAMS {
                streams.insert(shown(&found.stream));
            }
            if stream.is_none_or(|stream| stream == found.stream || stream == shown(&found.stream))
                && keys.match_person(&found)
            {
                chosen.push(key);
            }
        }
    }
    if n_unknown == 0 {
        let others = others(&records.status().await?);
        return Err(Error::NothingDone(format!("run {} has no unknown contacts{others}", visible(run))));
    }
    let mut doubts = keys.doubts();
    if doubts.is_empty() {
        return Ok((chosen, n_unknown));
    }
    let streams = streams.into_iter().collect::<Vec<_>>().join(", ");
    doubts.push(format!(
        "the {n_unknown} unknown contacts of this run are of {streams}; --stream chooses one of several, and the lines that \
         `ledger list --outcome unknown` prints say each person's own"
    ));
    Err(Error::NothingDone(doubts.join("; ")))
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

//! What a sync of the do-not-call list tells, short: `report.json`, and `report.html` made of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::document::{EndingName, SCHEMA_VERSION};
use super::facts::Ending;
use super::numbers::{many, thousands};
use super::people;
use super::verdict::{capital, one_line};
use crate::phone::{shown_identifier, visible};

/// What is known of such a sync when it begins.
#[derive(Clone, Debug)]
pub(crate) struct ListFacts {
    /// This attempt's own name.
    pub(crate) id: String,
    /// The platform's number of the sync; blank where nobody gave one.
    pub(crate) sync_id: String,
    pub(crate) started: Timestamp,
    /// `sqlite` or `postgres`.
    pub(crate) ledger: &'static str,
    /// A hash by which one knows the same settings again.
    pub(crate) settings_digest: String,
}

/// How it ended, and what it left behind.
pub(crate) struct ListEnd {
    pub(crate) ended: Timestamp,
    pub(crate) how: Ending,
    /// Where all rows are that put nobody onto the list; blank where nowhere.
    pub(crate) rejects: String,
    /// Some of them were to be put somewhere, and are not there.
    pub(crate) lacks_rejects: bool,
    pub(crate) loads: Vec<ListLoadRow>,
    pub(crate) list: Vec<ListSourceRow>,
}

/// What a sync of the do-not-call list did. No phone number is in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "report.json of a do-not-call list")]
pub struct ListDocument {
    /// The version of this format.
    pub schema_version: u32,
    /// Which run it was, and how it ended.
    pub run: ListRunSection,
    /// What happened, in one sentence.
    pub verdict: String,
    /// What came of each stream.
    pub loads: Vec<ListLoadRow>,
    /// The whole list by source, as it is now; empty where the ledger could not say.
    pub list: Vec<ListSourceRow>,
    /// What to do next, the most urgent first.
    pub next_steps: Vec<String>,
}

/// Which run it was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ListRunSection {
    /// The run's own name.
    pub id: String,
    /// The platform's number of the sync; blank where there is none.
    pub sync_id: String,
    /// `do_not_call_list`.
    pub kind: &'static str,
    /// The way in which it ended.
    pub ending: EndingName,
    /// Why it ended before its time; blank otherwise.
    pub why: String,
    /// When it began, in UTC.
    pub started: String,
    /// When it ended, in UTC.
    pub ended: String,
    /// How long it took.
    pub milliseconds: u64,
    /// The version of this program.
    pub version: String,
    /// A hash by which one knows the same settings again.
    pub settings_digest: String,
    /// What keeps the list: `sqlite` or `postgres`.
    pub ledger: String,
    /// Where rows are that put nobody onto the list; blank where nowhere, or where some of them could not be put.
    pub rejects: String,
}

/// What came of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListLoadRow {
    /// The stream, which is a source of the list.
    pub source: String,
    /// Whether it takes the place of what the source had.
    pub replaces: bool,
    /// Rows that were read.
    pub read: u64,
    /// Numbers that are on the list and were not.
    pub added: u64,
    /// Numbers that are not on it any more.
    pub removed: u64,
    /// Rows that were left out: `only_when` does not want them, or their number is of a kind that is never called.
    pub left_out: u64,
    /// Deletions that hold no number: nobody was taken off for them.
    pub nameless: u64,
    /// Rows whose number cannot be read: they fail the load.
    pub unreadable: u64,
    /// Whether the source is as new as this load now.
    pub is_whole: bool,
}

/// A source of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListSourceRow {
    /// Its name.
    pub source: String,
    /// How many numbers it has.
    pub numbers: u64,
    /// When it was loaded last to its end, in UTC; blank where never.
    pub loaded_at: String,
    /// How many days ago that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<u64>,
}

impl ListSourceRow {
    pub(crate) fn new(source: String, numbers: u64, loaded_at: Option<Timestamp>, now: Timestamp) -> Self {
        let age =
            loaded_at.map(|at| u64::try_from(now.duration_since(at).as_hours() / 24).unwrap_or_default());
        Self { source, numbers, loaded_at: loaded_at.map(people::utc).unwrap_or_default(), age_days: age }
    }
}

impl ListDocument {
    pub(crate) fn new(facts: &ListFacts, end: ListEnd) -> Self {
        let ListEnd { ended, how, rejects, lacks_rejects, loads, list } = end;
        let (ending, why) = how.told();
        let mut next_steps = next_steps(&how, &loads, &list);
        next_steps.extend(where_rows_are(&loads, &rejects, lacks_rejects));
        if next_steps.is_empty() {
            next_steps.push("Nothing.".to_owned());
        }
        let milliseconds = ended.as_millisecond() - facts.started.as_millisecond();
        Self {
            schema_version: SCHEMA_VERSION,
            verdict: verdict(&how, &loads, &list),
            next_steps,
            run: ListRunSection {
                id: visible(&facts.id),
                sync_id: shown_identifier(&facts.sync_id),
                kind: "do_not_call_list",
                ending,
                why,
                started: people::utc(facts.started),
                ended: people::utc(ended),
                milliseconds: u64::try_from(milliseconds).unwrap_or_default(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                settings_digest: facts.settings_digest.clone(),
                ledger: facts.ledger.to_owned(),
                rejects,
            },
            loads,
            list,
        }
    }
}

fn verdict(how: &Ending, loads: &[ListLoadRow], list: &[ListSourceRow]) -> String {
    let sum = |count: fn(&ListLoadRow) -> u64| loads.iter().map(count).sum::<u64>();
    let (added, removed) = (sum(|load| load.added), sum(|load| load.removed));
    let changes = format!("{} added, {} taken off", many(added, "number", "numbers"), thousands(removed));
    let why = match how {
        Ending::Complete | Ending::LimitReached { .. } => {
            let mut said = format!("the do-not-call list was loaded: {changes}");
            if !list.is_empty() {
                let numbers: u64 = list.iter().map(|source| source.numbers).sum();
                let sources = many(u64::try_from(list.len()).unwrap_or_default(), "source", "sources");
                said.push_str(&format!("; it has {} from {sources} now", many(numbers, "number", "numbers")));
            }
            let n_doubtful = loads.iter().filter(|load| !load.is_whole).count();
            if n_doubtful > 0 {
                let of = many(u64::try_from(n_doubtful).unwrap_or_default(), "stream", "streams");
                said.push_str(&format!("; whether {of} ended well nobody can say"));
            }
            return capital(&said) + ".";
        }
        Ending::Interrupted { why } => format!("was interrupted ({})", one_line(why)),
        Ending::Failed { why, .. } => format!("failed ({})", one_line(why)),
    };
    let before = if added + removed > 0 {
        format!("{changes} before that")
    } else {
        "no change of it is confirmed".to_owned()
    };
    format!("The load of the do-not-call list {why}: {before}.")
}

fn next_steps(how: &Ending, loads: &[ListLoadRow], list: &[ListSourceRow]) -> Vec<String> {
    let mut steps = Vec::new();
    let unreadable: u64 = loads.iter().map(|load| load.unreadable).sum();
    let (ending, _) = how.told();
    steps.extend(match ending {
        _ if unreadable > 0 => Some(format!(
            "Mend {} whose number cannot be read, and run the sync again: to leave one out would be to call somebody who is on the list.",
            many(unreadable, "row", "rows")
        )),
        EndingName::Complete | EndingName::LimitReached => None,
        EndingName::ConfigError => Some("Mend what the error names, and run the sync again; the platform does not try by itself.".to_owned()),
        EndingName::Interrupted => Some("Run the sync again.".to_owned()),
        EndingName::TransientError => Some("The platform tries again; if the error stays, look at what it names.".to_owned()),
        EndingName::SystemError => Some("Report the error with this page: it is a defect, or the input is not what the platform promises.".to_owned()),
    });
    let old = |source: &&ListSourceRow| source.numbers == 0 || source.loaded_at.is_empty();
    steps.extend(list.iter().filter(old).map(|source| {
        let is = if source.numbers == 0 { "is empty" } else { "was never loaded to its end" };
        format!(
            "Source {} {is}: no sync that goes by this list begins until it is filled, or taken off with `ledger do-not-call remove`.",
            source.source
        )
    }));
    let nameless: u64 = loads.iter().map(|load| load.nameless).sum();
    if nameless > 0 {
        let deletions = many(nameless, "deletion holds", "deletions hold");
        steps.push(format!(
            "{deletions} no number, so that nobody was taken off: a full refresh of the source does it."
        ));
    }
    steps
}

fn where_rows_are(loads: &[ListLoadRow], rejects: &str, lacks_rejects: bool) -> Option<String> {
    if lacks_rejects {
        let told = "Rows that put nobody onto the list are not where rejected records are kept, or not all of them: no STATE passed those, so that they come again with the next sync.";
        return Some(told.to_owned());
    }
    let is_told =
        !rejects.is_empty() && loads.iter().any(|load| load.left_out + load.nameless + load.unreadable > 0);
    is_told.then(|| format!("All rows that put nobody onto the list are in {rejects}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Error;

    fn document(how: Ending, load: ListLoadRow, numbers: u64, loaded_at: Option<&str>) -> ListDocument {
        let started: Timestamp = "2026-11-22T01:30:00Z".parse().unwrap();
        let facts = ListFacts {
            id: "41-0a".to_owned(),
            sync_id: "41".to_owned(),
            started,
            ledger: "sqlite",
            settings_digest: "9f2c".to_owned(),
        };
        let at = loaded_at.map(|at| at.parse().unwrap());
        let list = vec![ListSourceRow::new("register".to_owned(), numbers, at, started)];
        ListDocument::new(
            &facts,
            ListEnd {
                ended: started,
                how,
                rejects: "kept".to_owned(),
                lacks_rejects: false,
                loads: vec![load],
                list,
            },
        )
    }

    #[test]
    fn a_list_is_told_with_what_changed_how_large_and_how_old_it_is() {
        let load = || ListLoadRow {
            source: "register".to_owned(),
            replaces: false,
            read: 3,
            added: 2,
            removed: 0,
            left_out: 1,
            nameless: 0,
            unreadable: 0,
            is_whole: true,
        };
        let row = Error::ListRow { at: "line 2".to_owned(), why: "cannot be read".to_owned() };
        let old = Some("2026-11-20T01:30:00Z");
        for (how, load, numbers, loaded_at, verdict, step) in [
            (
                Ending::Complete,
                load(),
                1_200,
                old,
                "The do-not-call list was loaded: 2 numbers added, 0 taken off; it has 1,200 numbers from 1 source now.",
                "All rows that put nobody onto the list are in kept.",
            ),
            (
                Ending::Complete,
                ListLoadRow { is_whole: false, ..load() },
                1,
                None,
                "The do-not-call list was loaded: 2 numbers added, 0 taken off; it has 1 number from 1 source now; whether 1 stream ended well nobody can say.",
                "Source register was never loaded to its end",
            ),
            (
                Ending::from(&row),
                ListLoadRow { added: 0, unreadable: 1, left_out: 0, ..load() },
                1,
                old,
                "The load of the do-not-call list failed (the do-not-call list was not loaded: line 2 cannot be read): no change of it is confirmed.",
                "Mend 1 row whose number cannot be read",
            ),
            (
                Ending::from(&Error::Interrupted("SIGTERM")),
                ListLoadRow { left_out: 0, ..load() },
                0,
                old,
                "The load of the do-not-call list was interrupted (stopped by SIGTERM before the end of the input): 2 numbers added, 0 taken off before that.",
                "Source register is empty",
            ),
        ] {
            let document = document(how, load, numbers, loaded_at);
            assert_eq!(document.verdict, verdict);
            assert!(
                document.next_steps.iter().any(|told| told.starts_with(step)),
                "{:?}",
                document.next_steps
            );
            assert_eq!(document.list[0].age_days, loaded_at.map(|_| 2), "{verdict}");
            let page = document.html();
            assert!(page.contains("register") && page.contains(&*document.run.id), "{page}");
        }
    }
}

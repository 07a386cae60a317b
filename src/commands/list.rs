//! `ledger list`: whom the ledger knows, a page at a time, so that nothing grows with their number.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::csv_cell::guarded;
use super::load_config::LoadedConfig;
use crate::cli::{ListArgs, ListFormat, ListedOutcome};
use crate::domain::error::Error;
use crate::ledger::{FoundContact, Inspect, Key, LedgerError, ListQuery, open};
use crate::phone::{Phone, shown, shown_identifier, shown_key, visible};

/// So many people are read at a time: some hundred bytes each.
pub(super) const PAGE: u32 = 5_000;

const COLUMNS: [&str; 8] =
    ["stream", "primary_key", "campaign", "outcome", "reason", "contact_id", "run", "time"];

/// A person as the list shows them.
#[derive(Serialize)]
pub(super) struct ListedPerson {
    pub(super) stream: String,
    pub(super) primary_key: String,
    pub(super) campaign: String,
    outcome: String,
    reason: String,
    contact_id: String,
    run: String,
    time: String,
}

impl From<&FoundContact> for ListedPerson {
    fn from(found: &FoundContact) -> Self {
        let FoundContact { campaign, outcome, reason, contact_id, stream, primary_key, run, at } = found;
        Self {
            stream: shown(stream),
            // Its own number is in no key; it may look like anybody's.
            primary_key: shown_key(primary_key, &Phone::opaque("")),
            campaign: shown_identifier(campaign),
            outcome: outcome.clone(),
            reason: reason.clone(),
            contact_id: shown_identifier(contact_id),
            run: visible(run),
            time: at.to_string(),
        }
    }
}

/// Everybody who is meant, in the order of their keys, a page at a time.
pub(super) struct PeoplePages<'l, L> {
    records: &'l L,
    query: ListQuery,
    after: Option<Key>,
    is_over: bool,
}

impl<'l, L: Inspect> PeoplePages<'l, L> {
    pub(super) fn new(records: &'l L, query: ListQuery) -> Self {
        Self { records, query, after: None, is_over: false }
    }

    /// The next page, which may hold nobody; none after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<(Key, FoundContact)>>, LedgerError> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.records.list(self.query.clone(), self.after, PAGE).await?;
        (self.after, self.is_over) = (page.next, page.next.is_none());
        Ok(Some(page.people))
    }
}

pub(super) async fn run(arguments: &ListArgs, stdout: &mut impl Write) -> Result<(), Error> {
    match list(arguments, stdout).await {
        // Whoever reads it (`head`) has seen enough.
        Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

async fn list(arguments: &ListArgs, stdout: &mut impl Write) -> Result<(), Error> {
    let ListArgs { config, outcomes, run, campaign, format } = arguments;
    let (config, vendor) = LoadedConfig::from_file(config)?.complete()?;
    let (records, _) = open::inspect(&config, vendor.as_ref()).await?;
    // A ledger may know campaigns of another vendor, too.
    let spelled =
        |id: &String| vendor.campaign(id).map_or(id.clone(), |campaign| campaign.as_str().to_owned());
    let query = ListQuery {
        outcomes: outcomes.iter().map(|outcome| outcome.name()).collect(),
        run: run.clone(),
        campaign: campaign.as_ref().map(spelled),
    };
    let mut lines = ListWriter { format: *format, stdout, is_begun: false };
    let mut people = PeoplePages::new(&records, query);
    while let Some(page) = people.next().await? {
        if !page.is_empty() {
            lines.write(&page).map_err(Error::Output)?;
        }
    }
    if !lines.is_begun {
        refuse_strangers(&records, run.as_deref(), campaign.as_deref()).await?;
        // A table without rows is a table all the same.
        lines.write(&[]).map_err(Error::Output)?;
    }
    lines.stdout.flush().map_err(Error::Output)
}

/// Nobody of a run that is not there would read like: nobody is unknown.
async fn refuse_strangers(
    records: &impl Inspect,
    run: Option<&str>,
    campaign: Option<&str>,
) -> Result<(), Error> {
    if run.is_none() && campaign.is_none() {
        return Ok(());
    }
    let rows = records.status().await?;
    if let Some(run) = run
        && !rows.iter().any(|row| row.run == run)
    {
        let why =
            format!("the ledger knows nobody of a run {}; `ledger status` shows its runs", visible(run));
        return Err(Error::config("--run", why));
    }
    let Some(campaign) = campaign else { return Ok(()) };
    if rows.iter().any(|row| row.campaign.eq_ignore_ascii_case(campaign.trim())) {
        return Ok(());
    }
    let named = shown_identifier(campaign);
    let why = format!("the ledger knows nobody of a campaign {named}; `ledger status` shows its campaigns");
    Err(Error::config("--campaign", why))
}

impl ListedOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Claimed => "claimed",
        }
    }
}

/// Where the people go.
struct ListWriter<'w, W> {
    format: ListFormat,
    stdout: &'w mut W,
    is_begun: bool,
}

impl<W: Write> ListWriter<'_, W> {
    fn write(&mut self, page: &[(Key, FoundContact)]) -> io::Result<()> {
        let people = page.iter().map(|(_, found)| ListedPerson::from(found));
        let bytes = match self.format {
            ListFormat::Csv => csv(people, !self.is_begun)?,
            ListFormat::Jsonl => jsonl(people)?,
        };
        self.is_begun = true;
        self.stdout.write_all(&bytes)
    }
}

fn csv(people: impl Iterator<Item = ListedPerson>, is_first: bool) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if is_first {
        writer.write_record(COLUMNS)?;
    }
    for person in people {
        let ListedPerson { stream, primary_key, campaign, outcome, reason, contact_id, run, time } = &person;
        let cells = [stream, primary_key, campaign, outcome, reason, contact_id, run, time];
        writer.write_record(cells.map(|cell| guarded(cell).into_owned()))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn jsonl(people: impl Iterator<Item = ListedPerson>) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for person in people {
        serde_json::to_writer(&mut lines, &person)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

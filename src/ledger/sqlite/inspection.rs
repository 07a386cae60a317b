//! What people ask the ledger in a file.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::error::damaged;
use super::schema::{ACCEPTED, CLAIMED, REJECTED, UNKNOWN};
use super::store::Store;
use super::string_table::Texts;
use super::table::{self, Row};
use super::{cooling, journal, string_table};
use crate::ledger::{FoundContact, Key, StatusRow};

const COUNT: &str = "SELECT campaign, outcome, run, count(*) FROM contact GROUP BY campaign, outcome, run";

const OF_RUN: &str = "
    SELECT key FROM contact
    WHERE outcome = ?1 AND run = (SELECT id FROM word WHERE text = ?2)";

const DECIDE: &str = "UPDATE contact SET outcome = ?2, at = ?3 WHERE key = ?1";

impl Store {
    /// Counts contacts. Who is claimed counts as that only, whatever was known before.
    pub(super) fn status(&mut self) -> Result<Vec<StatusRow>> {
        self.merge()?;
        let mut counts = counts(&self.connection)?;
        for (key, row) in claimed(&self.connection)? {
            if let Some(before) = table::read_row(&self.connection, &key)? {
                let count = counts.entry((before.campaign, before.outcome, before.run)).or_default();
                *count = count.saturating_sub(1);
            }
            *counts.entry((row.campaign, row.outcome, row.run)).or_default() += 1;
        }
        counts.retain(|_, count| *count > 0);
        let mut rows = Vec::with_capacity(counts.len());
        for ((campaign, outcome, run), count) in counts {
            rows.push(StatusRow {
                campaign: string_table::text(&self.connection, campaign)?,
                outcome: name(outcome)?.to_owned(),
                run: string_table::text(&self.connection, run)?,
                count,
            });
        }
        Ok(rows)
    }

    /// What is known under these keys, in their order.
    pub(super) fn find_contacts(&mut self, keys: &[Key]) -> Result<Vec<FoundContact>> {
        self.merge()?;
        let mut claimed = claimed(&self.connection)?;
        let mut found = Vec::new();
        for key in keys {
            let row = match claimed.remove(key) {
                Some(row) => Some(row),
                None => table::read_row(&self.connection, key)?,
            };
            if let Some(row) = row {
                found.push(describe(&mut Texts::new(&self.connection), row)?);
            }
        }
        Ok(found)
    }

    /// Decides these unknown contacts of a run, or none of them where one is not unknown.
    pub(super) fn decide_people(
        &mut self,
        run: &str,
        keys: &[Key],
        accepted: bool,
        now: Timestamp,
    ) -> Result<bool> {
        self.merge()?;
        for key in keys {
            let row = table::read_row(&self.connection, key)?.filter(|row| row.outcome == UNKNOWN);
            let written = row.map(|row| string_table::text(&self.connection, row.run)).transpose()?;
            if written.as_deref() != Some(run) || self.claims.contains_key(key) {
                return Ok(false);
            }
        }
        self.write_decision(keys, accepted, now)?;
        Ok(true)
    }

    /// Makes the unknown contacts of a run accepted, or free. Those who are being sent again are not
    /// for a person to decide.
    pub(super) fn decide(&mut self, run: &str, accepted: bool, dry_run: bool, now: Timestamp) -> Result<u64> {
        self.merge()?;
        let mut statement = self.connection.prepare(OF_RUN)?;
        let keys = statement.query_map((UNKNOWN, run), |row| row.get(0).map(Key))?;
        let mut undecided = keys.collect::<Result<Vec<_>>>()?;
        undecided.retain(|key| !self.claims.contains_key(key));
        drop(statement);
        if !dry_run {
            self.write_decision(&undecided, accepted, now)?;
        }
        Ok(u64::try_from(undecided.len()).expect("a machine word fits into 64 bits"))
    }

    fn write_decision(&mut self, keys: &[Key], accepted: bool, now: Timestamp) -> Result<()> {
        let outcome = if accepted { ACCEPTED } else { REJECTED };
        let at = self.seal.date(now);
        let mut decide = self.connection.prepare_cached(DECIDE)?;
        keys.iter().try_for_each(|key| decide.execute((key.0, outcome, at)).map(drop))?;
        if accepted { Ok(()) } else { cooling::forget(&self.connection, &keys.iter().copied().collect()) }
    }
}

/// How many rows there are by campaign, outcome and run.
fn counts(connection: &Connection) -> Result<BTreeMap<(i64, i64, i64), u64>> {
    let mut statement = connection.prepare(COUNT)?;
    let mut rows = statement.query([])?;
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let count: i64 = row.get(3)?;
        counts.insert((row.get(0)?, row.get(1)?, row.get(2)?), u64::try_from(count).unwrap_or_default());
    }
    Ok(counts)
}

/// Who is claimed now.
pub(super) fn claimed(connection: &Connection) -> Result<HashMap<Key, Row>> {
    let mut rows = HashMap::new();
    journal::each(connection, |intent| {
        for (claimed, ended) in &intent.contacts {
            if ended.is_none() {
                let row = intent.row(claimed, None).map(|row| Row { outcome: CLAIMED, ..row });
                rows.extend(row.map(|row| (claimed.key, row)));
            }
        }
        Ok(())
    })?;
    Ok(rows)
}

pub(super) fn describe(texts: &mut Texts<'_>, row: Row) -> Result<FoundContact> {
    let reason = row.reason.map(|reason| texts.text(reason).map(str::to_owned)).transpose()?;
    Ok(FoundContact {
        campaign: texts.text(row.campaign)?.to_owned(),
        outcome: name(row.outcome)?.to_owned(),
        reason: reason.unwrap_or_default(),
        contact_id: row.contact_id.unwrap_or_default().into(),
        stream: texts.text(row.stream)?.to_owned(),
        primary_key: row.primary_key.into(),
        run: texts.text(row.run)?.to_owned(),
        at: Timestamp::from_millisecond(row.at).map_err(|_| damaged())?,
    })
}

pub(super) fn name(outcome: i64) -> Result<&'static str> {
    match outcome {
        CLAIMED => Ok("claimed"),
        ACCEPTED => Ok("accepted"),
        REJECTED => Ok("rejected"),
        UNKNOWN => Ok("unknown"),
        _ => Err(damaged()),
    }
}

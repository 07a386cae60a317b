//! One run's hold on a ledger: the connection, and whom this run has claimed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::claims::Claims;
use super::complaint::complain;
use super::contacts::{self, Row, Standings};
use super::intents::{self, Claimed, Intent};
use super::meta;
use super::schema::{ACCEPTED, REJECTED, UNKNOWN};
use super::words::Words;
use crate::ledger::{Ending, Entry, Key, LedgerError, Standing, Terms};

const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;

/// One run's hold on a ledger.
pub(super) struct Book {
    pub(super) connection: Connection,
    pub(super) claims: Claims,
    /// The run ends with this transaction.
    pub(super) is_closing: bool,
    words: Words,
    place: Box<str>,
    run: Box<str>,
    call_again_after_days: u32,
    n_intents: i64,
}

impl Book {
    /// A run without claims, on a ledger that was examined.
    pub(super) fn new(connection: Connection, place: &str, terms: &Terms) -> Self {
        Self {
            connection,
            claims: Claims::default(),
            is_closing: false,
            words: Words::default(),
            place: place.into(),
            run: terms.run.as_str().into(),
            call_again_after_days: terms.call_again_after_days,
            n_intents: 0,
        }
    }

    /// Gives the connection back, between transactions.
    pub(super) fn into_connection(mut self) -> Connection {
        self.roll_back();
        self.connection
    }

    /// Does everything or nothing, in memory and in the file.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> std::result::Result<T, LedgerError> {
        match self.attempt(work) {
            Ok(given) => {
                self.claims.keep();
                Ok(given)
            }
            Err(error) => {
                self.roll_back();
                Err(complain(&self.place, &error))
            }
        }
    }

    fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let given = work(self)?;
        self.connection.execute_batch("COMMIT")?;
        Ok(given)
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            // It fails only where SQLite has rolled back by itself, after a full disk for one.
            self.connection.execute_batch("ROLLBACK").unwrap_or_default();
        }
        self.claims.undo();
        self.words.forget();
    }

    /// Where people stand.
    pub(super) fn look_up(&self, keys: &[Key], now: Timestamp) -> Result<Vec<Standing>> {
        let mut standings = self.standings(now)?;
        let standing =
            |key| if self.claims.contains(key) { Ok(Standing::Elsewhere) } else { standings.of(key) };
        keys.iter().map(standing).collect()
    }

    /// Claims those who are free, or may be retaken; gives where each stood before.
    pub(super) fn claim(&mut self, entries: &[Entry], retake: bool, now: Timestamp) -> Result<Vec<Standing>> {
        let keys: Vec<_> = entries.iter().map(|entry| entry.key).collect();
        let before = self.look_up(&keys, now)?;
        self.n_intents += 1;
        let mut contacts = Vec::with_capacity(entries.len());
        for (entry, standing) in entries.iter().zip(&before) {
            if *standing == Standing::Free || (retake && *standing == Standing::Unknown) {
                contacts.push(Claimed {
                    key: entry.key,
                    campaign: self.word(entry.campaign.as_str())?,
                    stream: self.word(&entry.stream)?,
                    primary_key: entry.primary_key.to_string(),
                });
                self.claims.add(entry.key, self.n_intents);
            }
        }
        if !contacts.is_empty() {
            let run = self.run()?;
            let intent = Intent { run, at: now.as_millisecond(), contacts };
            intents::add(&self.connection, self.n_intents, &intent)?;
        }
        Ok(before)
    }

    /// Writes endings, and takes them out of their claims.
    pub(super) fn settle(&mut self, endings: &[(Entry, Ending)], now: Timestamp) -> Result<()> {
        let mut shrinking = BTreeSet::new();
        for (entry, ending) in endings {
            let intent = self.claims.remove(&entry.key);
            shrinking.extend(intent);
            // What holds a person back is written in any case; to free somebody takes a claim.
            let holds_back = matches!(ending, Ending::Accepted { .. } | Ending::Unknown);
            if intent.is_some() || holds_back {
                self.write(entry, ending, now)?;
            }
        }
        for intent in shrinking {
            let is_left = |claimed: &Claimed| self.claims.intent_of(&claimed.key) == Some(intent);
            intents::keep(&self.connection, intent, is_left)?;
        }
        if endings.iter().any(|(_, ending)| *ending != Ending::Released) {
            meta::mark_as_used(&self.connection)?;
        }
        Ok(())
    }

    fn write(&mut self, entry: &Entry, ending: &Ending, now: Timestamp) -> Result<()> {
        let (outcome, reason, contact_id) = match ending {
            Ending::Accepted { contact_id } => (ACCEPTED, None, contact_id.as_deref()),
            Ending::Rejected { reason } => (REJECTED, Some(self.word(reason)?), None),
            Ending::Unknown => (UNKNOWN, None, None),
            Ending::Released => return Ok(()),
        };
        let row = Row {
            outcome,
            at: now.as_millisecond(),
            campaign: self.word(entry.campaign.as_str())?,
            stream: self.word(&entry.stream)?,
            run: self.run()?,
            reason,
            primary_key: &*entry.primary_key,
            contact_id,
        };
        contacts::write(&self.connection, &entry.key, &row)
    }

    fn standings(&self, now: Timestamp) -> Result<Standings<'_>> {
        let days = i64::from(self.call_again_after_days);
        let called_again = (days > 0).then(|| now.as_millisecond() - days * MILLISECONDS_PER_DAY);
        Standings::new(&self.connection, called_again)
    }

    fn word(&mut self, text: &str) -> Result<i64> {
        self.words.id(&self.connection, text)
    }

    fn run(&mut self) -> Result<i64> {
        self.words.id(&self.connection, &self.run)
    }
}

//! One run's hold on a ledger: the connection, and what this run knows without asking the file.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::error::ledger_error;
use super::journal::{self, ClaimRow, Claimed, Claims, Ended, Location, SettlementRow, Size};
use super::meta;
use super::schema::{ACCEPTED, REJECTED, UNKNOWN};
use super::seal::Seal;
use super::string_table::StringTable;
use super::table::{self, Known, LookUp};
use super::watch::Watch;
use crate::ledger::daily;
use crate::ledger::{ClaimEntry, ContactStatus, Key, LedgerError, LedgerOptions, Settlement};

const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;

/// One run's hold on a ledger.
pub(super) struct Store {
    pub(super) connection: Connection,
    pub(super) claims: Claims,
    /// The run ends with this transaction.
    pub(super) is_closing: bool,
    /// What the journal says of those who are settled.
    pub(super) settled: HashMap<Key, Known, foldhash::fast::RandomState>,
    /// A transaction was rolled back: what the run knows is read from its journal again before the next one.
    is_behind: bool,
    strings: StringTable,
    pub(super) seal: Seal,
    /// None in memory.
    watch: Option<Watch>,
    place: Box<str>,
    pub(super) run: Box<str>,
    /// How this run sends people.
    pub(super) route: Box<str>,
    /// By whose name places in a campaign's day are kept.
    pub(super) account: Box<str>,
    call_again_after_days: u32,
    is_marked_as_used: bool,
    n_intents: i64,
    journal: Size,
    largest_journal: Size,
}

impl Store {
    /// A run without claims, on a ledger that was examined. The journal is merged when it is larger
    /// than this.
    pub(super) fn new(
        connection: Connection,
        (seal, watch): (Seal, Option<Watch>),
        place: &str,
        options: &LedgerOptions,
        largest_journal: Size,
    ) -> Self {
        Self {
            connection,
            claims: Claims::default(),
            is_closing: false,
            settled: HashMap::default(),
            is_behind: false,
            strings: StringTable::default(),
            seal,
            watch,
            place: place.into(),
            run: options.run.as_str().into(),
            route: options.route().into(),
            account: daily::account(&options.identity),
            call_again_after_days: options.call_again_after_days,
            is_marked_as_used: false,
            n_intents: 0,
            journal: Size::default(),
            largest_journal,
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
        let before = self.seal.reach;
        match self.attempt(work) {
            Ok(given) => {
                self.seal.keep();
                let committed = Some(self.seal.reach).filter(|reach| *reach != before);
                self.watch.as_mut().map_or(Ok(()), |watch| watch.look(committed))?;
                Ok(given)
            }
            Err(error) => {
                self.roll_back();
                Err(ledger_error(&self.place, &error))
            }
        }
    }

    fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        if self.is_behind {
            let (claims, people, journal) = journal::replay(&self.connection)?;
            self.settled = people.into_iter().map(|(key, row)| (key, row.known())).collect();
            (self.claims, self.journal, self.is_behind) = (claims, journal, false);
        }
        let given = work(self)?;
        self.seal.write(&self.connection)?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(given)
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            // It fails only where SQLite has rolled back by itself, after a full disk for one.
            self.connection.execute_batch("ROLLBACK").unwrap_or_default();
        }
        self.is_behind = true;
        self.seal.undo();
        self.strings.forget();
        self.is_marked_as_used = false;
    }

    /// Where people stand.
    pub(super) fn status_of(&mut self, keys: &[Key], now: Timestamp) -> Result<Vec<ContactStatus>> {
        let days = i64::from(self.call_again_after_days);
        // A clock behind what was written is wrong now, or was then: nobody's days have passed by it.
        let is_believed = days > 0 && now.as_millisecond() >= self.seal.newest;
        let called_again = is_believed.then(|| now.as_millisecond() - days * MILLISECONDS_PER_DAY);
        let mut contacts = LookUp::new(&self.connection)?;
        let mut statuses = Vec::with_capacity(keys.len());
        for key in keys {
            if self.claims.contains_key(key) {
                statuses.push(ContactStatus::Elsewhere);
                continue;
            }
            let known = match self.settled.get(key) {
                Some(known) => Some(*known),
                None => contacts.known(key)?,
            };
            statuses.push(known.map_or(ContactStatus::Free, |known| known.status(called_again)));
        }
        Ok(statuses)
    }

    /// Claims those who are free, or may be retaken; gives where each stood before.
    pub(super) fn claim(
        &mut self,
        entries: &[ClaimEntry],
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>> {
        let Size { n_contacts, n_bytes } = self.journal;
        if n_contacts > self.largest_journal.n_contacts || n_bytes > self.largest_journal.n_bytes {
            self.merge()?;
        }
        let keys: Vec<_> = entries.iter().map(|entry| entry.key).collect();
        let mut before = self.status_of(&keys, now)?;
        if retake {
            self.hold_back(entries, &mut before)?;
        }
        let mine = entries.iter().zip(&before).filter(|(_, status)| {
            **status == ContactStatus::Free || (retake && **status == ContactStatus::Unknown)
        });
        let mine: Vec<_> = mine.map(|(entry, _)| entry).collect();
        if !mine.is_empty() {
            let intent = self.intend(&mine, now)?;
            for (position, entry) in (0..).zip(mine) {
                self.claims.insert(entry.key, Location { intent, position });
            }
        }
        Ok(before)
    }

    /// Writes endings, and takes them out of their claims.
    pub(super) fn settle_contacts(
        &mut self,
        settlements: &[(ClaimEntry, Settlement)],
        now: Timestamp,
    ) -> Result<()> {
        let mut claimed: BTreeMap<i64, SettlementRow> = BTreeMap::new();
        let mut unclaimed = Vec::new();
        for (entry, settlement) in settlements {
            if let Some(Location { intent, position }) = self.claims.remove(&entry.key) {
                let ended = self.ended(entry.key, settlement, now)?;
                claimed.entry(intent).or_default().push(position, ended);
            } else if matches!(settlement, Settlement::Accepted { .. } | Settlement::Unknown) {
                // What holds a person back is written in any case; to free somebody takes a claim.
                unclaimed.push((entry, settlement));
            }
        }
        if !unclaimed.is_empty() {
            let entries: Vec<_> = unclaimed.iter().map(|(entry, _)| *entry).collect();
            let intent = self.intend(&entries, now)?;
            for (position, (entry, settlement)) in (0..).zip(unclaimed) {
                let ended = self.ended(entry.key, settlement, now)?;
                claimed.entry(intent).or_default().push(position, ended);
            }
        }
        for (intent, settlements) in claimed {
            self.journal.n_bytes += settlements.write(&self.connection, intent)?;
        }
        if !self.is_marked_as_used
            && settlements.iter().any(|(_, settlement)| *settlement != Settlement::Released)
        {
            meta::mark_as_used(&self.connection)?;
            self.is_marked_as_used = true;
        }
        Ok(())
    }

    /// Ends the run: nothing beside the file is needed any more to know everybody.
    pub(super) fn close(&mut self) -> Result<()> {
        self.merge()?;
        self.seal.is_open = false;
        self.is_closing = true;
        self.watch.iter_mut().for_each(Watch::sync_next);
        Ok(())
    }

    /// Brings `contact` up to date: it knows everybody then who is not claimed.
    pub(super) fn merge(&mut self) -> Result<()> {
        let (_, people, _) = journal::replay(&self.connection)?;
        table::write_all(&self.connection, &people)?;
        journal::forget_settled(&self.connection, &mut self.claims)?;
        self.settled.clear();
        self.journal = Size { n_contacts: self.claims.len(), n_bytes: 0 };
        Ok(())
    }

    /// Writes into the journal that these people may be sent; gives the number of that.
    fn intend(&mut self, entries: &[&ClaimEntry], now: Timestamp) -> Result<i64> {
        let mut claims = ClaimRow::default();
        for entry in entries {
            claims.push(&Claimed {
                key: entry.key,
                campaign: self.word(entry.campaign.as_str())?,
                stream: self.word(&entry.stream)?,
                primary_key: &entry.primary_key,
            });
        }
        meta::keep_route(&self.connection, &self.run, &self.route)?;
        let run = self.strings.id(&self.connection, &self.run)?;
        self.n_intents += 1;
        let n_bytes = claims.write(&self.connection, self.n_intents, run, self.seal.date(now))?;
        self.journal.n_contacts += entries.len();
        self.journal.n_bytes += n_bytes;
        Ok(self.n_intents)
    }

    /// An ending as the journal has it; from here on it counts.
    fn ended<'a>(&mut self, key: Key, settlement: &'a Settlement, now: Timestamp) -> Result<Ended<'a>> {
        let (outcome, reason, contact_id) = match settlement {
            Settlement::Accepted { contact_id } => (ACCEPTED, None, contact_id.as_deref()),
            Settlement::Rejected { reason } => (REJECTED, Some(self.word(reason)?), None),
            Settlement::Unknown => (UNKNOWN, None, None),
            Settlement::Released => return Ok(Ended::WithoutTrace),
        };
        let at = self.seal.date(now);
        self.settled.insert(key, Known { outcome, at });
        Ok(Ended::So { outcome, at, reason, contact_id })
    }

    fn word(&mut self, text: &str) -> Result<i64> {
        self.strings.id(&self.connection, text)
    }
}

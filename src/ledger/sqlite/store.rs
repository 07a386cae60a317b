//! One run's hold on a ledger: the connection, and what this run knows without asking the file.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::cooling::{Cooling, HandOvers};
use super::error::ledger_error;
use super::journal::{
    self, ClaimEnding, ClaimPosition, ClaimRow, ClaimedContact, Claims, Replayed, SettlementRow, Size,
};
use super::listed::{ListLookUp, list_ids};
use super::meta;
use super::schema::{ACCEPTED, REJECTED, UNKNOWN};
use super::seal::Seal;
use super::string_table::StringTable;
use super::table::{self, KnownEnding, LookUp};
use super::watch::Watch;
use crate::ledger::daily;
use crate::ledger::{
    ClaimEntry, ContactStatus, Key, LedgerError, LedgerOptions, ListOwner, PersonKeys, Settlement,
};

const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;

/// One run's hold on a ledger.
pub(super) struct Store {
    pub(super) connection: Connection,
    pub(super) claims: Claims,
    /// The run ends with this transaction.
    pub(super) is_closing: bool,
    /// What the journal says of those who are settled.
    pub(super) settled: HashMap<Key, KnownEnding, foldhash::fast::RandomState>,
    /// What the journal says of who was handed over, or is being.
    pub(super) hand_overs: HandOvers,
    /// The sources of the do-not-call list, where this run goes by one.
    pub(super) lists: Vec<i64>,
    list_owner: Option<ListOwner>,
    cooling_off: Option<SignedDuration>,
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
            hand_overs: HandOvers::default(),
            lists: Vec::new(),
            list_owner: options.rules.do_not_call.as_ref().map(|rule| rule.owner.clone()),
            cooling_off: options.rules.cooling_off(),
            // What the run goes by is read before its first transaction.
            is_behind: true,
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

    /// A list that this run goes by may have other sources now.
    pub(super) fn find_lists(&mut self) -> Result<()> {
        self.lists = match &self.list_owner {
            Some(owner) => list_ids(&self.connection, owner)?,
            None => Vec::new(),
        };
        Ok(())
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
        self.catch_up()?;
        let given = work(self)?;
        self.seal.write(&self.connection)?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(given)
    }

    /// Reads again what the run goes by, where it is not known.
    pub(super) fn catch_up(&mut self) -> Result<()> {
        if !self.is_behind {
            return Ok(());
        }
        let Replayed { claims, people, hand_overs, size } = journal::replay(&self.connection)?;
        self.settled = people.into_iter().map(|(key, row)| (key, row.known())).collect();
        (self.claims, self.hand_overs, self.journal) = (claims, hand_overs, size);
        self.find_lists()?;
        self.is_behind = false;
        Ok(())
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
    pub(super) fn status_of(&self, people: &[PersonKeys], now: Timestamp) -> Result<Vec<ContactStatus>> {
        let called_again = self.over_since(i64::from(self.call_again_after_days) * MILLISECONDS_PER_DAY, now);
        let mut contacts = LookUp::new(&self.connection, self.seal.keys())?;
        let mut list = ListLookUp::new(&self.connection, self.seal.keys(), &self.lists)?;
        let mut cooling = self.cooling(now)?;
        let mut statuses = Vec::with_capacity(people.len());
        for PersonKeys { key, rules } in people {
            if let Some(listed) = rules.listed
                && list.has(&listed)?
            {
                statuses.push(ContactStatus::DoNotCall);
                continue;
            }
            if self.claims.contains_key(key) {
                statuses.push(ContactStatus::Elsewhere);
                continue;
            }
            let known = match self.settled.get(key) {
                Some(known) => Some(*known),
                None => contacts.known(key)?,
            };
            let status = known.map_or(ContactStatus::Free, |known| known.status(called_again));
            if status != ContactStatus::Free {
                statuses.push(status);
                continue;
            }
            let hand_over = cooling.hand_over_of(rules.cooling)?;
            statuses.push(cooling.keeps_back(&hand_over, None).unwrap_or(ContactStatus::Free));
        }
        Ok(statuses)
    }

    /// What happened at this moment, or before, is so many milliseconds ago; none where nothing is.
    fn over_since(&self, milliseconds: i64, now: Timestamp) -> Option<i64> {
        // A clock behind what was written is wrong now, or was then: no time has passed by it.
        let is_believed = milliseconds > 0 && now.as_millisecond() >= self.seal.newest;
        is_believed.then(|| now.as_millisecond() - milliseconds)
    }

    fn cooling(&self, now: Timestamp) -> Result<Cooling<'_>> {
        let over_since = self.cooling_off.and_then(|time| self.over_since(time.as_secs() * 1_000, now));
        Cooling::new(
            &self.connection,
            self.seal.keys(),
            &self.hand_overs,
            self.cooling_off.is_some(),
            over_since,
        )
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
        let before = self.would_claim(entries, retake, now)?;
        let mine = entries.iter().zip(&before).filter(|(_, status)| {
            **status == ContactStatus::Free || (retake && **status == ContactStatus::Unknown)
        });
        let mine: Vec<_> = mine.map(|(entry, _)| entry).collect();
        if !mine.is_empty() {
            let intent = self.intend(&mine, now)?;
            for (position, entry) in (0..).zip(mine) {
                self.claims.insert(entry.key, ClaimPosition { intent, position });
            }
        }
        Ok(before)
    }

    /// Gives what a claim would give.
    pub(super) fn would_claim(
        &mut self,
        entries: &[ClaimEntry],
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>> {
        let people: Vec<_> = entries.iter().map(ClaimEntry::person).collect();
        let mut before = self.status_of(&people, now)?;
        if retake {
            self.hold_back(entries, &mut before)?;
        }
        self.keep_back(entries, &mut before, retake, now)?;
        Ok(before)
    }

    /// Keeps back who would be sent again while another hand-over is under way or cools off, and whom this claim has
    /// twice: whether the second may go, the ending of the first says.
    fn keep_back(
        &self,
        entries: &[ClaimEntry],
        statuses: &mut [ContactStatus],
        retake: bool,
        now: Timestamp,
    ) -> Result<()> {
        let mut cooling = self.cooling(now)?;
        let mut taken = HashSet::new();
        for (entry, status) in entries.iter().zip(statuses) {
            let kept_back = match status {
                ContactStatus::Free => None,
                ContactStatus::CoolingOff => Some(*status),
                ContactStatus::Unknown if retake => {
                    let hand_over = cooling.hand_over_of(entry.rules.cooling)?;
                    cooling.keeps_back(&hand_over, Some(entry.key))
                }
                _ => continue,
            };
            let Some(person) = entry.rules.cooling else { continue };
            if taken.contains(&person) {
                *status = ContactStatus::Elsewhere;
            } else if let Some(kept_back) = kept_back {
                *status = kept_back;
            } else {
                taken.insert(person);
            }
        }
        Ok(())
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
            if let Some(ClaimPosition { intent, position }) = self.claims.remove(&entry.key) {
                let ended = self.ended(entry, settlement, now)?;
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
                let ended = self.ended(entry, settlement, now)?;
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
        table::write_all(&self.connection, &journal::settled(&self.connection)?)?;
        self.hand_overs.write(&self.connection, None)?;
        journal::forget_settled(&self.connection, &mut self.claims)?;
        self.settled.clear();
        self.hand_overs.forget_settled();
        self.journal = Size { n_contacts: self.claims.len(), n_bytes: 0 };
        Ok(())
    }

    /// Writes into the journal that these people may be sent; gives the number of that.
    fn intend(&mut self, entries: &[&ClaimEntry], now: Timestamp) -> Result<i64> {
        let mut claims = ClaimRow::default();
        for entry in entries {
            claims.push(&ClaimedContact {
                key: entry.key,
                campaign: self.word(entry.campaign.as_str())?,
                stream: self.word(&entry.stream)?,
                primary_key: &entry.primary_key,
                person: entry.rules.cooling,
            });
            self.hand_overs.begin(entry.key, entry.rules.cooling);
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
    fn ended<'a>(
        &mut self,
        entry: &ClaimEntry,
        settlement: &'a Settlement,
        now: Timestamp,
    ) -> Result<ClaimEnding<'a>> {
        let (outcome, reason, contact_id) = match settlement {
            Settlement::Accepted { contact_id } => (ACCEPTED, None, contact_id.as_deref()),
            Settlement::Rejected { reason } => (REJECTED, Some(self.word(reason)?), None),
            Settlement::Unknown => (UNKNOWN, None, None),
            Settlement::Released => {
                self.hand_overs.end(entry.rules.cooling, None);
                return Ok(ClaimEnding::WithoutTrace);
            }
        };
        let at = self.seal.date(now);
        self.settled.insert(entry.key, KnownEnding { outcome, at });
        let is_handed_over = [ACCEPTED, UNKNOWN].contains(&outcome);
        self.hand_overs.end(entry.rules.cooling, is_handed_over.then_some((entry.key, at)));
        Ok(ClaimEnding::So { outcome, at, reason, contact_id })
    }

    fn word(&mut self, text: &str) -> Result<i64> {
        self.strings.id(&self.connection, text)
    }
}

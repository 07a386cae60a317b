//! What a ledger was told, so what it must know; and any ledger made slow, so that a crash can come
//! before and after each of its steps.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use destination_ai_voice::domain::contact::Campaign;
use destination_ai_voice::ledger::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, Key, Ledger, LedgerError, PersonKeys, Settlement,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use crate::kept_rules::{KeptRules, MayHaveList};
use crate::row::Row;

/// What all runs of a scenario told a ledger that one run at a time may have.
#[derive(Clone)]
pub(crate) struct Told(Arc<Mutex<Model>>);

struct Model {
    /// After so long whoever was accepted may be called again; zero: never.
    after: SignedDuration,
    rows: HashMap<Key, Row>,
    /// What was known of somebody before the claim under way, and since when.
    before: HashMap<Key, (Row, Option<Timestamp>)>,
    /// Whom a failing ledger may have written down all the same.
    unsure: HashSet<Key>,
    /// When somebody was accepted, as the ledger must have dated it.
    accepted_at: HashMap<Key, Timestamp>,
    /// The newest time that was written: the ledger's clock never shows less.
    newest: Timestamp,
    /// How often somebody was rightly claimed again.
    again: HashMap<Key, u32>,
    /// Whom the ledger does not know any more, by a person's decision.
    given_up: HashSet<Key>,
    /// The file of the run under way is not where it was.
    is_gone: bool,
    violation: Option<String>,
}

impl Told {
    pub(crate) fn new(days: u32) -> Self {
        Self(Arc::new(Mutex::new(Model {
            after: SignedDuration::from_hours(24 * i64::from(days)),
            rows: HashMap::new(),
            before: HashMap::new(),
            unsure: HashSet::new(),
            accepted_at: HashMap::new(),
            newest: Timestamp::MIN,
            again: HashMap::new(),
            given_up: HashSet::new(),
            is_gone: false,
            violation: None,
        })))
    }

    /// A run that panics must not take it along.
    fn locked(&self) -> MutexGuard<'_, Model> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn row(&self, key: Key) -> Option<Row> {
        self.locked().rows.get(&key).copied()
    }

    /// How often somebody may have been called.
    pub(crate) fn rightful_calls(&self, key: Key) -> u32 {
        1 + self.locked().again.get(&key).copied().unwrap_or(0)
    }

    /// What the ledger did and must not.
    pub(crate) fn violation(&self) -> Option<String> {
        self.locked().violation.clone()
    }

    pub(crate) fn is_given_up(&self, key: Key) -> bool {
        self.locked().given_up.contains(&key)
    }

    pub(crate) fn set_gone(&self, is_gone: bool) {
        self.locked().is_gone = is_gone;
    }

    /// Everybody who may have been sent, and so must not be free at any opening.
    pub(crate) fn held_back(&self) -> Vec<Key> {
        let model = self.locked();
        let held = model.rows.iter().filter(|(_, row)| **row != Row::Rejected).map(|(key, _)| *key);
        held.collect()
    }

    /// Of whom only the ledger itself can say, at its next opening, what became of them.
    pub(crate) fn unsure(&self) -> Vec<Key> {
        self.locked().unsure.drain().collect()
    }

    /// What the ledger says of somebody of whom it was not sure.
    pub(crate) fn learn(&self, key: Key, status: ContactStatus) {
        let mut model = self.locked();
        match status {
            ContactStatus::Free => model.rows.remove(&key),
            // Asked without the rules, no ledger says these.
            ContactStatus::DoNotCall | ContactStatus::CoolingOff => None,
            ContactStatus::Accepted => model.rows.insert(key, Row::Accepted),
            ContactStatus::Unknown | ContactStatus::Held | ContactStatus::Elsewhere => {
                model.rows.insert(key, Row::Unknown)
            }
        };
    }

    /// A person took the ledger as it is: these it does not know, and of nobody is it sure since when.
    pub(crate) fn give_up(&self, forgotten: &[Key], everybody: impl Iterator<Item = Key>) {
        let mut model = self.locked();
        let mut lost: Vec<_> = forgotten.to_vec();
        if !model.after.is_zero() {
            lost.extend(model.rows.keys());
        }
        for key in forgotten {
            model.rows.remove(key);
        }
        model.given_up.extend(lost);
        model.accepted_at.clear();
        model.newest = Timestamp::MIN;
        model.unsure.extend(everybody);
    }
}

impl Model {
    fn complain(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    fn claimed(&mut self, run: u64, (key, status): (Key, ContactStatus), retake: bool, now: Timestamp) {
        let was_unknown = status == ContactStatus::Unknown;
        if status != ContactStatus::Free && !(retake && was_unknown) {
            return;
        }
        let is_given_up = self.given_up.contains(&key);
        match self.rows.get(&key) {
            Some(Row::Accepted) if status == ContactStatus::Free && !is_given_up => {
                let since = self.accepted_at.get(&key).copied().unwrap_or(Timestamp::MIN);
                let has_passed = !self.after.is_zero() && now.duration_since(since) >= self.after;
                if !has_passed || now < self.newest {
                    self.complain(format!("somebody who was accepted at {since} was free at {now}"));
                }
                *self.again.entry(key).or_default() += 1;
            }
            Some(Row::Unknown | Row::Claimed { .. }) if status == ContactStatus::Free && !is_given_up => {
                self.complain("somebody of whom nobody can say was free".to_owned());
            }
            _ => {}
        }
        let since = self.accepted_at.remove(&key);
        match self.rows.insert(key, Row::Claimed { run }) {
            Some(before) => self.before.insert(key, (before, since)),
            None => self.before.remove(&key),
        };
        self.newest = self.newest.max(now);
    }

    fn settled(&mut self, key: Key, settlement: &Settlement, now: Timestamp) {
        let Some(Row::Claimed { .. }) = self.rows.get(&key) else {
            return self.complain("a contact was settled that its run had not claimed".to_owned());
        };
        let before = self.before.remove(&key);
        if *settlement != Settlement::Released {
            self.newest = self.newest.max(now);
        }
        let row = match settlement {
            Settlement::Accepted { .. } => {
                self.accepted_at.insert(key, self.newest);
                Some(Row::Accepted)
            }
            Settlement::Rejected { .. } => Some(Row::Rejected),
            Settlement::Unknown => Some(Row::Unknown),
            Settlement::Released => before.map(|(row, since)| {
                self.accepted_at.extend(since.map(|since| (key, since)));
                row.without_claim()
            }),
        };
        match row {
            Some(row) => self.rows.insert(key, row),
            None => self.rows.remove(&key),
        };
    }

    /// The ledger failed, and may have written it all the same.
    fn perhaps_settled(&mut self, key: Key, settlement: &Settlement, now: Timestamp) {
        self.unsure.insert(key);
        match settlement {
            Settlement::Accepted { .. } => {
                self.accepted_at.insert(key, self.newest.max(now));
            }
            Settlement::Unknown => {}
            // It may be free now.
            Settlement::Rejected { .. } | Settlement::Released => {
                self.rows.remove(&key);
            }
        }
    }

    /// A run whose file is not where it was must hear of it.
    fn heard<T>(&mut self, what: &str, answer: &Result<T, LedgerError>) {
        if self.is_gone && answer.is_ok() {
            self.complain(format!("{what} went into a file that is gone"));
        }
    }
}

/// A ledger whose steps take time, and whom somebody listens to.
pub(crate) struct Slow<L> {
    pub(crate) ledger: L,
    pub(crate) rng: Mutex<fastrand::Rng>,
    pub(crate) run: u64,
    /// None where other runs have the ledger, too.
    pub(crate) told: Option<Told>,
    pub(crate) clock: Wall,
    pub(crate) rules: KeptRules,
    /// By what the list knows everybody of the scenario.
    pub(crate) listed: Vec<Key>,
}

/// The machine's clock during a run.
pub(crate) struct Wall {
    /// What it showed at the start.
    pub(crate) began: Timestamp,
    pub(crate) started: Instant,
    /// It is set now and then, and the ledger hears of it at once.
    pub(crate) jumps: bool,
}

/// Between the look at the clock and the ledger nothing takes time.
const CLOSE_ENOUGH: SignedDuration = SignedDuration::from_secs(1);

impl<L> Slow<L> {
    async fn dawdle(&self) {
        let ms = self.rng.lock().unwrap().u64(0..40);
        sleep(Duration::from_millis(ms)).await;
    }

    fn model(&self) -> Option<MutexGuard<'_, Model>> {
        self.told.as_ref().map(Told::locked)
    }

    /// A ledger is told the machine's time, whatever a vendor says.
    fn is_told(&self, now: Timestamp) {
        let machine = self.clock.began + SignedDuration::try_from(self.clock.started.elapsed()).unwrap();
        if let Some(mut model) = self.model()
            && now.duration_since(machine).abs() > CLOSE_ENOUGH
        {
            model.complain(format!("the machine's clock showed {machine}, and the ledger was told {now}"));
        }
    }

    /// What a clock shows that is set now and then.
    fn shown(&self, now: Timestamp) -> Timestamp {
        let mut rng = self.rng.lock().unwrap();
        if self.clock.jumps && rng.u32(0..6) == 0 { now + jump(&mut rng) } else { now }
    }
}

/// By how much a clock is set wrong: seconds to weeks, forward or back.
pub(crate) fn jump(rng: &mut fastrand::Rng) -> SignedDuration {
    let by = match rng.u32(0..3) {
        0 => SignedDuration::from_secs(rng.i64(1..3_600)),
        1 => SignedDuration::from_hours(rng.i64(1..48)),
        _ => SignedDuration::from_hours(24 * rng.i64(2..60)),
    };
    if rng.bool() { by } else { -by }
}

impl<L: MayHaveList> Slow<L> {
    /// Somebody may come onto the list while a run is under way.
    fn change_list(&self, now: Timestamp) {
        let mut rng = self.rng.lock().unwrap();
        if self.rules.by_the_list
            && rng.u32(0..4) == 0
            && let Some(sqlite) = self.ledger.list()
        {
            self.rules.change_list(sqlite, &self.listed, &mut rng, now);
        }
    }
}

impl<L: Ledger + MayHaveList> Ledger for Slow<L> {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        let asked = people.clone();
        let answer = self.ledger.status_of(people, self.shown(now)).await;
        for (person, status) in asked.iter().zip(answer.iter().flatten()) {
            self.rules.looked_up(person.key, *status);
        }
        if let Some(mut model) = self.model() {
            model.heard("a question", &answer);
        }
        answer
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        self.is_told(now);
        let shown = self.shown(now);
        self.dawdle().await;
        self.change_list(shown);
        let keys: Vec<_> = entries.iter().map(|entry| entry.key).collect();
        let asked = entries.clone();
        let answer = self.ledger.claim(entries, retake, shown).await;
        for (entry, status) in asked.iter().zip(answer.iter().flatten()) {
            self.rules.claimed(self.run, entry, *status, retake, shown);
        }
        if let Some(mut model) = self.model() {
            model.heard("a claim", &answer);
            match &answer {
                Ok(statuses) => {
                    for asked in keys.into_iter().zip(statuses.iter().copied()) {
                        model.claimed(self.run, asked, retake, shown);
                    }
                }
                Err(_) => model.unsure.extend(keys),
            }
        }
        self.dawdle().await;
        answer
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        self.is_told(now);
        let shown = self.shown(now);
        self.dawdle().await;
        self.ledger.reserve(campaign, wanted, limit, shown).await
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        self.ledger.return_quota(places).await
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.is_told(now);
        let shown = self.shown(now);
        self.dawdle().await;
        let said = settlements.clone();
        let answer = self.ledger.settle(settlements, shown).await;
        for (entry, settlement) in &said {
            self.rules.settled(entry, settlement, shown);
        }
        if let Some(mut model) = self.model() {
            model.heard("an ending", &answer);
            for (entry, settlement) in &said {
                match answer {
                    Ok(()) => model.settled(entry.key, settlement, shown),
                    Err(_) => model.perhaps_settled(entry.key, settlement, shown),
                }
            }
        }
        self.dawdle().await;
        answer
    }

    async fn close(&self) -> Result<(), LedgerError> {
        let answer = self.ledger.close().await;
        if let Some(mut model) = self.model() {
            model.heard("the end of a run", &answer);
        }
        answer
    }
}

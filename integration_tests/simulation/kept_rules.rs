//! The rules of calling that a ledger keeps, held against what it lets through.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use destination_ai_voice::ledger::list::{DoNotCallList, ListLoad, LoadKind, Staging};
use destination_ai_voice::ledger::sqlite::Sqlite;
use destination_ai_voice::ledger::{
    ClaimEntry, ContactStatus, DoNotCallRule, Key, LedgerRules, ListOwner, PersonKeys, RuleScopes, Scope,
    Settlement,
};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

use crate::options;

/// So old a list never is, whatever a clock shows.
const MAX_AGE_DAYS: u32 = 36_500;

/// The rules of a scenario, and what its runs did by them. Off where no hours and no list are given.
#[derive(Clone, Default)]
pub(crate) struct KeptRules {
    pub(crate) by_the_list: bool,
    pub(crate) cooling_off_hours: u32,
    model: Arc<Mutex<Model>>,
}

/// A ledger that may be the real one, with a list.
pub(crate) trait MayHaveList {
    fn list(&self) -> Option<&Sqlite>;
}

#[derive(Default)]
struct Model {
    listed: HashSet<Key>,
    /// By which key, and when, somebody was handed over or may have been.
    last: HashMap<Key, (Key, Timestamp)>,
    /// By which key, when and by which run somebody is being handed over.
    under_way: HashMap<Key, (Key, Timestamp, u64)>,
    /// Whose contacts were kept back once, so that a ledger need not know them.
    kept_back: HashSet<Key>,
    newest: Timestamp,
    violation: Option<String>,
}

impl KeptRules {
    pub(crate) fn new(by_the_list: bool, cooling_off_hours: u32) -> Self {
        Self { by_the_list, cooling_off_hours, model: Arc::default() }
    }

    pub(crate) fn scopes(&self) -> RuleScopes {
        RuleScopes {
            do_not_call: self.by_the_list.then_some(Scope::Account),
            cooling_off: (self.cooling_off_hours > 0).then_some(Scope::Account),
        }
    }

    pub(crate) fn of_ledger(&self) -> LedgerRules {
        let rule = || DoNotCallRule { owner: owner(), max_age_days: MAX_AGE_DAYS };
        LedgerRules { do_not_call: self.by_the_list.then(rule), cooling_off_hours: self.cooling_off_hours }
    }

    /// Puts people on the list, and takes others off it, or begins it anew.
    pub(crate) fn change_list(
        &self,
        ledger: &impl DoNotCallList,
        people: &[Key],
        rng: &mut fastrand::Rng,
        now: Timestamp,
    ) {
        let mut model = self.locked();
        let kind = if rng.u32(0..4) == 0 { LoadKind::Replace } else { LoadKind::Change };
        if kind == LoadKind::Replace {
            model.listed.clear();
        }
        // Nobody's key, so that the list is never empty.
        let mut changes = vec![(Key([0xab; 16]), true)];
        for key in people {
            match rng.u32(0..8) {
                0 => changes.push((*key, true)),
                1 => changes.push((*key, false)),
                _ => {}
            }
        }
        let mut staged = Staging::new().unwrap();
        for (key, is_listed) in changes {
            staged.add(key, is_listed).unwrap();
            if is_listed {
                model.listed.insert(key)
            } else {
                model.listed.remove(&key)
            };
        }
        let load = ListLoad { owner: owner(), source: "register".to_owned(), staged, kind, is_whole: true };
        let loaded = ledger.load_list(load, now).now_or_never();
        loaded.expect("an inline ledger answers at once").unwrap();
    }

    pub(crate) fn claimed(
        &self,
        run: u64,
        entry: &ClaimEntry,
        status: ContactStatus,
        retake: bool,
        now: Timestamp,
    ) {
        let mut model = self.locked();
        match status {
            ContactStatus::Free => {}
            ContactStatus::Unknown if retake => {}
            _ => return model.keeps_back(run, entry.person(), status, now),
        }
        if entry.rules.listed.is_some_and(|key| model.listed.contains(&key)) {
            model.complain(format!("somebody on the list was claimed at {now}"));
        }
        let Some(person) = entry.rules.cooling else { return };
        let before = match model.under_way.get(&person).copied() {
            Some((_, at, other)) if other == run => {
                return model
                    .complain(format!("somebody is handed over twice at once, from {at} and from {now}"));
            }
            // That run died.
            Some((key, at, _)) => Some((key, at)),
            None => model.last.get(&person).copied(),
        };
        if let Some((key, at)) = before {
            let hours = SignedDuration::from_hours(self.cooling_off_hours.into());
            let has_passed = now.duration_since(at) >= hours && now >= model.newest;
            let is_the_same = status == ContactStatus::Unknown && key == entry.key;
            if !has_passed && !is_the_same {
                model.complain(format!("somebody was handed over at {at}, and again at {now}"));
            }
            model.last.insert(person, (key, at));
        }
        model.under_way.insert(person, (entry.key, now, run));
        model.newest = model.newest.max(now);
    }

    pub(crate) fn looked_up(&self, run: u64, person: PersonKeys, status: ContactStatus, now: Timestamp) {
        self.locked().keeps_back(run, person, status, now);
    }

    pub(crate) fn settled(&self, entry: &ClaimEntry, settlement: &Settlement, now: Timestamp) {
        let mut model = self.locked();
        let Some(person) = entry.rules.cooling else { return };
        model.under_way.remove(&person);
        if *settlement != Settlement::Released {
            model.newest = model.newest.max(now);
        }
        if matches!(settlement, Settlement::Accepted { .. } | Settlement::Unknown) {
            let at = model.newest;
            model.last.insert(person, (entry.key, at));
        }
    }

    pub(crate) fn has_kept_back(&self, key: Key) -> bool {
        self.locked().kept_back.contains(&key)
    }

    pub(crate) fn n_kept_back(&self) -> u64 {
        u64::try_from(self.locked().kept_back.len()).unwrap()
    }

    /// When somebody was handed over last, or let go of.
    pub(crate) fn newest(&self) -> Timestamp {
        self.locked().newest
    }

    pub(crate) fn violation(&self) -> Option<String> {
        self.locked().violation.clone()
    }

    /// A run that panics must not take it along.
    fn locked(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model {
    /// Whoever is kept back has ended, so there must be a reason that stays: an attempt that is under way is none.
    fn keeps_back(&mut self, run: u64, person: PersonKeys, status: ContactStatus, now: Timestamp) {
        if !matches!(status, ContactStatus::DoNotCall | ContactStatus::CoolingOff) {
            return;
        }
        self.kept_back.insert(person.key);
        let Some(person) = person.rules.cooling.filter(|_| status == ContactStatus::CoolingOff) else {
            return;
        };
        let is_of_dead_run = self.under_way.get(&person).is_some_and(|(_, _, other)| *other != run);
        if !is_of_dead_run && !self.last.contains_key(&person) {
            self.complain(format!("somebody was kept back at {now}, whom nobody had handed over"));
        }
    }

    fn complain(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }
}

fn owner() -> ListOwner {
    ListOwner::new(&options::identity(), Scope::Account)
}

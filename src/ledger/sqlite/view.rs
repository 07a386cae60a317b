//! The ledger as the next run would find it, for who only asks: one transaction, which is rolled back in the end.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::error::ledger_error;
use super::location::{Location, Missing, destination};
use super::memory::Memory;
use super::probe::begin;
use super::store::Store;
use super::{SMALL_JOURNAL, Sqlite, open, purpose};
use crate::domain::contact::Campaign;
use crate::ledger::{
    ClaimEntry, ContactStatus, DailyLimit, DailyQuota, Ledger, LedgerError, LedgerOptions, OpenedLedger,
    PersonKeys, Settlement,
};

/// Answers as a run is answered, and claims nobody. Until it is dropped no run can open the file.
pub struct SqliteView {
    store: Mutex<Option<Store>>,
    place: String,
}

impl Sqlite {
    /// Opens the ledger to foresee what a run would be told; gives nothing where there is none yet.
    ///
    /// # Errors
    /// Whenever a run could not be opened.
    pub fn view(
        path: &Path,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<(SqliteView, OpenedLedger)>, LedgerError> {
        let shown = path.display().to_string();
        let path = &destination(path);
        if !path.exists() && !options.expect_existing {
            return Location::vacant(path, &shown).map(|()| None);
        }
        let place = Location::locate(path, &shown, Missing::Unexpected)?;
        if place.is_empty() && !options.expect_existing {
            return Ok(None);
        }
        let (store, opened) = begin(&place, &shown, options, hash_key, now)?;
        if let Some(why) = &opened.list_refusal {
            return Err(LedgerError::Unusable(format!("{shown}: {why}")));
        }
        Ok(Some((SqliteView { store: Mutex::new(Some(store)), place: shown }, opened)))
    }
}

impl SqliteView {
    /// What a first run would find where there is no ledger yet: nobody.
    ///
    /// # Errors
    /// When there is no room for it, or a run was to find one.
    pub fn empty(
        options: &LedgerOptions,
        hash_key: Option<&str>,
        now: Timestamp,
    ) -> Result<(Self, OpenedLedger), LedgerError> {
        let mut connection = Memory::new()?.take()?;
        let purpose = purpose(options);
        let (opened, seal) =
            open::examine(&mut connection, Memory::PLACE, purpose, options, hash_key, now, None)?;
        let store = Store::new(connection, (seal, None), Memory::PLACE, options, SMALL_JOURNAL);
        Ok((Self { store: Mutex::new(Some(store)), place: Memory::PLACE.to_owned() }, opened))
    }

    fn let_go(&self) {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(store.map(Store::into_connection));
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Store) -> rusqlite::Result<T>) -> Result<T, LedgerError> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let store = store.as_mut().ok_or_else(|| LedgerError::Unavailable("it is closed".to_owned()))?;
        store.catch_up().and_then(|()| question(store)).map_err(|error| ledger_error(&self.place, &error))
    }
}

impl Ledger for SqliteView {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        self.ask(|store| store.status_of(&people, now))
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        self.ask(|store| store.would_claim(&entries, retake, now))
    }

    async fn reserve(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        self.ask(|store| store.reserve(campaign, wanted, &limit, now))
    }

    async fn return_quota(&self, places: DailyQuota) -> Result<(), LedgerError> {
        self.ask(|store| store.return_quota(&places))
    }

    async fn settle(&self, _: Vec<(ClaimEntry, Settlement)>, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.let_go();
        Ok(())
    }
}

impl Drop for SqliteView {
    fn drop(&mut self) {
        self.let_go();
    }
}

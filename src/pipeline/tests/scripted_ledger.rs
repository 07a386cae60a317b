//! A ledger that says and takes what a test wants, and keeps the endings.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::ledger::{ClaimEntry, ContactStatus, Ledger, LedgerError, PersonKeys, Settlement};

/// Says what it is told to say, whatever is asked; all further ones are free.
#[derive(Default)]
pub(super) struct ScriptedLedger {
    pub(super) looked_up: Vec<ContactStatus>,
    pub(super) claimed: Vec<ContactStatus>,
    /// So many answers are left out.
    pub(super) too_few_looked_up: usize,
    pub(super) too_few_claimed: usize,
    /// What look-ups take, from the last of these times on; all further ones none.
    pub(super) look_ups_take: Mutex<Vec<Duration>>,
    pub(super) settling_takes: Duration,
    pub(super) closing_takes: Duration,
    pub(super) settlements: Mutex<Vec<Settlement>>,
}

impl Ledger for ScriptedLedger {
    async fn status_of(
        &self,
        people: Vec<PersonKeys>,
        _: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        let next = self.look_ups_take.lock().unwrap().pop();
        sleep(next.unwrap_or_default()).await;
        Ok(said(&self.looked_up, people.len(), self.too_few_looked_up))
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        _: bool,
        _: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        Ok(said(&self.claimed, entries.len(), self.too_few_claimed))
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        _: Timestamp,
    ) -> Result<(), LedgerError> {
        sleep(self.settling_takes).await;
        self.settlements.lock().unwrap().extend(settlements.into_iter().map(|(_, settlement)| settlement));
        Ok(())
    }

    async fn close(&self) -> Result<(), LedgerError> {
        sleep(self.closing_takes).await;
        Ok(())
    }
}

fn said(statuses: &[ContactStatus], asked: usize, too_few: usize) -> Vec<ContactStatus> {
    let all = statuses.iter().copied().chain(std::iter::repeat(ContactStatus::Free));
    all.take(asked - too_few.min(asked)).collect()
}

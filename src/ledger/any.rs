//! The ledger that the user chose. The one match over the kinds.

use jiff::{SignedDuration, Timestamp};

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::{ClaimEntry, ContactStatus, Key, Ledger, LedgerError, NoopLedger, Settlement};

/// One of the kinds.
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub enum AnyLedger {
    /// Remembers nobody.
    None(NoopLedger),
    /// A file.
    Sqlite(Sqlite),
    /// A database, and how far its clock is ahead: many machines share it, and only its own is the same
    /// for all.
    Postgres(Postgres, SignedDuration),
}

impl Ledger for AnyLedger {
    fn remembers(&self) -> bool {
        !matches!(self, Self::None(_))
    }

    async fn status_of(&self, keys: Vec<Key>, now: Timestamp) -> Result<Vec<ContactStatus>, LedgerError> {
        match self {
            Self::None(ledger) => ledger.status_of(keys, now).await,
            Self::Sqlite(ledger) => ledger.status_of(keys, now).await,
            Self::Postgres(ledger, ahead) => ledger.status_of(keys, shifted(now, *ahead)).await,
        }
    }

    async fn claim(
        &self,
        entries: Vec<ClaimEntry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<ContactStatus>, LedgerError> {
        match self {
            Self::None(ledger) => ledger.claim(entries, retake, now).await,
            Self::Sqlite(ledger) => ledger.claim(entries, retake, now).await,
            Self::Postgres(ledger, ahead) => ledger.claim(entries, retake, shifted(now, *ahead)).await,
        }
    }

    async fn settle(
        &self,
        settlements: Vec<(ClaimEntry, Settlement)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        match self {
            Self::None(ledger) => ledger.settle(settlements, now).await,
            Self::Sqlite(ledger) => ledger.settle(settlements, now).await,
            Self::Postgres(ledger, ahead) => ledger.settle(settlements, shifted(now, *ahead)).await,
        }
    }

    async fn close(&self) -> Result<(), LedgerError> {
        match self {
            Self::None(ledger) => ledger.close().await,
            Self::Sqlite(ledger) => ledger.close().await,
            Self::Postgres(ledger, _) => ledger.close().await,
        }
    }
}

fn shifted(now: Timestamp, ahead: SignedDuration) -> Timestamp {
    now.checked_add(ahead).unwrap_or(now)
}

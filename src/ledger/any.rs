//! The ledger that the user chose. The one match over the kinds.

use jiff::{SignedDuration, Timestamp};

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::{Ending, Entry, Forgetful, Key, Ledger, LedgerError, Standing};

/// One of the kinds.
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub enum AnyLedger {
    /// Remembers nobody.
    None(Forgetful),
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

    async fn look_up(&self, keys: Vec<Key>, now: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        match self {
            Self::None(ledger) => ledger.look_up(keys, now).await,
            Self::Sqlite(ledger) => ledger.look_up(keys, now).await,
            Self::Postgres(ledger, ahead) => ledger.look_up(keys, shifted(now, *ahead)).await,
        }
    }

    async fn claim(
        &self,
        entries: Vec<Entry>,
        retake: bool,
        now: Timestamp,
    ) -> Result<Vec<Standing>, LedgerError> {
        match self {
            Self::None(ledger) => ledger.claim(entries, retake, now).await,
            Self::Sqlite(ledger) => ledger.claim(entries, retake, now).await,
            Self::Postgres(ledger, ahead) => ledger.claim(entries, retake, shifted(now, *ahead)).await,
        }
    }

    async fn settle(&self, endings: Vec<(Entry, Ending)>, now: Timestamp) -> Result<(), LedgerError> {
        match self {
            Self::None(ledger) => ledger.settle(endings, now).await,
            Self::Sqlite(ledger) => ledger.settle(endings, now).await,
            Self::Postgres(ledger, ahead) => ledger.settle(endings, shifted(now, *ahead)).await,
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

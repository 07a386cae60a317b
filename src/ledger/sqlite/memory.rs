//! A database without a file, which outlives the runs that use it.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::error::ledger_error;
use crate::ledger::LedgerError;

/// A ledger's database in memory; a clone is the same one. One run at a time may have it.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<Option<Connection>>>);

impl Memory {
    pub(super) const PLACE: &str = "the ledger in memory";

    /// An empty database.
    ///
    /// # Errors
    /// When there is no room for one.
    pub fn new() -> Result<Self, LedgerError> {
        let connection = Connection::open_in_memory().map_err(|error| ledger_error(Self::PLACE, &error))?;
        Ok(Self(Arc::new(Mutex::new(Some(connection)))))
    }

    /// Takes the connection, if no run that lives has it.
    pub(super) fn take(&self) -> Result<Connection, LedgerError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        connection.ok_or_else(|| LedgerError::Unavailable(format!("another run is using {}", Self::PLACE)))
    }

    pub(super) fn put(&self, connection: Connection) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}

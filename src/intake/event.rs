//! What the intake makes of a line.

use super::input_warnings::InputWarnings;
use super::stream_index::StreamIndex;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::stream_name::StreamName;
use crate::ledger::Key;
use crate::protocol::State;

/// A line that means something, mapped.
#[derive(Debug)]
pub enum Event {
    /// A record that maps to somebody who may be called.
    Contact {
        /// Whose record it was.
        position: RecordPosition,
        /// Where the contact goes.
        campaign: Campaign,
        /// Who would be called.
        contact: Contact,
        /// Who that is for the ledger.
        ledger_key: LedgerKey,
    },
    /// A record that ends here.
    Refused {
        /// Whose record it was.
        position: RecordPosition,
        /// How it ended.
        outcome: Outcome,
    },
    /// A position of the source, and whose records it speaks for.
    State(State, Covers),
    /// A stream that the catalog does not have, or that looks different from here on.
    Stream {
        /// Its place; a new one follows the last.
        index: StreamIndex,
        /// Its name.
        name: StreamName,
        /// What the user should know before its records, for the log.
        warnings: Vec<String>,
    },
    /// A stream is complete at the source.
    Complete(StreamIndex),
}

/// Whose records a STATE speaks for, among those that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Those of all streams.
    All,
    /// One stream's.
    Stream(StreamIndex),
    /// Nobody's: its stream is not among those of this sync.
    Nothing,
}

/// Where a record came from, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPosition {
    /// Its stream.
    pub stream: StreamIndex,
    /// Its line of the input, counted from 1.
    pub line: u64,
}

/// A contact, as the ledger knows it.
#[derive(Clone, Debug, Default)]
pub struct LedgerKey {
    /// The key of its number; without a ledger the same for everybody.
    pub key: Key,
    /// The record's primary key, for people.
    pub primary_key: Box<str>,
}

/// What one read of the input gave.
#[derive(Debug, Default)]
pub struct EventBatch {
    /// In the order of the lines.
    pub items: Vec<Event>,
    /// What was odd about them.
    pub warnings: InputWarnings,
    /// Why no further batch comes, when it is not simply the end.
    pub failure: Option<Error>,
}

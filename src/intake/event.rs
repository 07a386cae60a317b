//! What the intake makes of a line.

use jiff::Timestamp;

use super::input_warnings::InputWarnings;
use super::origin::Origin;
use super::pending_contact::{LedgerLookup, PendingContact};
use super::position::StreamIndex;
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::stream_name::StreamName;
use crate::ledger::{Key, Ledger, one_for_each};
use crate::phone::Phone;
use crate::protocol::State;

/// A line that means something, mapped.
#[derive(Debug)]
pub enum Event {
    /// A record that maps to somebody who may be called.
    Contact(PendingContact),
    /// A record that ends here.
    Refused(RefusedRecord),
    /// A row of the do-not-call list.
    Listed(ListedRecord),
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
        /// The variables that its contacts may have.
        variables: Vec<Box<str>>,
    },
    /// A stream is complete at the source.
    Complete(StreamIndex),
}

/// A record that maps to nobody who may be called.
#[derive(Clone, Debug)]
pub struct RefusedRecord {
    /// Which one it is.
    pub origin: Origin,
    /// How it ended.
    pub outcome: Outcome,
    /// Where it would have gone, as far as that can be known.
    pub campaign: Option<Campaign>,
    /// Who would have been called, where there is a usable number.
    pub phone: Option<Phone>,
}

/// A row of the do-not-call list: who must not be called, or need not be kept from it any more.
#[derive(Clone, Debug)]
pub struct ListedRecord {
    /// Its record; without key and columns where its number could be read.
    pub origin: Origin,
    /// Whether they go onto the list; otherwise they are taken off it.
    pub is_listed: bool,
    /// Who they are for the list, or why nobody can say.
    pub number: Result<Key, Outcome>,
    /// Whose number the record holds all the same.
    pub phone: Option<Phone>,
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

/// What one read of the input gave.
#[derive(Debug, Default)]
pub struct EventBatch {
    /// In the order of the lines.
    pub events: Vec<Event>,
    /// What was odd about them.
    pub warnings: InputWarnings,
    /// Why no further batch comes, when it is not simply the end.
    pub failure: Option<Error>,
}

impl EventBatch {
    /// Asks the ledger for what is known of each contact.
    ///
    /// # Errors
    /// When the ledger cannot say, or does not say it of each.
    pub async fn look_up(mut self, ledger: &impl Ledger, now: Timestamp) -> Result<Self, Error> {
        let people: Vec<_> = self.contacts().map(|contact| contact.keys()).collect::<Result<_, _>>()?;
        let statuses = one_for_each(people.len(), ledger.status_of(people.clone(), now).await?)?;
        for ((contact, keys), status) in self.contacts().zip(people).zip(statuses) {
            contact.lookup = LedgerLookup::Known(keys, status);
        }
        Ok(self)
    }

    fn contacts(&mut self) -> impl Iterator<Item = &mut PendingContact> {
        self.events.iter_mut().filter_map(|event| match event {
            Event::Contact(contact) => Some(contact),
            _ => None,
        })
    }
}

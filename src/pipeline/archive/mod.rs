//! What a run leaves behind beside its STATEs: rejected records and receipts, put before the STATEs that cover them,
//! and a report at its end. Without a storage it is nothing, and no STATE waits for it.

mod shelf;

pub(super) use shelf::Put;
pub use shelf::{Flush, Shelf};

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::report::{Report, RunEnd};

/// Where a run's things are put, if anywhere.
#[derive(Default)]
pub struct Archive(Option<Shelf>);

impl Archive {
    /// An archive that puts things somewhere.
    #[must_use]
    pub fn new(shelf: Shelf) -> Self {
        Self(Some(shelf))
    }

    /// Takes one record's ending; gives the flush that its STATE must wait for.
    pub(super) fn add(&mut self, decision: &Decision<'_>) -> Result<Flush, Error> {
        self.0.as_mut().map_or(Ok(Flush::default()), |shelf| shelf.add(decision))
    }

    /// Up to which flush everything is there for good.
    pub(super) fn durable(&self) -> Flush {
        self.0.as_ref().map_or(Flush::default(), Shelf::durable)
    }

    /// Whether so much waits that reading must wait, too.
    pub(super) fn is_full(&self) -> bool {
        self.0.as_ref().is_some_and(Shelf::is_full)
    }

    /// Whether rows are neither there for good nor given up.
    pub(super) fn owes_rows(&self) -> bool {
        self.0.as_ref().is_some_and(Shelf::owes_rows)
    }

    /// Begins to put what waits, if a STATE waits for it, nothing follows it, or it is much.
    pub(super) fn flush(&mut self, is_awaited: bool, is_last: bool) {
        if let Some(shelf) = &mut self.0 {
            shelf.flush(is_awaited, is_last);
        }
    }

    /// When what is awaited may be put, where that is not yet.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        self.0.as_ref().and_then(Shelf::rests_until)
    }

    /// How long it takes at most until all that waits is there, or never will be, when nothing is added any more.
    pub(super) fn takes_at_most(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |_| shelf::LAST_TAKE_AT_MOST)
    }

    /// Waits until what is under way is there, or never will be; without anything for ever.
    pub(super) async fn put(&mut self) -> Put {
        match &mut self.0 {
            Some(shelf) => shelf.put().await,
            None => std::future::pending().await,
        }
    }

    /// Whether anything is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.0.as_ref().is_some_and(Shelf::is_busy)
    }

    /// The report so far, where one is made.
    pub(super) fn report(&mut self) -> Option<&mut Report> {
        self.0.as_mut().and_then(Shelf::report)
    }

    /// Begins to put the report, where one is made; `end` lacks where the other things are.
    pub(super) fn put_report(&mut self, end: RunEnd) {
        if let Some(shelf) = &mut self.0 {
            shelf.put_report(end);
        }
    }

    /// Where rejected records are, and how many are there for good; none where none are put.
    pub(super) fn rejects(&self) -> Option<(&str, u64)> {
        self.0.as_ref().map(Shelf::rejects)
    }
}

//! What a run leaves behind beside its STATEs: rejected records and receipts, put before the STATEs that cover them,
//! and a report at its end. Without a storage it is nothing, and no STATE waits for it.
//!
//! Rows are gathered into flushes, of which one is under way at a time: while it is, everything that ends goes into
//! the next one, however many STATEs come. A STATE waits for the flush with the last row of its records.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::report::{Report, RunEnd};
use crate::storage::{
    Parts, PutObject, ROWS_TAKE_AT_MOST, Receipts, Rejects, StorageError, put_parts, put_report,
};

/// At the end of a run one flush is under way, and the last one follows.
const LAST_TAKE_AT_MOST: Duration = ROWS_TAKE_AT_MOST.saturating_mul(2);

/// So long nothing follows the beginning of a flush: a source with many STATEs would make an object of each.
const REST: Duration = Duration::from_millis(250);

/// Rows that are put together, counted from the first; 0 is before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flush(u64);

/// What came of putting things.
pub(super) enum Put {
    /// The rows of a flush.
    Rows(Result<(), StorageError>),
    /// The report; gives where its page is.
    Report(Result<String, StorageError>),
}

/// What waits to be put, if anything is put anywhere, and what is under way.
#[derive(Default)]
pub struct Archive {
    store: Option<Arc<dyn PutObject>>,
    rejects: Option<Rejects>,
    rejects_at: String,
    receipts: Option<Receipts>,
    receipts_at: String,
    /// With the folder of its objects.
    report: Option<(Report, String)>,
    /// The flush that gathers rows.
    open: Flush,
    /// Everything up to this flush is there for good.
    durable: Flush,
    under_way: Option<BoxFuture<'static, Put>>,
    /// The next flush begins no sooner, unless much waits or nothing follows.
    rests_until: Option<Instant>,
    n_rejects: RejectCounts,
    /// Why nothing more is put: no STATE that covers what waits goes back, so it comes again.
    broken: Option<StorageError>,
}

/// Rejected records, by where they are.
#[derive(Debug, Default)]
struct RejectCounts {
    gathered: u64,
    under_way: u64,
    durable: u64,
}

impl Archive {
    /// An archive before a store. The report's objects lie in a folder.
    #[must_use]
    pub fn new(
        store: Arc<dyn PutObject>,
        rejects: Rejects,
        receipts: Option<Receipts>,
        report: Option<(Report, String)>,
    ) -> Self {
        let rejects_at = store.address(&rejects.parts.folder());
        let receipts_at = receipts.as_ref().map(|receipts| store.address(&receipts.parts.folder()));
        Self {
            store: Some(store),
            rejects: Some(rejects),
            rejects_at,
            receipts,
            receipts_at: receipts_at.unwrap_or_default(),
            report,
            open: Flush(1),
            ..Self::default()
        }
    }

    /// Takes one record's ending; gives the flush that its STATE must wait for.
    pub(super) fn add(&mut self, decision: &Decision<'_>) -> Result<Flush, Error> {
        if let Some((report, _)) = &mut self.report {
            report.add(decision);
        }
        if decision.outcome.counts_as_rejected() {
            let Some(rejects) = &mut self.rejects else { return Ok(Flush::default()) };
            rejects.add(decision)?;
            self.n_rejects.gathered += 1;
            return Ok(self.open);
        }
        match &mut self.receipts {
            Some(receipts) if decision.outcome.reason().is_none() => {
                receipts.add(decision)?;
                Ok(self.open)
            }
            _ => Ok(Flush::default()),
        }
    }

    /// Up to which flush everything is there for good.
    pub(super) fn durable(&self) -> Flush {
        self.durable
    }

    /// Whether so much waits that reading must wait, too.
    pub(super) fn is_full(&self) -> bool {
        self.rows().any(Parts::is_full)
    }

    /// How long it takes at most until all that waits is there, or never will be, when nothing is added any more.
    pub(super) fn takes_at_most(&self) -> Duration {
        self.store.as_ref().map_or(Duration::ZERO, |_| LAST_TAKE_AT_MOST)
    }

    /// Whether rows are neither there for good nor given up.
    pub(super) fn owes_rows(&self) -> bool {
        self.broken.is_none() && (self.is_busy() || self.has_rows())
    }

    /// The rejected records, and the receipts, as far as they are kept.
    fn rows(&self) -> impl Iterator<Item = &Parts> {
        let receipts = self.receipts.iter().map(|receipts| &receipts.parts);
        self.rejects.iter().map(|rejects| &rejects.parts).chain(receipts)
    }

    fn has_rows(&self) -> bool {
        self.rows().any(|rows| !rows.is_empty())
    }

    /// Begins to put what waits, if a STATE waits for it, nothing follows it, or it is much.
    pub(super) fn flush(&mut self, is_awaited: bool, is_last: bool) {
        let Some(store) = &self.store else { return };
        let now = Instant::now();
        let is_rested = self.rests_until.is_none_or(|until| until <= now);
        let is_due = (is_awaited && is_rested) || is_last || self.is_full();
        if self.broken.is_some() || self.is_busy() || !self.has_rows() || !is_due {
            return;
        }
        let rejects = self.rejects.iter_mut().flat_map(|rejects| rejects.parts.take());
        let receipts = self.receipts.iter_mut().flat_map(|receipts| receipts.parts.take());
        let parts = rejects.chain(receipts).collect();
        self.n_rejects.under_way = std::mem::take(&mut self.n_rejects.gathered);
        self.open.0 += 1;
        self.rests_until = Some(now + REST);
        let put = put_parts(Arc::clone(store), parts, self.rejects_at.clone());
        self.under_way = Some(Box::pin(async { Put::Rows(put.await) }));
    }

    /// Waits until what is under way is there, or never will be; without anything for ever. Whoever stops waiting may
    /// begin again.
    pub(super) async fn next_put(&mut self) -> Put {
        let Some(under_way) = &mut self.under_way else { return std::future::pending().await };
        let put = under_way.await;
        self.under_way = None;
        match &put {
            Put::Rows(Ok(())) => {
                // The one before the open one was under way.
                self.durable = Flush(self.open.0 - 1);
                self.n_rejects.durable += std::mem::take(&mut self.n_rejects.under_way);
            }
            Put::Rows(Err(error)) => self.broken = Some(error.clone()),
            Put::Report(_) => {}
        }
        put
    }

    /// When a flush may begin that is awaited.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        self.rests_until.filter(|_| !self.is_busy() && self.has_rows() && self.broken.is_none())
    }

    /// Whether anything is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// The report so far, where one is made.
    pub(super) fn report(&mut self) -> Option<&mut Report> {
        self.report.as_mut().map(|(report, _)| report)
    }

    /// Begins to put the report, where one is made; `end` lacks where the other things are.
    pub(super) fn put_report(&mut self, mut end: RunEnd) {
        let (Some(store), Some((report, folder))) = (&self.store, self.report.take()) else { return };
        end.rejects.clone_from(&self.rejects_at);
        end.receipts.clone_from(&self.receipts_at);
        let (store, document) = (Arc::clone(store), report.document(&end));
        self.under_way = Some(match self.broken.clone() {
            Some(error) => Box::pin(ready(Put::Report(Err(error)))),
            None => Box::pin(async move {
                let forms = (document.json(), document.html());
                Put::Report(put_report(store, folder, forms).await)
            }),
        });
    }

    /// Where rejected records are, and how many are there for good; none where none are put.
    pub(super) fn rejects(&self) -> Option<(&str, u64)> {
        self.rejects.as_ref().map(|_| (self.rejects_at.as_str(), self.n_rejects.durable))
    }
}

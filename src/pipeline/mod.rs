//! The one loop over everything, and what it decides by.
//!
//! It owns what must never go wrong: the order of states, what is settled, when nothing new may go
//! out. Work that only costs time (decoding, mapping) runs on a thread beside it, deliveries as
//! tasks under it.

mod archive;
mod batch_task;
mod batcher;
mod checkpoint;
pub(crate) mod decisions;
mod dedupe;
mod dispatcher;
mod ending;
mod events;
mod foresight;
mod held;
mod ledger_query;
mod limits;
mod nobody;
mod places;
pub(crate) mod policy;
mod ruling;
mod run_log;
mod run_stats;
mod settling;
mod shutdown;
mod sync_loop;
#[cfg(test)]
mod tests;
mod window;

pub use archive::{Archive, Flush, Shelf};
pub use checkpoint::Checkpoints;
pub(crate) use foresight::{Foreseen, Foresight, ForesightPlan, Foretold};
pub use run_stats::RunStats;
pub use sync_loop::{Ended, Pipeline, Plan};

//! The one loop over everything, and what it decides by.
//!
//! It owns what must never go wrong: the order of states, what is settled, when nothing new may go
//! out. Work that only costs time (decoding, mapping) runs on a thread beside it, deliveries as
//! tasks under it.

mod archive;
mod batch_task;
mod batcher;
mod checkpoint;
mod daily_quota;
pub(crate) mod decisions;
mod dedupe;
mod dispatcher;
mod dry_run;
mod empty_run_guard;
mod events;
mod ledger_query;
mod limits;
pub(crate) mod policy;
mod policy_decision;
mod record_outcomes;
mod run_end;
mod run_log;
mod run_stats;
mod shutdown;
mod sync_loop;
#[cfg(test)]
mod tests;

pub use archive::{Archive, Flush};
pub use checkpoint::Checkpoints;
pub(crate) use dry_run::{DryRun, DryRunPlan, DryRunStep, PredictedRecord};
pub use run_stats::RunStats;
pub use sync_loop::{Ended, Pipeline, Plan};

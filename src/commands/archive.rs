//! Where a sync's rejected records, receipts and report are put.

use std::sync::Arc;

use super::run_facts::run_facts;
use super::write::SyncJob;
use crate::domain::error::Error;
use crate::pipeline::{Archive, Shelf};
use crate::report::Report;
use crate::storage::{Patience, Receipts, Rejects, Run, Store};

/// What the configuration wants to be put; fails before anything is sent where it certainly cannot be.
pub(super) async fn open(job: &SyncJob) -> Result<Archive, Error> {
    let config = &job.config.object_storage_config;
    let run = Run { sync_id: job.sync_id.clone(), id: job.run_id.clone(), started: job.now };
    let (store, rejects) =
        (Store::new(config, &job.network, Patience::Long, job.now)?, Rejects::new(config, run.clone())?);
    let (Some(store), Some(rejects)) = (store, rejects) else { return Ok(Archive::default()) };
    store.look().await?;
    let wants_report = config.keep().is_some_and(|keep| keep.report);
    let report = wants_report.then(|| (Report::new(run_facts(job)), store.folder_of(&run)));
    let receipts = Receipts::new(config, run)?;
    Ok(Archive::new(Shelf::new(Arc::new(store), rejects, receipts, report)))
}

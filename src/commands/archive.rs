//! Where a sync's rejected records, receipts and report are put.

use std::sync::Arc;

use super::run_facts::run_facts;
use crate::config::Config;
use crate::delivery::Network;
use crate::domain::error::Error;
use crate::pipeline::Archive;
use crate::providers::Provider;
use crate::report::Report;
use crate::storage::{Patience, Receipts, Rejects, Run, Store};

/// What the configuration wants to be put by a run; fails before anything is sent where it certainly cannot be.
/// `digest` is the settings'.
pub(super) async fn open(
    config: &Config,
    vendor: &dyn Provider,
    run: Run,
    digest: &str,
    network: &Network,
) -> Result<Archive, Error> {
    let section = &config.object_storage_config;
    let store = Store::new(section, network, Patience::Long, run.started)?;
    let rejects = Rejects::new(section, run.clone())?;
    let (Some(store), Some(rejects)) = (store, rejects) else { return Ok(Archive::default()) };
    store.look().await?;
    let wants_report = section.keep().is_some_and(|keep| keep.report);
    let report =
        wants_report.then(|| (Report::new(run_facts(config, vendor, &run, digest)), store.folder_of(&run)));
    let receipts = Receipts::new(section, run)?;
    Ok(Archive::new(Arc::new(store), rejects, receipts, report))
}

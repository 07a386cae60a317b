//! Where a sync's rejected records, receipts and report are put.

use std::sync::Arc;

use super::run_facts::run_facts;
use crate::config::Config;
use crate::delivery::Network;
use crate::domain::error::Error;
use crate::listing::Kept;
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
    let Some(Kept { store, rejects, report, .. }) = open_for_a_list(config, run.clone(), network).await?
    else {
        return Ok(Archive::default());
    };
    let report = report.map(|folder| (Report::new(run_facts(config, vendor, &run, digest)), folder));
    let receipts = Receipts::new(&config.object_storage_config, run)?;
    Ok(Archive::new(store, rejects, receipts, report))
}

/// The same for a run that fills the do-not-call list; nothing where nothing is kept.
pub(super) async fn open_for_a_list(
    config: &Config,
    run: Run,
    network: &Network,
) -> Result<Option<Kept>, Error> {
    let section = &config.object_storage_config;
    let store = Store::new(section, network, Patience::Long, run.started)?;
    let rejects = Rejects::new(section, run.clone())?;
    let (Some(store), Some(rejects)) = (store, rejects) else { return Ok(None) };
    store.look().await?;
    let wants_report = section.keep().is_some_and(|keep| keep.report);
    let report = wants_report.then(|| store.folder_of(&run));
    Ok(Some(Kept::new(Arc::new(store), rejects, report)))
}

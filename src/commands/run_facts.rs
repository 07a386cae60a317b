//! What a report is told of a run when it begins.

use jiff::Timestamp;

use super::load_config::may_repeat;
use super::write::SyncJob;
use crate::config::{Config, LedgerConfig, LimitsConfig};
use crate::ledger::open;
use crate::phone::{discreet, shown};
use crate::report::{LedgerFacts, Promise, RunFacts, RunKind};

/// The facts of a run of this name.
pub(super) fn run_facts(job: &SyncJob, kind: RunKind, id: String, started: Timestamp) -> RunFacts {
    let SyncJob { config, vendor, sync_id, settings_digest, .. } = job;
    let campaign = vendor.campaign("");
    RunFacts {
        kind,
        id,
        sync_id: sync_id.clone(),
        started,
        vendor: vendor.name().to_owned(),
        campaign: campaign.map(|campaign| campaign.as_str().to_owned()).unwrap_or_default(),
        ledger: LedgerFacts {
            kind: match config.ledger {
                LedgerConfig::None => "none",
                LedgerConfig::Sqlite(_) => "sqlite",
                LedgerConfig::Postgres(_) => "postgres",
            },
            guarantee: open::guarantee(&config.ledger),
            promise: promise(job),
        },
        rules: rules(config),
        settings_digest: settings_digest.clone(),
    }
}

fn promise(job: &SyncJob) -> Promise {
    let recognises = job.vendor.limits().repeats.allow_other_request();
    match job.config.ledger {
        // What may have arrived goes out again, and the vendor does not recognise it.
        _ if may_repeat(&job.config.delivery, job.vendor.as_ref()) && !recognises => Promise::None,
        LedgerConfig::None => Promise::WithinTheSync,
        LedgerConfig::Sqlite(_) | LedgerConfig::Postgres(_) => Promise::NobodyTwice,
    }
}

/// One sentence each.
fn rules(config: &Config) -> Vec<String> {
    let Config { streams, limits: LimitsConfig { max_contacts_per_sync, max_rejected_percent }, .. } = config;
    let conditions = streams.iter().filter(|stream| !stream.only_when.trim().is_empty());
    let mut rules: Vec<_> = conditions
        .map(|stream| {
            let (name, condition) = (shown(&stream.stream), discreet(stream.only_when.trim()));
            format!("Of stream {name} only those are called for whom this is true: {condition}")
        })
        .collect();
    if *max_contacts_per_sync > 0 {
        rules.push(format!("A sync calls {max_contacts_per_sync} people at most."));
    }
    if *max_rejected_percent < 100 {
        rules.push(format!(
            "A sync fails when more than {max_rejected_percent} % of its records are rejected."
        ));
    }
    rules
}

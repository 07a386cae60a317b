//! What a report tells of a run beside its records.

use super::promises::{hours_in_words, of_people};
use crate::config::{Config, LedgerConfig, OnUnknownOutcome};
use crate::ledger::open;
use crate::phone::{discreet, shown};
use crate::providers::Provider;
use crate::report::{LedgerFacts, Promise, RunFacts, RunKind};
use crate::storage::Run;

/// Of a sync; `digest` is the settings'.
pub(super) fn run_facts(config: &Config, vendor: &dyn Provider, run: &Run, digest: &str) -> RunFacts {
    let kind = if config.vendor.rehearses() { RunKind::Rehearsal } else { RunKind::Sync };
    let campaign = vendor.campaign("").map(|campaign| campaign.as_str().to_owned());
    RunFacts {
        kind,
        id: run.id.clone(),
        sync_id: run.sync_id.clone(),
        started: run.started,
        vendor: vendor.name().to_owned(),
        campaign: campaign.unwrap_or_default(),
        ledger: ledger_facts(config),
        rules: rules(config),
        settings_digest: digest.to_owned(),
    }
}

fn ledger_facts(config: &Config) -> LedgerFacts {
    let kind = match &config.ledger {
        LedgerConfig::None => "none",
        LedgerConfig::Sqlite(_) => "sqlite",
        LedgerConfig::Postgres(_) => "postgres",
    };
    let promise = match (&config.ledger, config.delivery.on_unknown_outcome) {
        (_, OnUnknownOutcome::Resend) => Promise::None,
        (LedgerConfig::None, OnUnknownOutcome::Hold) => Promise::WithinTheSync,
        (_, OnUnknownOutcome::Hold) => Promise::NobodyTwice,
    };
    LedgerFacts { kind, guarantee: open::guarantee(&config.ledger), promise }
}

fn rules(config: &Config) -> Vec<String> {
    let conditions = config.streams.iter().filter(|entry| !entry.only_when.trim().is_empty());
    let mut rules: Vec<String> = conditions
        .map(|entry| {
            format!(
                "Of {} only those are called for whom this is true: {}",
                shown(&entry.stream),
                discreet(entry.only_when.trim())
            )
        })
        .collect();
    let window = &config.rules.window;
    if window.parse().is_ok_and(|window| window.is_some()) {
        let zone = match (window.time_zone.trim(), window.time_zone_column.trim()) {
            ("", column) => format!("by the clock of each record's own zone, column {}", shown(column)),
            (zone, _) => zone.to_owned(),
        };
        rules.push(format!("{} ({zone}).", hours_in_words(window)));
    }
    rules.extend(of_people(&config.rules));
    let limits = &config.limits;
    for (most, what, setting) in [
        (limits.max_contacts_per_sync, "a sync", "max_contacts_per_sync"),
        (limits.max_contacts_per_day, "a day to one campaign", "max_contacts_per_day"),
    ] {
        if most > 0 {
            rules.push(format!("At most {most} contacts {what} (limits.{setting})."));
        }
    }
    rules
}

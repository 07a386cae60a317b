//! What a report tells of a run beside its records.

use super::promises::{hours_in_words, of_cooling_off, of_list};
use crate::config::{Config, LedgerConfig, OnLimit, OnUnknownOutcome, StreamConfig, WindowConfig};
use crate::domain::reason::Reason;
use crate::ledger::open;
use crate::phone::{discreet, shown};
use crate::providers::{Provider, StandIn};
use crate::report::{LedgerFacts, Promise, RuleFacts, RunFacts, RunKind};
use crate::storage::Run;

/// Of a sync; `digest` is the settings'.
pub(super) fn run_facts(config: &Config, vendor: &dyn Provider, run: &Run, digest: &str) -> RunFacts {
    let (kind, sent_to) = match config.vendor.stand_in() {
        None => (RunKind::Sync, String::new()),
        Some(StandIn::At { place, .. }) => (RunKind::Trial, place),
        Some(StandIn::Played) => (RunKind::Rehearsal, String::new()),
    };
    let campaign = vendor.campaign("").map(|campaign| campaign.as_str().to_owned());
    RunFacts {
        kind,
        id: run.id.clone(),
        sync_id: run.sync_id.clone(),
        started: run.started,
        vendor: vendor.name().to_owned(),
        sent_to,
        campaign: campaign.unwrap_or_default(),
        ledger: ledger_facts(config),
        rules: rules(config),
        settings_digest: digest.to_owned(),
    }
}

/// What keeps the ledger, in a word.
pub(super) fn ledger_kind(ledger: &LedgerConfig) -> &'static str {
    match ledger {
        LedgerConfig::None => "none",
        LedgerConfig::Sqlite(_) => "sqlite",
        LedgerConfig::Postgres(_) => "postgres",
    }
}

fn ledger_facts(config: &Config) -> LedgerFacts {
    let kind = ledger_kind(&config.ledger);
    let promise = match (&config.ledger, config.delivery.on_unknown_outcome) {
        (_, OnUnknownOutcome::Resend) => Promise::None,
        (LedgerConfig::None, OnUnknownOutcome::Hold) => Promise::WithinTheSync,
        (_, OnUnknownOutcome::Hold) => Promise::NobodyTwice,
    };
    LedgerFacts { kind, guarantee: open::guarantee(&config.ledger), promise }
}

/// The rules in the order in which a record meets them, and what ends a run.
fn rules(config: &Config) -> Vec<RuleFacts> {
    let rule = |setting, reasons, says| RuleFacts { setting, says, reasons };
    let (rules, limits) = (&config.rules, &config.limits);
    let at_most = |max: u64, what: &str| {
        let rest = match limits.on_limit {
            OnLimit::Stop => "the rest is left for the next sync",
            OnLimit::Suppress => "the rest is suppressed",
        };
        (max > 0).then(|| format!("At most {max} contacts {what}; {rest}."))
    };
    let percent = limits.max_rejected_percent;
    [
        conditions(config)
            .map(|says| rule("streams.only_when", &[Reason::OnlyWhen, Reason::ConditionUnknown], says)),
        of_list(rules).map(|says| rule("rules.do_not_call", &[Reason::DoNotCall], says)),
        of_cooling_off(rules).map(|says| rule("rules.cooling_off_hours", &[Reason::CoolingOff], says)),
        window(&rules.window)
            .map(|says| rule("rules.window", &[Reason::OutsideWindow, Reason::NoTimeZone], says)),
        at_most(limits.max_contacts_per_sync, "a sync")
            .map(|says| rule("limits.max_contacts_per_sync", &[Reason::MaxContactsPerSync], says)),
        at_most(limits.max_contacts_per_day, "a day to one campaign")
            .map(|says| rule("limits.max_contacts_per_day", &[Reason::MaxContactsPerDay], says)),
        (!limits.allow_nobody).then(|| {
            let says =
                "A sync whose first hundred records hold nobody who can be called, or was before, stops.";
            rule("limits.allow_nobody", &[], says.to_owned())
        }),
        (percent < 100).then(|| {
            let says = format!("A sync stops when more than {percent} % of its records are rejected.");
            rule("limits.max_rejected_percent", &[], says)
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn conditions(config: &Config) -> Option<String> {
    let conditions = config.streams.iter().filter(|entry| !entry.only_when.trim().is_empty());
    let told = |entry: &StreamConfig| {
        let (stream, condition) = (shown(&entry.stream), discreet(entry.only_when.trim()));
        format!("Of {stream} only those are called for whom this is true: {condition}")
    };
    let told: Vec<_> = conditions.map(told).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn window(window: &WindowConfig) -> Option<String> {
    window.parse().ok()??;
    let zone = match (window.time_zone.trim(), window.time_zone_column.trim()) {
        ("", column) => format!("by the clock of each record's own zone, column {}", shown(column)),
        (zone, _) => zone.to_owned(),
    };
    Some(format!("{} ({zone}).", hours_in_words(window)))
}

//! Opens the ledger that the configuration names: for a run, for a look, for a trial.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::any::{AnyLedger, AnyRecords, Backend};
use super::key::REHEARSED;
use super::postgres::Postgres;
use super::sqlite::{Sqlite, SqliteView};
use super::{
    ClaimEntry, DoNotCallRule, Key, KeyMaker, LedgerError, LedgerIdentity, LedgerOptions, LedgerRules,
    ListOwner, NoopLedger, NumberKind, OpenedLedger, Probed, RuleKeys, RuleScopes, Scope,
};
use crate::config::{Config, LedgerConfig, MemoryConfig, RuleScope, RulesConfig, ScopeConfig, SqliteConfig};
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::phone::WireFormat;
use crate::providers::Provider;
use crate::providers::api::Repeats;

/// A ledger that is open for a run.
pub(crate) struct RunLedger {
    pub(crate) ledger: AnyLedger,
    /// None without a ledger.
    pub(crate) keys: Option<KeyMaker>,
    /// Contacts that dead runs had claimed and not settled.
    pub(crate) recovered_unknown: u64,
    /// What an operator should know of where a file lies, and of this machine's clock.
    pub(crate) warnings: Vec<String>,
}

/// What came of trying a ledger.
pub(crate) struct ProbedLedger {
    /// Whether there is one already.
    pub(crate) is_there: bool,
    /// What an operator should know of where its file lies, and of the settings.
    pub(crate) warnings: Vec<String>,
}

/// Opens the ledger for a run of this name, which no other has; nothing is sent when that fails.
pub(crate) async fn open(
    config: &Config,
    vendor: &dyn Provider,
    run: &str,
    now: Timestamp,
) -> Result<RunLedger, Error> {
    let Some(memory) = config.ledger.memory() else {
        return Ok(RunLedger {
            ledger: AnyLedger::new(Backend::None(NoopLedger), SignedDuration::ZERO),
            keys: None,
            recovered_unknown: 0,
            warnings: Vec::new(),
        });
    };
    refuse_odd_time(now)?;
    let options = options(config, memory, run.to_owned(), vendor);
    let mut warnings = warnings_of_settings(config, memory, vendor);
    let (ledger, opened) = match &config.ledger {
        LedgerConfig::None => return Err(Error::Defect("no ledger has a memory".to_owned())),
        LedgerConfig::Sqlite(sqlite) => {
            let (sqlite, hash_key) = (sqlite.clone(), memory.hash_key().map(str::to_owned));
            // A file can take its time, too; who waits for it hears signals meanwhile.
            let opening = tokio::task::spawn_blocking(move || {
                let warning_of_clock = survey(&sqlite)?;
                let opened = Sqlite::open(Path::new(&sqlite.path), &options, hash_key.as_deref(), now);
                opened.map(|(ledger, opened)| (ledger, opened, warning_of_clock))
            });
            let opened =
                opening.await.map_err(|_| Error::Defect("the ledger's opening panicked".to_owned()))?;
            let (ledger, opened, lies_badly) = opened?;
            warnings.extend(lies_badly);
            warnings.extend(warning_of_clock(memory, &opened, now));
            (AnyLedger::new(Backend::Sqlite(ledger), SignedDuration::ZERO), opened)
        }
        LedgerConfig::Postgres(postgres) => {
            let opened = Postgres::open(postgres.url.expose(), &options, memory.hash_key(), now).await;
            let (ledger, opened) = opened?;
            (AnyLedger::new(Backend::Postgres(ledger), opened.ahead_of(now)), opened)
        }
    };
    let keys = Some(opened.keys().with_rules(rule_scopes(config)));
    let OpenedLedger { recovered_unknown, .. } = opened;
    Ok(RunLedger { ledger, keys, recovered_unknown, warnings })
}

/// Opens the ledger as a sync would find it, for who only wants to foresee one: nothing in it is changed, and where
/// there is none yet, none is made.
pub(crate) async fn view(config: &Config, vendor: &dyn Provider, now: Timestamp) -> Result<RunLedger, Error> {
    let Some(memory) = config.ledger.memory() else { return open(config, vendor, "", now).await };
    refuse_odd_time(now)?;
    let options = options(config, memory, "preview".to_owned(), vendor);
    let mut warnings = warnings_of_settings(config, memory, vendor);
    let found = match &config.ledger {
        LedgerConfig::None => None,
        LedgerConfig::Sqlite(sqlite) => {
            warnings.extend(survey(sqlite)?);
            let found = Sqlite::view(Path::new(&sqlite.path), &options, memory.hash_key(), now)?;
            warnings.extend(found.as_ref().and_then(|(_, opened)| warning_of_clock(memory, opened, now)));
            found.map(|(view, opened)| {
                (AnyLedger::new(Backend::SqliteView(view), SignedDuration::ZERO), opened)
            })
        }
        LedgerConfig::Postgres(postgres) => {
            let found = Postgres::view(postgres.url.expose(), &options, memory.hash_key()).await?;
            found.map(|(view, opened)| {
                (AnyLedger::new(Backend::PostgresView(view), opened.ahead_of(now)), opened)
            })
        }
    };
    let (ledger, opened) = if let Some(found) = found {
        found
    } else {
        let (view, opened) = SqliteView::empty(&options, memory.hash_key(), now)?;
        (AnyLedger::new(Backend::SqliteView(view), SignedDuration::ZERO), opened)
    };
    let (keys, OpenedLedger { recovered_unknown, .. }) =
        (Some(opened.keys().with_rules(rule_scopes(config))), opened);
    Ok(RunLedger { ledger, keys, recovered_unknown, warnings })
}

/// A ledger that is open to change the do-not-call list in it.
pub(crate) struct OpenList {
    pub(crate) ledger: AnyLedger,
    pub(crate) keys: KeyMaker,
    pub(crate) owner: ListOwner,
    pub(crate) warnings: Vec<String>,
}

/// Opens the ledger to fill the do-not-call list, whatever that was before; makes it where there is none.
pub(crate) async fn open_list(
    config: &Config,
    vendor: &dyn Provider,
    sync_id: &str,
    now: Timestamp,
) -> Result<OpenList, Error> {
    let quiet = Config { rules: RulesConfig::default(), ..config.clone() };
    let RunLedger { ledger, keys, recovered_unknown: _, warnings } =
        open(&quiet, vendor, sync_id, now).await?;
    let keys =
        keys.ok_or_else(|| Error::config("ledger", "a do-not-call list needs one; set `ledger_type`"))?;
    let (keys, owner) = list_keys(config, vendor, keys)?;
    Ok(OpenList { ledger, keys, owner, warnings })
}

/// What makes the keys of the configuration's do-not-call list, and whose that is.
pub(crate) fn list_keys(
    config: &Config,
    vendor: &dyn Provider,
    keys: KeyMaker,
) -> Result<(KeyMaker, ListOwner), Error> {
    let memory = config.ledger.memory();
    let memory = memory.ok_or_else(|| Error::Defect("a list's ledger has no memory".to_owned()))?;
    let scope = rule_scope(config.rules.do_not_call.scope);
    let owner = ListOwner::new(&identity(config, memory, vendor), scope);
    Ok((keys.with_rules(RuleScopes { do_not_call: Some(scope), cooling_off: None }), owner))
}

/// Opens the ledger to look into it and to decide in it, with the keys that it has, whatever scope the
/// configuration says.
pub(crate) async fn inspect(
    config: &Config,
    vendor: &dyn Provider,
) -> Result<(AnyRecords, OpenedLedger), Error> {
    let none =
        || Error::config("ledger", "this configuration has none; set `ledger_type` to sqlite or postgres");
    let memory = config.ledger.memory().ok_or_else(none)?;
    let (identity, hash_key) = (identity(config, memory, vendor), memory.hash_key());
    match &config.ledger {
        LedgerConfig::None => Err(none()),
        LedgerConfig::Sqlite(sqlite) => {
            let (ledger, opened) = Sqlite::inspect(Path::new(&sqlite.path), &identity, hash_key)?;
            // A file goes by the clock of whoever writes into it.
            Ok((AnyRecords::Sqlite(ledger), OpenedLedger { clock: None, ..opened }))
        }
        LedgerConfig::Postgres(postgres) => {
            let (records, opened) = Postgres::inspect(postgres.url.expose(), &identity, hash_key).await?;
            Ok((AnyRecords::Postgres(records), opened))
        }
    }
}

/// Where the ledger lies, as far as anybody can see: refused, told or trusted.
fn survey(
    SqliteConfig { path, network_share, memory: _ }: &SqliteConfig,
) -> Result<Option<String>, LedgerError> {
    Sqlite::survey(Path::new(path), *network_share)
}

/// A clock behind the file's holds everybody back; whose fault that is, nobody here can know.
fn warning_of_clock(memory: &MemoryConfig, opened: &OpenedLedger, now: Timestamp) -> Option<String> {
    let days = memory.call_again_after_days;
    let newest = opened.clock.filter(|_| days > 0 && opened.ahead_of(now) > SignedDuration::ZERO)?;
    Some(format!(
        "this machine's clock shows {now}, and the ledger was written at {newest}: until then nobody is called again after {days} days; if \
         it was the ledger's time that was wrong, bring a copy from before back, or begin a new file and let `ledger \
         baseline` remember the records of everybody who was called"
    ))
}

/// What this configuration's keys are made of beside the person.
pub(crate) fn identity(config: &Config, memory: &MemoryConfig, vendor: &dyn Provider) -> LedgerIdentity {
    let numbers = match config.vendor.phone_format() {
        WireFormat::AsIs => NumberKind::Opaque,
        WireFormat::Digits | WireFormat::E164 | WireFormat::National => NumberKind::Phone,
    };
    let rehearsed = if config.vendor.rehearses() { REHEARSED } else { "" };
    let account = format!("{rehearsed}{}/{}", vendor.name(), vendor.account());
    LedgerIdentity { account, scope: scope(memory), numbers }
}

/// What an operator should know of settings that do not go well together.
fn warnings_of_settings(config: &Config, memory: &MemoryConfig, vendor: &dyn Provider) -> Vec<String> {
    let mut warnings = Vec::new();
    if config.vendor.rehearses() {
        let why = if config.vendor.is_rehearsal() {
            "the vendor is played inside this program, so this is a rehearsal"
        } else if config.vendor.plain_http_place().is_some() {
            "the vendor's address is a plain http:// one, so this is taken for a rehearsal"
        } else {
            "the vendor's address is this machine's own, so this is taken for a rehearsal"
        };
        warnings.push(format!(
            "{why}: the ledger keeps its people apart, and serves nobody who is called by another address"
        ));
    }
    let days = memory.call_again_after_days;
    if days > 0 && vendor.limits().repeats == Repeats::KnownByContact {
        warnings.push(format!(
            "nobody is called again after {days} days by the same job: with `skip_already_called` the vendor skips \
             whom it has called, for ever; use another job for each period, or turn that off, and lost answers are not \
             repeated then"
        ));
    }
    warnings
}

/// A machine whose clock was never set would date everybody wrongly. This program is not older than
/// the one year, and nobody will use it in the other.
pub(crate) fn refuse_odd_time(now: Timestamp) -> Result<(), Error> {
    let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    if (2025..2100).contains(&year) {
        return Ok(());
    }
    Err(LedgerError::Unusable(format!("this machine's clock shows the year {year}; set it")).into())
}

/// Does with the ledger what a run would do, for somebody who does not exist, and leaves nothing of it
/// behind. Gives what is to be said of it.
pub(crate) async fn probe(
    config: &Config,
    vendor: &dyn Provider,
    now: Timestamp,
) -> Result<ProbedLedger, Error> {
    let Some(memory) = config.ledger.memory() else {
        return Ok(ProbedLedger { is_there: true, warnings: Vec::new() });
    };
    refuse_odd_time(now)?;
    let nobody = ClaimEntry {
        key: Key(fastrand::u128(..).to_be_bytes()),
        rules: RuleKeys::default(),
        campaign: vendor.campaign("").unwrap_or_else(|_| Campaign::new("")),
        stream: "check".into(),
        primary_key: Box::default(),
    };
    let options = options(config, memory, "check".to_owned(), vendor);
    let hash_key = memory.hash_key();
    let mut warnings = warnings_of_settings(config, memory, vendor);
    let probed = match &config.ledger {
        LedgerConfig::None => return Err(Error::Defect("no ledger has a memory".to_owned())),
        LedgerConfig::Sqlite(sqlite) => {
            let path = Path::new(&sqlite.path);
            warnings.extend(survey(sqlite)?);
            let probed = Sqlite::probe(path, &options, hash_key, &nobody, now)?;
            warnings.extend(Sqlite::want_of_room(path));
            probed
        }
        LedgerConfig::Postgres(postgres) => {
            Postgres::probe(postgres.url.expose(), &options, hash_key, &nobody, now).await?
        }
    };
    let Probed { is_there, list_refusal } = probed;
    warnings.extend(list_refusal.map(|why| format!("no sync begins as it is now: {why}")));
    Ok(ProbedLedger { is_there, warnings })
}

/// What an operator should know of runs that died; nothing where none did.
pub(crate) fn recovered(n_unknown: u64) -> Option<String> {
    (n_unknown > 0).then(|| {
        format!(
            "{n_unknown} contacts were under way when an earlier sync died; nobody can say whether they were added (`ledger status` shows them)"
        )
    })
}

/// One sentence on what this configuration guarantees.
pub(crate) fn guarantee(config: &LedgerConfig) -> String {
    let Some(memory) = config.memory() else {
        return "Without a ledger people are remembered within one sync only: a repeated sync can call them again."
            .to_owned();
    };
    let within = match scope(memory) {
        Scope::Campaign => "a campaign",
        Scope::Account => "this account",
        Scope::Everywhere => "everything that shares the ledger",
    };
    match memory.call_again_after_days {
        0 => format!("The ledger works: within {within} nobody is called twice, whatever happens to a sync."),
        days => format!("The ledger works: within {within} nobody is called again for {days} days."),
    }
}

fn scope(memory: &MemoryConfig) -> Scope {
    match memory.scope {
        ScopeConfig::Campaign => Scope::Campaign,
        ScopeConfig::Account => Scope::Account,
        ScopeConfig::Everywhere => Scope::Everywhere,
    }
}

pub(crate) fn rule_scope(scope: RuleScope) -> Scope {
    match scope {
        RuleScope::Account => Scope::Account,
        RuleScope::Everywhere => Scope::Everywhere,
    }
}

/// Within what the rules that are on hold.
fn rule_scopes(config: &Config) -> RuleScopes {
    let RulesConfig { do_not_call, cooling_off_hours, cooling_off_scope, .. } = &config.rules;
    RuleScopes {
        do_not_call: do_not_call.enabled.then(|| rule_scope(do_not_call.scope)),
        cooling_off: (*cooling_off_hours > 0).then(|| rule_scope(*cooling_off_scope)),
    }
}

fn options(config: &Config, memory: &MemoryConfig, run: String, vendor: &dyn Provider) -> LedgerOptions {
    let MemoryConfig { scope: _, call_again_after_days, hash_key: _, expect_existing } = memory;
    let (call_again_after_days, expect_existing) = (*call_again_after_days, *expect_existing);
    let (identity, phone_format) = (identity(config, memory, vendor), config.vendor.phone_format());
    let RulesConfig { do_not_call, cooling_off_hours, .. } = &config.rules;
    let rule = || DoNotCallRule {
        owner: ListOwner::new(&identity, rule_scope(do_not_call.scope)),
        max_age_days: do_not_call.max_age_days,
    };
    // A list is loaded whatever the one before was.
    let is_asked = do_not_call.enabled && !config.fills_a_list();
    let rules = LedgerRules { do_not_call: is_asked.then(rule), cooling_off_hours: *cooling_off_hours };
    LedgerOptions { run, identity, phone_format, call_again_after_days, expect_existing, rules }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_stops_a_sync() {
        for (now, is_odd) in [
            ("1970-01-01T00:00:00Z", true),
            ("2024-12-31T23:59:59Z", true),
            ("2025-01-01T00:00:00Z", false),
            ("2099-12-31T23:59:59Z", false),
            ("2100-01-01T00:00:00Z", true),
        ] {
            match refuse_odd_time(now.parse().unwrap()) {
                Ok(()) => assert!(!is_odd, "{now}"),
                Err(error) => assert!(is_odd && error.to_string().contains("; set it"), "{now}: {error}"),
            }
        }
    }
}

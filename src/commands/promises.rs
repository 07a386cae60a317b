//! What a configuration promises about calls, and what it cannot: sentences for `check`.

use jiff::Timestamp;

use crate::config::{Config, LedgerConfig, OnLimit, RuleScope, RulesConfig, WindowConfig};
use crate::domain::error::Error;
use crate::rules::Window;

/// One sentence for each rule, and for what no rule can do.
pub(super) fn promises(config: &Config, now: Timestamp) -> Result<String, Error> {
    let window = config.rules.window.parse().map_err(Error::Config)?;
    let mut sentences = Vec::new();
    match &window {
        Some(window) => sentences.extend(of_window(&config.rules.window, window, now)),
        None => sentences.push("No window is set: a sync at night hands people over at night.".to_owned()),
    }
    sentences.extend(of_people(&config.rules));
    sentences.extend(of_limits(config));
    sentences.push(
        "When a phone rings is the campaign's own doing: set its hours in the vendor's console, too."
            .to_owned(),
    );
    Ok(sentences.join(" "))
}

/// Who is kept back, whatever else their record says.
pub(super) fn of_people(rules: &RulesConfig) -> Vec<String> {
    let list = rules.do_not_call.enabled.then(|| {
        format!(
            "Nobody is handed over who is on the do-not-call list when their batch leaves; one that is empty, or older than {} days, stops a sync before its first request.",
            rules.do_not_call.max_age_days
        )
    });
    let cooling_off = (rules.cooling_off_hours > 0).then(|| {
        format!(
            "A person is handed over at most once in {} hours, over all campaigns {}.",
            rules.cooling_off_hours,
            match rules.cooling_off_scope {
                RuleScope::Account => "of this account",
                RuleScope::Everywhere => "that share the ledger",
            }
        )
    });
    list.into_iter().chain(cooling_off).collect()
}

/// When people are handed over, without a full stop.
pub(super) fn hours_in_words(config: &WindowConfig) -> String {
    let hours = match (config.from.trim(), config.to.trim()) {
        ("", _) => String::new(),
        (from, to) => format!(" from {from} to {to}"),
    };
    let days =
        if config.has_every_day() { "every day".to_owned() } else { format!("on {}", config.day_names()) };
    let holidays = match config.holidays.len() {
        0 => String::new(),
        1 => ", except on 1 holiday".to_owned(),
        count => format!(", except on {count} holidays"),
    };
    format!("People are handed over {days}{hours}{holidays}")
}

fn of_window(config: &WindowConfig, window: &Window, now: Timestamp) -> Vec<String> {
    let beginning = hours_in_words(config);
    if window.zone.is_none() {
        let column = config.time_zone_column.trim();
        return vec![format!(
            "{beginning}, by the clock of each record's own zone (column {column}); a record that comes outside is suppressed, and an incremental source does not bring it again by itself."
        )];
    }
    let closed = window.closed(now).map(|closed| match closed {
        Error::OutsideWindow(opens) => format!("It is closed now, and opens {opens}."),
        other => other.to_string(),
    });
    let promise = format!(
        "{beginning} ({}), and at no other time: a sync outside stops, and passes nobody by.",
        config.time_zone.trim()
    );
    [Some(promise), closed].into_iter().flatten().collect()
}

fn of_limits(config: &Config) -> Vec<String> {
    let limits = &config.limits;
    let each = [(limits.max_contacts_per_sync, "a sync"), (limits.max_contacts_per_day, "a campaign's day")];
    let set: Vec<_> = each.iter().filter(|(max, _)| *max > 0).collect();
    if set.is_empty() {
        return Vec::new();
    }
    let told: Vec<_> = set.iter().map(|(max, what)| format!("{max} in {what}")).collect();
    let rest = match (limits.on_limit, &config.ledger) {
        (OnLimit::Suppress, _) => {
            "the others are suppressed, and an incremental source never brings them again"
        }
        (OnLimit::Stop, LedgerConfig::None) => {
            "the next sync goes on behind the last STATE, and without a ledger it calls those again who were called after it"
        }
        (OnLimit::Stop, _) => "the next sync goes on there",
    };
    vec![format!("At most {} are handed over; {rest}.", told.join(" and "))]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::load_config::LoadedConfig;
    use super::*;
    use crate::config::read_config;

    /// Its configurations are to be merged with a vendor and a mapping.
    #[test]
    fn the_configurations_of_the_page_on_rules_are_read_as_they_stand() {
        let page = include_str!("../../docs/calling-rules.md");
        let blocks: Vec<_> =
            page.split("```json").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(blocks.len(), 5);
        for block in blocks {
            let mut config: Value = serde_json::from_str(block).unwrap();
            config["vendor"] = json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "a", "job_id": 9 });
            let mut loaded = LoadedConfig::from_text(&config.to_string()).unwrap();
            loaded.check_streams();
            assert_eq!(loaded.mistakes, [], "{block}");
            assert!(loaded.config.rules.window.parse().unwrap().is_some(), "{block}");
        }
    }

    #[test]
    fn each_rule_is_promised_in_a_sentence_and_no_more_than_can_be() {
        let sqlite = json!({ "ledger_type": "sqlite", "path": "/ledger.sqlite" });
        let zone = json!({ "time_zone": "Asia/Ho_Chi_Minh", "from": "08:00", "to": "16:30", "holidays": ["2027-02-05"] });
        let column =
            json!({ "time_zone_column": "tz", "days": ["mon", "tue"], "from": "09:00", "to": "20:00" });
        let cases: [(&str, Value); 5] = [
            ("nothing", json!({})),
            ("a zone", json!({ "rules": { "window": zone }, "limits": { "max_contacts_per_sync": 500 } })),
            ("a column", json!({ "rules": { "window": column } })),
            (
                "people",
                json!({ "rules": { "do_not_call": { "enabled": true }, "cooling_off_hours": 72 }, "ledger": sqlite }),
            ),
            (
                "limits",
                json!({ "limits": { "max_contacts_per_sync": 500, "max_contacts_per_day": 2000 }, "ledger": sqlite }),
            ),
        ];
        let told = cases.map(|(name, mut config)| {
            config["vendor"] = json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "a", "job_id": 9 });
            let (config, mistakes) = read_config(&config.to_string());
            assert_eq!(mistakes, [], "{name}");
            let night = "2026-12-01T20:00:00+07".parse().unwrap();
            format!("{name}: {}", promises(&config.unwrap(), night).unwrap())
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        nothing: No window is set: a sync at night hands people over at night. When a phone rings is the campaign's own doing: set its hours in the vendor's console, too.
        a zone: People are handed over every day from 08:00 to 16:30, except on 1 holiday (Asia/Ho_Chi_Minh), and at no other time: a sync outside stops, and passes nobody by. It is closed now, and opens Wednesday 2026-12-02 08:00 (Asia/Ho_Chi_Minh). At most 500 in a sync are handed over; the next sync goes on behind the last STATE, and without a ledger it calls those again who were called after it. When a phone rings is the campaign's own doing: set its hours in the vendor's console, too.
        a column: People are handed over on mon, tue from 09:00 to 20:00, by the clock of each record's own zone (column tz); a record that comes outside is suppressed, and an incremental source does not bring it again by itself. When a phone rings is the campaign's own doing: set its hours in the vendor's console, too.
        people: No window is set: a sync at night hands people over at night. Nobody is handed over who is on the do-not-call list when their batch leaves; one that is empty, or older than 31 days, stops a sync before its first request. A person is handed over at most once in 72 hours, over all campaigns of this account. When a phone rings is the campaign's own doing: set its hours in the vendor's console, too.
        limits: No window is set: a sync at night hands people over at night. At most 500 in a sync and 2000 in a campaign's day are handed over; the next sync goes on there. When a phone rings is the campaign's own doing: set its hours in the vendor's console, too.
        ");
    }
}

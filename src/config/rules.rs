//! The form's section on whom nobody may call, and when.

use std::collections::BTreeSet;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ledger::LedgerConfig;
use crate::domain::error::Mistake;
use crate::rules::{Hours, Minute, Window};
use crate::values::{self, Moment};

/// Who must not be called, and when nobody is. These rules hold for what is handed over to the vendor; when a phone rings is the vendor's campaign's own doing, so set its own window, too.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "Rules of calling")]
pub struct RulesConfig {
    /// The list of people who must not be called.
    #[schemars(title = "Do-not-call list")]
    pub do_not_call: DoNotCallConfig,

    /// A person who was handed over to any campaign is handed over to none for so many hours, beside what the ledger's scope says. Needs a ledger. 0: off.
    #[schemars(title = "Cooling off (hours)", range(min = 0, max = 87_600))]
    pub cooling_off_hours: u32,

    /// Whose campaigns the cooling off looks at. account: those of this account. everywhere: everything that shares the ledger.
    #[schemars(title = "Cooling off within")]
    pub cooling_off_scope: RuleScope,

    /// When contacts may be handed over. Leave it as it is for no window.
    #[schemars(title = "Window")]
    pub window: WindowConfig,
}

/// The list of people who must not be called.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "Do-not-call list")]
pub struct DoNotCallConfig {
    /// Hands nobody over who is on the list. Needs a ledger, which keeps the list: a connection of its own fills it by a stream whose role is do_not_call, or the command `ledger do-not-call load`.
    #[schemars(title = "Use the do-not-call list", extend("always_show" = true))]
    pub enabled: bool,

    /// A list that was filled longer ago stops the sync before its first request, as one does that was never filled or is empty.
    #[schemars(title = "Oldest do-not-call list (days)", range(min = 1, max = 3650), extend("always_show" = true))]
    pub max_age_days: u32,

    /// Whose list it is. account: this account's own. everywhere: the one of everything that shares the ledger.
    #[schemars(title = "Whose do-not-call list", extend("always_show" = true))]
    pub scope: RuleScope,
}

/// Within what a rule looks at a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// All campaigns of this account together.
    #[default]
    Account,
    /// Everything that shares the ledger.
    Everywhere,
}

/// When contacts may be handed over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "Window")]
pub struct WindowConfig {
    /// The zone of everybody's clock, by its IANA name. Outside of the window a sync stops before its first request, and one that reaches its end stops there; the platform tries again later, and nobody is passed by. Fill in either this or the column.
    #[schemars(title = "Time zone of the window", extend("always_show" = true, "examples" = ["Asia/Ho_Chi_Minh"]))]
    pub time_zone: String,

    /// A column with the IANA zone of each record, for countries with several. A record outside of its own window is counted as rejected (suppressed), and an incremental source does not bring it again by itself; so is one whose zone is blank or unknown.
    #[schemars(title = "Time zone column, for each person's window", extend("always_show" = true, "examples" = ["time_zone"]))]
    pub time_zone_column: String,

    /// The days on which the window opens; every day when you leave it out.
    #[schemars(title = "Days of the window", extend("always_show" = true, "examples" = [["mon", "tue", "wed", "thu", "fri"]]))]
    pub days: Vec<Day>,

    /// When it opens, on the clock of 24 hours. Blank, together with the end: the whole day.
    #[schemars(title = "Window opens at", extend("always_show" = true, "examples" = ["08:00"]))]
    pub from: String,

    /// When it closes: at this minute nobody is handed over any more. Earlier than the beginning means on the next day; it belongs to the day on which it opened. Close it earlier than the law does, by the time that the campaign needs to call everybody.
    #[schemars(title = "Window closes at", extend("always_show" = true, "examples" = ["16:30"]))]
    pub to: String,

    /// Dates on which it does not open.
    #[schemars(title = "Holidays, without a window", extend("always_show" = true, "examples" = [["2027-01-01", "2027-02-05"]]))]
    pub holidays: Vec<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

const EVERY_DAY: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

/// Where mistakes of the column of zones are.
pub(crate) const TIME_ZONE_COLUMN: &str = "rules.window.time_zone_column";

pub(super) const LIST_IS_IN_LEDGER: &str = "the list is kept there";

impl RulesConfig {
    /// What cannot work in values that were filled in.
    #[must_use]
    pub fn mistakes(&self, ledger: &LedgerConfig) -> Vec<Mistake> {
        let Self { do_not_call, cooling_off_hours, cooling_off_scope: _, window } = self;
        let mut mistakes = window.parse().err().unwrap_or_default();
        let why = "nothing else remembers who was handed over, and when";
        for (at, is_on, why) in [
            ("rules.do_not_call.enabled", do_not_call.enabled, LIST_IS_IN_LEDGER),
            ("rules.cooling_off_hours", *cooling_off_hours > 0, why),
        ] {
            mistakes.extend(needs_ledger(at, is_on, ledger, why));
        }
        mistakes
    }
}

/// What is wrong with a setting that is on and counts on a ledger, where there is none.
pub(super) fn needs_ledger(at: &str, is_on: bool, ledger: &LedgerConfig, why: &str) -> Option<Mistake> {
    let is_lacking = is_on && matches!(ledger, LedgerConfig::None);
    is_lacking.then(|| Mistake::new(at, format!("needs a ledger: {why}; choose one under `ledger`")))
}

impl WindowConfig {
    /// The window that is meant; none when nothing is filled in.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(&self) -> Result<Option<Window>, Vec<Mistake>> {
        if self.is_blank() {
            return Ok(None);
        }
        let mut mistakes = Vec::new();
        let mut wrong = |setting: &str, why: String| {
            mistakes.push(Mistake::new(format!("rules.window.{setting}"), why));
        };
        let zone = self.zone().map_err(|(setting, why)| wrong(setting, why)).ok().flatten();
        let hours = self.hours().map_err(|(setting, why)| wrong(setting, why)).ok().flatten();
        if self.days.is_empty() {
            wrong(
                "days",
                "names no day, so that nobody could ever be called; leave it out for every day".to_owned(),
            );
        }
        let mut holidays = BTreeSet::new();
        for (index, text) in self.holidays.iter().enumerate() {
            match Moment::day(text) {
                Some(date) => drop(holidays.insert(date)),
                None => wrong(&format!("holidays[{index}]"), "must be a date such as 2027-01-01".to_owned()),
            }
        }
        if hours.is_none() && holidays.is_empty() && self.has_every_day() && mistakes.is_empty() {
            let why = "says where, but not when: fill in from and to, days or holidays";
            mistakes.push(Mistake::new("rules.window", why));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let days = self.days.iter().map(|day| day.weekday()).collect();
        Ok(Some(Window { days, hours: hours.unwrap_or(Hours::WHOLE_DAY), holidays, zone }))
    }

    fn is_blank(&self) -> bool {
        let Self { time_zone, time_zone_column, days: _, from, to, holidays } = self;
        let texts = [time_zone, time_zone_column, from, to];
        texts.iter().all(|text| text.trim().is_empty()) && holidays.is_empty() && self.has_every_day()
    }

    /// Whether no day is left out.
    #[must_use]
    pub fn has_every_day(&self) -> bool {
        EVERY_DAY.iter().all(|day| self.days.contains(day))
    }

    /// The days in their order.
    #[must_use]
    pub fn day_names(&self) -> String {
        let days = EVERY_DAY.iter().filter(|day| self.days.contains(day));
        days.map(|day| format!("{day:?}").to_lowercase()).collect::<Vec<_>>().join(", ")
    }

    /// The one zone for everybody; none when a column has each record's.
    fn zone(&self) -> Result<Option<TimeZone>, (&'static str, String)> {
        match (self.time_zone.trim(), self.time_zone_column.trim()) {
            ("", "") => {
                let why = "is missing: a window needs the zone of everybody's clock, such as Asia/Ho_Chi_Minh, or a time_zone_column";
                Err(("time_zone", why.to_owned()))
            }
            ("", _) => Ok(None),
            (name, "") => values::time_zone(name).map(Some).map_err(|why| ("time_zone", why)),
            _ => Err(("time_zone", "fill in either time_zone or time_zone_column, not both".to_owned())),
        }
    }

    /// From when to when; none for the whole day.
    fn hours(&self) -> Result<Option<Hours>, (&'static str, String)> {
        let read = |setting, text: &str| {
            let minute = Minute::parse(text).filter(|minute| setting == "to" || !minute.is_last());
            minute.ok_or_else(|| (setting, "must be a time of day such as 08:00 or 17:30".to_owned()))
        };
        match (self.from.trim(), self.to.trim()) {
            ("", "") => Ok(None),
            ("", _) => Err(("from", "is missing: `to` says when the window closes".to_owned())),
            (_, "") => Err(("to", "is missing: `from` says when the window opens".to_owned())),
            (from, to) => {
                let (from, to) = (read("from", from)?, read("to", to)?);
                let hours = Hours::new(from, to);
                hours.map(Some).ok_or_else(|| {
                    let why = "is when the window opens, too; leave both blank for the whole day";
                    ("to", why.to_owned())
                })
            }
        }
    }
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

impl Default for DoNotCallConfig {
    fn default() -> Self {
        Self { enabled: false, max_age_days: 31, scope: RuleScope::Account }
    }
}

impl Default for WindowConfig {
    fn default() -> Self {
        let none = String::new;
        Self {
            time_zone: none(),
            time_zone_column: none(),
            days: EVERY_DAY.to_vec(),
            from: none(),
            to: none(),
            holidays: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::read_config;

    fn told(rest: &Value) -> Vec<String> {
        let vendor =
            json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "a", "job_id": 9 });
        let mut config = json!({ "vendor": vendor });
        config.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let (config, mut mistakes) = read_config(&config.to_string());
        let config = config.unwrap();
        mistakes.extend(config.rule_mistakes());
        mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.at, mistake.why)).collect()
    }

    #[test]
    fn a_window_that_is_not_understood_is_a_mistake_and_all_are_told_at_once() {
        let zone = "Asia/Ho_Chi_Minh";
        for (name, window, want) in [
            ("no window", json!({}), vec![]),
            (
                "the defaults",
                json!({ "time_zone": " ", "from": "", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }),
                vec![],
            ),
            ("hours", json!({ "time_zone": zone, "from": "8:00", "to": "17:30" }), vec![]),
            ("through midnight", json!({ "time_zone": zone, "from": "22:00", "to": "02:00" }), vec![]),
            ("to the end of the day", json!({ "time_zone": zone, "from": "00:00", "to": "24:00" }), vec![]),
            ("days alone", json!({ "time_zone": zone, "days": ["mon"] }), vec![]),
            ("holidays alone", json!({ "time_zone_column": "tz", "holidays": ["2027-02-05"] }), vec![]),
            ("days without a zone", json!({ "days": ["mon"] }), vec!["rules.window.time_zone: is missing"]),
            (
                "two zones",
                json!({ "time_zone": zone, "time_zone_column": "tz", "days": ["mon"] }),
                vec!["rules.window.time_zone: fill in either"],
            ),
            ("a zone alone", json!({ "time_zone": zone }), vec!["rules.window: says where, but not when"]),
            (
                "a column alone",
                json!({ "time_zone_column": "tz" }),
                vec!["rules.window: says where, but not when"],
            ),
            ("no day", json!({ "time_zone": zone, "days": [] }), vec!["rules.window.days: names no day"]),
            (
                "half the hours",
                json!({ "time_zone": zone, "from": "08:00" }),
                vec!["rules.window.to: is missing"],
            ),
            (
                "the other half",
                json!({ "time_zone": zone, "to": "08:00" }),
                vec!["rules.window.from: is missing"],
            ),
            (
                "no time at all",
                json!({ "time_zone": zone, "from": "08:00", "to": "08:00" }),
                vec!["rules.window.to: is when the window opens, too"],
            ),
            (
                "a day's end as its beginning",
                json!({ "time_zone": zone, "from": "24:00", "to": "08:00" }),
                vec!["rules.window.from: must be a time of day"],
            ),
            (
                "everything",
                json!({ "time_zone": "Asia/Ho_Chi_Min", "day": ["mon"], "days": ["Monday"], "from": "8", "to": "25:00", "holidays": ["05/02/2027", "2027-02-30"], "till": "x" }),
                vec![
                    "rules.window.day: is not known; did you mean `days`?",
                    "rules.window.till: is not known",
                    "rules.window.days[0]: must be one of: mon, tue",
                    "rules.window.time_zone: there is no such time zone; did you mean `Asia/Ho_Chi_Minh`?",
                    "rules.window.from: must be a time of day",
                    "rules.window.holidays[0]: must be a date",
                    "rules.window.holidays[1]: must be a date",
                ],
            ),
        ] {
            let told = told(&json!({ "rules": { "window": window } }));
            assert_eq!(told.len(), want.len(), "{name}: {told:?}");
            for (told, want) in told.iter().zip(want) {
                assert!(told.starts_with(want), "{name}: {told}");
            }
        }
    }

    #[test]
    fn what_counts_on_a_ledger_is_a_mistake_without_one() {
        for (at, config) in [
            ("rules.do_not_call.enabled", json!({ "rules": { "do_not_call": { "enabled": true } } })),
            ("rules.cooling_off_hours", json!({ "rules": { "cooling_off_hours": 24 } })),
            ("streams[0].role", json!({ "streams": [{ "stream": "list", "role": "do_not_call" }] })),
            ("limits.max_contacts_per_day", json!({ "limits": { "max_contacts_per_day": 100 } })),
        ] {
            let is_told = |mistakes: &[String]| {
                mistakes.iter().any(|told| told.starts_with(&format!("{at}: needs a ledger")))
            };
            assert!(is_told(&told(&config)), "{at}");
            let mut kept = config;
            kept["ledger"] = json!({ "ledger_type": "sqlite", "path": "/ledger.sqlite" });
            assert!(!is_told(&told(&kept)), "{at}, with a ledger");
        }
    }

    #[test]
    fn a_list_and_the_people_to_be_called_have_connections_of_their_own() {
        let ledger = json!({ "ledger_type": "sqlite", "path": "/ledger.sqlite" });
        for (roles, want) in [
            (vec!["contacts", "contacts"], None),
            (vec!["do_not_call", "do_not_call"], None),
            (vec!["contacts", "do_not_call"], Some("streams[1].role")),
            (vec!["do_not_call", "contacts"], Some("streams[1].role")),
        ] {
            let streams: Vec<_> = roles.iter().map(|role| json!({ "stream": role, "role": role })).collect();
            let told = told(&json!({ "streams": streams, "ledger": ledger }));
            let found = told.iter().find(|told| told.contains("a connection of its own"));
            assert_eq!(found.is_some(), want.is_some(), "{roles:?}: {told:?}");
            assert!(found.is_none_or(|found| found.starts_with(want.unwrap_or_default())), "{found:?}");
        }
    }
}

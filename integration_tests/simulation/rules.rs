//! The rules of calling that some seeds have: a window, and limits that lose nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use destination_ai_voice::delivery::Clock;
use destination_ai_voice::domain::error::Error;
use destination_ai_voice::ledger::DailyLimit;
use destination_ai_voice::pipeline::RunStats;
use destination_ai_voice::rules::{Hours, Minute, Window};
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use tokio::time::Duration;

use crate::options::beginning;

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Minutes of UTC's day; a scenario begins soon before the window's end.
#[derive(Clone, Copy)]
struct Open {
    from: i64,
    to: i64,
}

/// The rules of one seed.
#[derive(Clone, Default)]
pub(crate) struct Rules {
    open: Option<Open>,
    /// In a run; 0: no limit.
    pub(crate) max_contacts: u64,
    /// In a day; 0: no limit.
    max_in_a_day: u64,
    /// Whom runs reported as accepted, by day.
    accepted: Arc<Mutex<HashMap<i64, u64>>>,
    violation: Arc<Mutex<Option<String>>>,
}

/// Stands before the vendor in one run.
#[derive(Clone)]
pub(crate) struct Gate {
    rules: Rules,
    clock: Arc<Clock>,
}

impl Rules {
    pub(crate) fn draw(rng: &mut fastrand::Rng, counts_days: bool) -> Self {
        let mut draw = |one_in, range: std::ops::Range<u64>| {
            let drawn = rng.u64(range);
            if rng.u32(0..one_in) == 0 { drawn } else { 0 }
        };
        let began = minute(beginning());
        let lasts = i64::try_from(draw(5, 1..4)).unwrap();
        let open = (lasts > 0).then_some(Open { from: began - 30, to: began + lasts });
        let max_contacts = draw(4, 3..15);
        let max_in_a_day = if counts_days { draw(4, 3..15) } else { 0 };
        Self { open, max_contacts, max_in_a_day, ..Self::default() }
    }

    pub(crate) fn window(&self) -> Option<Window> {
        let Open { from, to } = self.open?;
        let clock = |minute: i64| Minute::parse(&format!("{}:{:02}", minute / 60, minute % 60)).unwrap();
        Some(Window {
            days: EVERY_DAY.to_vec(),
            hours: Hours::new(clock(from), clock(to)).unwrap(),
            holidays: std::collections::BTreeSet::new(),
            zone: Some(TimeZone::UTC),
        })
    }

    pub(crate) fn daily_limit(&self) -> Option<DailyLimit> {
        (self.max_in_a_day > 0).then_some(DailyLimit { max: self.max_in_a_day, zone: TimeZone::UTC })
    }

    pub(crate) fn gate(&self, clock: Arc<Clock>) -> Gate {
        Gate { rules: self.clone(), clock }
    }

    /// A run has ended by itself; its machine showed this time when it began.
    pub(crate) fn ran(&self, stats: &RunStats, machine: Timestamp) {
        let n_sent = stats.accepted + stats.rejected;
        if self.max_contacts > 0 && n_sent > self.max_contacts {
            self.violated(format!("{n_sent} were sent, and {} may be in a run", self.max_contacts));
        }
        let mut accepted = self.accepted.lock().unwrap();
        let of_day = accepted.entry(machine.as_second().div_euclid(86_400)).or_default();
        *of_day += stats.accepted;
        if self.max_in_a_day > 0 && *of_day > self.max_in_a_day {
            self.violated(format!("{of_day} were accepted, and {} may be in a day", self.max_in_a_day));
        }
    }

    /// How long the first run waits: often until the window is about to close.
    pub(crate) fn first_wait(&self, rng: &mut fastrand::Rng) -> Duration {
        let until_end =
            self.open.map_or(3_000, |open| (open.to * 60 - second(beginning())).unsigned_abs() * 1_000);
        Duration::from_millis(rng.u64(0..until_end))
    }

    /// How long a platform's schedule waits after a run that stopped because of a rule: until the window is open again,
    /// or about to close.
    pub(crate) fn waits(
        &self,
        ended: Option<&Error>,
        now: Timestamp,
        rng: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let end = self.open.map_or(second(now), |open| open.to * 60);
        let early = if rng.bool() { rng.i64(1..15) } else { rng.i64(60..1_200) };
        let seconds = (end - early - second(now)).rem_euclid(86_400);
        let next_day = Duration::from_secs(seconds.unsigned_abs());
        let is_by_rule = match ended {
            Some(error) => matches!(error, Error::OutsideWindow(_)),
            None => self.max_in_a_day > 0,
        };
        is_by_rule.then_some(next_day)
    }

    /// A person took a ledger as it was, and with it what it had counted.
    pub(crate) fn day_is_forgotten(&self) {
        self.accepted.lock().unwrap().clear();
    }

    pub(crate) fn violation(&self) -> Option<String> {
        self.violation.lock().unwrap().clone()
    }

    fn violated(&self, why: String) {
        self.violation.lock().unwrap().get_or_insert(why);
    }
}

impl Gate {
    /// A request leaves.
    pub(crate) fn passes(&self) {
        let now = self.clock.uncorrected();
        if self.rules.open.is_some_and(|open| !(open.from..open.to).contains(&minute(now))) {
            self.rules.violated(format!("a request left at {now}, outside of the window"));
        }
    }
}

fn minute(time: Timestamp) -> i64 {
    second(time) / 60
}

fn second(time: Timestamp) -> i64 {
    time.as_second().rem_euclid(86_400)
}

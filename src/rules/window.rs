//! The window of calling: hours of some days by the clock on the wall, in one zone for everybody or in each
//! person's own.
//!
//! The clock on the wall decides, as laws do: an hour that the clocks skip is not there, one that they repeat is there
//! twice. Hours through midnight belong to the day on which they began, also when the next one is a holiday.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::hours::{Began, Hours, Minute};
use crate::domain::contact::Contact;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// A window that opens no more within so many days is closed for good.
const LOOKS_AHEAD_DAYS: i32 = 800;

/// When contacts may be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The days on which it opens.
    pub days: Vec<Weekday>,
    /// From when to when.
    pub hours: Hours,
    /// Dates on which it does not open.
    pub holidays: BTreeSet<Date>,
    /// The zone of everybody's clock; none: each person has their own.
    pub zone: Option<TimeZone>,
}

impl Window {
    /// Why nobody may be handed over now, where one clock holds for everybody.
    #[must_use]
    pub fn closed(&self, now: Timestamp) -> Option<Error> {
        let zone = self.zone.as_ref().filter(|zone| !self.is_open(now, zone))?;
        let opens = self.opens_after(now, zone).map(|opens| on_wall(opens, zone));
        Some(Error::OutsideWindow(opens.unwrap_or_else(|| "not within two years".to_owned())))
    }

    /// How somebody ends who may not be handed over now by the clock where they are, if each goes by their own.
    #[must_use]
    pub fn outcome_if_closed(&self, contact: &Contact, now: Timestamp) -> Option<Outcome> {
        if self.zone.is_some() {
            return None;
        }
        let reason = match &contact.time_zone {
            Some(zone) if self.is_open(now, zone) => return None,
            Some(_) => Reason::OutsideWindow,
            None => Reason::NoTimeZone,
        };
        Some(Outcome::Suppressed(reason, None))
    }

    /// Whether it is open on a zone's clocks.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, zone: &TimeZone) -> bool {
        let wall = zone.to_datetime(now);
        let began = match self.hours.began(Minute::of(wall.time())) {
            None => return false,
            Some(Began::Today) => Some(wall.date()),
            Some(Began::Yesterday) => wall.date().yesterday().ok(),
        };
        began.is_some_and(|day| self.days.contains(&day.weekday()) && !self.holidays.contains(&day))
    }

    /// When it opens next after a time at which it is closed.
    #[must_use]
    pub fn opens_after(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.edges_after(now, zone).find(|edge| self.is_open(*edge, zone))
    }

    /// When it closes next after a time at which it is open.
    #[must_use]
    pub fn closes_after(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.edges_after(now, zone).find(|edge| !self.is_open(*edge, zone))
    }

    /// All times, in their order, at which it may open or close: where the hours and the days begin and end, and
    /// where the clocks change.
    fn edges_after<'w>(
        &'w self,
        now: Timestamp,
        zone: &'w TimeZone,
    ) -> impl Iterator<Item = Timestamp> + use<'w> {
        let today = zone.to_datetime(now).date();
        let days = (-1..=LOOKS_AHEAD_DAYS).map_while(move |n| today.checked_add(n.days()).ok());
        days.flat_map(move |day| self.edges_of(day, zone)).filter(move |edge| *edge > now)
    }

    /// Those of one day of the calendar.
    fn edges_of(&self, day: Date, zone: &TimeZone) -> Vec<Timestamp> {
        let on_clock = self.hours.edges().map(|time| zone.to_ambiguous_timestamp(day.to_datetime(time)));
        let mut edges: Vec<_> =
            on_clock.into_iter().flat_map(|edge| [edge.earlier(), edge.later()]).flatten().collect();
        let begin = |day: Date| zone.to_timestamp(day.to_datetime(Time::midnight())).ok();
        if let (Some(begin), Some(end)) = (begin(day), day.tomorrow().ok().and_then(begin)) {
            let changes = zone.following(begin).map(|change| change.timestamp());
            edges.extend(changes.take_while(|change| *change < end));
        }
        edges.sort_unstable();
        edges
    }
}

/// A time as people there read it.
fn on_wall(time: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or_default();
    format!("{} ({name})", time.to_zoned(zone.clone()).strftime("%A %Y-%m-%d %H:%M"))
}

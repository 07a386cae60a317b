//! Dates and times in the spellings that warehouses export.

use std::borrow::Cow;

use jiff::civil;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::nearest::nearest;

/// A day, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A day without a time.
    Date(civil::Date),
    /// A time of some day.
    Timestamp(Timestamp),
    /// A time in the last hours of the calendar, which are beyond the last instant: "for ever", on this day.
    Late(civil::Date),
}

impl Moment {
    /// Reads `2026-03-05`, `20260305`, `2026-03-05 10:00`, `2026-03-05T10:00:00.123Z`,
    /// `2026-03-05 10:00:00+07`, `… +0700`, `… UTC`. A time without an offset is one of the zone.
    /// None: it is no date, or one that has two meanings, such as `05/03/2026`.
    pub(crate) fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let text = closed_up(text);
        let pieces = Pieces::parse(text.as_bytes()).ok()?;
        // A zone's name without an offset is another zone than ours, and two times where its clocks go back.
        if pieces.offset().is_none() && pieces.time_zone_annotation().is_some() {
            return None;
        }
        let Some(time) = pieces.time() else {
            return pieces.offset().is_none().then(|| Self::Date(pieces.date()));
        };
        let wall = pieces.date().to_datetime(time);
        let timestamp = match pieces.offset() {
            Some(PiecesOffset::Numeric(offset)) => offset.offset().to_timestamp(wall),
            Some(_) => tz::Offset::UTC.to_timestamp(wall),
            None => zone.to_timestamp(wall),
        };
        let late = || is_late(pieces.date()).then(|| Self::Late(pieces.date()));
        timestamp.ok().map(Self::Timestamp).or_else(late)
    }

    /// The day that is written, alone or as a time at midnight, of whatever zone.
    pub(crate) fn day(text: &str) -> Option<civil::Date> {
        let text = closed_up(text);
        let pieces = Pieces::parse(text.as_bytes()).ok()?;
        let is_day = pieces.time().map_or(pieces.offset().is_none(), |time| time == civil::Time::midnight());
        is_day.then(|| pieces.date())
    }

    /// The instant; of a day its first in the zone. None before the calendar's beginning; behind its end the last one.
    pub(crate) fn timestamp(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Date(date) => {
                let begins = zone.to_timestamp(date.to_datetime(civil::Time::midnight())).ok();
                begins.or_else(|| is_late(date).then_some(Timestamp::MAX))
            }
            Self::Timestamp(timestamp) => Some(timestamp),
            Self::Late(_) => Some(Timestamp::MAX),
        }
    }

    /// The day, of an instant as the zone's calendars show it.
    pub(crate) fn date(self, zone: &TimeZone) -> civil::Date {
        match self {
            Self::Date(date) | Self::Late(date) => date,
            Self::Timestamp(timestamp) => Zoned::new(timestamp, zone.clone()).date(),
        }
    }
}

/// The days of which some hours are beyond the last instant. Warehouses mean "for ever" by 9999-12-31.
fn is_late(date: civil::Date) -> bool {
    date >= civil::date(9999, 12, 30)
}

/// A time without blanks before its offset, in the spelling that standards know.
fn closed_up(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if !text.contains(' ') && !text.ends_with("UTC") {
        return Cow::Borrowed(text);
    }
    let text =
        text.strip_suffix("UTC").map_or_else(|| text.to_owned(), |time| format!("{}Z", time.trim_end()));
    Cow::Owned(text.replacen(" +", "+", 1).replacen(" -", "-", 1).replacen(" Z", "Z", 1))
}

/// A zone by its IANA name; blank means UTC. The database is part of the program.
///
/// # Errors
/// Says that there is none of this name, with the nearest.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, String> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    known_zone(name).ok_or_else(|| {
        let zones: Vec<String> = tz::db().available().map(|zone| zone.to_string()).collect();
        let hint = nearest(name, zones.iter().map(String::as_str)).map_or_else(
            || "write one such as Asia/Ho_Chi_Minh or UTC".to_owned(),
            |zone| format!("did you mean `{zone}`?"),
        );
        format!("there is no such time zone; {hint}")
    })
}

/// A zone by its IANA name. What stands in the database for a zone that nobody knows is none.
pub(crate) fn known_zone(name: &str) -> Option<TimeZone> {
    let stands_for_none = ["Etc/Unknown", "Factory"].iter().any(|none| name.eq_ignore_ascii_case(none));
    if stands_for_none { None } else { TimeZone::get(name).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_warehouses_are_read() {
        let zone = time_zone("Asia/Ho_Chi_Minh").unwrap();
        for (text, want) in [
            ("2026-03-05", "2026-03-04T17:00:00Z"),
            (" 2026-03-05 ", "2026-03-04T17:00:00Z"),
            ("20260305", "2026-03-04T17:00:00Z"),
            ("2026-03-05T10:00", "2026-03-05T03:00:00Z"),
            ("2026-03-05 10:00:00", "2026-03-05T03:00:00Z"),
            ("2026-03-05T10:00:00Z", "2026-03-05T10:00:00Z"),
            ("2026-03-05t10:00:00z", "2026-03-05T10:00:00Z"),
            ("2026-03-05 10:00:00.123456 UTC", "2026-03-05T10:00:00.123456Z"),
            ("2026-03-05 10:00:00UTC", "2026-03-05T10:00:00Z"),
            ("2026-03-05 10:00:00+07", "2026-03-05T03:00:00Z"),
            ("2026-03-05 10:00:00 +0700", "2026-03-05T03:00:00Z"),
            ("2026-03-05 10:00:00 -07:00", "2026-03-05T17:00:00Z"),
            ("2026-03-05T10:00:00.5+05:30", "2026-03-05T04:30:00.5Z"),
            ("2026-03-05T10:00:00+09:00[Asia/Tokyo]", "2026-03-05T01:00:00Z"),
        ] {
            let read = Moment::parse(text, &zone).unwrap_or_else(|| panic!("{text} is a date"));
            assert_eq!(read.timestamp(&zone).map(|at| at.to_string()).as_deref(), Some(want), "{text}");
        }
        let late = Moment::parse("2026-03-05T20:00:00Z", &zone).unwrap();
        assert_eq!(late.date(&zone).to_string(), "2026-03-06", "the zone's calendar");
    }

    #[test]
    fn for_ever_is_later_than_any_time() {
        let zone = time_zone("America/New_York").unwrap();
        for text in
            ["9999-12-31T23:59:59Z", "9999-12-31 23:59:59.999", "9999-12-31 00:00:00+00", "9999-12-31"]
        {
            let read = Moment::parse(text, &zone).unwrap_or_else(|| panic!("{text} is a date"));
            assert_eq!(read.timestamp(&zone), Some(Timestamp::MAX), "{text}");
            assert_eq!(read.date(&zone).to_string(), "9999-12-31", "{text}");
        }
        for text in ["-9999-01-01T00:00:00+14", "10000-01-01T00:00:00Z", "9999-12-32T00:00:00Z"] {
            let read = Moment::parse(text, &zone).and_then(|read| read.timestamp(&zone));
            assert_eq!(read, None, "{text}");
        }
    }

    #[test]
    fn a_day_is_the_one_that_is_written() {
        for (text, want) in [
            ("2026-03-08", Some("2026-03-08")),
            ("20260308", Some("2026-03-08")),
            ("2026-03-08T00:00:00Z", Some("2026-03-08")),
            ("2026-03-08 00:00:00.000 +0700", Some("2026-03-08")),
            ("2026-03-08 00:00:00", Some("2026-03-08")),
            ("2026-03-08T00:00:01Z", None),
            ("2026-03-08T17:00:00Z", None),
            ("2026-03-08Z", None),
            ("08/03/2026", None),
            ("", None),
        ] {
            assert_eq!(Moment::day(text).map(|day| day.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_or_has_two_meanings_is_none() {
        for text in [
            "",
            "05/03/2026",
            "05-03-2026",
            "2026-02-30",
            "2026-13-01",
            "2026-3-5",
            "1793491200",
            "10:00",
            "yesterday",
            "2026-03-05T25:00",
            "2026",
            "N/A",
            "2026-03-05Z",
            "2026-03-05[Asia/Tokyo]",
            "2026-03-05T10:00:00[Asia/Tokyo]",
        ] {
            assert_eq!(Moment::parse(text, &TimeZone::UTC), None, "{text}");
        }
    }

    #[test]
    fn zones_are_found_by_their_names() {
        for (name, want) in [
            ("", Ok("UTC")),
            ("UTC", Ok("UTC")),
            ("Asia/Ho_Chi_Minh", Ok("Asia/Ho_Chi_Minh")),
            ("Asia/Ho_Chi_Min", Err("there is no such time zone; did you mean `Asia/Ho_Chi_Minh`?")),
            ("+7", Err("there is no such time zone; write one such as Asia/Ho_Chi_Minh or UTC")),
        ] {
            let found = time_zone(name);
            let found = found.as_ref().map(|zone| zone.iana_name().unwrap_or("none")).map_err(|why| &**why);
            assert_eq!(found, want, "{name}");
        }
    }
}

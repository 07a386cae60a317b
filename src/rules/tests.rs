//! The window by the clocks of real zones.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Hours, Minute, Window};

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn hours(from: &str, to: &str) -> Hours {
    Hours::new(Minute::parse(from).unwrap(), Minute::parse(to).unwrap()).unwrap()
}

fn window(from: &str, to: &str, days: &[Weekday], holidays: &[&str]) -> Window {
    let holidays = holidays.iter().map(|date| date.parse::<Date>().unwrap()).collect();
    Window { days: days.to_vec(), hours: hours(from, to), holidays, zone: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_clock_on_the_wall_decides() {
    let (hanoi, york, london) = ("Asia/Ho_Chi_Minh", "America/New_York", "Europe/London");
    let week = &EVERY_DAY[..5];
    let day = window("08:00", "17:00", &EVERY_DAY, &[]);
    let working = window("08:00", "17:00", week, &["2026-12-25"]);
    let night = window("22:00", "02:00", &[Weekday::Friday], &["2026-12-25"]);
    let small_hours = window("01:30", "02:30", &EVERY_DAY, &[]);
    let whole = Window { hours: Hours::WHOLE_DAY, ..working.clone() };
    for (name, window, zone, time, want) in [
        ("the first second", &day, hanoi, "2026-03-05T08:00:00+07", true),
        ("the second before", &day, hanoi, "2026-03-05T07:59:59.999+07", false),
        ("the last second", &day, hanoi, "2026-03-05T16:59:59.999+07", true),
        ("its end", &day, hanoi, "2026-03-05T17:00:00+07", false),
        ("the same instant elsewhere", &day, london, "2026-03-05T08:00:00+07", false),
        ("a Friday", &working, hanoi, "2026-03-06T10:00:00+07", true),
        ("a Saturday", &working, hanoi, "2026-03-07T10:00:00+07", false),
        ("a Saturday that is a Friday there", &working, york, "2026-03-07T04:00:00+07", true),
        ("a holiday", &working, hanoi, "2026-12-25T10:00:00+07", false),
        ("the whole of a day", &whole, hanoi, "2026-12-24T23:59:59+07", true),
        ("the whole of a holiday", &whole, hanoi, "2026-12-25T00:00:00+07", false),
        ("Friday night", &night, london, "2026-06-05T22:00:00+01", true),
        ("the night of Friday, on Saturday", &night, london, "2026-06-06T01:59:59+01", true),
        ("its end, on Saturday", &night, london, "2026-06-06T02:00:00+01", false),
        ("the night of Thursday, on Friday", &night, london, "2026-06-05T01:00:00+01", false),
        ("Saturday night", &night, london, "2026-06-06T23:00:00+01", false),
        ("the night of a holiday, the day after", &night, london, "2026-12-26T01:00:00Z", false),
        // 2026-03-08: 02:00 becomes 03:00 in New York.
        ("before the hour that is not there", &small_hours, york, "2026-03-08T06:59:59Z", true),
        ("after it", &small_hours, york, "2026-03-08T07:00:00Z", false),
        ("in summer", &day, york, "2026-03-09T12:00:00Z", true),
        ("in winter", &day, york, "2026-03-06T12:00:00Z", false),
        // 2026-11-01: 02:00 becomes 01:00 again.
        ("the first time that it is half past one", &small_hours, york, "2026-11-01T05:30:00Z", true),
        ("one o'clock again", &small_hours, york, "2026-11-01T06:00:00Z", false),
        ("half past one again", &small_hours, york, "2026-11-01T06:30:00Z", true),
        ("half past two", &small_hours, york, "2026-11-01T07:30:00Z", false),
    ] {
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(window.is_open(at(time), &zone), want, "{name}");
    }
}

#[test]
fn when_it_opens_and_closes_is_known_also_where_clocks_change() {
    let week = &EVERY_DAY[..5];
    let working = window("08:00", "17:00", week, &["2026-12-25", "2026-12-28"]);
    let night = window("22:00", "02:00", &EVERY_DAY, &[]);
    let small_hours = window("02:15", "02:45", &EVERY_DAY, &[]);
    let never = window("08:00", "17:00", &[Weekday::Monday], &[]);
    let never = Window { days: Vec::new(), ..never };
    for (name, window, now, opens) in [
        ("in the evening", &working, "2026-12-22T20:00:00-05", Some("2026-12-23T08:00:00-05")),
        ("before it opens", &working, "2026-12-22T03:00:00-05", Some("2026-12-22T08:00:00-05")),
        ("over holidays and a weekend", &working, "2026-12-24T17:00:00-05", Some("2026-12-29T08:00:00-05")),
        ("over the change of clocks", &night, "2026-03-08T03:00:00-04", Some("2026-03-08T22:00:00-04")),
        (
            "when its hour is not there",
            &small_hours,
            "2026-03-08T01:00:00-05",
            Some("2026-03-09T02:15:00-04"),
        ),
        ("no day", &never, "2026-03-08T01:00:00-05", None),
    ] {
        let zone = TimeZone::get("America/New_York").unwrap();
        assert!(!window.is_open(at(now), &zone), "{name}");
        assert_eq!(window.opens_after(at(now), &zone), opens.map(at), "{name}");
    }
    for (name, window, now, closes) in [
        ("by day", &working, "2026-12-22T10:00:00-05", "2026-12-22T17:00:00-05"),
        ("by night", &night, "2026-06-05T23:00:00-04", "2026-06-06T02:00:00-04"),
        ("when the hour of its end is not there", &night, "2026-03-08T01:00:00-05", "2026-03-08T03:00:00-04"),
        (
            "when the hour before its end comes twice",
            &night,
            "2026-11-01T01:10:00-04",
            "2026-11-01T02:00:00-05",
        ),
    ] {
        let zone = TimeZone::get("America/New_York").unwrap();
        assert!(window.is_open(at(now), &zone), "{name}");
        assert_eq!(window.closes_after(at(now), &zone), Some(at(closes)), "{name}");
    }
}

proptest! {
    /// By the minute, without any thought of edges.
    #[test]
    fn between_now_and_the_next_change_nothing_changes(
        second in 1_767_225_600_i64..1_830_297_600,
        from in 0_u16..1440,
        length in 1_u16..1440,
        zone in prop::sample::select(vec!["Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago"]),
        days in prop::sample::subsequence(EVERY_DAY.to_vec(), 1..=7),
    ) {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
        let window = window(&clock(from), &clock(from + length), &days, &[]);
        let zone = TimeZone::get(zone).unwrap();
        let now = Timestamp::from_second(second).unwrap();
        let is_open = window.is_open(now, &zone);
        let change = if is_open { window.closes_after(now, &zone) } else { window.opens_after(now, &zone) };
        let change = change.unwrap();
        prop_assert!(change > now);
        prop_assert_eq!(window.is_open(change, &zone), !is_open);
        let mut minute = Timestamp::from_second(second / 60 * 60 + 60).unwrap();
        while minute < change {
            prop_assert_eq!(window.is_open(minute, &zone), is_open, "{}", minute);
            minute += jiff::SignedDuration::from_mins(1);
        }
    }
}

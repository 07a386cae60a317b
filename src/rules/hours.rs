//! Hours by a wall clock: from one minute of a day to another, through midnight where the second comes first.

use jiff::civil::Time;

/// A minute of a day, counted from midnight; the last one is the next midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(u16);

/// From the first minute up to, and without, the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: Minute,
    to: Minute,
}

/// On which day the hours began in which a time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Began {
    Today,
    Yesterday,
}

impl Minute {
    const LAST: u16 = 24 * 60;

    /// Reads `8:00`, `08:00`, `08:00:00`, and `24:00` for the end of a day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.trim().split_once(':')?;
        let minute = minute.strip_suffix(":00").unwrap_or(minute);
        let is_right = (1..=2).contains(&hour.len()) && minute.len() == 2;
        let has_digits = [hour, minute].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let total = hour.checked_mul(60)?.checked_add(minute)?;
        (is_right && has_digits && minute < 60 && total <= Self::LAST).then_some(Self(total))
    }

    /// Whether it is the end of a day.
    #[must_use]
    pub fn is_last(self) -> bool {
        self.0 == Self::LAST
    }

    /// The minute in which a time of the clock is.
    pub(super) fn of(time: Time) -> Self {
        let [hour, minute] = [time.hour(), time.minute()].map(|part| u16::from(part.unsigned_abs()));
        Self(hour * 60 + minute)
    }

    /// The same on a clock: the end of a day is the next one's beginning.
    pub(super) fn on_clock(self) -> Time {
        let minute = self.0 % Self::LAST;
        let parts = [minute / 60, minute % 60].map(|part| i8::try_from(part).unwrap_or(0));
        Time::new(parts[0], parts[1], 0, 0).unwrap_or(Time::MIN)
    }
}

impl Hours {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { from: Minute(0), to: Minute(Minute::LAST) };

    /// None when both are the same: that is the whole day, or nothing.
    #[must_use]
    pub fn new(from: Minute, to: Minute) -> Option<Self> {
        let hours = Self { from, to };
        (from.on_clock() != to.on_clock() || hours == Self::WHOLE_DAY).then_some(hours)
    }

    /// Whether they hold a minute of the clock, and then on which day they began.
    pub(super) fn began(self, minute: Minute) -> Option<Began> {
        let Self { from, to } = self;
        if to > from {
            return (minute >= from && minute < to).then_some(Began::Today);
        }
        if minute >= from {
            return Some(Began::Today);
        }
        (minute < to).then_some(Began::Yesterday)
    }

    /// When they begin and end, and when the day does.
    pub(super) fn edges(self) -> [Time; 3] {
        [Time::midnight(), self.from.on_clock(), self.to.on_clock()]
    }
}

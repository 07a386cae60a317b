//! Numbers as people read them.

/// With a comma between thousands: 1,234,567.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// So many of something.
pub(super) fn many(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { several })
}

/// In the two units that matter: 2 h 5 min, 1.2 s.
pub(super) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |whole: u64, unit: &str, part: u64, smaller: &str| match part {
        0 => format!("{whole} {unit}"),
        part => format!("{whole} {unit} {part} {smaller}"),
    };
    match () {
        () if days > 0 => two(days, "d", hours % 24, "h"),
        () if hours > 0 => two(hours, "h", minutes % 60, "min"),
        () if minutes > 0 => two(minutes, "min", seconds % 60, "s"),
        () if seconds >= 10 => format!("{seconds} s"),
        () => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
    }
}

/// A share as thousandths, for drawing.
pub(super) fn permille(part: u64, whole: u64) -> u64 {
    let wide = |number: u64| u128::from(number);
    let share = (wide(part) * 1_000).checked_div(wide(whole)).unwrap_or_default();
    u64::try_from(share).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (number, want) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")]
        {
            assert_eq!(thousands(number), want);
        }
        for (milliseconds, want) in [
            (0, "0.0 s"),
            (1_299, "1.2 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (7_512_000, "2 h 5 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(milliseconds), want, "{milliseconds}");
        }
        assert_eq!((permille(1, 3), permille(1, 0), permille(u64::MAX, u64::MAX)), (333, 0, 1_000));
    }
}

//! A JSON number as people write it, digit by digit: no float ever touches a customer's account number.

use std::borrow::Cow;

/// Beyond this many places, writing the zeros out helps nobody.
const LARGEST_EXPONENT: i32 = 40;

/// The number without exponent, and without a fraction that is zero.
pub(super) fn plain(raw: &str) -> Cow<'_, str> {
    // Nearly all are whole, and no JSON number begins with a zero that means nothing.
    if raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(raw);
    }
    let (mantissa, exponent) = raw.split_once(['e', 'E']).unwrap_or((raw, "0"));
    // An exponent that does not fit is far beyond the largest one.
    let exponent: i32 = exponent.parse().unwrap_or(i32::MAX);
    if !(-LARGEST_EXPONENT..=LARGEST_EXPONENT).contains(&exponent) {
        return Cow::Borrowed(raw);
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    if is_zero(whole) && is_zero(fraction) {
        return Cow::Borrowed("0");
    }
    if exponent == 0 {
        let shown = if is_zero(fraction) { sign.len() + whole.len() } else { mantissa.len() };
        return Cow::Borrowed(mantissa.get(..shown).unwrap_or(mantissa));
    }
    Cow::Owned(shifted(sign, whole, fraction, exponent))
}

/// Moves the point to the right by `exponent` places, or to the left.
fn shifted(sign: &str, whole: &str, fraction: &str, exponent: i32) -> String {
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or_default();
    let zeros = "0".repeat(places);
    let (digits, point) = if exponent > 0 {
        (format!("{whole}{fraction}{zeros}"), whole.len() + places)
    } else {
        (format!("{zeros}{whole}{fraction}"), whole.len())
    };
    let (whole, fraction) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    // The zeros appended above are not digits that anybody wrote, so those of the fraction go.
    let fraction = if exponent > 0 { fraction.strip_suffix(&*zeros).unwrap_or("") } else { fraction };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if is_zero(fraction) { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (raw, want) in [
            ("5", "5"),
            ("0", "0"),
            ("-7", "-7"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0e9", "0"),
            ("5.0", "5"),
            ("-5.000", "-5"),
            ("100.50", "100.50"),
            ("0.10", "0.10"),
            ("1.5E3", "1500"),
            ("1.5e+3", "1500"),
            ("1.25e1", "12.5"),
            ("1.250e1", "12.50"),
            ("8.4987654321e10", "84987654321"),
            ("1e-7", "0.0000001"),
            ("-12.5e-1", "-1.25"),
            ("100e-2", "1"),
            ("5.0e0", "5"),
            ("1e40", "10000000000000000000000000000000000000000"),
            ("1e41", "1e41"),
            ("1E-41", "1E-41"),
            ("1e99999999999999999999", "1e99999999999999999999"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("12345678901234567890123.0", "12345678901234567890123"),
            ("0.1e1", "1"),
            ("0.001e2", "0.1"),
        ] {
            assert_eq!(plain(raw), want, "{raw}");
        }
    }

    /// A number as sign, digits without zeros at either end, and the power of ten of the last digit.
    fn exact(text: &str) -> (bool, String, i64) {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().unwrap();
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").replace('-', "");
        let trimmed = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - trimmed.len()).unwrap();
        let places = i64::try_from(fraction.len()).unwrap();
        let significant = trimmed.trim_start_matches('0');
        if significant.is_empty() {
            return (false, String::new(), 0);
        }
        (mantissa.starts_with('-'), significant.to_owned(), exponent - places + zeros)
    }

    proptest! {
        #[test]
        fn the_text_means_the_same_number(
            raw in r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?"
        ) {
            let text = plain(&raw);
            prop_assert_eq!(exact(&text), exact(&raw));
            if text != raw {
                prop_assert!(!text.contains(['e', 'E']), "{} became {}", raw, text);
                let bare = text.trim_start_matches('-');
                prop_assert!(!bare.starts_with("00") && !bare.starts_with('.') && !bare.ends_with('.'));
                prop_assert!(!text.ends_with(".0"));
            }
        }
    }
}

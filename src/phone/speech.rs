//! What is said to a person, as a preview shows it: numbers masked, amounts and dates as they are heard.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::Phone;
use super::redact::mask_numbers;

/// An amount with separators, of fewer digits than phone numbers have that are written so; or a day.
static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"[1-9][0-9]?(?:\.[0-9]{3}){2}|[1-9][0-9]?(?:,[0-9]{3}){2}|[1-9][0-9]{0,2}[.,][0-9]{3}|(?:0?[1-9]|[12][0-9]|3[01])[/.-](?:0?[1-9]|1[0-2])[/.-](?:19|20)[0-9]{2}",
    )
    .expect("the pattern is a constant")
});

/// Masks numbers in what is said to somebody; amounts (`1.500.000`) and days (`30/11/2026`) that stand by themselves stay,
/// unless they are the contact's own number.
#[must_use]
pub(crate) fn mask_in_speech<'t>(text: &'t str, phone: Option<&Phone>) -> Cow<'t, str> {
    let masked = mask_numbers(text);
    let said = if matches!(masked, Cow::Owned(_)) { keep_spoken(text).unwrap_or(masked) } else { masked };
    match phone.filter(|phone| phone.occurs_in(&said)) {
        Some(phone) => Cow::Owned(phone.to_string()),
        None => said,
    }
}

/// Masks around amounts and days; nothing when there is none.
fn keep_spoken(text: &str) -> Option<Cow<'_, str>> {
    let (mut said, mut end) = (String::new(), 0);
    for found in SPOKEN.find_iter(text) {
        let (before, after) = (text.get(..found.start())?, text.get(found.end()..)?);
        if !touches_digit(before.chars().rev()) && !touches_digit(after.chars()) {
            said.push_str(&mask_numbers(text.get(end..found.start())?));
            said.push_str(found.as_str());
            end = found.end();
        }
    }
    said.push_str(&mask_numbers(text.get(end..)?));
    (end > 0).then_some(Cow::Owned(said))
}

/// Whether the next thing is a digit, or a plus: what stands between digits of one number is looked past.
fn touches_digit(mut chars: impl Iterator<Item = char>) -> bool {
    let next = chars
        .find(|c| c.is_numeric() || c.is_alphabetic() || matches!(c, '+' | '＋' | ':' | ';' | '!' | '?'));
    next.is_some_and(|c| c.is_numeric() || matches!(c, '+' | '＋'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_and_days_are_heard_and_numbers_are_not() {
        let phone = Phone::e164("+84987654321");
        for (text, want) in [
            ("1.500.000 đồng", "1.500.000 đồng"),
            ("Quý khách nợ 12,500,000 VND, hạn 30/11/2026.", "Quý khách nợ 12,500,000 VND, hạn 30/11/2026."),
            ("30.11.2026", "30.11.2026"),
            ("1500000", "****"),
            ("150.000.000 đồng", "****000 đồng"),
            ("098.765.4321", "****321"),
            ("0987.654.321", "****321"),
            ("+84 98 1.234.567", "****567"),
            ("84 1.234.567", "****567"),
            ("hạn 30/11/2026, gọi 0912345678", "hạn 30/11/2026, gọi ****678"),
            ("gọi 0912 345 678: 1.500.000 đồng", "gọi ****678: 1.500.000 đồng"),
            ("nợ 1.500.000, gọi 987 654 321 nhé", "nợ 1.500.000, gọi ****321 nhé"),
        ] {
            assert_eq!(mask_in_speech(text, Some(&phone)), want, "{text}");
        }
        let short = Phone::e164("+6591234567");
        assert_eq!(mask_in_speech("91.234.567", Some(&short)), short.to_string());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nobodys_number_is_heard_however_it_is_written(
            prefix in "(\\+84 ?|0084|84|0)(98|91|24)",
            digits in prop::collection::vec(0_u8..10, 7),
            between in prop::collection::vec(prop::sample::select(vec!["", " ", ".", "-", ",", "/"]), 7),
            around in "[a-zđ ,.:0-9]{0,8}",
        ) {
            let national: String = digits.iter().map(ToString::to_string).collect();
            let written: Vec<_> = digits.iter().zip(&between).map(|(digit, between)| format!("{between}{digit}")).collect();
            let written = written.concat();
            let text = format!("{around} {prefix}{written} {around}");
            let said = mask_in_speech(&text, None);
            let left: String = said.chars().filter(char::is_ascii_digit).collect();
            let whole: String = prefix.chars().chain(national.chars()).filter(char::is_ascii_digit).collect();
            prop_assert!(!left.contains(&whole), "{text} → {said}");
        }
    }
}

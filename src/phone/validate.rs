//! Asks the phone library whether a number exists and may be called.

use compact_str::ToCompactString;
use rlibphonenumber::{
    PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationError,
};

pub use rlibphonenumber::Region;

use crate::domain::reason::Reason;

use super::Phone;
use super::digits::MAX_DIGITS;
use super::rules::{PhoneRefusal, PhoneRules};

/// With its country code; the numbering plans of Austria and Germany know shorter and longer ones.
const MIN_DIGITS: usize = 7;

const VIETNAM: i32 = 84;
const MEXICO: i32 = 52;

/// Vietnamese mobile prefixes before and after the renumbering of 2018, without the trunk 0; seven digits follow.
const RENUMBERED: [(u64, u64); 21] = [
    (120, 70),
    (121, 79),
    (122, 77),
    (123, 83),
    (124, 84),
    (125, 85),
    (126, 76),
    (127, 81),
    (128, 78),
    (129, 82),
    (162, 32),
    (163, 33),
    (164, 34),
    (165, 35),
    (166, 36),
    (167, 37),
    (168, 38),
    (169, 39),
    (186, 56),
    (188, 58),
    (199, 59),
];

/// A region by its two letters, in either case.
#[must_use]
pub fn region(code: &str) -> Option<Region> {
    let code = code.trim();
    let region = (code.len() == 2).then(|| Region::from_code(code).ok()).flatten()?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// Reads digits with or without a leading plus.
pub(super) fn validate(
    rules: &PhoneRules,
    text: &str,
    region: Option<Region>,
) -> Result<Phone, PhoneRefusal> {
    let (mut number, mut kind) = parse(text, region.or(rules.default_region))?;
    if kind == PhoneNumberType::Unknown
        && let Some(renumbered) = renumbered(&number)
    {
        if !rules.convert_vn_old_prefix {
            let hint = "retired Vietnamese prefix: set `phone.vn_old_prefix` to `convert`";
            return Err(PhoneRefusal { reason: Reason::InvalidNumber, hint: Some(hint) });
        }
        number = renumbered;
        kind = number.get_type();
    }
    match kind {
        PhoneNumberType::FixedLine | PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => {}
        PhoneNumberType::Unknown => return Err(invalid(&number, text)),
        _ => return Err(Reason::TypeNotAllowed.into()),
    }
    let countries = &rules.allowed_countries;
    if !countries.is_empty() && !number.get_region_code().is_some_and(|country| countries.contains(&country))
    {
        return Err(Reason::CountryNotAllowed.into());
    }
    let e164 = number.format_as(PhoneNumberFormat::E164);
    match e164.len() - 1 {
        n_digits if n_digits < MIN_DIGITS => Err(Reason::TooShort.into()),
        n_digits if n_digits > MAX_DIGITS => Err(Reason::TooLong.into()),
        _ => Ok(Phone::e164(&e164)),
    }
}

/// The type of a number that does not exist is unknown.
fn parse(text: &str, region: Option<Region>) -> Result<(PhoneNumber, PhoneNumberType), PhoneRefusal> {
    let national = PHONE_NUMBER_UTIL.parse(text, region).map(|number| (number.get_type(), number));
    let valid = national.as_ref().ok().filter(|(kind, _)| *kind != PhoneNumberType::Unknown);
    let with_code = with_country_code(text, region, valid.map(|(_, number)| number));
    match (national, with_code) {
        (Ok((kind, number)), Some(other)) if kind != PhoneNumberType::Unknown && number != other => {
            let hint = "it begins with its country's code and exists with and without it: write the plus";
            Err(PhoneRefusal { reason: Reason::AmbiguousNumber, hint: Some(hint) })
        }
        (Ok((kind, number)), _) if kind != PhoneNumberType::Unknown => Ok((number, kind)),
        (_, Some(number)) => {
            let kind = number.get_type();
            Ok((number, kind))
        }
        (Ok((kind, number)), None) => Ok((number, kind)),
        (Err(error), None) => Err(unreadable(&error, text)),
    }
}

/// The number that digits are behind a plus, if they begin with the region's own code and it exists. The library
/// looks for it only where there is no such number inside the country, which may be a stranger's. Where it has
/// taken the code off already it need not be asked again.
fn with_country_code(
    text: &str,
    region: Option<Region>,
    national: Option<&PhoneNumber>,
) -> Option<PhoneNumber> {
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region?)?;
    if !text.starts_with(&*code.to_compact_string()) {
        return None;
    }
    let e164 = national.map(|national| national.format_as(PhoneNumberFormat::E164));
    if e164.is_some_and(|e164| e164.strip_prefix('+') == Some(text)) {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(format!("+{text}"), None).ok()?;
    (number.get_type() != PhoneNumberType::Unknown).then_some(number)
}

/// The number that a retired Vietnamese one became.
fn renumbered(number: &PhoneNumber) -> Option<PhoneNumber> {
    if number.country_code != VIETNAM {
        return None;
    }
    let (prefix, rest) = (number.national_number / 10_000_000, number.national_number % 10_000_000);
    let (_, new) = RENUMBERED.iter().find(|(old, _)| *old == prefix)?;
    Some(PhoneNumber { national_number: new * 10_000_000 + rest, ..number.clone() })
}

fn unreadable(error: &ParseError, text: &str) -> PhoneRefusal {
    match error {
        ParseError::InvalidCountryCode if text.contains('+') => PhoneRefusal {
            reason: Reason::InvalidNumber,
            hint: Some("no country has the code after the plus"),
        },
        ParseError::InvalidCountryCode => Reason::NoCountry.into(),
        ParseError::TooLongNsn => Reason::TooLong.into(),
        // Nothing but digits comes here, so what the library does not take for a number is too short.
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::NotANumber(_) => {
            Reason::TooShort.into()
        }
    }
}

fn invalid(number: &PhoneNumber, text: &str) -> PhoneRefusal {
    let reason = match number.is_possible_with_reason() {
        Err(ValidationError::TooShort) => Reason::TooShort,
        Err(ValidationError::TooLong) => Reason::TooLong,
        _ => Reason::InvalidNumber,
    };
    if has_mexican_prefix(number) {
        let hint = "Mexico dropped the 1 after +52 (and 01, 044, 045) in 2019: write +52 and the ten digits behind it";
        return PhoneRefusal { reason, hint: Some(hint) };
    }
    let after_zero = text.strip_prefix('0').unwrap_or_default();
    let hint = after_zero.starts_with(&number.country_code.to_string());
    PhoneRefusal { reason, hint: hint.then_some("a 0 stands before the country code") }
}

/// Whether this is `+52 1 55…` or `044 55…`, a number as it was written until 2019.
fn has_mexican_prefix(number: &PhoneNumber) -> bool {
    const TEN_DIGITS: u64 = 10_000_000_000;
    let (prefix, rest) = (number.national_number / TEN_DIGITS, number.national_number % TEN_DIGITS);
    let today = PhoneNumber { national_number: rest, ..number.clone() };
    number.country_code == MEXICO
        && matches!(prefix, 1 | 44 | 45)
        && today.get_type() != PhoneNumberType::Unknown
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_retired_vietnamese_prefix_became_a_mobile_one_of_its_own() {
        let mut new_prefixes = HashSet::new();
        for (old, new) in RENUMBERED {
            let retired = PHONE_NUMBER_UTIL.parse(format!("+84{old}2345678"), None).unwrap();
            assert_eq!(retired.get_type(), PhoneNumberType::Unknown, "0{old}");
            assert_eq!(renumbered(&retired).unwrap().get_type(), PhoneNumberType::Mobile, "0{old}");
            assert!(new_prefixes.insert(new), "0{old} became 0{new}, as another did");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn who_is_not_asked_twice_would_say_the_same(text in "(84|86|39|49|62|52|7|1)[0-9]{4,12}") {
            for region in [Region::VN, Region::CN, Region::IT, Region::DE, Region::ID, Region::MX, Region::RU, Region::US] {
                let Ok(national) = PHONE_NUMBER_UTIL.parse(&text, Some(region)) else { continue };
                let asked = with_country_code(&text, Some(region), None);
                let spared = with_country_code(&text, Some(region), Some(&national));
                if spared != asked {
                    prop_assert_eq!((spared, asked), (None, Some(national)), "{} in {:?}", text, region);
                }
            }
        }
    }
}

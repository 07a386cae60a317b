//! Any text is a number that the library knows, or refused.

use std::sync::LazyLock;

use regex::Regex;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

use super::{Phone, PhoneInput, PhoneRules, Region, mask_numbers, region};

const REGIONS: [&str; 16] =
    ["", "VN", "US", "CN", "RU", "IT", "DE", "BR", "MX", "AR", "SG", "TH", "AT", "GB", "IN", "CI"];

static FRACTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-5][0-9]:[0-6][0-9][.,][0-9]{1,9}").expect("the pattern is a constant"));

/// So many digits in a row are told of nobody.
const NUMBER: usize = 6;

/// A byte of switches, a byte of two countries (the record's and the default one), a text.
pub(crate) fn phones(data: &[u8]) {
    let [switches, countries, text @ ..] = data else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let is = |bit: u8| switches & (1 << bit) != 0;
    let country = |at: u8| REGIONS.get(usize::from(at % 16)).and_then(|name| region(name));
    let rules = PhoneRules {
        convert_vn_old_prefix: is(0),
        first_of_several: is(1),
        drop_extension: is(2),
        as_is: is(3),
        default_region: country(countries >> 4),
        ..PhoneRules::default()
    };
    let input = if is(7) { PhoneInput::Number(text) } else { PhoneInput::Text(text) };
    match rules.normalise(input, country(*countries)) {
        Ok(phone) if rules.as_is => {
            let n_chars = phone.expose().chars().count();
            assert!((1..=32).contains(&n_chars), "{n_chars} characters of {text:?}");
        }
        Ok(phone) => exists(&rules, &phone, text, country(*countries)),
        Err(_) => {}
    }
    let masked = mask_numbers(text).replace("****", "x");
    // A time of day may have its fraction.
    let masked = FRACTION.replace_all(&masked, "x");
    let longest = masked.split(|c: char| !c.is_numeric()).map(|digits| digits.chars().count()).max();
    assert!(longest < Some(NUMBER), "{masked:?} of {text:?}");
}

/// It is a number of a person's telephone, the same in every country, and the one that the library reads.
fn exists(rules: &PhoneRules, phone: &Phone, text: &str, own: Option<Region>) {
    let number = phone.expose();
    let known = PHONE_NUMBER_UTIL.parse(number, None).ok();
    let kind = known.map(|known| (known.get_type(), known.format_as(PhoneNumberFormat::E164).into_owned()));
    let Some((kind, written)) = kind else { unreachable!("{number} of {text:?} is no number") };
    assert_eq!(written, number, "{text:?}");
    let is_called = matches!(
        kind,
        PhoneNumberType::FixedLine | PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile
    );
    assert!(is_called, "{number} of {text:?} is {kind:?}");
    for name in REGIONS {
        let again = rules.normalise(PhoneInput::Text(number), region(name));
        assert_eq!(again.as_ref(), Ok(phone), "{number} of {text:?} in {name:?}");
    }
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+ ".contains(&byte));
    if is_plain && text.rfind('+').is_none_or(|at| at == 0) {
        let read = PHONE_NUMBER_UTIL.parse(text, own.or(rules.default_region));
        let read = read.ok().filter(|read| read.get_type() != PhoneNumberType::Unknown);
        let read = read.map(|read| read.format_as(PhoneNumberFormat::E164).into_owned());
        assert!(read.as_ref().is_none_or(|read| read == number), "{number} of {text:?}, not {read:?}");
    }
}

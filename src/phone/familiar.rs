//! A short way for the commonest numbers: those of Vietnam and the mobile ones of China.
//!
//! Parsing is three quarters of what a number costs, and most of it looks for things that these numbers do not
//! have: carrier codes, extensions, other countries' international prefixes. They are taken apart here; whether
//! they exist is still the library's word. A test holds that it takes them apart in the same way.

use rlibphonenumber::{PhoneNumber, Region};

/// How a country writes the numbers that this module knows.
struct Plan {
    region: Region,
    code: &'static str,
    country_code: i32,
    /// Whether numbers are dialled with a leading 0 inside the country.
    trunk_zero: bool,
    /// The most digits of a number without its country code; more than these begin with the code.
    max_digits: usize,
    /// How numbers without country code and trunk 0 begin, so that no other prefix can be meant.
    begins: &'static [&'static str],
}

const PLANS: [Plan; 2] = [
    Plan {
        region: Region::VN,
        code: "84",
        country_code: 84,
        trunk_zero: true,
        max_digits: 10,
        begins: &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    },
    Plan {
        region: Region::CN,
        code: "86",
        country_code: 86,
        trunk_zero: false,
        max_digits: 12,
        // 10, 11, 12 and 179 are prefixes of carriers too.
        begins: &["13", "14", "15", "16", "18", "19"],
    },
];

/// Reads digits with or without a leading plus, when there is but one way to read them.
pub(super) fn read(number: &str, region: Option<Region>) -> Option<PhoneNumber> {
    PLANS.iter().find_map(|plan| {
        let national = plan.national(number, region)?;
        let known = national.len() <= plan.max_digits
            && plan.begins.iter().any(|beginning| national.starts_with(beginning));
        Some(PhoneNumber {
            country_code: plan.country_code,
            national_number: known.then(|| national.parse().ok()).flatten()?,
            ..PhoneNumber::default()
        })
    })
}

impl Plan {
    fn national<'a>(&self, number: &'a str, region: Option<Region>) -> Option<&'a str> {
        if let Some(international) = number.strip_prefix('+') {
            return international.strip_prefix(self.code);
        }
        if region != Some(self.region) {
            return None;
        }
        if self.trunk_zero && number.starts_with('0') {
            return number.strip_prefix('0');
        }
        match number.strip_prefix(self.code) {
            Some(national) if number.len() > self.max_digits => Some(national),
            // The code, or a number that happens to begin like it.
            Some(_) => None,
            None => Some(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    /// Whether the short way was taken; fails when it leads elsewhere than the library's.
    fn agrees(number: &str, region: Option<Region>) -> bool {
        let Some(read) = super::read(number, region).filter(PhoneNumber::is_valid) else {
            return false;
        };
        let parsed = PHONE_NUMBER_UTIL.parse(number, region);
        assert_eq!(parsed.as_ref(), Ok(&read), "{number} in {region:?}");
        true
    }

    #[test]
    fn the_common_ways_of_writing_are_known() {
        for (number, region, want) in [
            ("0987654321", Some(Region::VN), true),
            ("987654321", Some(Region::VN), true),
            ("84987654321", Some(Region::VN), true),
            ("+84987654321", None, true),
            ("02438251234", Some(Region::VN), true),
            ("13612345678", Some(Region::CN), true),
            ("8613612345678", Some(Region::CN), true),
            ("+8613612345678", Some(Region::VN), true),
            ("0987654321", None, false),
            ("13612345678", Some(Region::US), false),
            ("846123456", Some(Region::VN), false),
            ("0084987654321", Some(Region::VN), false),
            ("+840987654321", Some(Region::VN), false),
            ("01012345678", Some(Region::CN), false),
            ("4155552671", Some(Region::US), false),
        ] {
            assert_eq!(agrees(number, region), want, "{number} in {region:?}");
        }
    }

    /// Every beginning of four digits in every length: the plans of both countries differ in no later digit.
    #[test]
    fn every_beginning_is_taken_apart_as_the_library_does() {
        let mut n_read = 0;
        for beginning in 0..10_000 {
            for (rest, prefix) in ["23456", "234567", "2345678", "23456789"].into_iter().flat_map(|rest| {
                ["", "0", "84", "86", "+84", "+86"].into_iter().map(move |prefix| (rest, prefix))
            }) {
                let number = format!("{prefix}{beginning:04}{rest}");
                for region in [Region::VN, Region::CN] {
                    n_read += usize::from(agrees(&number, Some(region)));
                }
            }
        }
        assert!(n_read > 10_000, "{n_read}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_number_is_taken_apart_as_the_library_does(number in r"(\+84|\+86|84|86|0|00|\+|)[0-9]{2,13}") {
            for region in [None, Some(Region::VN), Some(Region::CN), Some(Region::US)] {
                let _taken = agrees(&number, region);
            }
        }
    }
}

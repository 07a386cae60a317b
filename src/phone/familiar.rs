//! A short way for the commonest numbers: those of Vietnam and the mobile ones of China.
//!
//! Parsing is three quarters of what a number costs, and most of it looks for things that these numbers do not
//! have: carrier codes, extensions, other countries' international prefixes. They are taken apart here; whether
//! they exist is still the library's word, which is remembered for mobile numbers: their last six digits decide
//! nothing. Tests hold both against the library.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rlibphonenumber::{PhoneNumber, PhoneNumberType, Region};

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
    /// As long as a mobile number, without beginnings (121 in Vietnam) where later digits decide.
    mobile: Range<u64>,
    /// By what stands before the last six digits: whether the library said that such numbers are mobile.
    known_mobile: [AtomicBool; 20_000],
}

/// Parts the last six digits of a number from those before them.
const LAST_SIX: u64 = 1_000_000;

static PLANS: [Plan; 2] = [
    Plan {
        region: Region::VN,
        code: "84",
        country_code: 84,
        trunk_zero: true,
        max_digits: 10,
        begins: &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
        mobile: 300_000_000..1_000_000_000,
        known_mobile: [const { AtomicBool::new(false) }; 20_000],
    },
    Plan {
        region: Region::CN,
        code: "86",
        country_code: 86,
        trunk_zero: false,
        max_digits: 12,
        // 10, 11, 12 and 179 are prefixes of carriers too.
        begins: &["13", "14", "15", "16", "18", "19"],
        mobile: 10_000_000_000..20_000_000_000,
        known_mobile: [const { AtomicBool::new(false) }; 20_000],
    },
];

/// Reads digits with or without a leading plus, when there is but one way to read them. The type of a number that
/// does not exist is unknown.
pub(super) fn read(number: &str, region: Option<Region>) -> Option<(PhoneNumber, PhoneNumberType)> {
    PLANS.iter().find_map(|plan| {
        let national = plan.national(number, region)?;
        let known = national.len() <= plan.max_digits
            && plan.begins.iter().any(|beginning| national.starts_with(beginning));
        let number = PhoneNumber {
            country_code: plan.country_code,
            national_number: known.then(|| national.parse().ok()).flatten()?,
            ..PhoneNumber::default()
        };
        let kind = plan.kind(&number);
        Some((number, kind))
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

    fn kind(&self, number: &PhoneNumber) -> PhoneNumberType {
        let national = number.national_number;
        let beginning = usize::try_from(national / LAST_SIX).unwrap_or(usize::MAX);
        let known = self.known_mobile.get(beginning).filter(|_| self.mobile.contains(&national));
        if known.is_some_and(|known| known.load(Ordering::Relaxed)) {
            return PhoneNumberType::Mobile;
        }
        let kind = number.get_type();
        if let (Some(known), PhoneNumberType::Mobile) = (known, kind) {
            known.store(true, Ordering::Relaxed);
        }
        kind
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    /// Whether the short way was taken; fails when it leads elsewhere than the library's.
    fn agrees(number: &str, region: Option<Region>) -> bool {
        let Some((read, kind)) = super::read(number, region) else { return false };
        assert_eq!(kind, read.get_type(), "{number} in {region:?}");
        if kind == PhoneNumberType::Unknown {
            return false;
        }
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

    /// What was remembered of one number must hold for every other one that begins so.
    #[test]
    fn the_last_six_digits_do_not_decide_whether_a_number_is_mobile() {
        let mut random = fastrand::Rng::with_seed(1);
        for (plan, n_tries) in PLANS.iter().zip([1000, 100]) {
            let mut n_mobile = 0;
            for beginning in plan.mobile.start / LAST_SIX..plan.mobile.end / LAST_SIX {
                let edges = [0, LAST_SIX - 1];
                let rests = edges.into_iter().chain((0..n_tries).map(|_| random.u64(..LAST_SIX)));
                let n_alike = rests.filter(|rest| is_mobile(plan, beginning * LAST_SIX + rest)).count();
                assert!(n_alike == 0 || n_alike == n_tries + 2, "{} {beginning}: {n_alike}", plan.code);
                n_mobile += usize::from(n_alike > 0);
            }
            assert!(n_mobile > 300, "{n_mobile} of {}", plan.code);
        }
    }

    fn is_mobile(plan: &Plan, national_number: u64) -> bool {
        let number =
            PhoneNumber { country_code: plan.country_code, national_number, ..PhoneNumber::default() };
        let kind = number.get_type();
        assert_eq!(plan.kind(&number), kind, "{}{national_number}", plan.code);
        kind == PhoneNumberType::Mobile
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

//! What kind of line a number is, and in which country: told by its first digits, so that a report on
//! millions of numbers asks the phone library hundreds of questions.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

use super::Phone;
use super::redact::code_length;

/// National digits that tell, in most plans, a mobile from a fixed line.
const TELLING_DIGITS: usize = 2;

/// Behind a code of one digit (1, 7) several countries share a plan, and the area says which it is.
const DIGITS_OF_AREAS: usize = 3;

/// The first digits of a number, and how many it has. Numbers with the same are nearly always of one
/// country and one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinePrefix {
    digits: u32,
    n_digits: u8,
}

/// A country and a kind of line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Line {
    /// Two letters; blank where the number belongs to no country.
    pub(crate) country: String,
    /// For people.
    pub(crate) kind: &'static str,
}

impl Phone {
    /// By what this number's line is known; nothing for an identifier.
    pub(crate) fn line_prefix(&self) -> Option<LinePrefix> {
        let digits = self.digits()?;
        let code = code_length(digits);
        let telling = if code == 1 { DIGITS_OF_AREAS } else { TELLING_DIGITS };
        let first = digits.get(..code + telling)?;
        Some(LinePrefix { digits: first.parse().ok()?, n_digits: digits.len().try_into().ok()? })
    }

    /// What the phone library says of this number's line. Of countries that share a code of several digits
    /// (Guernsey, with 44) it is the largest: the first digits do not tell them apart.
    pub(crate) fn line(&self) -> Option<Line> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        let country = if code_length(self.digits()?) == 1 {
            number.get_region_code()
        } else {
            PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code)
        };
        let country = country.map(|region| region.to_string()).unwrap_or_default();
        let kind = match number.get_type() {
            PhoneNumberType::Mobile => "mobile",
            PhoneNumberType::FixedLine => "fixed line",
            PhoneNumberType::FixedLineOrMobile => "fixed line or mobile",
            _ => "other",
        };
        Some(Line { country, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_the_same_first_digits_are_of_one_country_and_one_kind() {
        for (number, alike, country, kind) in [
            ("+84987654321", "+84981234567", "VN", "mobile"),
            ("+842438251234", "+842439350000", "VN", "fixed line"),
            ("+8613812345678", "+8613912345678", "CN", "mobile"),
            ("+14155550123", "+14158675309", "US", "fixed line or mobile"),
            ("+14165550123", "+14168675309", "CA", "fixed line or mobile"),
            ("+447911123456", "+447900111222", "GB", "mobile"),
            ("+639171234567", "+639181234567", "PH", "mobile"),
        ] {
            let (phone, alike) = (Phone::e164(number), Phone::e164(alike));
            assert_eq!(phone.line_prefix(), alike.line_prefix(), "{number}");
            let want = Line { country: country.to_owned(), kind };
            assert_eq!((phone.line(), alike.line()), (Some(want.clone()), Some(want)), "{number}");
        }
        assert_eq!(Phone::opaque("x8f0a92bTT").line_prefix(), None);
    }
}

//! Exact numbers: whom we call and what we say never hangs on a float's rounding.
//!
//! Nearly all numbers are small decimals, and take no allocation. Others are fractions of integers of
//! any size, within a bound that no person's data reaches.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

/// A number of any size, within the bounds below. Equal numbers are equal however they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number(Repr);

/// What fits into `Small` is never `Big`, so equality is that of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Repr {
    /// `units` times ten to the power of minus `scale`; no zero stands at the end of a fraction.
    Small {
        units: i64,
        scale: u8,
    },
    Big(Box<BigRational>),
}

/// So many digits fit into 63 bits.
const SMALL_DIGITS: usize = 18;

/// Digits of a number that is read, and powers of ten of its exponent.
const MAX_DIGITS: usize = 1_000;

/// Bits of a result's numerator and of its denominator.
const MAX_BITS: u64 = 8_192;

/// Decimal places of a fraction that no decimal can write out.
const SHOWN_PLACES: u32 = 12;

impl Number {
    /// Reads digits with an optional sign, fraction and exponent, as JSON and people write them.
    /// None: it is no number, or has more digits or a larger exponent than a thousand.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (is_negative, digits) = match mantissa.strip_prefix(['-', '+']) {
            Some(digits) => (mantissa.starts_with('-'), digits),
            None => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let n_digits = whole.len() + fraction.len();
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if n_digits == 0 || n_digits > MAX_DIGITS || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        if exponent == 0 && n_digits <= SMALL_DIGITS {
            let units =
                fraction.bytes().fold(small(whole), |units, digit| units * 10 + i64::from(digit - b'0'));
            let scale = u8::try_from(fraction.len()).ok()?;
            return Some(Self::trimmed(if is_negative { -units } else { units }, scale));
        }
        let units: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let power = exponent - i32::try_from(fraction.len()).ok()?;
        let ten = BigInt::from(10).pow(power.unsigned_abs());
        let units = if is_negative { -units } else { units };
        Some(Self::of(if power < 0 { BigRational::new(units, ten) } else { BigRational::from(units * ten) }))
    }

    /// Whether there is no fraction.
    pub(crate) fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small { scale, .. } => *scale == 0,
            Repr::Big(ratio) => ratio.is_integer(),
        }
    }

    /// Whether it is neither positive nor negative.
    pub(crate) fn is_zero(&self) -> bool {
        self.0 == Repr::Small { units: 0, scale: 0 }
    }

    /// About how many decimal digits are calculated with.
    pub(crate) fn n_digits(&self) -> usize {
        match &self.0 {
            Repr::Small { .. } => SMALL_DIGITS,
            // Three bits and a third make a digit.
            Repr::Big(ratio) => {
                let n_bits = ratio.numer().bits() + ratio.denom().bits();
                usize::try_from(n_bits * 3 / 10).unwrap_or(usize::MAX)
            }
        }
    }

    /// The number as an integer of 64 bits, when it is one.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Small { units, scale: 0 } => Some(*units),
            Repr::Small { .. } => None,
            Repr::Big(ratio) => ratio.is_integer().then(|| ratio.to_integer().to_i64())?,
        }
    }

    /// None where the result is beyond the bounds, as for all operations below.
    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        self.small_sum(other, i128::checked_add).or_else(|| Self::bounded(self.ratio() + other.ratio()))
    }

    /// The difference.
    pub(crate) fn sub(&self, other: &Self) -> Option<Self> {
        self.small_sum(other, i128::checked_sub).or_else(|| Self::bounded(self.ratio() - other.ratio()))
    }

    /// The product.
    pub(crate) fn mul(&self, other: &Self) -> Option<Self> {
        Self::bounded(self.ratio() * other.ratio())
    }

    /// The exact quotient; none by zero.
    pub(crate) fn div(&self, other: &Self) -> Option<Self> {
        if other.is_zero() { None } else { Self::bounded(self.ratio() / other.ratio()) }
    }

    /// What is left of a division, with the dividend's sign, as SQL has it; none by zero.
    pub(crate) fn rem(&self, other: &Self) -> Option<Self> {
        if other.is_zero() { None } else { Self::bounded(self.ratio() % other.ratio()) }
    }

    /// The next integer below, or the number itself.
    pub(crate) fn floor(&self) -> Self {
        Self::of(self.ratio().floor())
    }

    /// The number without its fraction.
    pub(crate) fn trunc(&self) -> Self {
        Self::of(self.ratio().trunc())
    }

    /// Rounded to so many decimal places, at most a thousand; a half goes away from zero.
    pub(crate) fn round(&self, places: u32) -> Self {
        if matches!(self.0, Repr::Small { scale, .. } if u32::from(scale) <= places) {
            return self.clone();
        }
        let ten = BigRational::from(BigInt::from(10).pow(places.min(1_000)));
        Self::of((self.ratio() * &ten).round() / ten)
    }

    /// The number with the other sign.
    pub(crate) fn neg(&self) -> Self {
        match &self.0 {
            Repr::Small { units, scale } => Self(Repr::Small { units: -units, scale: *scale }),
            Repr::Big(ratio) => Self::of(-ratio.as_ref().clone()),
        }
    }

    /// The number without its sign.
    pub(crate) fn abs(&self) -> Self {
        if *self < Self::from(0) { self.neg() } else { self.clone() }
    }

    /// Adds or subtracts without an allocation, where both are small and have one scale.
    fn small_sum(&self, other: &Self, sum: fn(i128, i128) -> Option<i128>) -> Option<Self> {
        let (Repr::Small { units: a, scale }, Repr::Small { units: b, scale: other }) = (&self.0, &other.0)
        else {
            return None;
        };
        let units = i64::try_from(sum(i128::from(*a), i128::from(*b))?).ok()?;
        (scale == other && units.unsigned_abs() < 10_u64.pow(18)).then(|| Self::trimmed(units, *scale))
    }

    fn trimmed(mut units: i64, mut scale: u8) -> Self {
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Self(Repr::Small { units, scale })
    }

    fn ratio(&self) -> BigRational {
        match &self.0 {
            Repr::Small { units, scale } => {
                BigRational::new(BigInt::from(*units), BigInt::from(10).pow(u32::from(*scale)))
            }
            Repr::Big(ratio) => ratio.as_ref().clone(),
        }
    }

    fn bounded(ratio: BigRational) -> Option<Self> {
        (ratio.numer().bits() <= MAX_BITS && ratio.denom().bits() <= MAX_BITS).then(|| Self::of(ratio))
    }

    fn of(ratio: BigRational) -> Self {
        if let Some(scale) = decimal_places(&ratio).filter(|places| *places <= 18) {
            let units = (&ratio * BigRational::from(BigInt::from(10).pow(scale))).to_integer();
            if let (Some(units), Ok(scale)) = (units.to_i64(), u8::try_from(scale))
                && units.unsigned_abs() < 10_u64.pow(18)
            {
                return Self::trimmed(units, scale);
            }
        }
        Self(Repr::Big(Box::new(ratio)))
    }
}

impl From<i64> for Number {
    fn from(units: i64) -> Self {
        if units.unsigned_abs() < 10_u64.pow(18) {
            return Self(Repr::Small { units, scale: 0 });
        }
        Self(Repr::Big(Box::new(BigRational::from(BigInt::from(units)))))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small { units: a, scale: places }, Repr::Small { units: b, scale: others }) => {
                // Below 10^36, which 128 bits hold.
                let raised = |units: &i64, by: u8| i128::from(*units) * 10_i128.pow(u32::from(by));
                let scale = (*places).max(*others);
                raised(a, scale - places).cmp(&raised(b, scale - others))
            }
            _ => self.ratio().cmp(&other.ratio()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As people write it, without an exponent; a fraction without an end is rounded to 12 places.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, places) = match &self.0 {
            Repr::Small { units, scale } => (BigInt::from(*units), u32::from(*scale)),
            Repr::Big(ratio) => {
                let places = decimal_places(ratio).unwrap_or(SHOWN_PLACES);
                let ten = BigRational::from(BigInt::from(10).pow(places));
                ((ratio.as_ref() * ten).round().to_integer(), places)
            }
        };
        let sign = if units.is_negative() { "-" } else { "" };
        let width = usize::try_from(places).unwrap_or_default();
        let digits = format!("{:0>1$}", units.abs().to_string(), width + 1);
        let (whole, fraction) = digits.split_at(digits.len() - width);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// At most 18 digits, which were checked to be such.
fn small(digits: &str) -> i64 {
    digits.bytes().fold(0, |units, digit| units * 10 + i64::from(digit - b'0'))
}

fn read_exponent(text: &str) -> Option<i32> {
    let is_number = text.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit());
    let exponent: i32 = text.parse().ok().filter(|_| is_number)?;
    (exponent.unsigned_abs() <= 1_000).then_some(exponent)
}

/// Decimal places that write the fraction out; none when no number of them does.
fn decimal_places(ratio: &BigRational) -> Option<u32> {
    let twos = ratio.denom().trailing_zeros().unwrap_or(0);
    let mut rest = ratio.denom() >> twos;
    let (five, mut fives) = (BigInt::from(5), 0_u64);
    while !rest.is_one() {
        if !(&rest % &five).is_zero() {
            return None;
        }
        rest /= &five;
        fives += 1;
    }
    u32::try_from(twos.max(fives)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn numbers_are_read_and_written_without_loss() {
        for (text, want) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("007", "7"),
            ("+5", "5"),
            ("5.0", "5"),
            ("0.10", "0.1"),
            (".5", "0.5"),
            ("-12.50", "-12.5"),
            ("1e3", "1000"),
            ("1.25E-3", "0.00125"),
            ("100e-2", "1"),
            ("999999999999999999", "999999999999999999"),
            ("1000000000000000000", "1000000000000000000"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("12345678901234567890123.0000001", "12345678901234567890123.0000001"),
            ("0.0000000000000000001", "0.0000000000000000001"),
        ] {
            assert_eq!(number(text).to_string(), want, "{text}");
        }
        let large = format!("1{}", "0".repeat(999));
        assert_eq!(number(&large).to_string(), large);
        assert_eq!(number("1e999").to_string(), large);
    }

    #[test]
    fn what_is_no_number_or_beyond_reason_is_none() {
        let long = "1".repeat(1_001);
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1e--1",
            "1e1001",
            "1e99999999999",
            "0x10",
            "1 2",
            "1,5",
            "NaN",
            "٣",
            "--1",
            "1.2.3",
            &long,
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        let (tenth, fifth) = (number("0.1"), number("0.2"));
        assert_eq!(tenth.add(&fifth), Some(number("0.3")));
        assert_eq!(number("1").div(&number("3")).unwrap().mul(&number("3")), Some(number("1")));
        assert_eq!(number("1").div(&number("3")).unwrap().to_string(), "0.333333333333");
        assert_eq!(number("2").div(&number("3")).unwrap().round(2).to_string(), "0.67");
        assert_eq!(number("-2.5").round(0).to_string(), "-3");
        assert_eq!(number("-7").rem(&number("3")), Some(number("-1")));
        assert_eq!(number("-7").div(&number("2")).unwrap().floor(), number("-4"));
        assert_eq!(number("-3.5").trunc(), number("-3"));
        assert_eq!(number("-3.5").abs(), number("3.5"));
        assert_eq!(number("5").div(&number("0.0")), None);
        assert_eq!(number("999999999999999999").add(&number("1")), Some(number("1e18")));
        let huge = number("1e1000");
        assert_eq!(huge.mul(&huge).and_then(|square| square.mul(&huge)), None, "beyond the bounds");
    }

    proptest! {
        #[test]
        fn order_and_equality_are_those_of_the_fractions(
            a in r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,8})?(e-?[0-9])?", b in r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,8})?",
        ) {
            let (a, b) = (number(&a), number(&b));
            prop_assert_eq!(a.cmp(&b), a.ratio().cmp(&b.ratio()));
            prop_assert_eq!(a == b, a.ratio() == b.ratio());
            prop_assert_eq!(a.add(&b).unwrap().ratio(), a.ratio() + b.ratio());
            prop_assert_eq!(number(&a.to_string()), a);
        }
    }
}

//! Numbers that went through a spreadsheet or a float column: `84987654321.0`, `8.4987654321E+10`.

use std::borrow::Cow;

use crate::domain::reason::Reason;

/// Integers below this are exact in a float.
const EXACT_IN_FLOAT: u64 = 1 << 53;

/// Spreadsheets and `%g` write six digits, so seven were written by a program that had them all.
const SIGNIFICANT_DIGITS: usize = 7;

/// Fewer digits before the point may be a grouping of a phone number: `0987.65`.
const MIN_DIGITS_OF_VALUE: usize = 7;

/// From here on nobody groups digits, whatever follows the point.
const NEVER_GROUPED: usize = 9;

/// A decimal number as it is written.
struct Decimal<'a> {
    sign: Option<char>,
    whole: &'a str,
    fraction: &'a str,
    comma: bool,
    exponent: Option<&'a str>,
}

/// Reads a JSON number: an integer, or a float that holds one exactly. Gives nothing when it is not one (`NaN`).
///
/// A float knows its trailing zeros even where it does not write them: Java writes 84987654320 as
/// `8.498765432E10`.
pub(super) fn read_json(raw: &str) -> Result<Option<Cow<'_, str>>, Reason> {
    let Some(decimal) = Decimal::parse(raw) else {
        return Ok(None);
    };
    if decimal.sign.is_some() {
        return Err(Reason::NotANumber);
    }
    if decimal.fraction.is_empty() && decimal.exponent.is_none() {
        return Ok(Some(Cow::Borrowed(decimal.whole)));
    }
    let digits = decimal.digits(SIGNIFICANT_DIGITS)?;
    if digits.parse::<u64>().is_ok_and(|value| value < EXACT_IN_FLOAT) {
        return Ok(Some(Cow::Owned(digits)));
    }
    Err(Reason::PrecisionLost)
}

/// Reads a text that is a decimal number, so that its point is not taken for a separator. Gives nothing when
/// it is a phone number as people write it.
pub(super) fn read_text(text: &str) -> Result<Option<Cow<'_, str>>, Reason> {
    let Some(decimal) = Decimal::parse(text) else {
        return read_grouped(text);
    };
    if decimal.sign == Some('-') {
        return Err(Reason::NotANumber);
    }
    if decimal.exponent.is_some() {
        return decimal.digits(usize::MAX).map(|digits| Some(Cow::Owned(decimal.signed(&digits))));
    }
    let (n_whole, n_fraction) = (decimal.whole.len(), decimal.fraction.len());
    let is_value = n_whole >= MIN_DIGITS_OF_VALUE && n_fraction <= 2 || n_whole >= NEVER_GROUPED;
    match decimal.fraction.trim_matches('0') {
        _ if n_fraction == 0 => Ok(None),
        // With a comma, anything but a float's zeros may be a second number.
        "" if is_value || n_fraction <= 2 && !decimal.comma => {
            Ok(Some(Cow::Owned(decimal.signed(decimal.whole))))
        }
        _ if decimal.comma || !is_value => Ok(None),
        _ => Err(Reason::NotANumber),
    }
}

/// A float that was grouped afterwards: `812 3456 7890.0`.
fn read_grouped(text: &str) -> Result<Option<Cow<'_, str>>, Reason> {
    let Some((before, fraction)) = text.split_once('.') else {
        return Ok(None);
    };
    if before.contains(char::is_alphabetic) {
        return Ok(None);
    }
    let n_before = before.bytes().filter(u8::is_ascii_digit).count();
    match fraction {
        _ if before.is_empty() && is_digits(fraction) => Err(Reason::NotANumber),
        "0" if n_before >= MIN_DIGITS_OF_VALUE => Ok(Some(Cow::Borrowed(before))),
        // Either a fraction or the number's last two digits, and nobody can say which.
        "00" if n_before >= NEVER_GROUPED => Err(Reason::NotANumber),
        _ if n_before >= MIN_DIGITS_OF_VALUE && fraction.len() == 1 && is_digits(fraction) => {
            Err(Reason::NotANumber)
        }
        _ => Ok(None),
    }
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (sign, unsigned) = split_sign(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa.trim_end(), Some(exponent.trim_start())),
            None => (unsigned, None),
        };
        let comma = mantissa.contains(',');
        let (whole, fraction) = match mantissa.split_once(['.', ',']) {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        let readable = is_digits(whole) && exponent.is_none_or(|exponent| is_digits(split_sign(exponent).1));
        readable.then_some(Self { sign, whole, fraction, comma, exponent })
    }

    /// The digits of the integer. Zeros that are not written are filled in only when at least `min_written`
    /// digits are: otherwise the rest was cut off, and a number filled up would be a stranger's.
    fn digits(&self, min_written: usize) -> Result<String, Reason> {
        let written = format!("{}{}", self.whole, self.fraction);
        let n_whole = i64::try_from(self.whole.len()).unwrap_or(i64::MAX);
        let n_digits = match self.exponent.map(str::parse::<i64>) {
            None => n_whole,
            Some(Ok(exponent)) => n_whole.saturating_add(exponent),
            Some(Err(_)) => return Err(Reason::PrecisionLost),
        };
        let n_digits = usize::try_from(n_digits).map_err(|_| Reason::NotANumber)?;
        let digits = match written.split_at_checked(n_digits) {
            Some(("", _)) => return Err(Reason::NotANumber),
            Some((digits, rest)) if rest.bytes().all(|byte| byte == b'0') => digits.to_owned(),
            Some(_) => return Err(Reason::NotANumber),
            None if n_digits > super::digits::MAX_DIGITS + 1 => return Err(Reason::PrecisionLost),
            None if written.trim_matches('0').len() < min_written => return Err(Reason::PrecisionLost),
            None => format!("{written:0<n_digits$}"),
        };
        // A value has no leading zeros; those of `0.987E9` are the notation's.
        let value = digits.trim_start_matches('0');
        Ok(if value.is_empty() { "0".to_owned() } else { value.to_owned() })
    }

    fn signed(&self, digits: &str) -> String {
        if self.sign == Some('+') { format!("+{digits}") } else { digits.to_owned() }
    }
}

fn split_sign(text: &str) -> (Option<char>, &str) {
    match text.strip_prefix(['+', '-']) {
        Some(unsigned) => (text.chars().next(), unsigned),
        None => (None, text),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

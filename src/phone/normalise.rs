//! A value of a warehouse in, a valid number or a reason out.

use crate::domain::reason::Reason;

use super::rules::{PhoneRefusal, PhoneRules};
use super::validate::{Region, validate};
use super::{Phone, counts, decimal, digits, labels, sanitize, split};

/// The longest identifier that a vendor takes.
const MAX_IDENTIFIER_CHARS: usize = 32;

/// What a record holds where its number should be.
#[derive(Clone, Copy, Debug)]
pub enum PhoneInput<'a> {
    /// Absent or null.
    Absent,
    /// A JSON string, unescaped.
    Text(&'a str),
    /// A JSON number, as it was written.
    Number(&'a str),
    /// A truth value, a list or an object.
    Other,
}

impl PhoneRules {
    /// Reads one value. `region` is the record's own, before the default one.
    ///
    /// # Errors
    /// Says why nobody can be called.
    pub fn normalise(&self, input: PhoneInput<'_>, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        match input {
            PhoneInput::Absent => Err(Reason::Missing.into()),
            PhoneInput::Other => Err(Reason::WrongType.into()),
            PhoneInput::Text(text) if self.as_is => identifier(text),
            PhoneInput::Text(text) => self.read_number(text, region),
            PhoneInput::Number(raw) => match decimal::read_json(raw)? {
                Some(digits) if self.as_is => identifier(&digits),
                Some(digits) => self.read_number(&digits, region),
                None => self.read_number(raw, region),
            },
        }
    }

    fn read_number(&self, text: &str, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        if let Some(number) = digits::plain_number(text) {
            return self.dial(text, &number, region);
        }
        let cleaned = sanitize::clean(text);
        let text = sanitize::unwrap_shell(&cleaned);
        if sanitize::says_missing(text) {
            return Err(Reason::Missing.into());
        }
        let unwrapped = split::unwrap_uri(text);
        let text = labels::take_off(&unwrapped);
        if sanitize::says_missing(text) {
            return Err(Reason::Missing.into());
        }
        if text.len() < unwrapped.len()
            && let Some(uncounted) = labels::after_count(text)
            && let Ok(phone) = self.read_digits(uncounted, region)
            && self.read_digits(text, region) != Ok(phone)
        {
            return Err(Reason::ContainsLetters.into());
        }
        // Before the value is split: its comma may be a decimal one.
        if let Some(value) = decimal::read_text(text)? {
            return self.read_digits(&value, region);
        }
        self.read_parts(text, region)
    }

    /// Reads a text that may hold several numbers, and an extension after the last one.
    fn read_parts(&self, text: &str, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        let before_extension = split::before_extension(text);
        let numbers = split::split(before_extension.unwrap_or(text));
        let extended = before_extension.is_some() && !self.drop_extension;
        if numbers.len() > 1 && !self.first_of_several {
            return Err(if extended { Reason::HasExtension } else { Reason::MultipleNumbers }.into());
        }
        let has_words = |part: &str| !sanitize::says_missing(part) && labels::has_words(part);
        if numbers.len() > 1 && split::all(before_extension.unwrap_or(text)).any(has_words) {
            // They may say whom not to call.
            return Err(Reason::ContainsLetters.into());
        }
        let read = |(index, number): (usize, &&str)| {
            if extended && index + 1 == numbers.len() {
                return Err(Reason::HasExtension.into());
            }
            self.read_one(number, region)
        };
        let mut results = numbers.iter().enumerate().map(read);
        let first = results.next().unwrap_or(Err(Reason::Missing.into()));
        if first.is_ok() || numbers.len() == 1 {
            return first;
        }
        // In `030/1234567` the stroke parts one number, and its second half may be valid by itself.
        if self.read_digits(&numbers.concat(), region).is_ok() {
            return Err(Reason::MultipleNumbers.into());
        }
        results.find(Result::is_ok).unwrap_or(first)
    }

    /// Reads a text that holds one number at most.
    fn read_one(&self, text: &str, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        let text = labels::take_off(text);
        if let Some(value) = decimal::read_text(text)? {
            return self.read_digits(&value, region);
        }
        match split::before_extension(text) {
            Some(_) if !self.drop_extension => Err(Reason::HasExtension.into()),
            Some(number) => self.read_digits(number, region),
            None => self.read_digits(text, region),
        }
    }

    fn read_digits(&self, text: &str, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        self.dial(text, &digits::strip_punctuation(text)?, region)
    }

    /// Dials the digits of a text, unless a count beside the number is among them.
    fn dial(&self, text: &str, number: &str, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        let whole = self.dial_whole(text, number, region);
        if text.len() == number.len() {
            return whole;
        }
        let counted = [counts::without_first(text), counts::without_last(text, whole.as_ref().ok())];
        let is_other = |number: &str| {
            let digits = digits::strip_punctuation(number).ok();
            let phone = digits.and_then(|digits| self.dial_whole(number, &digits, region).ok());
            phone.is_some() && phone.as_ref() != whole.as_ref().ok()
        };
        if counted.into_iter().flatten().any(is_other) {
            let hint = "a short number stands beside a complete one: store the complete one alone";
            return Err(PhoneRefusal { reason: Reason::MultipleNumbers, hint: Some(hint) });
        }
        whole
    }

    /// Dials all digits. A trunk zero in brackets is a part of them or is not, whichever number exists.
    fn dial_whole(&self, text: &str, number: &str, region: Option<Region>) -> Result<Phone, PhoneRefusal> {
        let whole = validate(self, number, region);
        let Some(without) = digits::without_trunk_zero(text) else { return whole };
        match (whole, validate(self, &without, region)) {
            (Ok(whole), Ok(without)) if whole != without => {
                let hint = "with the 0 in brackets it is one number, without it another";
                Err(PhoneRefusal { reason: Reason::InvalidNumber, hint: Some(hint) })
            }
            (Err(_), Ok(without)) => Ok(without),
            (whole, _) => whole,
        }
    }
}

/// Takes a vendor's own identifier as it is, because nobody but the vendor can read it.
fn identifier(text: &str) -> Result<Phone, PhoneRefusal> {
    let id = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if id.is_empty() {
        return Err(Reason::Missing.into());
    }
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if id.chars().any(odd) || id.chars().nth(MAX_IDENTIFIER_CHARS).is_some() {
        return Err(Reason::BadIdentifier.into());
    }
    Ok(Phone::opaque(id))
}

//! Phone numbers: normalised once, masked everywhere, shown whole only in a request's body.
//!
//! A value goes `sanitize → labels → decimal → split → digits → validate`. Everything before `validate` is about what
//! the phone library must not see: it reads the float `81234567890.0` as somebody else's valid number. Nearly all
//! values are plain `digits` already and go the short way `digits → validate`. Whom we dial is the library's word
//! alone: it is asked once for a number (twice where a country's code may be a part of it), and nothing is remembered.
//! That is 0.6 to 0.8 µs of the processor a number; a short way for the commonest numbers of two countries was faster by so
//! much, and gone it is 200 lines less that could be wrong.

mod counts;
mod decimal;
mod digits;
pub(crate) mod finder;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod identifier;
mod labels;
mod line;
mod normalise;
mod redact;
mod rules;
mod sanitize;
mod shown;
mod simple;
mod speech;
mod split;
mod validate;
mod written_time;

use std::borrow::Cow;
use std::fmt;

use compact_str::CompactString;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use identifier::is_uuid;
pub use identifier::{shares_number, shown_identifier, shown_key, visible};
pub(crate) use line::{Line, LinePrefix};
pub use normalise::PhoneInput;
pub(crate) use redact::code_length;
pub use redact::mask_numbers;
pub use rules::{PhoneRefusal, PhoneRules};
pub(crate) use sanitize::is_invisible;
pub use shown::{discreet, shown};
pub(crate) use speech::mask_in_speech;
pub use validate::{Region, region};

/// Fewer digits or letters occur in many texts by chance.
const SHORTEST_TOLD_APART: usize = 7;

/// Whom the vendor dials. Masks itself in `Debug` and `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(CompactString);

/// How a vendor wants numbers written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// Country code and number, digits only: 84987654321.
    #[default]
    Digits,
    /// The same with a plus: +84987654321.
    E164,
    /// As dialled inside the country, digits only: 0987654321.
    National,
    /// The vendor's own encrypted identifiers, passed on as they are.
    AsIs,
}

impl Phone {
    /// A number that is known to be valid, in E.164 with its plus.
    #[must_use]
    pub fn e164(number: &str) -> Self {
        Self(CompactString::new(number))
    }

    /// A vendor's own identifier of a number (encrypted numbers), passed on as it is.
    #[must_use]
    pub fn opaque(id: &str) -> Self {
        Self(CompactString::new(id))
    }

    /// The number in E.164, or the identifier; to be called only where a body or a key is built.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The number as a vendor wants it written. An identifier is passed on as it is, whatever the format.
    #[must_use]
    pub fn wire(&self, format: WireFormat) -> Cow<'_, str> {
        let Some(digits) = self.digits() else {
            return Cow::Borrowed(&self.0);
        };
        match format {
            WireFormat::Digits => Cow::Borrowed(digits),
            WireFormat::E164 | WireFormat::AsIs => Cow::Borrowed(&self.0),
            WireFormat::National => self.national().map_or(Cow::Borrowed(digits), Cow::Owned),
        }
    }

    /// The digits of a number in E.164; none of an identifier.
    fn digits(&self) -> Option<&str> {
        let digits = self.0.strip_prefix('+')?;
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
    }

    /// Whether a text holds this number, with or without its country and whatever stands between the
    /// digits; or this identifier. What is so short that anything holds it is not looked for.
    #[must_use]
    pub fn occurs_in(&self, text: &str) -> bool {
        let Some(digits) = self.digits() else {
            return self.0.len() >= SHORTEST_TOLD_APART && text.contains(&*self.0);
        };
        // Each digit takes a byte at least, and most keys of records have fewer.
        if text.len() < SHORTEST_TOLD_APART.min(digits.len()) {
            return false;
        }
        let national = digits.get(redact::code_length(digits)..);
        let wanted = national.filter(|national| national.len() >= SHORTEST_TOLD_APART).unwrap_or(digits);
        let found: String = text.chars().filter_map(sanitize::digit).collect();
        found.contains(wanted)
    }

    /// Through the library, because trunk prefixes differ: 0 in Vietnam, none in China, 8 in Russia.
    fn national(&self) -> Option<String> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        let formatted = number.format_as(PhoneNumberFormat::National);
        Some(formatted.chars().filter(char::is_ascii_digit).collect())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(digits) => redact::write_number(f, digits),
            None => redact::write_identifier(f, &self.0),
        }
    }
}

#[cfg(test)]
mod tests;

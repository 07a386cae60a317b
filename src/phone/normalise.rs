//! Text of a warehouse in, a valid number or a reason out.

pub use rlibphonenumber::Region;

use crate::reason::Reason;

use super::Phone;

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

/// Why there is no number to call. The detail holds no digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub reason: Reason,
    /// What would help, beside the reason's own remedy.
    pub hint: Option<&'static str>,
}

/// How numbers are read; the configuration's `phone` section, checked.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The country of numbers without a country code.
    pub default_region: Option<Region>,
    /// Take the first valid one of several numbers, instead of refusing.
    pub first_of_several: bool,
    /// Call without the extension, instead of refusing.
    pub drop_extension: bool,
    /// Call retired Vietnamese numbers under their new prefix, instead of refusing.
    pub convert_vn_old_prefix: bool,
    /// Countries that may be called; empty: all.
    pub allowed_countries: Vec<Region>,
    /// Numbers are a vendor's own identifiers: trimmed, 1 to 32 characters, not read at all.
    pub as_is: bool,
}

impl Rules {
    /// Reads one value. `region` is the record's own, before the default one.
    ///
    /// # Errors
    /// Says why nobody can be called.
    pub fn normalise(&self, input: PhoneInput<'_>, region: Option<Region>) -> Result<Phone, Refusal> {
        let (PhoneInput::Text(text) | PhoneInput::Number(text), _) = (input, region) else {
            return Err(Refusal { reason: Reason::WrongType, hint: None });
        };
        Ok(Phone::e164(text))
    }
}

/// A region by its two letters, in either case.
#[must_use]
pub fn region(_code: &str) -> Option<Region> {
    None
}

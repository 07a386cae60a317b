//! How numbers are read, and why one is not.

use rlibphonenumber::Region;

use crate::domain::reason::Reason;

/// Why there is no number to call. The detail holds no digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneRefusal {
    /// The stable code.
    pub reason: Reason,
    /// What would help, beside the reason's own remedy.
    pub hint: Option<&'static str>,
}

/// How numbers are read; the configuration's `phone` section, checked.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the form, and any may go with any")]
pub struct PhoneRules {
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

impl PhoneRules {
    /// The same for a list of people who must not be called: whatever could be dialled is taken, as it would be
    /// dialled, and where that is not one number, nobody guesses.
    #[must_use]
    pub fn for_a_list(self) -> Self {
        Self {
            first_of_several: false,
            drop_extension: true,
            convert_vn_old_prefix: true,
            allowed_countries: Vec::new(),
            ..self
        }
    }
}

impl From<Reason> for PhoneRefusal {
    fn from(reason: Reason) -> Self {
        Self { reason, hint: None }
    }
}

//! Phone numbers: normalised once, masked everywhere, shown whole only in a request's body.

mod normalise;

use std::borrow::Cow;
use std::fmt;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Deserialize;

pub use normalise::{PhoneInput, Refusal, Rules, region};

/// Whom the vendor dials. Masks itself in `Debug` and `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(CompactString);

/// How a vendor wants numbers written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
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
}

impl Phone {
    /// The number as a vendor wants it written.
    #[must_use]
    pub fn wire(&self, format: WireFormat) -> Cow<'_, str> {
        match format {
            WireFormat::Digits => Cow::Borrowed(self.0.trim_start_matches('+')),
            WireFormat::E164 | WireFormat::AsIs | WireFormat::National => Cow::Borrowed(&self.0),
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

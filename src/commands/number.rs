//! A number of the command line, read as a record's would be.

use crate::config::Config;
use crate::domain::error::Error;
use crate::mapping;
use crate::phone::{Phone, PhoneInput, PhoneRules};

/// How this configuration reads numbers.
pub(super) fn phone_rules(config: &Config) -> Result<PhoneRules, Error> {
    let mut mistakes = Vec::new();
    let rules = mapping::phone_rules(config, &mut mistakes);
    if mistakes.is_empty() { Ok(rules) } else { Err(Error::Config(mistakes)) }
}

/// The number that an argument holds.
pub(super) fn normalised(rules: &PhoneRules, argument: &str, number: &str) -> Result<Phone, Error> {
    rules.normalise(PhoneInput::Text(number.trim()), None).map_err(|refusal| {
        Error::config(argument, format!("{}: {}", refusal.reason.code(), refusal.reason.meaning()))
    })
}

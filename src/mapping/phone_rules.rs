//! The configuration's `phone` section, checked.

use crate::config::Config;
use crate::domain::error::Mistake;
use crate::phone::{PhoneRules, Region, WireFormat, region};

/// Builds the rules; adds each mistake that is not in the list yet.
pub fn build(config: &Config, mistakes: &mut Vec<Mistake>) -> PhoneRules {
    let phone = &config.phone;
    let format = config.vendor.phone_format();
    let default_region = read_region("phone.default_region".to_owned(), &phone.default_region, mistakes);
    let mut allowed_countries = Vec::new();
    for (index, code) in phone.allowed_countries.iter().enumerate() {
        let at = format!("phone.allowed_countries[{index}]");
        if code.trim().is_empty() {
            // A list of blanks would allow every country.
            add(mistakes, Mistake::new(&at, NO_COUNTRY));
        }
        allowed_countries.extend(read_region(at, code, mistakes));
    }
    if format == WireFormat::AsIs && !phone.allowed_countries.is_empty() {
        let why =
            "cannot be kept with phone_format as_is, where numbers are passed on unread; leave it empty";
        add(mistakes, Mistake::new("phone.allowed_countries", why));
    }
    if format == WireFormat::National {
        if phone.default_region.trim().is_empty() {
            let why =
                "phone_format is national, so the country must be given: numbers of others cannot be sent";
            add(mistakes, Mistake::new("phone.default_region", why));
        }
        if default_region
            .is_some_and(|home| !allowed_countries.is_empty() && !allowed_countries.contains(&home))
        {
            let why =
                "phone_format is national, so only phone.default_region can be called, and it is not listed";
            add(mistakes, Mistake::new("phone.allowed_countries", why));
        }
        allowed_countries = default_region.into_iter().collect();
    }
    PhoneRules {
        default_region,
        first_of_several: phone.several_numbers == crate::config::SeveralNumbers::FirstValid,
        drop_extension: phone.extension == crate::config::Extension::Drop,
        convert_vn_old_prefix: phone.vn_old_prefix == crate::config::VnOldPrefix::Convert,
        allowed_countries,
        as_is: format == WireFormat::AsIs,
    }
}

/// Never repeats what was written, which may have been meant for another field.
const NO_COUNTRY: &str = "is no country; write its two letters by ISO 3166, such as VN (Vietnam), CN (China), GB (the United Kingdom)";

fn read_region(at: String, code: &str, mistakes: &mut Vec<Mistake>) -> Option<Region> {
    let code = code.trim();
    if code.is_empty() {
        return None;
    }
    let found = region(code);
    if found.is_none() {
        add(mistakes, Mistake::new(at, NO_COUNTRY));
    }
    found
}

fn add(mistakes: &mut Vec<Mistake>, mistake: Mistake) {
    if !mistakes.contains(&mistake) {
        mistakes.push(mistake);
    }
}

//! The form's section on phone numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How phone numbers are read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "Phone numbers")]
pub struct PhoneConfig {
    /// The country of numbers that are written without a country code, as two letters. Without it, and without a region column, such numbers are refused: the same digits can be a valid number of another country.
    #[schemars(title = "Default region", extend("examples" = ["VN", "CN"], "always_show" = true, "pattern" = "^([A-Za-z]{2})?$", "pattern_descriptor" = "two letters, such as VN"))]
    pub default_region: String,

    /// A column with the two-letter country of each record; where it is blank, the default region serves.
    #[schemars(title = "Region column")]
    pub region_column: String,

    /// What to do with a value that holds several numbers. reject: the record is refused. first_valid: the first valid one is called.
    #[schemars(title = "Several numbers in one value")]
    pub several_numbers: SeveralNumbers,

    /// What to do with a number that has an extension, which an automatic call cannot dial. reject: the record is refused. drop: the number is called without it.
    #[schemars(title = "Extensions")]
    pub extension: Extension,

    /// What to do with Vietnamese mobile numbers of eleven digits, which were renumbered in 2018 (0120 became 070, 0162 became 032 and so on). reject: the record is refused. convert: the number is called under its new prefix.
    #[schemars(title = "Retired Vietnamese prefixes")]
    pub vn_old_prefix: VnOldPrefix,

    /// Two-letter countries that may be called. Empty: all.
    #[schemars(title = "Allowed countries", extend("examples" = [["VN"], ["VN", "CN"]]))]
    pub allowed_countries: Vec<String>,
}

/// What to do with a value that holds several numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeveralNumbers {
    /// The record is refused.
    #[default]
    Reject,
    /// The first valid one is called.
    FirstValid,
}

/// What to do with an extension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extension {
    /// The record is refused.
    #[default]
    Reject,
    /// The number is called without it.
    Drop,
}

/// What to do with retired Vietnamese prefixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VnOldPrefix {
    /// The record is refused, with a hint.
    #[default]
    Reject,
    /// The number is called under its new prefix.
    Convert,
}

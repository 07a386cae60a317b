//! The vendors, listed once: the form, the contract's tests, the recorded replies, the simulators of the sandbox and of
//! `demo`, and the generated pages all run over this list.

use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use crate::domain::error::Mistake;
use crate::phone::WireFormat;

use super::endpoint::{is_loopback, is_plain_http};
use super::itnio::ItnioConfig;
use super::section::VendorSection;
use super::simulator::{Simulator, SimulatorOptions};
use super::vbee::VbeeConfig;
use super::{Provider, rehearsal};

/// Makes of the list what runs over it; the name of a vendor in `vendor_type` is its own in `snake_case`.
macro_rules! vendors {
    ($($(#[$gate:meta])* $vendor:ident($section:ty),)+) => {
        /// Which AI voice-call service receives the contacts.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(tag = "vendor_type", rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each section says itself what it is for")]
        pub enum VendorConfig { $($(#[$gate])* $vendor($section),)+ Rehearsal(RehearsalConfig) }

        /// Which of them is played.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(tag = "vendor_type", rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each section says itself what it is for")]
        pub enum PlayedConfig { $($(#[$gate])* $vendor($section),)+ }

        impl VendorConfig {
            fn section(&self) -> &dyn VendorSection {
                match self {
                    $($(#[$gate])* Self::$vendor(section) => section,)+
                    Self::Rehearsal(rehearsal) => rehearsal.plays.section(),
                }
            }
        }

        impl PlayedConfig {
            fn section(&self) -> &dyn VendorSection {
                match self { $($(#[$gate])* Self::$vendor(section) => section,)+ }
            }

            fn simulator(&self) -> Box<dyn Simulator> {
                match self { $($(#[$gate])* Self::$vendor(_) => <$section>::simulator(&rehearsal::options()),)+ }
            }
        }

        /// Every vendor's other side, which has called nobody yet.
        #[must_use]
        pub fn simulators(options: &SimulatorOptions) -> Vec<Box<dyn Simulator>> {
            Vec::from([$($(#[$gate])* <$section>::simulator(options),)+])
        }
    };
}

vendors! {
    Itnio(ItnioConfig),
    Vbee(VbeeConfig),
    #[cfg(test)]
    Pigeon(super::pigeon::PigeonConfig),
}

/// Calls nobody: for the first syncs of a connection. The vendor is played inside this program, and no request leaves it; everything else is as it will be, and the ledger keeps these people apart from real ones.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Rehearsal (nobody is called)")]
pub struct RehearsalConfig {
    /// The section that will be used later, when people are called. Its credentials may be left out.
    #[serde(deserialize_with = "played")]
    #[schemars(
        title = "Plays",
        transform = rehearsal::without_credentials,
        extend("display_type" = "radio")
    )]
    pub plays: PlayedConfig,
}

/// Reads a section that may be without its credentials.
fn played<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlayedConfig, D::Error> {
    let mut section = Value::deserialize(deserializer)?;
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let form = settings.into_generator().into_root_schema_for::<PlayedConfig>().to_value();
    rehearsal::fill_in(&form, &mut section);
    serde_json::from_value(section).map_err(D::Error::custom)
}

impl VendorConfig {
    /// The vendor that the user chose.
    #[must_use]
    pub fn build(&self) -> Arc<dyn Provider> {
        self.section().build()
    }

    /// How numbers are written for this vendor.
    #[must_use]
    pub fn phone_format(&self) -> WireFormat {
        self.section().phone_format()
    }

    /// The address of the API, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.section().base_url()
    }

    /// What cannot work in values that were filled in; blank ones are reported where forms are read.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = self.section().mistakes();
        if self.is_rehearsal() {
            for mistake in &mut mistakes {
                mistake.at = mistake.at.replacen("vendor.", "vendor.plays.", 1);
            }
        }
        mistakes
    }

    /// Whether the vendor is played inside this program, so that nobody is called.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        matches!(self, Self::Rehearsal(_))
    }

    /// Whether nobody is called, as far as one can see: the vendor is played, or its address is no vendor's own.
    #[must_use]
    pub fn rehearses(&self) -> bool {
        let base_url = self.base_url();
        self.is_rehearsal()
            || is_plain_http(base_url)
            || Url::parse(base_url).is_ok_and(|url| is_loopback(&url))
    }

    /// Where everything goes unencrypted because the user said so: host and port, for a warning.
    #[must_use]
    pub fn plain_http_place(&self) -> Option<String> {
        let is_sent = !self.is_rehearsal() && is_plain_http(self.base_url());
        let url = Url::parse(self.base_url()).ok().filter(|_| is_sent)?;
        let host = url.host_str()?;
        Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    /// The vendor's other side in a rehearsal, which has called nobody yet.
    #[must_use]
    pub fn played(&self) -> Option<Box<dyn Simulator>> {
        match self {
            Self::Rehearsal(RehearsalConfig { plays }) => Some(plays.simulator()),
            _ => None,
        }
    }
}

/// The names of all vendors, as in `vendor_type`.
pub fn names() -> impl Iterator<Item = &'static str> {
    simulators(&SimulatorOptions::default()).into_iter().map(|simulator| simulator.name())
}

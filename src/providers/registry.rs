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

/// Who answers in the vendor's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// The vendor is played inside this program: a rehearsal, in which nobody is called.
    Played,
    /// Somebody at an address that is no vendor's own: a trial. Whether anybody is called, is known there.
    At {
        /// Host and port.
        place: String,
        /// Whether everything goes there unencrypted, because the user said so; else it is this machine.
        is_plain_http: bool,
    },
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

    /// Who answers in the vendor's place, as far as one can see from here; nobody where its own address is asked.
    #[must_use]
    pub fn stand_in(&self) -> Option<StandIn> {
        if self.is_rehearsal() {
            return Some(StandIn::Played);
        }
        let is_plain_http = is_plain_http(self.base_url());
        let url = Url::parse(self.base_url()).ok().filter(|url| is_plain_http || is_loopback(url))?;
        let host = url.host_str()?;
        let place = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(StandIn::At { place, is_plain_http })
    }

    /// Whether the vendor is played inside this program, so that nobody is called.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        matches!(self, Self::Rehearsal(_))
    }

    /// Where everything goes unencrypted because the user said so, for a warning.
    #[must_use]
    pub fn plain_http_place(&self) -> Option<String> {
        match self.stand_in()? {
            StandIn::At { place, is_plain_http: true } => Some(place),
            StandIn::At { .. } | StandIn::Played => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_no_vendors_own_is_a_trial_and_only_a_played_vendor_a_rehearsal() {
        let at = |place: &str, is_plain_http| Some(StandIn::At { place: place.to_owned(), is_plain_http });
        for (base_url, want) in [
            ("https://api.itniotech.com/aivoice", None),
            ("https://proxy.example/aivoice", None),
            ("http://127.0.0.1:8080/aivoice", at("127.0.0.1:8080", false)),
            ("https://localhost/aivoice", at("localhost", false)),
            ("http://[::1]:8080", at("[::1]:8080", false)),
            ("http://sandbox:8080/aivoice", at("sandbox:8080", true)),
            ("http://host.docker.internal", at("host.docker.internal", true)),
        ] {
            let section = serde_json::json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "a",
                "job_id": 9, "allow_plain_http": true, "base_url": base_url });
            let vendor: VendorConfig = serde_json::from_value(section.clone()).unwrap();
            assert_eq!(vendor.stand_in(), want, "{base_url}");
            let played = serde_json::json!({ "vendor_type": "rehearsal", "plays": section });
            let played: VendorConfig = serde_json::from_value(played).unwrap();
            assert_eq!(played.stand_in(), Some(StandIn::Played), "{base_url}");
        }
    }
}

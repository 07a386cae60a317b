//! The vendors, listed once: the form, the contract's tests, the recorded replies, the simulators of the sandbox and of
//! `demo`, and the generated pages all run over this list.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::error::Mistake;
use crate::phone::WireFormat;

use super::Provider;
use super::itnio::ItnioConfig;
use super::section::VendorSection;
use super::simulator::{Simulator, SimulatorOptions};
use super::vbee::VbeeConfig;

/// Makes of the list what runs over it; the name of a vendor in `vendor_type` is its own in `snake_case`.
macro_rules! vendors {
    ($($(#[$gate:meta])* $vendor:ident($section:ty),)+) => {
        /// Which AI voice-call service receives the contacts.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(tag = "vendor_type", rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each section says itself what it is for")]
        pub enum VendorConfig { $($(#[$gate])* $vendor($section),)+ }

        impl VendorConfig {
            fn section(&self) -> &dyn VendorSection {
                match self { $($(#[$gate])* Self::$vendor(section) => section,)+ }
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
        self.section().mistakes()
    }
}

/// The names of all vendors, as in `vendor_type`.
pub fn names() -> impl Iterator<Item = &'static str> {
    simulators(&SimulatorOptions::default()).into_iter().map(|simulator| simulator.name())
}

//! What is made of the form's section.

use std::sync::Arc;

use crate::domain::error::Mistake;
use crate::phone::WireFormat;
use crate::providers::section::VendorSection;
use crate::providers::simulator::{Simulator, SimulatorOptions};
use crate::providers::{Provider, endpoint};

use super::Pigeon;
use super::config::PigeonConfig;
use super::constants::{BASE_URL, ENDPOINT};
use super::simulator::PigeonSimulator;

impl VendorSection for PigeonConfig {
    fn build(&self) -> Arc<dyn Provider> {
        Arc::new(Pigeon::new(self))
    }

    fn phone_format(&self) -> WireFormat {
        self.phone_format
    }

    fn base_url(&self) -> &str {
        endpoint::base(&self.base_url, BASE_URL)
    }

    fn mistakes(&self) -> Vec<Mistake> {
        let mut found = endpoint::mistakes(self.base_url(), ENDPOINT, self.allow_plain_http);
        if !endpoint::fits_header(&self.token) {
            found.push(Mistake::new("vendor.token", endpoint::NOT_A_HEADER));
        }
        if matches!(self.phone_format, WireFormat::National | WireFormat::AsIs) {
            found.push(Mistake::new("vendor.phone_format", "must be e164 or digits"));
        }
        found
    }

    fn simulator(options: &SimulatorOptions) -> Box<dyn Simulator> {
        Box::new(PigeonSimulator::new(options.numbers))
    }
}

//! The form's section for Pigeon Voice.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::error::Mistake;
use crate::domain::secret::Secret;
use crate::phone::WireFormat;
use crate::providers::registry::VendorSection;
use crate::providers::simulator::{Simulator, SimulatorOptions};
use crate::providers::{Provider, endpoint};

use super::simulator::PigeonSimulator;
use super::{ENDPOINT, Pigeon};

const BASE_URL: &str = "https://api.pigeon.example";

/// Calls by the lists of a Pigeon Voice account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Pigeon Voice")]
pub struct PigeonConfig {
    /// The token of your account: Pigeon console → Settings → API.
    #[schemars(title = "API token")]
    pub token: Secret,

    /// The name of the list that contacts are added to.
    #[schemars(title = "List", extend("examples" = ["overdue"]))]
    pub list: String,

    /// How numbers are written. e164: +84987654321. digits: 84987654321.
    #[serde(default = "e164")]
    #[schemars(title = "Phone format", extend("enum" = ["digits", "e164"]))]
    pub phone_format: WireFormat,

    /// The address of the API, if your account has another one; without /v1 and what follows.
    #[serde(default = "base_url")]
    #[schemars(title = "Base URL", extend("pattern" = "^(https?://\\S+)?$", "pattern_descriptor" = "https://host/path"))]
    pub base_url: String,
}

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
        let mut found = endpoint::mistakes(self.base_url(), ENDPOINT);
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

fn e164() -> WireFormat {
    WireFormat::E164
}

fn base_url() -> String {
    BASE_URL.to_owned()
}

//! What is made of the form's section.

use std::sync::Arc;

use crate::domain::error::Mistake;
use crate::phone::WireFormat;
use crate::providers::section::VendorSection;
use crate::providers::simulator::{Simulator, SimulatorOptions};
use crate::providers::{Provider, endpoint};

use super::Itnio;
use super::config::{ItnioConfig, campaign};
use super::constants::{BASE_URL, ENDPOINT};
use super::simulator::{ItnioSetup, ItnioSimulator, USUAL_JOB};

impl VendorSection for ItnioConfig {
    fn build(&self) -> Arc<dyn Provider> {
        Arc::new(Itnio::new(self))
    }

    fn phone_format(&self) -> WireFormat {
        self.phone_format
    }

    fn base_url(&self) -> &str {
        endpoint::base(&self.base_url, BASE_URL)
    }

    fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        if !endpoint::fits_header(&self.api_key) {
            found.push(Mistake::new("vendor.api_key", endpoint::NOT_A_HEADER));
        }
        if !endpoint::is_one_word(&self.api_secret) {
            found.push(Mistake::new("vendor.api_secret", endpoint::NOT_ONE_WORD));
        }
        if !self.job_id.trim().is_empty()
            && let Err(why) = campaign(&self.job_id)
        {
            found.push(Mistake::new("vendor.job_id", why));
        }
        found.extend(endpoint::mistakes(self.base_url(), ENDPOINT, self.allow_plain_http));
        found
    }

    fn simulator(options: &SimulatorOptions) -> Box<dyn Simulator> {
        let usual = ItnioSetup::default();
        Box::new(ItnioSimulator::new(ItnioSetup {
            any_credentials: options.any_credentials,
            app_id: if options.any_campaign { String::new() } else { usual.app_id.clone() },
            jobs: if options.any_campaign { Vec::new() } else { vec![USUAL_JOB] },
            required: options.required_variables.clone(),
            numbers: options.numbers,
            ..usual
        }))
    }
}

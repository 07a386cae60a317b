//! What is made of the form's section.

use std::sync::Arc;

use crate::domain::error::Mistake;
use crate::domain::secret::Secret;
use crate::phone::WireFormat;
use crate::providers::section::VendorSection;
use crate::providers::simulator::{Simulator, SimulatorOptions};
use crate::providers::{Provider, endpoint};

use super::Vbee;
use super::config::{VbeeConfig, VbeeCredentials, bare_token, campaign, scenario_mistake};
use super::constants::{BASE_URL, ENDPOINT};
use super::simulator::{USUAL_CAMPAIGN, VbeeSetup, VbeeSimulator};

impl VendorSection for VbeeConfig {
    fn build(&self) -> Arc<dyn Provider> {
        Arc::new(Vbee::new(self))
    }

    fn phone_format(&self) -> WireFormat {
        self.phone_format
    }

    fn base_url(&self) -> &str {
        endpoint::base(&self.base_url, BASE_URL)
    }

    fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        match &self.credentials {
            VbeeCredentials::AccessToken { access_token } => {
                if !endpoint::fits_header(&bare_token(access_token)) {
                    found.push(Mistake::new("vendor.credentials.access_token", endpoint::NOT_A_HEADER));
                }
            }
            VbeeCredentials::ApiKey { api_key, api_secret } => {
                let is_broken = |secret: &&(&str, &Secret)| !endpoint::is_one_word(secret.1);
                let secrets =
                    [("vendor.credentials.api_key", api_key), ("vendor.credentials.api_secret", api_secret)];
                let broken = secrets.iter().filter(is_broken);
                found.extend(broken.map(|(at, _)| Mistake::new(*at, endpoint::NOT_ONE_WORD)));
            }
        }
        if !self.campaign_id.trim().is_empty()
            && let Err(why) = campaign(&self.campaign_id)
        {
            found.push(Mistake::new("vendor.campaign_id", why));
        }
        found.extend(
            scenario_mistake(self.scenario_id.trim()).map(|why| Mistake::new("vendor.scenario_id", why)),
        );
        if self.phone_format == WireFormat::AsIs {
            found.push(Mistake::new(
                "vendor.phone_format",
                "cannot be as_is: Vbee knows no encrypted identifiers; choose e164, digits or national",
            ));
        }
        found.extend(endpoint::mistakes(self.base_url(), ENDPOINT, self.allow_plain_http));
        found
    }

    fn simulator(options: &SimulatorOptions) -> Box<dyn Simulator> {
        let own = || vec![USUAL_CAMPAIGN.to_owned()];
        Box::new(VbeeSimulator::new(VbeeSetup {
            any_credentials: options.any_credentials,
            personal_fields: options.required_variables.clone(),
            campaigns: if options.any_campaign { Vec::new() } else { own() },
            numbers: options.numbers,
            ..VbeeSetup::default()
        }))
    }
}

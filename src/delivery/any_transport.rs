//! The way that the configuration chose: to the vendor, or to its simulator inside this program.

use std::sync::{Arc, Mutex, PoisonError};

use super::clock::Clock;
use super::http_transport::HttpTransport;
use super::transport::{Transport, TransportError};
use crate::providers::Simulator;
use crate::providers::api::{Reply, Request};

/// Either way.
pub enum AnyTransport {
    /// Over the network.
    Http(HttpTransport),
    /// Nowhere.
    Played(PlayedVendor),
}

/// Answers as the vendor would. It has neither a socket nor a client that could open one, so that no request can leave.
pub struct PlayedVendor {
    simulator: Mutex<Box<dyn Simulator>>,
    clock: Arc<Clock>,
}

impl PlayedVendor {
    /// A vendor that goes by the run's own clock.
    #[must_use]
    pub fn new(simulator: Box<dyn Simulator>, clock: Arc<Clock>) -> Self {
        Self { simulator: Mutex::new(simulator), clock }
    }
}

impl Transport for PlayedVendor {
    async fn send_request(&self, request: Request) -> Result<Reply, TransportError> {
        // A panic elsewhere leaves a book that is still true.
        let mut simulator = self.simulator.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(simulator.answer(&request, self.clock.now()))
    }
}

impl Transport for AnyTransport {
    async fn send_request(&self, request: Request) -> Result<Reply, TransportError> {
        match self {
            Self::Http(transport) => transport.send_request(request).await,
            Self::Played(transport) => transport.send_request(request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::domain::batch::Batch;
    use crate::domain::contact::{Campaign, Contact};
    use crate::phone::Phone;
    use crate::providers::VendorConfig;
    use crate::providers::api::Verdict;

    #[tokio::test]
    async fn a_played_vendor_takes_whom_the_real_one_would_whatever_ids_and_credentials_there_are() {
        for plays in [
            json!({ "vendor_type": "itnio", "app_id": "LILIN888", "job_id": 77 }),
            json!({ "vendor_type": "itnio", "app_id": "B", "job_id": 1, "api_key": "real", "api_secret": "secret" }),
            json!({ "vendor_type": "vbee", "campaign_id": "65f0c0ffee0000000000cafe" }),
            json!({ "vendor_type": "vbee", "campaign_id": "c", "credentials": { "auth_type": "access_token", "access_token": "t" } }),
        ] {
            let section = json!({ "vendor_type": "rehearsal", "plays": plays });
            let config: VendorConfig = serde_json::from_value(section).unwrap();
            let clock = Arc::new(Clock::starting_at(Timestamp::UNIX_EPOCH));
            let transport = PlayedVendor::new(config.played().unwrap(), clock);
            let vendor = config.build();
            let probed = transport.send_request(vendor.probe(Timestamp::UNIX_EPOCH)).await.unwrap();
            assert_eq!(vendor.interpret_probe(&probed, Timestamp::UNIX_EPOCH), Ok(()), "{plays}");
            let contact = Contact::new(Phone::e164("+84987654321"));
            for campaign in [vendor.campaign("").unwrap(), Campaign::new("12345")] {
                let batch = Batch::new(campaign, vec![&contact], false);
                let request = vendor.build_request(&batch, Timestamp::UNIX_EPOCH);
                let reply = transport.send_request(request).await.unwrap();
                let Verdict::Settled(outcomes) = vendor.interpret(&batch, &reply) else { panic!("{plays}") };
                assert_eq!(outcomes[0].name(), "accepted", "{plays}");
            }
        }
    }
}

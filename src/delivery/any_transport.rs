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

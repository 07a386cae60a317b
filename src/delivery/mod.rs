//! Sends batches to a vendor: one loop that signs, sends, judges, waits, repeats and halves.
//!
//! Vendors say what a request is and what a reply means; nothing here knows one from another.

// Waits and times come from outside; none may end the program by being too large.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod any_transport;
mod back_off;
mod breaker;
mod clock;
mod decoding;
mod deliverer;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
#[cfg(test)]
mod http_tests;
mod http_transport;
mod inquiry;
mod network;
mod paced;
mod part;
mod rate_limiter;
mod request_fault;
mod result;
mod retry_after;
mod run_handle;
#[cfg(test)]
mod tests;
mod transport;

pub use any_transport::{AnyTransport, PlayedVendor};
pub use clock::Clock;
pub use deliverer::{Deliverer, DeliveryOptions, RetryPolicy};
pub(crate) use http_transport::HttpAnswer;
pub use http_transport::{Connections, HttpTransport};
pub use inquiry::inquire;
pub use network::Network;
pub use rate_limiter::RateLimiter;
pub use result::{ContactResult, DeliveryResult};
pub(crate) use retry_after::http_date;
pub use run_handle::{LogLine, RunHandle, Wait};
pub use transport::{Transport, TransportError};

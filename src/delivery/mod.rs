//! Sends batches to a vendor: one loop that signs, sends, judges, waits, repeats and halves.
//!
//! Vendors say what a request is and what a reply means; nothing here knows one from another.

// Waits and times come from outside; none may end the program by being too large.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod carrier;
mod clock;
mod courier;
mod decoding;
mod fault;
mod http;
mod network;
mod pace;
mod part;
mod retry_after;
mod stop;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod ways;

pub use carrier::{Carrier, CarryError};
pub use clock::Clock;
pub use courier::{Courier, Delivered, Fate, Notice, Rules, Terms};
pub(crate) use http::Answer;
pub use http::{Connections, HttpCarrier};
pub use network::Network;
pub use pace::Pace;
pub(crate) use retry_after::http_date;
pub use stop::Stop;

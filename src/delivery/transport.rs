//! The way to the vendor and back; the only thing about delivery that does I/O.

use std::future::Future;

use crate::providers::api::{Reply, Request};

/// Takes a request to the vendor and brings the reply.
pub trait Transport: Send + Sync {
    /// One attempt, without any retry of its own.
    ///
    /// # Errors
    /// Says whether the request may have arrived.
    fn send_request(&self, request: Request) -> impl Future<Output = Result<Reply, TransportError>> + Send;
}

/// Why there is no reply. The texts hold neither a secret nor a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The request never left: no name, no connection.
    NotSent(String),
    /// The request never left or was not read, and none will be until somebody mends a setting, a certificate, a proxy.
    Barred(String),
    /// The request may have arrived; its answer was lost.
    Lost(String),
}

//! Questions about a campaign at the account's pace: a vendor that asks for a wait means contacts, too.

use std::time::Duration;

use super::clock;
use super::rate_limiter::RateLimiter;
use super::retry_after::in_words;
use super::run_handle::RunHandle;
use super::transport::{Transport, TransportError};
use crate::providers::api::{Reply, Request};

/// A way to the vendor that starts no request before its time.
pub(super) struct Paced<'a, C> {
    transport: &'a C,
    rate_limiter: &'a RateLimiter,
    run: &'a RunHandle,
    longest_pause: Duration,
}

impl<'a, C> Paced<'a, C> {
    /// Where a vendor asks for more than `longest_pause`, a batch has to hear so itself: it says what that means.
    pub(super) fn new(
        transport: &'a C,
        rate_limiter: &'a RateLimiter,
        run: &'a RunHandle,
        longest_pause: Duration,
    ) -> Self {
        Self { transport, rate_limiter, run, longest_pause }
    }
}

impl<C: Transport> Transport for Paced<'_, C> {
    async fn send_request(&self, request: Request) -> Result<Reply, TransportError> {
        if self.run.wait_until(self.rate_limiter.reserve()).await.is_err() {
            return Err(TransportError::NotSent("the run is ending".to_owned()));
        }
        let reply = self.transport.send_request(request).await?;
        let Some(wait) = reply.retry_after.filter(|_| matches!(reply.status, 429 | 503)) else {
            return Ok(reply);
        };
        let why = format!("HTTP {}; it asks for a wait of {}", reply.status, in_words(wait));
        if wait <= self.longest_pause {
            self.rate_limiter.pause_until(clock::after(wait));
            let text = format!("waiting {:.1} s before the first contact: {why}", wait.as_secs_f32());
            self.run.log_wait(text, wait, &why, false);
        }
        Err(TransportError::NotSent(why))
    }
}

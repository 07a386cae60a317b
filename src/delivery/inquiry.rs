//! Asks a vendor about a campaign before anybody is added to it: read-only questions, within a time.

use std::time::Duration;

use tokio::time::timeout_at;

use super::clock::{self, Clock};
use super::transport::{Transport, TransportError};
use crate::domain::contact::Campaign;
use crate::providers::Provider;
use crate::providers::campaign::CampaignFacts;

/// A vendor that asks for more is wrong.
const MAX_QUESTIONS: usize = 16;

/// Gives what is known of a campaign when all is asked, or the time is over. That a vendor does not answer is no
/// failure: it proves nothing, and is told so.
pub async fn inquire(
    vendor: &dyn Provider,
    campaign: &Campaign,
    transport: &impl Transport,
    clock: &Clock,
    within: Duration,
) -> CampaignFacts {
    let deadline = clock::after(within);
    let mut heard = Vec::new();
    while heard.len() < MAX_QUESTIONS
        && let Some(question) = vendor.ask(campaign, &heard, clock.now())
    {
        heard.push(match timeout_at(deadline, transport.send_request(question)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(TransportError::NotSent(why) | TransportError::Barred(why) | TransportError::Lost(why))) => {
                Err(why)
            }
            Err(_) => Err(format!("no answer within {} s", within.as_secs())),
        });
    }
    vendor.interpret_answers(campaign, &heard)
}

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
            Ok(Err(
                TransportError::NotSent(why) | TransportError::Barred(why) | TransportError::Lost(why),
            )) => Err(why),
            Err(_) => Err(format!("no answer within {} s", within.as_secs())),
        });
    }
    vendor.interpret_answers(campaign, &heard)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use jiff::Timestamp;
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::providers::VendorConfig;
    use crate::providers::api::{Reply, Request};
    use crate::providers::campaign::CampaignExistence;

    /// Answers with this status after this wait, and counts.
    struct Slow(u16, Duration, AtomicUsize);

    impl Transport for Slow {
        async fn send_request(&self, _: Request) -> Result<Reply, TransportError> {
            self.2.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.1).await;
            match self.0 {
                0 => Err(TransportError::NotSent("nobody listens".to_owned())),
                status => Ok(Reply { status, ..Reply::default() }),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_vendor_that_does_not_answer_costs_a_bounded_time_and_proves_nothing() {
        let section =
            json!({ "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "A", "job_id": 9 });
        let vendor = serde_json::from_value::<VendorConfig>(section).unwrap().build();
        let (campaign, clock) = (Campaign::new("9"), Clock::starting_at(Timestamp::UNIX_EPOCH));
        for (status, seconds, n_questions, took, says) in [
            (404, 1, 2, 2, "taskList: HTTP 404"),
            (404, 4, 2, 5, "taskList: HTTP 404"),
            (200, 60, 1, 5, "taskList: no answer within 5 s"),
            (0, 1, 1, 1, "taskList: nobody listens"),
        ] {
            let transport = Slow(status, Duration::from_secs(seconds), AtomicUsize::new(0));
            let began = Instant::now();
            let facts = inquire(vendor.as_ref(), &campaign, &transport, &clock, Duration::from_secs(5)).await;
            assert_eq!(began.elapsed().as_secs(), took, "{status} after {seconds} s");
            assert_eq!(transport.2.load(Ordering::Relaxed), n_questions, "{status} after {seconds} s");
            assert_eq!(
                facts.existence,
                CampaignExistence::Unproved(says.to_owned()),
                "{status} after {seconds} s"
            );
        }
    }
}

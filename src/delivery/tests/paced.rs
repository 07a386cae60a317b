//! Questions about a campaign go at the account's pace, and what a vendor asks for in its answer holds for contacts.

use super::*;
use crate::providers::campaign::CampaignExistence;

#[tokio::test(start_paused = true)]
async fn a_wait_that_a_question_is_answered_with_is_kept_by_the_first_contact() {
    let asks_for = |status, seconds| {
        let retry_after = Some(Duration::from_secs(seconds));
        Ok(Reply { status, retry_after, ..Reply::default() })
    };
    for (name, answer, n_questions, seconds, says) in [
        ("throttled", asks_for(429, 6), 1, 6, "taskList: HTTP 429; it asks for a wait of 6 s"),
        ("away", asks_for(503, 6), 1, 6, "taskList: HTTP 503; it asks for a wait of 6 s"),
        // The batch hears it itself, and what it means is said then.
        (
            "longer than the budget",
            asks_for(429, 901),
            1,
            0,
            "taskList: HTTP 429; it asks for a wait of 901 s",
        ),
        ("throttled without a wait", json_reply(429, ""), 2, 0, "taskList: HTTP 429"),
        (
            "a wait beside a success",
            asks_for(200, 6),
            2,
            0,
            "taskList: an answer that the vendor does not document",
        ),
    ] {
        let provider = serde_json::from_value::<VendorConfig>(itnio()).unwrap().build();
        let (campaign, way) = (Campaign::new("9"), script([answer]));
        let deliverer = Deliverer::new(provider, way.clone(), run_handle(), options(RULES));
        let started = Instant::now();
        let facts = deliverer.inquire(&campaign, Duration::from_secs(5)).await;
        assert_eq!(facts.existence, CampaignExistence::Unproved(says.to_owned()), "{name}");
        assert_eq!(started.elapsed(), Duration::ZERO, "{name}: nobody waits for questions");
        let contacts = vec![Contact::new(Phone::e164("+14155550101"))];
        deliverer.deliver(&campaign, contacts, false).await;
        let requests = way.requests.lock().unwrap();
        assert_eq!(requests.len(), n_questions + 1, "{name}");
        assert_eq!(started.elapsed().as_secs(), seconds, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn questions_start_no_faster_than_contacts() {
    let provider = serde_json::from_value::<VendorConfig>(itnio()).unwrap().build();
    let slow = DeliveryOptions { rate_limiter: RateLimiter::new(1), ..options(RULES) };
    let (campaign, way) = (Campaign::new("9"), script([]));
    let deliverer = Deliverer::new(provider, way.clone(), run_handle(), slow);
    let started = Instant::now();
    deliverer.inquire(&campaign, Duration::from_secs(5)).await;
    deliverer.deliver(&campaign, vec![Contact::new(Phone::e164("+14155550101"))], false).await;
    let requests = way.requests.lock().unwrap();
    let times: Vec<_> = requests.iter().map(|(at, _)| (*at - started).as_secs()).collect();
    assert_eq!(times, [0, 1, 2]);
}

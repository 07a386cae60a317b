//! The deliverer against scripted answers, with a paused clock and the real vendors.

mod arrival;
mod clocks;
mod keyed;
mod paced;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Clock, ContactResult, Deliverer, DeliveryOptions, DeliveryResult, RateLimiter, RetryPolicy, RunHandle,
    Transport, TransportError,
};
use crate::domain::batch::Batch;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::error::{Error, FailureType};
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::phone::Phone;
use crate::providers::api::{ContactShape, Limits, Reply, Request, Verdict};
use crate::providers::{Provider, VendorConfig};

type Answer = Result<Reply, TransportError>;

/// Gives the answers of a script in turn, and remembers when it was asked what.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<(Instant, Request)>>>,
    stop_after_first: Option<RunHandle>,
}

impl Transport for Script {
    async fn send_request(&self, request: Request) -> Answer {
        self.requests.lock().unwrap().push((Instant::now(), request));
        if let Some(run) = &self.stop_after_first {
            run.stop();
        }
        self.answers.lock().unwrap().pop_front().unwrap_or_else(|| json_reply(200, SUCCESS))
    }
}

const SUCCESS: &str = r#"{"status":"0","data":[]}"#;
const PARAMETERS: &str = r#"{"status":"-27","reason":"parameter check"}"#;

#[expect(clippy::unnecessary_wraps, reason = "an answer of a script")]
fn json_reply(status: u16, body: &str) -> Answer {
    Ok(Reply { status, body: Bytes::copy_from_slice(body.as_bytes()), ..Reply::default() })
}

fn lost() -> Answer {
    Err(TransportError::Lost("connection closed".into()))
}

fn itnio() -> Value {
    json!({ "vendor_type": "itnio", "api_key": "key", "api_secret": "secret", "app_id": "A", "job_id": 9 })
}

fn vbee() -> Value {
    json!({
        "vendor_type": "vbee", "campaign_id": "65f000000000000000000001",
        "credentials": { "auth_type": "api_key", "api_key": "key", "api_secret": "secret" },
    })
}

struct Run {
    delivered: DeliveryResult<Contact>,
    requests: Vec<(Instant, Request)>,
    seconds: f64,
}

const RULES: RetryPolicy = RetryPolicy { retry_for: Duration::from_mins(15), resend: false };

async fn deliver(provider: Value, n_contacts: u32, script: Script, retry_policy: RetryPolicy) -> Run {
    deliver_after(false, provider, n_contacts, script, retry_policy).await
}

/// Delivers a batch that an earlier run may have sent, or not.
async fn deliver_after(
    maybe_sent: bool,
    provider: Value,
    n_contacts: u32,
    script: Script,
    retry_policy: RetryPolicy,
) -> Run {
    let provider = serde_json::from_value::<VendorConfig>(provider).unwrap().build();
    let run = script.stop_after_first.clone().unwrap_or_else(run_handle);
    let deliverer = Deliverer::new(provider, script.clone(), run, options(retry_policy));
    let contacts: Vec<_> =
        (0..n_contacts).map(|n| Contact::new(Phone::e164(&format!("+1415555{n:04}")))).collect();
    let started = Instant::now();
    let mut delivered = deliverer.deliver(&Campaign::new("9"), contacts.clone(), maybe_sent).await;
    in_order(&mut delivered);
    let given_back: Vec<_> = delivered.contacts.iter().map(|(contact, _)| contact.clone()).collect();
    assert_eq!(given_back, contacts, "each comes back once");
    let requests = std::mem::take(&mut *script.requests.lock().unwrap());
    Run { delivered, requests, seconds: started.elapsed().as_secs_f64() }
}

fn run_handle() -> RunHandle {
    RunHandle::new(Arc::new(Clock::starting_at(Timestamp::from_second(1_700_000_000).unwrap()))).0
}

fn options(retry_policy: RetryPolicy) -> DeliveryOptions {
    DeliveryOptions { rate_limiter: RateLimiter::new(0), retry_policy, seed: 7 }
}

fn script(answers: impl IntoIterator<Item = Answer>) -> Script {
    Script { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Script::default() }
}

/// They come back as they ended; tests speak of them as they were sent.
fn in_order(delivered: &mut DeliveryResult<Contact>) {
    delivered.contacts.sort_by(|(one, _), (other, _)| one.phone.expose().cmp(other.phone.expose()));
}

fn names(delivered: &DeliveryResult<Contact>) -> Vec<&'static str> {
    let name = |(_, result): &(Contact, ContactResult)| match result {
        ContactResult::Ended(outcome) => outcome.name(),
        ContactResult::Open { maybe_sent: true } => "open, maybe sent",
        ContactResult::Open { maybe_sent: false } => "open",
        ContactResult::BeyondLimit => "beyond the limit",
    };
    delivered.contacts.iter().map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn never_sends_twice_what_may_have_arrived() {
    for (name, answer) in [
        ("lost", lost()),
        ("5xx", json_reply(502, "<html>Bad Gateway</html>")),
        ("unreadable", json_reply(200, "")),
        ("unknown code", json_reply(200, r#"{"status":0,"code":4242,"message":"?"}"#)),
    ] {
        let run = deliver(vbee(), 2, script([answer]), RULES).await;
        assert_eq!(run.requests.len(), 1, "{name}");
        assert_eq!(names(&run.delivered), ["unknown", "unknown"], "{name}");
        assert!(run.delivered.failure.is_none(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn sends_again_what_the_vendor_recognises_or_the_user_chose() {
    let exists =
        r#"{"status":"0","data":["The customer already exists in this task,Phone Number:14155550000"]}"#;
    let run = deliver(itnio(), 2, script([lost(), json_reply(200, exists)]), RULES).await;
    assert_eq!(
        names(&run.delivered),
        ["accepted", "accepted"],
        "already there after a lost answer: it arrived"
    );

    let resend = RetryPolicy { resend: true, ..RULES };
    let run =
        deliver(vbee(), 1, script([lost(), json_reply(200, r#"{"status":1,"result":[]}"#)]), resend).await;
    assert_eq!(run.requests.len(), 2);
    assert_eq!(names(&run.delivered), ["unknown"], "not listed the second time proves nothing");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_does_not_skip_called_numbers_gets_nothing_twice() {
    let mut config = itnio();
    config["skip_already_called"] = json!(false);
    let run = deliver(config, 1, script([lost()]), RULES).await;
    assert_eq!((run.requests.len(), names(&run.delivered)), (1, vec!["unknown"]));
}

#[tokio::test(start_paused = true)]
async fn what_never_left_goes_out_again() {
    let down = || Err(TransportError::NotSent("connection refused".into()));
    let run =
        deliver(vbee(), 1, script([down(), down(), json_reply(401, r#"{"status":0,"code":401}"#)]), RULES)
            .await;
    assert_eq!(run.requests.len(), 3);
    assert!(matches!(run.delivered.failure, Some(Error::Refused { .. })));
    assert_eq!(names(&run.delivered), ["open"]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_a_floor() {
    let throttled = Reply { status: 429, retry_after: Some(Duration::from_secs(30)), ..Reply::default() };
    let run = deliver(itnio(), 1, script([Ok(throttled)]), RULES).await;
    assert!(run.seconds >= 30.0, "{}", run.seconds);
    assert_eq!(names(&run.delivered), ["accepted"]);
}

#[tokio::test(start_paused = true)]
async fn the_retry_budget_is_kept() {
    for (name, provider, answer) in [
        ("busy", vbee(), Ok(Reply { status: 429, ..Reply::default() })),
        ("lost at a vendor that recognises repeats", itnio(), lost()),
        (
            "longer than the budget",
            itnio(),
            Ok(Reply { status: 429, retry_after: Some(Duration::from_secs(9999)), ..Reply::default() }),
        ),
    ] {
        let retry_policy = RetryPolicy { retry_for: Duration::from_mins(1), ..RULES };
        let run = deliver(provider, 1, script(std::iter::repeat_n(answer, 100)), retry_policy).await;
        assert!(run.seconds <= 60.0, "{name}: {}", run.seconds);
        assert!(matches!(run.delivered.failure, Some(Error::Unreachable { .. })), "{name}");
        let maybe_sent = name.starts_with("lost");
        let want = if maybe_sent { "open, maybe sent" } else { "open" };
        assert_eq!(names(&run.delivered), [want], "{name}: the next sync brings it again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_budget_is_told_and_leaves_nobody_unknown() {
    for (after, want) in [
        (Duration::from_secs(1000), "it asks for a wait of 1000 s"),
        (Duration::from_secs(1_790_000_000), "it asks for a wait of 1790000000 s (20717 days)"),
        (Duration::MAX, "it asks for a wait of 1844674407370955"),
    ] {
        for provider in [itnio(), vbee()] {
            let throttled = Reply { status: 429, retry_after: Some(after), ..Reply::default() };
            let run = deliver(provider, 2, script([Ok(throttled)]), RULES).await;
            assert_eq!((run.requests.len(), names(&run.delivered)), (1, vec!["open"; 2]), "{want}");
            let Some(Error::Unreachable { why, .. }) = run.delivered.failure else { panic!("{want}") };
            assert!(why.contains(want), "{want}: {why}");
            assert!(run.seconds < 1.0, "{want}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_freshly_signed() {
    let run = deliver(itnio(), 1, script([lost(), lost(), lost(), lost()]), RULES).await;
    let mut times: Vec<_> = run.requests.iter().map(|(_, request)| request.header("timestamp")).collect();
    let n_requests = times.len();
    times.dedup();
    assert_eq!(n_requests, 5);
    assert!(times.len() >= 4, "signatures were reused: {times:?}");
}

#[tokio::test(start_paused = true)]
async fn halves_a_refused_batch_until_one_stands_alone() {
    // Eight contacts, the third is poison: 8, 4, 2, 2 (of which 1 and 1), 4.
    let refuse = || json_reply(200, PARAMETERS);
    let answers = [refuse(), refuse(), json_reply(200, SUCCESS), refuse(), refuse()];
    let run = deliver(itnio(), 8, script(answers), RULES).await;
    let mut want = ["accepted"; 8];
    want[2] = "rejected";
    assert_eq!(names(&run.delivered), want);
    let ContactResult::Ended(outcome) = &run.delivered.contacts[2].1 else { panic!("open") };
    assert_eq!(outcome.reason(), Some(Reason::RefusedAlone));
    assert!(outcome.detail().unwrap().starts_with("code -27, the parameter check failed"));
    assert_eq!(run.requests.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn stops_when_every_contact_is_refused() {
    let refuse = || json_reply(200, PARAMETERS);
    let run = deliver(itnio(), 100, script(std::iter::repeat_with(refuse).take(500)), RULES).await;
    assert_eq!(names(&run.delivered), ["rejected"; 100]);
    assert!(matches!(run.delivered.failure, Some(Error::Refused { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_may_have_taken_what_it_answers() {
    let sent = "open, maybe sent";
    for (provider, status, want) in [
        (vbee(), 301, "unknown"),
        (vbee(), 302, "unknown"),
        (vbee(), 303, "unknown"),
        (vbee(), 307, "open"),
        (vbee(), 308, "open"),
        (itnio(), 303, sent),
        (itnio(), 307, "open"),
    ] {
        let run = deliver(provider, 2, script([json_reply(status, "")]), RULES).await;
        assert_eq!((run.requests.len(), names(&run.delivered)), (1, vec![want; 2]), "{status}");
        assert!(matches!(run.delivered.failure, Some(Error::Refused { .. })), "{status}");
    }
}

const EXISTS: &str =
    r#"{"status":"0","data":["The customer already exists in this task,Phone Number:14155550000"]}"#;
const INCOMPLETE: &str =
    r#"{"status":"0","data":["Customer custom property is incomplete,Phone Number:14155550000"]}"#;
const BLOCKED: &str = r#"{"status":"0","data":["The customer is blocked,Phone Number:14155550000"]}"#;
const NAMELESS: &str = r#"{"status":"0","data":[{}]}"#;
const WRONG_KEY: &str = r#"{"status":"-1","reason":"authentication"}"#;
const CLOCK: &str = r#"{"status":"-4","reason":"timestamp expires"}"#;

#[tokio::test(start_paused = true)]
async fn a_refusal_proves_nothing_of_those_who_may_have_arrived_before() {
    let ok = |body: &str| json_reply(200, body);
    let refuse = || json_reply(200, PARAMETERS);
    let too_large = || json_reply(413, "");
    let (sent, open) = ("open, maybe sent", "open");
    for (name, answers, want) in [
        ("taken", vec![lost(), ok(SUCCESS)], ["accepted", "accepted"]),
        ("there already", vec![lost(), ok(EXISTS)], ["accepted", "accepted"]),
        ("a variable is missing, as before", vec![lost(), ok(INCOMPLETE)], ["rejected", "accepted"]),
        ("refused by name", vec![lost(), ok(BLOCKED)], ["unknown", "accepted"]),
        ("refused without a name", vec![lost(), ok(NAMELESS)], ["unknown", "unknown"]),
        ("refused whole", vec![lost(), refuse(), refuse(), refuse()], ["unknown", "unknown"]),
        ("too large", vec![lost(), too_large(), too_large(), ok(SUCCESS)], ["unknown", "accepted"]),
        (
            "busy, then refused",
            vec![lost(), json_reply(429, ""), refuse(), refuse()],
            ["unknown", "accepted"],
        ),
        ("halved, then lost", vec![refuse(), lost(), refuse(), ok(SUCCESS)], ["unknown", "accepted"]),
        ("halved, then the other lost", vec![refuse(), refuse(), lost(), refuse()], ["rejected", "unknown"]),
        ("wrong key", vec![lost(), ok(WRONG_KEY)], [sent, sent]),
        ("wrong clock", vec![lost(), ok(CLOCK)], [sent, sent]),
        ("halved, then a wrong key", vec![lost(), refuse(), ok(WRONG_KEY)], [sent, sent]),
        ("one half lost, then a wrong key", vec![refuse(), lost(), ok(WRONG_KEY)], [sent, open]),
        (
            "one half done, then a wrong key",
            vec![lost(), refuse(), ok(SUCCESS), ok(WRONG_KEY)],
            ["accepted", sent],
        ),
        ("nothing lost: refused by name", vec![ok(BLOCKED)], ["rejected", "accepted"]),
        ("nothing lost: refused whole", vec![refuse(), refuse(), refuse()], ["rejected", "rejected"]),
        ("nothing lost: wrong key", vec![ok(WRONG_KEY)], [open, open]),
    ] {
        let run = deliver(itnio(), 2, script(answers), RULES).await;
        assert_eq!(names(&run.delivered), want, "{name}");
        if let (ContactResult::Ended(Outcome::Unknown(why)), "refused whole") =
            (&run.delivered.contacts[0].1, name)
        {
            let why = why.as_deref().unwrap();
            assert!(
                why.starts_with(
                    "refused now (refused_alone), but an earlier request may have added it: code -27"
                ),
                "{why}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_proves_nothing_of_those_whom_an_earlier_run_may_have_sent() {
    let ok = |body: &str| json_reply(200, body);
    let (sent, refuse) = ("open, maybe sent", || json_reply(200, PARAMETERS));
    for (name, provider, answers, want) in [
        ("there already", itnio(), vec![ok(EXISTS)], ["accepted", "accepted"]),
        // It may have been filled then.
        ("a variable is missing", itnio(), vec![ok(INCOMPLETE)], ["unknown", "accepted"]),
        ("refused by name", itnio(), vec![ok(BLOCKED)], ["unknown", "accepted"]),
        ("refused whole", itnio(), vec![refuse(), refuse(), refuse()], ["unknown", "unknown"]),
        ("wrong key", itnio(), vec![ok(WRONG_KEY)], [sent, sent]),
        ("not listed", vbee(), vec![ok(r#"{"status":1,"result":[]}"#)], ["unknown", "unknown"]),
        ("all invalid", vbee(), vec![ok(r#"{"status":0,"code":1403}"#)], ["unknown", "unknown"]),
        (
            "too large",
            vbee(),
            vec![json_reply(413, ""), json_reply(413, ""), json_reply(413, "")],
            ["unknown", "unknown"],
        ),
        ("wrong token", vbee(), vec![ok(r#"{"status":0,"code":401}"#)], [sent, sent]),
        ("lost again", vbee(), vec![lost()], ["unknown", "unknown"]),
    ] {
        let run = deliver_after(true, provider, 2, script(answers), RULES).await;
        assert_eq!(names(&run.delivered), want, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_unclear_answers_in_a_row_stop_the_run() {
    let provider = serde_json::from_value::<VendorConfig>(vbee()).unwrap().build();
    let transport = script(std::iter::repeat_n(lost(), 5));
    let deliverer = Deliverer::new(provider, transport, run_handle(), options(RULES));
    for attempt in 1..=5 {
        let contacts = vec![Contact::new(Phone::e164("+14155550100"))];
        let delivered = deliverer.deliver(&Campaign::new("c"), contacts, false).await;
        assert_eq!(delivered.failure.is_some(), attempt == 5, "attempt {attempt}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_again_once_the_run_is_ending() {
    let mut ending = script([lost()]);
    ending.stop_after_first = Some(run_handle());
    let run = deliver(itnio(), 1, ending, RULES).await;
    assert_eq!((run.requests.len(), names(&run.delivered)), (1, vec!["open, maybe sent"]));
    assert!(run.delivered.failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn requests_start_no_faster_than_allowed() {
    let rate_limiter = RateLimiter::new(10);
    let started = Instant::now();
    let last = (0..21).map(|_| rate_limiter.reserve()).last().unwrap();
    assert_eq!(last.duration_since(started), Duration::from_secs(2));
}

/// Vbee, by somebody who stumbles.
struct Clumsy {
    provider: Arc<dyn Provider>,
    over: &'static str,
}

impl Provider for Clumsy {
    fn name(&self) -> &'static str {
        self.provider.name()
    }

    fn account(&self) -> &str {
        self.provider.account()
    }

    fn shape(&self) -> ContactShape {
        self.provider.shape()
    }

    fn campaign(&self, id: &str) -> Result<Campaign, String> {
        self.provider.campaign(id)
    }

    fn limits(&self) -> Limits {
        self.provider.limits()
    }

    fn probe(&self, now: Timestamp) -> Request {
        self.provider.probe(now)
    }

    fn interpret_probe(&self, reply: &Reply, now: Timestamp) -> Result<(), String> {
        self.provider.interpret_probe(reply, now)
    }

    fn build_request(&self, batch: &Batch, now: Timestamp) -> Request {
        assert_ne!(self.over, "a request");
        self.provider.build_request(batch, now)
    }

    fn interpret(&self, batch: &Batch, reply: &Reply) -> Verdict {
        assert_ne!(self.over, "a reply");
        if self.over == "its own verdict" {
            Verdict::Settled(Vec::new())
        } else {
            self.provider.interpret(batch, reply)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_sent_when_something_panics_may_have_been_sent_and_nobody_else() {
    for (over, maybe_sent) in [("a request", false), ("a reply", true), ("its own verdict", true)] {
        let provider = serde_json::from_value::<VendorConfig>(vbee()).unwrap().build();
        let clumsy = Arc::new(Clumsy { provider, over });
        let deliverer = Deliverer::new(clumsy, script([]), run_handle(), options(RULES));
        let contacts = vec![Contact::new(Phone::e164("+14155550100"))];
        let delivered = deliverer.deliver(&Campaign::new("c"), contacts, false).await;
        let want = if maybe_sent { "open, maybe sent" } else { "open" };
        assert_eq!(names(&delivered), [want], "{over}");
        assert!(matches!(delivered.failure, Some(Error::Defect(_))), "{over}: {:?}", delivered.failure);
    }
}

//! A vendor that knows a request by its key and answers for each contact by itself.

use std::collections::HashSet;

use super::*;
use crate::providers::Simulator;
use crate::providers::pigeon::PigeonConfig;
use crate::providers::section::VendorSection;
use crate::providers::simulator::SimulatorOptions;

fn pigeon() -> Value {
    json!({ "vendor_type": "pigeon", "token": "a-token", "list": "9" })
}

/// The ids in a request's rows.
fn ids(request: &Request) -> Vec<String> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let rows = body["rows"].as_array().unwrap();
    rows.iter().map(|row| row["row_id"].as_str().unwrap().to_owned()).collect()
}

fn key(request: &Request) -> &str {
    request.header("idempotency-key").unwrap()
}

/// An answer that gives each row of a request a status.
fn statuses(ids: &[String], statuses: &[&str]) -> Answer {
    let rows = ids.iter().zip(statuses).map(|(id, status)| json!({ "row_id": id, "status": status }));
    json_reply(200, &json!({ "rows": rows.collect::<Vec<_>>() }).to_string())
}

/// The ids of the first contacts of every run here, which all have one seed.
async fn first_ids(n_contacts: u32) -> Vec<String> {
    let run =
        deliver(pigeon(), n_contacts, script([json_reply(200, r#"{"error":"bad_token"}"#)]), RULES).await;
    ids(&run.requests[0].1)
}

#[tokio::test(start_paused = true)]
async fn who_is_put_off_goes_out_again_alone_and_nobody_else() {
    let all = first_ids(4).await;
    let rest = [all[1].clone(), all[3].clone()];
    let answers = [
        statuses(&all, &["queued", "busy", "refused", "busy"]),
        statuses(&rest, &["busy", "queued"]),
        statuses(&rest[..1], &["queued"]),
    ];
    let run = deliver(pigeon(), 4, script(answers), RULES).await;
    assert_eq!(names(&run.delivered), ["accepted", "accepted", "rejected", "accepted"]);
    let sent: Vec<_> = run.requests.iter().map(|(_, request)| ids(request)).collect();
    assert_eq!(sent, [all.clone(), rest.to_vec(), rest[..1].to_vec()], "each keeps its id");
    let keys: HashSet<_> = run.requests.iter().map(|(_, request)| key(request)).collect();
    assert_eq!(keys.len(), 3, "other contacts are another request");
    assert!(run.seconds >= 1.0, "{} s: the vendor is given time", run.seconds);
}

#[tokio::test(start_paused = true)]
async fn the_attempts_of_a_batch_have_one_key_and_the_next_batch_another() {
    let all = first_ids(2).await;
    let answers = [lost(), json_reply(429, ""), lost(), statuses(&all, &["queued", "refused"])];
    let run = deliver(pigeon(), 2, script(answers), RULES).await;
    assert_eq!(names(&run.delivered), ["accepted", "rejected"], "the answer speaks for all attempts");
    let first = &run.requests[0].1;
    assert_eq!(run.requests.len(), 4);
    assert!(run.requests.iter().all(|(_, request)| request == first));
    let sent = script([]);
    let provider = serde_json::from_value::<VendorConfig>(pigeon()).unwrap().build();
    let deliverer = Deliverer::new(provider, sent.clone(), run_handle(), options(RULES));
    for _ in 0..2 {
        let contacts = vec![Contact::new(Phone::e164("+14155550100"))];
        deliverer.deliver(&Campaign::new("9"), contacts, false).await;
    }
    let requests = sent.requests.lock().unwrap();
    let keys: HashSet<_> = requests.iter().map(|(_, request)| key(request).to_owned()).collect();
    assert_eq!(keys.len(), 2, "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_arrived_never_goes_out_in_another_request() {
    let stopped = RetryPolicy { retry_for: Duration::ZERO, ..RULES };
    for (name, answers, policy, want) in [
        // A gateway's word about the second attempt says nothing of the first.
        ("halved", vec![lost(), json_reply(413, "")], RULES, ["unknown", "unknown"]),
        ("out of time", vec![lost()], stopped, ["open, maybe sent", "open, maybe sent"]),
    ] {
        let run = deliver(pigeon(), 2, script(answers), policy).await;
        assert_eq!(names(&run.delivered), want, "{name}");
        let keys: HashSet<_> = run.requests.iter().map(|(_, request)| key(request)).collect();
        assert_eq!(keys.len(), 1, "{name}");
    }
    let all = first_ids(2).await;
    let halves = [statuses(&all[..1], &["queued"]), statuses(&all[1..], &["queued"])];
    let answers = [json_reply(413, ""), lost()].into_iter().chain(halves);
    let run = deliver(pigeon(), 2, script(answers), RULES).await;
    assert_eq!(names(&run.delivered), ["accepted", "accepted"]);
    let keys: Vec<_> = run.requests.iter().map(|(_, request)| key(request)).collect();
    assert_eq!((keys.len(), keys[1] == keys[2]), (4, true), "a half has its own attempts");
    assert!(keys[0] != keys[1] && keys[1] != keys[3], "and its own key");
}

#[tokio::test(start_paused = true)]
async fn who_is_put_off_for_ever_is_rejected_where_others_are_taken_and_else_the_run_ends() {
    let all = first_ids(2).await;
    let later = || statuses(&all[1..], &["busy"]);
    let answers =
        [statuses(&all, &["queued", "busy"])].into_iter().chain(std::iter::repeat_with(later).take(100));
    let run = deliver(pigeon(), 2, script(answers), RULES).await;
    assert_eq!(names(&run.delivered), ["accepted", "rejected"]);
    assert!(run.delivered.failure.is_none(), "{:?}", run.delivered.failure);
    assert!((600.0..=901.0).contains(&run.seconds), "{} s", run.seconds);
    assert!(run.requests.len() < 40, "{} requests", run.requests.len());

    let both = || statuses(&all, &["busy", "busy"]);
    let run = deliver(pigeon(), 2, script(std::iter::repeat_with(both).take(100)), RULES).await;
    assert_eq!(names(&run.delivered), ["open", "open"]);
    assert!(matches!(run.delivered.failure, Some(Error::Unreachable { .. })), "{:?}", run.delivered.failure);
}

#[tokio::test(start_paused = true)]
async fn a_stop_between_leaves_settled_who_is_settled_and_open_who_was_put_off() {
    let all = first_ids(2).await;
    let stop = Some(run_handle());
    let script = Script { stop_after_first: stop, ..script([statuses(&all, &["queued", "busy"])]) };
    let run = deliver(pigeon(), 2, script, RULES).await;
    assert_eq!(names(&run.delivered), ["accepted", "open"]);
}

/// The way to the simulator: each answer arrives, or is lost when the script says so.
struct Way {
    simulator: Mutex<Box<dyn Simulator>>,
    rng: Mutex<fastrand::Rng>,
}

impl Transport for Arc<Way> {
    async fn send_request(&self, request: Request) -> Answer {
        let reply = self.simulator.lock().unwrap().answer(&request, Timestamp::UNIX_EPOCH);
        if self.rng.lock().unwrap().u32(0..3) == 0 { lost() } else { Ok(reply) }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_lost_nobody_is_called_twice() {
    for seed in 0..50 {
        let simulator = PigeonConfig::simulator(&SimulatorOptions::default());
        let config = simulator.connector_config("http://127.0.0.1:1");
        let provider = serde_json::from_value::<VendorConfig>(config).unwrap().build();
        let way = Arc::new(Way {
            simulator: Mutex::new(simulator),
            rng: Mutex::new(fastrand::Rng::with_seed(seed)),
        });
        let contacts = (0..20).map(|n| {
            let mut contact = Contact::new(Phone::e164(&format!("+1415555{n:04}")));
            contact.variables.push("note", ["", "BUSY", "POISON"][n % 3]);
            contact
        });
        let deliverer = Deliverer::new(
            provider,
            Arc::clone(&way),
            run_handle(),
            DeliveryOptions { seed, ..options(RULES) },
        );
        let mut delivered = deliverer.deliver(&Campaign::new("9"), contacts.collect(), false).await;
        in_order(&mut delivered);
        let want: Vec<_> = (0..20).map(|n| ["accepted", "accepted", "rejected"][n % 3]).collect();
        assert_eq!(names(&delivered), want, "seed {seed}");
        let totals = way.simulator.lock().unwrap().call_log().totals();
        assert_eq!((totals.people, totals.called_again), (14, 0), "seed {seed}");
    }
}

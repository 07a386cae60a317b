//! A simulator behind a bad line: the same pure `answer`, but now and then it goes wrong.
//!
//! The server renders an `Answer` on a socket; tests without sockets read it directly.

use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::faults::{Fault, FaultPlan};
use crate::providers::api::{Reply, Request};
use crate::providers::simulator::{POISON, Simulator, Twist};

/// How far ahead a wrong clock is.
const CLOCK_ERROR: SignedDuration = SignedDuration::from_mins(10);

/// A simulator whose answers go wrong as planned.
pub struct FaultInjector {
    simulator: Box<dyn Simulator>,
    plan: FaultPlan,
    seed: u64,
    rng: Rng,
    clock_is_wrong: bool,
    /// Requests since the clock turned wrong or right.
    since_turn: u32,
    injected: [(Fault, u64); Fault::ALL.len()],
}

/// What the sender sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer.
    Reply(Reply),
    /// An answer, after this wait.
    ReplyAfter(Duration, Reply),
    /// A closed connection; the batch was not taken.
    DroppedBefore,
    /// A closed connection; the batch was taken.
    DroppedAfter,
    /// The first half of this answer's body, then a closed connection.
    CutOff(Reply),
}

impl FaultInjector {
    /// Puts a simulator behind a bad line.
    #[must_use]
    pub fn new(simulator: Box<dyn Simulator>, plan: FaultPlan, seed: u64) -> Self {
        Self {
            simulator,
            plan,
            seed,
            rng: Rng::with_seed(seed),
            clock_is_wrong: false,
            since_turn: u32::MAX,
            injected: Fault::ALL.map(|fault| (fault, 0)),
        }
    }

    /// The path of the endpoint that adds contacts.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.simulator.path()
    }

    /// How and at which paths the simulator tells something, and adds nobody. Nothing goes wrong there: a fault
    /// would prove nothing about contacts, and shift the seed's others.
    #[must_use]
    pub fn questions(&self) -> Vec<(Method, &'static str)> {
        self.simulator.questions()
    }

    /// What the vendor would answer to such a question.
    #[must_use]
    pub fn tell(&self, request: &Request, now: Timestamp) -> Reply {
        self.simulator.tell(request, now)
    }

    /// The simulator itself, for its memory.
    #[must_use]
    pub fn simulator(&self) -> &dyn Simulator {
        &*self.simulator
    }

    /// How often each fault has struck.
    #[must_use]
    pub fn injected(&self) -> &[(Fault, u64)] {
        &self.injected
    }

    /// Answers as the vendor would, unless this request has a fault.
    pub fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let fault = self.plan.pick(&mut self.rng);
        let twist = self.twist(fault);
        let server_time = twist.vendors_clock(now);
        let Some(fault) = fault else { return Answer::Reply(self.pass_on(request, now, twist)) };
        let answer = match fault {
            Fault::Busy => Answer::Reply(refusal(503, "Service Unavailable", server_time)),
            Fault::Throttled => Answer::Reply(Reply {
                retry_after: Some(Duration::from_secs(1)),
                ..refusal(429, "Too Many Requests", server_time)
            }),
            Fault::ProxyPage => Answer::Reply(refusal(502, PROXY_PAGE, server_time)),
            Fault::DropBefore => Answer::DroppedBefore,
            Fault::DropAfter => {
                drop(self.pass_on(request, now, twist));
                Answer::DroppedAfter
            }
            Fault::Slow => Answer::ReplyAfter(self.plan.slow_for, self.pass_on(request, now, twist)),
            Fault::CutOff => Answer::CutOff(self.pass_on(request, now, twist)),
            // The other three are counted where they show: not every request has what they need.
            Fault::WrongClock | Fault::Poison | Fault::NamelessLine => {
                return Answer::Reply(self.pass_on(request, now, twist));
            }
        };
        self.count(fault);
        answer
    }

    /// How contacts are handed to the simulator.
    #[must_use]
    pub fn method(&self) -> Method {
        self.simulator.method()
    }

    /// What the simulator itself does wrong; a wrong clock goes before a fault of one request.
    fn twist(&mut self, fault: Option<Fault>) -> Twist {
        if self.clock_is_ahead(fault == Some(Fault::WrongClock)) {
            if self.simulator.judges_time() {
                self.count(Fault::WrongClock);
            }
            return Twist::WrongClock(CLOCK_ERROR);
        }
        if fault == Some(Fault::NamelessLine) { Twist::NamelessLine } else { Twist::None }
    }

    /// Turns the clock when that is due.
    fn clock_is_ahead(&mut self, picked: bool) -> bool {
        let may_turn = self.since_turn >= self.plan.clock_holds_for;
        if may_turn && (self.clock_is_wrong || picked) {
            // A clock that is due back may be picked to stay wrong.
            self.clock_is_wrong = picked;
            self.since_turn = 0;
        }
        self.since_turn = self.since_turn.saturating_add(1);
        self.clock_is_wrong
    }

    /// Hands the request to the simulator, marked if it holds a poisonous number.
    fn pass_on(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply {
        let poisoned = self.poisoned(request);
        if poisoned.is_some() {
            self.count(Fault::Poison);
        }
        let n_understood = self.simulator.call_log().totals().contacts;
        let reply = self.simulator.answer_with(poisoned.as_ref().unwrap_or(request), now, twist);
        let is_understood = self.simulator.call_log().totals().contacts > n_understood;
        if twist == Twist::NamelessLine && is_understood {
            self.count(Fault::NamelessLine);
        }
        reply
    }

    /// The request with its poisonous contacts marked for the simulator, if it has any.
    fn poisoned(&self, request: &Request) -> Option<Request> {
        if self.plan.rate(Fault::Poison) <= 0.0 {
            return None;
        }
        let mut body: Value = serde_json::from_slice(&request.body).ok()?;
        let lists = body.as_object_mut()?.values_mut().filter_map(Value::as_array_mut);
        let mut found = false;
        for contact in lists.flatten().filter_map(Value::as_object_mut) {
            let number =
                contact.iter().find(|(key, _)| is_phone_number(key)).and_then(|(_, value)| value.as_str());
            if number.is_some_and(|number| self.plan.poisons(number, self.seed)) {
                mark(contact);
                found = true;
            }
        }
        found.then(|| Request { body: Bytes::from(body.to_string()), ..request.clone() })
    }

    fn count(&mut self, fault: Fault) {
        for (one, n_times) in &mut self.injected {
            if *one == fault {
                *n_times += 1;
            }
        }
    }
}

/// Every vendor has the same word for it, spelt in its own way.
fn is_phone_number(key: &str) -> bool {
    key.replace('_', "").eq_ignore_ascii_case("phonenumber")
}

/// Puts the marker where any vendor has its variables: beside the number, or one level below.
fn mark(contact: &mut Map<String, Value>) {
    let marked = Map::from_iter([("poison".to_owned(), Value::from(POISON))]);
    match contact.get_mut("properties").and_then(Value::as_object_mut) {
        Some(properties) => properties.extend(marked.clone()),
        None => drop(contact.insert("properties".to_owned(), marked.clone().into())),
    }
    contact.extend(marked);
}

const PROXY_PAGE: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n\
    <center><h1>502 Bad Gateway</h1></center>\n</body>\n</html>\n";

fn refusal(status: u16, body: &'static str, now: Timestamp) -> Reply {
    Reply { status, date: Some(now), body: Bytes::from_static(body.as_bytes()), ..Reply::default() }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::providers::call_log::CallLog;

    /// Takes everything, and tells what and when.
    struct Willing(mpsc::Sender<(Bytes, Timestamp)>, CallLog);

    impl Simulator for Willing {
        fn name(&self) -> &'static str {
            "willing"
        }

        fn path(&self) -> &'static str {
            "/willing"
        }

        fn judges_time(&self) -> bool {
            true
        }

        fn answer_with(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply {
            self.0.send((request.body.clone(), twist.vendors_clock(now))).expect("the test listens");
            self.1.note_contacts(2);
            let body = if twist == Twist::NamelessLine { NAMELESS } else { ANSWER };
            let date = Some(twist.vendors_clock(now));
            Reply { status: 200, date, body: body.into(), ..Reply::default() }
        }

        fn call_log(&self) -> &CallLog {
            &self.1
        }

        fn connector_config(&self, _: &str) -> Value {
            Value::Null
        }
    }

    const NAMELESS: &str = r#"{"status":"0","reason":"success","data":["?"]}"#;
    const ANSWER: &str = r#"{"status":"0","reason":"success"}"#;
    const BODY: &str = r#"{"list":[{"phone_number":"+14155550101"},{"phoneNumber":"14155550102"}]}"#;

    struct Line {
        injector: FaultInjector,
        taken: mpsc::Receiver<(Bytes, Timestamp)>,
    }

    impl Line {
        fn new(plan: FaultPlan) -> Self {
            let (tell, taken) = mpsc::channel();
            Self { injector: FaultInjector::new(Box::new(Willing(tell, CallLog::default())), plan, 1), taken }
        }

        /// The answer, and what the simulator saw of the request.
        fn ask(&mut self) -> (Answer, Option<(Bytes, Timestamp)>) {
            let request = Request {
                method: http::Method::POST,
                url: "/willing".to_owned(),
                headers: Vec::new(),
                body: BODY.into(),
            };
            (self.injector.answer(&request, Timestamp::UNIX_EPOCH), self.taken.try_recv().ok())
        }

        fn n_injected(&self, fault: Fault) -> u64 {
            let found = self.injector.injected().iter().find(|(one, _)| *one == fault);
            found.expect("every fault is counted").1
        }
    }

    #[test]
    fn a_fault_takes_the_batch_or_not_as_it_says() {
        for (fault, is_taken) in [
            (Fault::Busy, false),
            (Fault::Throttled, false),
            (Fault::ProxyPage, false),
            (Fault::DropBefore, false),
            (Fault::DropAfter, true),
            (Fault::Slow, true),
            (Fault::CutOff, true),
            (Fault::WrongClock, true),
            (Fault::Poison, true),
            (Fault::NamelessLine, true),
        ] {
            let mut line = Line::new(FaultPlan::always(fault));
            let (answer, taken) = line.ask();
            assert_eq!(taken.is_some(), is_taken, "{fault:?}");
            assert_eq!(line.n_injected(fault), 1, "{fault:?}");
            let good = Reply {
                status: 200,
                date: Some(Timestamp::UNIX_EPOCH),
                body: ANSWER.into(),
                ..Reply::default()
            };
            let is_changed = taken.is_some_and(|(body, _)| body != BODY);
            assert!(answer != Answer::Reply(good) || is_changed, "{fault:?} shows");
        }
    }

    #[test]
    fn a_wrong_clock_stays_wrong_for_a_while_and_then_right_for_a_while() {
        let mut line = Line::new(FaultPlan::none());
        line.injector.plan.clock_holds_for = 5;
        line.injector.plan.set_rate(Fault::WrongClock, 1.0);
        let is_ahead = |line: &mut Line| line.ask().1.expect("it is taken").1 > Timestamp::UNIX_EPOCH;
        assert!(is_ahead(&mut line));
        line.injector.plan.set_rate(Fault::WrongClock, 0.0);
        let after: String = (0..8).map(|_| if is_ahead(&mut line) { '+' } else { '0' }).collect();
        assert_eq!(after, "++++0000");
        line.injector.plan.set_rate(Fault::WrongClock, 1.0);
        let again: String = (0..4).map(|_| if is_ahead(&mut line) { '+' } else { '0' }).collect();
        assert_eq!(again, "0+++", "right for five requests before it may turn again");
    }

    #[test]
    fn the_same_seed_gives_the_same_answers() {
        let answers = || {
            let mut line = Line::new(FaultPlan::all());
            (0..300).map(|_| line.ask().0).collect::<Vec<_>>()
        };
        assert_eq!(answers(), answers());
    }
}

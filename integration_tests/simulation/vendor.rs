//! The way to a simulated vendor: it takes time before and after, so that a crash can come between.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use destination_ai_voice::delivery::{Transport, TransportError};
use destination_ai_voice::providers::api::{Reply, Request};
use destination_ai_voice::sandbox::fault_injector::{Answer, FaultInjector};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use crate::options::beginning;
use crate::rules::Gate;

/// The vendor of a scenario; outlives every run.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) faulty: Arc<Mutex<FaultInjector>>,
    pub(crate) rng: Arc<Mutex<fastrand::Rng>>,
    pub(crate) began: Instant,
    /// How often a request is carried out and answered with a redirect, as some gateways do.
    pub(crate) redirects: f64,
    /// How often our own code fails when the request was carried out.
    pub(crate) panics: f64,
    pub(crate) n_panics: Arc<AtomicU64>,
    /// Of the run that has this way.
    pub(crate) gate: Option<Gate>,
}

impl Line {
    pub(crate) fn now(&self) -> Timestamp {
        beginning() + SignedDuration::try_from(self.began.elapsed()).unwrap()
    }

    fn happens(&self, rate: f64) -> bool {
        self.rng.lock().unwrap().f64() < rate
    }

    async fn travel(&self) {
        let ms = self.rng.lock().unwrap().u64(1..300);
        sleep(Duration::from_millis(ms)).await;
    }
}

impl Transport for Line {
    async fn send_request(&self, request: Request) -> Result<Reply, TransportError> {
        self.gate.iter().for_each(Gate::passes);
        self.travel().await;
        let answer = self.faulty.lock().unwrap().answer(&request, self.now());
        self.travel().await;
        if self.happens(self.panics) {
            self.n_panics.fetch_add(1, Ordering::Relaxed);
            panic!("a defect");
        }
        if self.happens(self.redirects) {
            return Ok(Reply { status: 303, ..Reply::default() });
        }
        let lost = |why: &str| Err(TransportError::Lost(why.to_owned()));
        match answer {
            Answer::Reply(reply) => Ok(reply),
            Answer::ReplyAfter(wait, reply) => {
                sleep(wait).await;
                Ok(reply)
            }
            Answer::DroppedBefore | Answer::DroppedAfter => lost("connection closed"),
            Answer::CutOff(_) => lost("the answer broke off"),
        }
    }
}

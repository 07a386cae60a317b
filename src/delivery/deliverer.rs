//! Delivers one batch: attempt, judge, wait, halve, until each contact has an outcome or the run
//! must stop. The one place that knows what each verdict makes us do.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::clock::Clock;
use super::part::Part;
use super::rate_limiter::{self, RateLimiter};
use super::stop::Stop;
use super::transport::{Transport, TransportError};
use crate::domain::batch::Batch;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::providers::Provider;
use crate::providers::api::{Blame, Verdict};

/// So many unclear answers in a row, and the vendor is taken to be down: every further batch would
/// leave more people of whom nobody can say whether they will be called.
const UNCLEAR_IN_A_ROW: u32 = 5;

/// So many contacts refused one by one with none accepted, and the fault is not in the contacts.
const HOPELESS_AFTER: u64 = 100;

/// How often one batch's clock may be corrected: a vendor behind several servers has several clocks.
const CLOCK_CORRECTIONS: u32 = 5;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What the user decided about repeats.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long a batch is tried again, all its attempts together.
    pub retry_for: Duration,
    /// Send again what may have arrived, also where the vendor does not recognise repeats.
    pub resend: bool,
}

/// What a deliverer goes by.
pub struct DeliveryOptions {
    /// The time of day, for signatures.
    pub clock: Arc<Clock>,
    /// How fast requests may start.
    pub rate_limiter: RateLimiter,
    /// What the user decided about repeats.
    pub retry_policy: RetryPolicy,
    /// Says when nothing new may be sent.
    pub stop: Stop,
    /// Where lines for the log go.
    pub log_lines: mpsc::Sender<LogLine>,
    /// Spreads the waits.
    pub seed: u64,
}

/// Delivers batches to one vendor's account. Shared by all deliveries under way.
pub struct Deliverer<C> {
    provider: Arc<dyn Provider>,
    transport: C,
    clock: Arc<Clock>,
    rate_limiter: RateLimiter,
    retry_policy: RetryPolicy,
    stop: Stop,
    log_lines: mpsc::Sender<LogLine>,
    jitter: Mutex<fastrand::Rng>,
    unclear_in_a_row: AtomicU32,
    refused_alone: AtomicU64,
    taken: AtomicU64,
}

/// Something for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine(pub String);

/// What became of a batch.
#[derive(Debug)]
pub struct DeliveryResult {
    /// One for each contact, in order.
    pub results: Vec<ContactResult>,
    /// Why the run must stop, if it must.
    pub failure: Option<Error>,
}

/// What became of one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactResult {
    /// It has its outcome.
    Ended(Outcome),
    /// It is not settled, the next sync brings it again.
    Open {
        /// A request with it may have arrived.
        maybe_sent: bool,
    },
}

/// How the attempts at one part ended.
enum PartEnd {
    Settled(Vec<Outcome>),
    /// Something in it is refused.
    Refused(String),
    /// The run is stopping; what is not settled stays so.
    Stopped,
    Failed(Error),
    /// The run must stop, and this request may have been taken.
    Astray(String),
}

/// What to do after one attempt.
enum AfterAttempt {
    PartEnd(PartEnd),
    Wait { until: Instant, why: String },
    Now,
}

/// What one part's attempts have been through.
struct Attempts {
    deadline: Instant,
    attempts: u32,
    clock_corrections: u32,
}

impl<C: Transport> Deliverer<C> {
    /// A deliverer that goes to one vendor by one transport.
    pub fn new(provider: Arc<dyn Provider>, transport: C, terms: DeliveryOptions) -> Self {
        let DeliveryOptions { clock, rate_limiter, retry_policy, stop, log_lines, seed } = terms;
        Self {
            provider,
            transport,
            clock,
            rate_limiter,
            retry_policy,
            stop,
            log_lines,
            jitter: Mutex::new(fastrand::Rng::with_seed(seed)),
            unclear_in_a_row: AtomicU32::new(0),
            refused_alone: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        }
    }

    /// Whether what may have arrived may go out again: the vendor recognises it, or the user said so.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.provider.limits().resend_is_safe || self.retry_policy.resend
    }

    /// The time of day, by which people are remembered: no vendor's clock moves it.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.uncorrected()
    }

    /// Waits; gives whether the run goes on.
    pub async fn pause(&self, wait: Duration) -> bool {
        self.wait_until(rate_limiter::after(wait)).await.is_ok()
    }

    /// Delivers a batch. Never fails as a whole: what is settled is told, whatever fails after it.
    pub async fn deliver(&self, batch: Batch) -> DeliveryResult {
        let mut results = vec![ContactResult::Open { maybe_sent: batch.maybe_sent }; batch.contacts.len()];
        let mut parts = vec![Part::whole(batch)];
        let deadline = rate_limiter::after(self.retry_policy.retry_for);
        while let Some(mut part) = parts.pop() {
            let end = self.attempt_or_own_up(&mut part, deadline).await;
            let settled = match end {
                PartEnd::Settled(settled) => settled,
                PartEnd::Refused(why) if part.batch.contacts.len() == 1 => {
                    self.refused_alone.fetch_add(1, Ordering::Relaxed);
                    vec![part.proof(Outcome::Rejected(Reason::RefusedAlone, Some(why.into())))]
                }
                PartEnd::Refused(why) => {
                    let n_contacts = part.batch.contacts.len();
                    if n_contacts == results.len() {
                        self.log_line(format!(
                            "{n_contacts} contacts were refused as a whole, halving to find which: {why}"
                        ));
                    }
                    parts.extend(part.halves());
                    continue;
                }
                PartEnd::Stopped => {
                    return DeliveryResult { results: left_open(results, part, parts), failure: None };
                }
                PartEnd::Failed(error) => {
                    return DeliveryResult { results: left_open(results, part, parts), failure: Some(error) };
                }
                PartEnd::Astray(why) => return self.astray(&why, results, part, parts),
            };
            for (result, outcome) in results.iter_mut().skip(part.start).zip(settled) {
                *result = ContactResult::Ended(outcome);
            }
        }
        DeliveryResult { failure: self.hopeless(), results }
    }

    /// Settles one part. A panic is a defect of ours, but no reason to forget who may have been sent.
    async fn attempt_or_own_up(&self, part: &mut Part, deadline: Instant) -> PartEnd {
        let settling = AssertUnwindSafe(self.attempt_until_settled(part, deadline)).catch_unwind();
        settling
            .await
            .unwrap_or_else(|_| PartEnd::Failed(Error::Defect("a delivery ended in a panic".to_owned())))
    }

    /// Attempts one part until there is nothing more to attempt.
    async fn attempt_until_settled(&self, part: &mut Part, deadline: Instant) -> PartEnd {
        let mut history = Attempts { deadline, attempts: 0, clock_corrections: 0 };
        loop {
            if self.wait_until(self.rate_limiter.reserve()).await.is_err() {
                return PartEnd::Stopped;
            }
            let verdict = self.attempt(part).await;
            history.attempts = history.attempts.saturating_add(1);
            match self.act_on(verdict, part, &mut history) {
                AfterAttempt::PartEnd(end) => return end,
                AfterAttempt::Now => {}
                AfterAttempt::Wait { until, why } => {
                    let seconds = until.duration_since(Instant::now()).as_secs_f32();
                    let next = history.attempts.saturating_add(1);
                    self.log_line(format!("waiting {seconds:.1} s before attempt {next}: {why}"));
                    if self.wait_until(until).await.is_err() {
                        return PartEnd::Stopped;
                    }
                }
            }
        }
    }

    async fn attempt(&self, part: &mut Part) -> Verdict {
        let (sent_at, sent) = (self.clock.now(), Instant::now());
        let request = self.provider.build_request(&part.batch, sent_at);
        part.is_away = true;
        let carried = tokio::select! {
            biased;
            carried = self.transport.send_request(request) => carried,
            () = self.stop.wait_for_cut_off() => {
                Err(TransportError::Lost("the run ended before the answer came".to_owned()))
            }
        };
        let verdict = match carried {
            Ok(reply) => {
                let off = reply.date.filter(|date| !Clock::fits(*date, sent_at, sent.elapsed()));
                self.blame_clock(self.provider.interpret(&part.batch, &reply), off)
            }
            Err(TransportError::NotSent(why)) => Verdict::Again { after: None, why },
            Err(TransportError::Barred(why)) => Verdict::Halt { blame: Blame::Network, why },
            Err(TransportError::Lost(why)) => Verdict::Unclear { why },
        };
        part.is_away = !matches!(
            verdict,
            Verdict::Again { .. } | Verdict::Split { .. } | Verdict::ClockOff { .. } | Verdict::Halt { .. }
        );
        verdict
    }

    /// A refusal may be the clock's fault, whatever the vendor calls it: a token from the future is refused as a
    /// wrong one is. Who is refused by a server of another time asks once more by that, or names the clock first.
    fn blame_clock(&self, verdict: Verdict, server_time: Option<jiff::Timestamp>) -> Verdict {
        let (Verdict::Halt { blame: Blame::User, why }, Some(date)) = (&verdict, server_time) else {
            return verdict;
        };
        match self.clock.too_far_from(date) {
            Some(clock) => {
                Verdict::Halt { blame: Blame::User, why: format!("{clock}. Its answer was: {why}") }
            }
            None => Verdict::ClockOff { server_time },
        }
    }

    fn act_on(&self, verdict: Verdict, part: &mut Part, history: &mut Attempts) -> AfterAttempt {
        if !matches!(verdict, Verdict::Unclear { .. }) {
            self.unclear_in_a_row.store(0, Ordering::Relaxed);
        }
        match verdict {
            Verdict::Settled(outcomes) => self.settled(outcomes, part),
            Verdict::Split { why } => AfterAttempt::PartEnd(PartEnd::Refused(why)),
            Verdict::Again { after, why } => self.again(after, why, history),
            Verdict::ClockOff { server_time } => self.clock_off(server_time, history),
            Verdict::Unclear { why } => self.unclear(why, part, history),
            Verdict::Astray { why } => AfterAttempt::PartEnd(PartEnd::Astray(why)),
            Verdict::Halt { blame: Blame::User, why } => {
                AfterAttempt::PartEnd(PartEnd::Failed(Error::Refused { vendor: self.provider.name(), why }))
            }
            Verdict::Halt { blame: Blame::Network, why } => {
                AfterAttempt::PartEnd(PartEnd::Failed(Error::NoWay { vendor: self.provider.name(), why }))
            }
            Verdict::Halt { blame: Blame::Us, why } => {
                AfterAttempt::PartEnd(PartEnd::Failed(Error::Defect(why)))
            }
        }
    }

    fn settled(&self, outcomes: Vec<Outcome>, part: &mut Part) -> AfterAttempt {
        let n_contacts = part.batch.contacts.len();
        if outcomes.len() != n_contacts {
            // Whom the vendor took by this answer, nobody can say now.
            part.batch.maybe_sent = true;
            let why = format!("{} outcomes for {n_contacts} contacts", outcomes.len());
            return AfterAttempt::PartEnd(PartEnd::Failed(Error::Defect(why)));
        }
        if outcomes.iter().any(|outcome| !outcome.counts_as_rejected()) {
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
        AfterAttempt::PartEnd(PartEnd::Settled(
            outcomes.into_iter().map(|outcome| part.proof(outcome)).collect(),
        ))
    }

    /// Nothing was taken: the whole account waits, then the same batch goes out again.
    fn again(&self, after: Option<Duration>, mut why: String, history: &Attempts) -> AfterAttempt {
        let asked = after.unwrap_or_default();
        if !asked.is_zero() {
            why.push_str(&format!("; it asks for a wait of {}", in_words(asked)));
        }
        let until = rate_limiter::after(self.back_off(history.attempts).max(asked));
        if until > history.deadline {
            return self.out_of_time(&why, history);
        }
        if after.is_some() {
            self.rate_limiter.pause_until(until);
        }
        AfterAttempt::Wait { until, why }
    }

    fn clock_off(&self, server_time: Option<jiff::Timestamp>, history: &mut Attempts) -> AfterAttempt {
        let halt = |why| {
            AfterAttempt::PartEnd(PartEnd::Failed(Error::Refused { vendor: self.provider.name(), why }))
        };
        let Some(server_time) = server_time else {
            return halt("the signature's time is refused, and the answer does not say the server's time: set this machine's clock".to_owned());
        };
        if let Some(why) = self.clock.too_far_from(server_time) {
            return halt(why);
        }
        let agrees = self.clock.agrees_with(server_time);
        if (agrees && history.clock_corrections > 0) || history.clock_corrections >= CLOCK_CORRECTIONS {
            let seconds = self.clock.correct(server_time);
            return halt(format!(
                "the signature's time is refused though it follows the server's clock, from which this machine's differs by {seconds} s: set this machine's clock (NTP), then ask the vendor"
            ));
        }
        history.clock_corrections = history.clock_corrections.saturating_add(1);
        let seconds = self.clock.correct(server_time);
        self.log_line(format!(
            "this machine's clock differs from the vendor's by {seconds} s; following the vendor's"
        ));
        AfterAttempt::Now
    }

    /// It may have been taken. Goes out again only where that rings nobody twice, or the user said so.
    fn unclear(&self, why: String, part: &mut Part, history: &Attempts) -> AfterAttempt {
        if self.may_repeat() {
            part.batch.maybe_sent = true;
            let until = rate_limiter::after(self.back_off(history.attempts));
            return if until > history.deadline {
                self.out_of_time(&why, history)
            } else {
                AfterAttempt::Wait { until, why }
            };
        }
        let in_a_row = self.unclear_in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.rate_limiter.pause_until(rate_limiter::after(self.back_off(in_a_row)));
        let n_contacts = part.batch.contacts.len();
        self.log_line(format!("{n_contacts} contacts may have arrived or not, and are held: {why}"));
        let detail: Box<str> = why.into();
        AfterAttempt::PartEnd(PartEnd::Settled(vec![Outcome::Unknown(Some(detail)); n_contacts]))
    }

    /// Nothing more is sent. Whom the request was about goes out again only where that rings nobody twice.
    fn astray(
        &self,
        why: &str,
        results: Vec<ContactResult>,
        mut part: Part,
        others: Vec<Part>,
    ) -> DeliveryResult {
        part.batch.maybe_sent = true;
        let (start, n_contacts) = (part.start, part.batch.contacts.len());
        let why = format!("{why}; {n_contacts} contacts of this request may have been added all the same");
        let mut results = left_open(results, part, others);
        if !self.may_repeat() {
            let unknown = ContactResult::Ended(Outcome::Unknown(Some(why.as_str().into())));
            results.iter_mut().skip(start).take(n_contacts).for_each(|result| *result = unknown.clone());
        }
        DeliveryResult { results, failure: Some(Error::Refused { vendor: self.provider.name(), why }) }
    }

    fn out_of_time(&self, why: &str, history: &Attempts) -> AfterAttempt {
        let (attempts, seconds) = (history.attempts, self.retry_policy.retry_for.as_secs());
        let why = format!(
            "{attempts} attempts within {seconds} s (delivery.retry_for_seconds); the last one: {why}"
        );
        AfterAttempt::PartEnd(PartEnd::Failed(Error::Unreachable { vendor: self.provider.name(), why }))
    }

    /// Why it makes no sense to go on although every contact of this batch is settled.
    fn hopeless(&self) -> Option<Error> {
        let vendor = self.provider.name();
        let in_a_row = self.unclear_in_a_row.load(Ordering::Relaxed);
        if in_a_row >= UNCLEAR_IN_A_ROW {
            let why = format!(
                "{in_a_row} answers in a row were lost or unclear; look at the vendor's status page and console, contacts with outcome_unknown may have been added"
            );
            return Some(Error::Unreachable { vendor, why });
        }
        let refused = self.refused_alone.load(Ordering::Relaxed);
        if refused >= HOPELESS_AFTER && self.taken.load(Ordering::Relaxed) == 0 {
            let why = format!(
                "each of the first {refused} contacts, sent one by one: compare the mapped fields with what the campaign needs"
            );
            return Some(Error::Refused { vendor, why });
        }
        None
    }

    /// Doubles with each attempt, up to a minute, and is spread so that requests do not march in step.
    fn back_off(&self, attempts: u32) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
        let spread = self.jitter.lock().expect("nothing panics while it draws").f64();
        doubled.min(LONGEST_WAIT).mul_f64(0.75 + spread / 2.0)
    }

    async fn wait_until(&self, instant: Instant) -> Result<(), Stopped> {
        if self.stop.is_set() {
            return Err(Stopped);
        }
        if instant <= Instant::now() {
            return Ok(());
        }
        tokio::select! {
            () = sleep_until(instant) => Ok(()),
            () = self.stop.wait() => Err(Stopped),
        }
    }

    /// Says something to whoever reads the log. A full channel loses a line, never a contact.
    pub fn log_line(&self, text: String) {
        drop(self.log_lines.try_send(LogLine(text)));
    }
}

struct Stopped;

/// A wait for a person to read: who asks for days may have meant a date.
fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().ceil();
    let days = wait.as_secs().div_euclid(86_400);
    if days < 2 { format!("{seconds} s") } else { format!("{seconds} s ({days} days)") }
}

/// Says of what is not settled whether it may have been sent.
fn left_open(mut results: Vec<ContactResult>, part: Part, others: Vec<Part>) -> Vec<ContactResult> {
    for Part { start, batch, is_away, .. } in others.into_iter().chain([part]) {
        for result in results.iter_mut().skip(start).take(batch.contacts.len()) {
            *result = ContactResult::Open { maybe_sent: batch.maybe_sent || is_away };
        }
    }
    results
}

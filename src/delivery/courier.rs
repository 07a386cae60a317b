//! Delivers one batch: attempt, judge, wait, halve, until each contact has an outcome or the run
//! must stop. The one place that knows what each verdict makes us do.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::carrier::{Carrier, CarryError};
use super::clock::Clock;
use super::pace::{self, Pace};
use super::part::Part;
use super::stop::Stop;
use crate::error::Error;
use crate::reason::Reason;
use crate::vendor::Vendor;
use crate::vendor::exchange::{Batch, Blame, Outcome, Verdict};

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
pub struct Rules {
    /// How long a batch is tried again, all its attempts together.
    pub retry_for: Duration,
    /// Send again what may have arrived, also where the vendor does not recognise repeats.
    pub resend: bool,
}

/// What a courier goes by.
pub struct Terms {
    /// The time of day, for signatures.
    pub clock: Arc<Clock>,
    /// How fast requests may start.
    pub pace: Pace,
    /// What the user decided about repeats.
    pub rules: Rules,
    /// Says when nothing new may be sent.
    pub stop: Stop,
    /// Where lines for the log go.
    pub notices: mpsc::Sender<Notice>,
    /// Spreads the waits.
    pub seed: u64,
}

/// Delivers batches to one vendor's account. Shared by all deliveries under way.
pub struct Courier<C> {
    vendor: Arc<dyn Vendor>,
    carrier: C,
    clock: Arc<Clock>,
    pace: Pace,
    rules: Rules,
    stop: Stop,
    notices: mpsc::Sender<Notice>,
    jitter: Mutex<fastrand::Rng>,
    unclear_in_a_row: AtomicU32,
    refused_alone: AtomicU64,
    taken: AtomicU64,
}

/// Something for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice(pub String);

/// What became of a batch.
#[derive(Debug)]
pub struct Delivered {
    /// One for each contact, in order.
    pub fates: Vec<Fate>,
    /// Why the run must stop, if it must.
    pub failure: Option<Error>,
}

/// What became of one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has its outcome.
    Ended(Outcome),
    /// It is not settled, the next sync brings it again.
    Open {
        /// A request with it may have arrived.
        maybe_sent: bool,
    },
}

/// How the attempts at one part ended.
enum End {
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
enum Next {
    End(End),
    Wait { until: Instant, why: String },
    Now,
}

/// What one part's attempts have been through.
struct History {
    deadline: Instant,
    attempts: u32,
    clock_corrections: u32,
}

impl<C: Carrier> Courier<C> {
    /// A courier that goes to one vendor by one carrier.
    pub fn new(vendor: Arc<dyn Vendor>, carrier: C, terms: Terms) -> Self {
        let Terms { clock, pace, rules, stop, notices, seed } = terms;
        Self {
            vendor,
            carrier,
            clock,
            pace,
            rules,
            stop,
            notices,
            jitter: Mutex::new(fastrand::Rng::with_seed(seed)),
            unclear_in_a_row: AtomicU32::new(0),
            refused_alone: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        }
    }

    /// Whether what may have arrived may go out again: the vendor recognises it, or the user said so.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.vendor.limits().resend_is_safe || self.rules.resend
    }

    /// The time of day, by which people are remembered: no vendor's clock moves it.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.uncorrected()
    }

    /// Waits; gives whether the run goes on.
    pub async fn pause(&self, wait: Duration) -> bool {
        self.wait_until(pace::after(wait)).await.is_ok()
    }

    /// Delivers a batch. Never fails as a whole: what is settled is told, whatever fails after it.
    pub async fn deliver(&self, batch: Batch) -> Delivered {
        let mut fates = vec![Fate::Open { maybe_sent: batch.maybe_sent }; batch.contacts.len()];
        let mut parts = vec![Part::whole(batch)];
        let deadline = pace::after(self.rules.retry_for);
        while let Some(mut part) = parts.pop() {
            let end = self.settle_or_own_up(&mut part, deadline).await;
            let settled = match end {
                End::Settled(settled) => settled,
                End::Refused(why) if part.batch.contacts.len() == 1 => {
                    self.refused_alone.fetch_add(1, Ordering::Relaxed);
                    vec![part.proof(Outcome::Rejected(Reason::RefusedAlone, Some(why.into())))]
                }
                End::Refused(why) => {
                    let n_contacts = part.batch.contacts.len();
                    if n_contacts == fates.len() {
                        self.notice(format!(
                            "{n_contacts} contacts were refused as a whole, halving to find which: {why}"
                        ));
                    }
                    parts.extend(part.halves());
                    continue;
                }
                End::Stopped => return Delivered { fates: left_open(fates, part, parts), failure: None },
                End::Failed(error) => {
                    return Delivered { fates: left_open(fates, part, parts), failure: Some(error) };
                }
                End::Astray(why) => return self.astray(&why, fates, part, parts),
            };
            for (fate, outcome) in fates.iter_mut().skip(part.start).zip(settled) {
                *fate = Fate::Ended(outcome);
            }
        }
        Delivered { failure: self.hopeless(), fates }
    }

    /// Settles one part. A panic is a defect of ours, but no reason to forget who may have been sent.
    async fn settle_or_own_up(&self, part: &mut Part, deadline: Instant) -> End {
        let settling = AssertUnwindSafe(self.settle(part, deadline)).catch_unwind();
        settling
            .await
            .unwrap_or_else(|_| End::Failed(Error::Defect("a delivery ended in a panic".to_owned())))
    }

    /// Attempts one part until there is nothing more to attempt.
    async fn settle(&self, part: &mut Part, deadline: Instant) -> End {
        let mut history = History { deadline, attempts: 0, clock_corrections: 0 };
        loop {
            if self.wait_until(self.pace.reserve()).await.is_err() {
                return End::Stopped;
            }
            let verdict = self.attempt(part).await;
            history.attempts = history.attempts.saturating_add(1);
            match self.judge(verdict, part, &mut history) {
                Next::End(end) => return end,
                Next::Now => {}
                Next::Wait { until, why } => {
                    let seconds = until.duration_since(Instant::now()).as_secs_f32();
                    let next = history.attempts.saturating_add(1);
                    self.notice(format!("waiting {seconds:.1} s before attempt {next}: {why}"));
                    if self.wait_until(until).await.is_err() {
                        return End::Stopped;
                    }
                }
            }
        }
    }

    async fn attempt(&self, part: &mut Part) -> Verdict {
        let request = self.vendor.submit(&part.batch, self.clock.now());
        part.is_away = true;
        let carried = tokio::select! {
            biased;
            carried = self.carrier.carry(request) => carried,
            () = self.stop.wait_for_cut_off() => {
                Err(CarryError::Lost("the run ended before the answer came".to_owned()))
            }
        };
        let verdict = match carried {
            Ok(reply) => self.vendor.read(&part.batch, &reply),
            Err(CarryError::NotSent(why)) => Verdict::Again { after: None, why },
            Err(CarryError::Barred(why)) => Verdict::Halt { blame: Blame::Network, why },
            Err(CarryError::Lost(why)) => Verdict::Unclear { why },
        };
        part.is_away = !matches!(
            verdict,
            Verdict::Again { .. } | Verdict::Split { .. } | Verdict::ClockOff { .. } | Verdict::Halt { .. }
        );
        verdict
    }

    fn judge(&self, verdict: Verdict, part: &mut Part, history: &mut History) -> Next {
        if !matches!(verdict, Verdict::Unclear { .. }) {
            self.unclear_in_a_row.store(0, Ordering::Relaxed);
        }
        match verdict {
            Verdict::Settled(outcomes) => self.settled(outcomes, part),
            Verdict::Split { why } => Next::End(End::Refused(why)),
            Verdict::Again { after, why } => self.again(after, why, history),
            Verdict::ClockOff { server_time } => self.clock_off(server_time, history),
            Verdict::Unclear { why } => self.unclear(why, part, history),
            Verdict::Astray { why } => Next::End(End::Astray(why)),
            Verdict::Halt { blame: Blame::User, why } => {
                Next::End(End::Failed(Error::Refused { vendor: self.vendor.name(), why }))
            }
            Verdict::Halt { blame: Blame::Network, why } => {
                Next::End(End::Failed(Error::NoWay { vendor: self.vendor.name(), why }))
            }
            Verdict::Halt { blame: Blame::Us, why } => Next::End(End::Failed(Error::Defect(why))),
        }
    }

    fn settled(&self, outcomes: Vec<Outcome>, part: &mut Part) -> Next {
        let n_contacts = part.batch.contacts.len();
        if outcomes.len() != n_contacts {
            // Whom the vendor took by this answer, nobody can say now.
            part.batch.maybe_sent = true;
            let why = format!("{} outcomes for {n_contacts} contacts", outcomes.len());
            return Next::End(End::Failed(Error::Defect(why)));
        }
        if outcomes.iter().any(|outcome| !outcome.counts_as_rejected()) {
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
        Next::End(End::Settled(outcomes.into_iter().map(|outcome| part.proof(outcome)).collect()))
    }

    /// Nothing was taken: the whole account waits, then the same batch goes out again.
    fn again(&self, after: Option<Duration>, mut why: String, history: &History) -> Next {
        let asked = after.unwrap_or_default();
        if !asked.is_zero() {
            why.push_str(&format!("; it asks for a wait of {}", in_words(asked)));
        }
        let until = pace::after(self.back_off(history.attempts).max(asked));
        if until > history.deadline {
            return self.out_of_time(&why, history);
        }
        if after.is_some() {
            self.pace.pause_until(until);
        }
        Next::Wait { until, why }
    }

    fn clock_off(&self, server_time: Option<jiff::Timestamp>, history: &mut History) -> Next {
        let halt = |why| Next::End(End::Failed(Error::Refused { vendor: self.vendor.name(), why }));
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
        self.notice(format!(
            "this machine's clock differs from the vendor's by {seconds} s; following the vendor's"
        ));
        Next::Now
    }

    /// It may have been taken. Goes out again only where that rings nobody twice, or the user said so.
    fn unclear(&self, why: String, part: &mut Part, history: &History) -> Next {
        if self.may_repeat() {
            part.batch.maybe_sent = true;
            let until = pace::after(self.back_off(history.attempts));
            return if until > history.deadline {
                self.out_of_time(&why, history)
            } else {
                Next::Wait { until, why }
            };
        }
        let in_a_row = self.unclear_in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.pace.pause_until(pace::after(self.back_off(in_a_row)));
        let n_contacts = part.batch.contacts.len();
        self.notice(format!("{n_contacts} contacts may have arrived or not, and are held: {why}"));
        let detail: Box<str> = why.into();
        Next::End(End::Settled(vec![Outcome::Unknown(Some(detail)); n_contacts]))
    }

    /// Nothing more is sent. Whom the request was about goes out again only where that rings nobody twice.
    fn astray(&self, why: &str, fates: Vec<Fate>, mut part: Part, others: Vec<Part>) -> Delivered {
        part.batch.maybe_sent = true;
        let (start, n_contacts) = (part.start, part.batch.contacts.len());
        let why = format!("{why}; {n_contacts} contacts of this request may have been added all the same");
        let mut fates = left_open(fates, part, others);
        if !self.may_repeat() {
            let unknown = Fate::Ended(Outcome::Unknown(Some(why.as_str().into())));
            fates.iter_mut().skip(start).take(n_contacts).for_each(|fate| *fate = unknown.clone());
        }
        Delivered { fates, failure: Some(Error::Refused { vendor: self.vendor.name(), why }) }
    }

    fn out_of_time(&self, why: &str, history: &History) -> Next {
        let (attempts, seconds) = (history.attempts, self.rules.retry_for.as_secs());
        let why = format!(
            "{attempts} attempts within {seconds} s (delivery.retry_for_seconds); the last one: {why}"
        );
        Next::End(End::Failed(Error::Unreachable { vendor: self.vendor.name(), why }))
    }

    /// Why it makes no sense to go on although every contact of this batch is settled.
    fn hopeless(&self) -> Option<Error> {
        let vendor = self.vendor.name();
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
    pub fn notice(&self, text: String) {
        drop(self.notices.try_send(Notice(text)));
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
fn left_open(mut fates: Vec<Fate>, part: Part, others: Vec<Part>) -> Vec<Fate> {
    for Part { start, batch, is_away, .. } in others.into_iter().chain([part]) {
        for fate in fates.iter_mut().skip(start).take(batch.contacts.len()) {
            *fate = Fate::Open { maybe_sent: batch.maybe_sent || is_away };
        }
    }
    fates
}

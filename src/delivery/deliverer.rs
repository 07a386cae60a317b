//! Delivers one batch: attempt, judge, wait, halve, until each contact has an outcome or the run
//! must stop. The one place that knows what each verdict makes us do.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::Instant;

use super::back_off::BackOff;
use super::breaker::Breaker;
use super::clock::{self, Clock};
use super::inquiry::inquire;
use super::paced::Paced;
use super::part::BatchPart;
use super::rate_limiter::RateLimiter;
use super::result::{ContactResult, DeliveryResult};
use super::retry_after::in_words;
use super::run_handle::RunHandle;
use super::transport::{Transport, TransportError};
use crate::domain::batch::{Batch, BatchIds};
use crate::domain::contact::{Campaign, Contact};
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::providers::Provider;
use crate::providers::api::{Blame, ContactVerdict, Repeats, Verdict};
use crate::providers::campaign::CampaignFacts;

/// How often one batch's clock may be corrected: a vendor behind several servers has several clocks.
const CLOCK_CORRECTIONS: u32 = 5;

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
    /// How fast requests may start.
    pub rate_limiter: RateLimiter,
    /// What the user decided about repeats.
    pub retry_policy: RetryPolicy,
    /// Spreads the waits; draws the ids of batches.
    pub seed: u64,
}

/// Delivers batches to one vendor's account. Shared by all deliveries under way.
pub struct Deliverer<C> {
    provider: Arc<dyn Provider>,
    transport: C,
    run: RunHandle,
    rate_limiter: RateLimiter,
    retry_policy: RetryPolicy,
    back_off: BackOff,
    breaker: Breaker,
    run_id: u128,
    request_ids: Mutex<fastrand::Rng>,
}

/// How the attempts at one part ended.
enum PartEnd {
    /// One outcome for each of its contacts, in order; and why the run must stop all the same.
    Settled(Vec<Outcome>, Option<Error>),
    /// Somebody in it is refused, and nobody says who.
    Refused(String),
    /// The run stops, perhaps because of it; its contacts are not settled.
    Stopped(Option<Error>),
}

/// What one part's attempts have been through.
struct Attempts {
    deadline: Instant,
    attempts: u32,
    clock_corrections: u32,
}

impl<C: Transport> Deliverer<C> {
    /// A deliverer that goes to one vendor by one transport.
    pub fn new(provider: Arc<dyn Provider>, transport: C, run: RunHandle, options: DeliveryOptions) -> Self {
        let DeliveryOptions { rate_limiter, retry_policy, seed } = options;
        let (back_off, breaker) = (BackOff::new(seed), Breaker::default());
        let mut ids = fastrand::Rng::with_seed(!seed);
        let (run_id, request_ids) = (ids.u128(..), Mutex::new(ids));
        Self { provider, transport, run, rate_limiter, retry_policy, back_off, breaker, run_id, request_ids }
    }

    /// Asks what is known of a campaign, by the same way as contacts go, and at their pace.
    pub async fn inquire(&self, campaign: &Campaign, within: Duration) -> CampaignFacts {
        let longest_pause = self.retry_policy.retry_for;
        let paced = Paced::new(&self.transport, &self.rate_limiter, &self.run, longest_pause);
        inquire(self.provider.as_ref(), campaign, &paced, &self.run.clock, within).await
    }

    /// Whether who may have been sent may go out again in any request, of this run or another: the vendor recognises
    /// them, or the user said so.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.provider.limits().repeats.allow_other_request() || self.retry_policy.resend
    }

    /// How long a batch is tried again.
    pub(crate) fn retry_for(&self) -> Duration {
        self.retry_policy.retry_for
    }

    /// Whether the very request that may have arrived may go out again.
    fn may_repeat_request(&self) -> bool {
        self.provider.limits().repeats.allow_same_request() || self.retry_policy.resend
    }

    fn new_request_id(&self) -> u128 {
        self.request_ids.lock().expect("nothing panics while it draws").u128(..)
    }

    /// Delivers contacts, and gives each back with what became of it. Never fails as a whole: what is settled is told,
    /// whatever fails after it.
    pub async fn deliver<P: AsRef<Contact> + Send>(
        &self,
        campaign: &Campaign,
        contacts: Vec<P>,
        maybe_sent: bool,
    ) -> DeliveryResult<P> {
        let n_contacts = contacts.len();
        let mut ended = Vec::with_capacity(n_contacts);
        let mut parts = vec![BatchPart::whole(contacts, maybe_sent, self.new_request_id())];
        let deadline = clock::after(self.retry_policy.retry_for);
        while let Some(mut part) = parts.pop() {
            let end = self.attempt_catching_panics(campaign, &mut part, deadline).await;
            ended.append(&mut part.ended);
            match end {
                PartEnd::Settled(outcomes, failure) => {
                    ended.extend(
                        part.contacts.into_iter().zip(outcomes.into_iter().map(ContactResult::Ended)),
                    );
                    if failure.is_some() {
                        return stopped(ended, parts, failure);
                    }
                }
                PartEnd::Refused(why) => {
                    if part.contacts.len() == n_contacts {
                        self.run.log_line(format!(
                            "{n_contacts} contacts were refused as a whole, halving to find which: {why}"
                        ));
                    }
                    parts.extend(part.halves(|| self.new_request_id()));
                }
                PartEnd::Stopped(failure) => {
                    parts.push(part);
                    return stopped(ended, parts, failure);
                }
            }
        }
        DeliveryResult { contacts: ended, failure: self.breaker.broken(self.provider.name()) }
    }

    /// Settles one part. A panic is a defect of ours, but no reason to forget who may have been sent.
    async fn attempt_catching_panics<P: AsRef<Contact> + Send>(
        &self,
        campaign: &Campaign,
        part: &mut BatchPart<P>,
        deadline: Instant,
    ) -> PartEnd {
        let settling = AssertUnwindSafe(self.attempt_until_settled(campaign, part, deadline)).catch_unwind();
        settling.await.unwrap_or_else(|_| {
            PartEnd::Stopped(Some(Error::Defect("a delivery ended in a panic".to_owned())))
        })
    }

    /// Attempts one part until there is nothing more to attempt.
    async fn attempt_until_settled<P: AsRef<Contact> + Send>(
        &self,
        campaign: &Campaign,
        part: &mut BatchPart<P>,
        deadline: Instant,
    ) -> PartEnd {
        let mut history = Attempts { deadline, attempts: 0, clock_corrections: 0 };
        loop {
            if self.run.wait_until(self.rate_limiter.reserve()).await.is_err() {
                return PartEnd::Stopped(None);
            }
            if let Some(end) = self.end_if_window_closed(part) {
                return end;
            }
            let verdict = self.attempt(campaign, part).await;
            history.attempts = history.attempts.saturating_add(1);
            if let Some(end) = self.act_on(verdict, part, &mut history).await {
                return end;
            }
        }
    }

    /// Nothing is handed over when the window has closed, however long the batch has waited. Who is left is another
    /// request: where an earlier one may have arrived, and the vendor knows it by itself only, there can be none.
    fn end_if_window_closed<P: AsRef<Contact>>(&self, part: &mut BatchPart<P>) -> Option<PartEnd> {
        if let Some(closed) = self.run.closed() {
            return Some(PartEnd::Stopped(Some(closed)));
        }
        let outcome_if_closed = |contact: &P| self.run.outcome_if_closed(contact.as_ref());
        if !part.contacts.iter().any(|contact| outcome_if_closed(contact).is_some()) {
            return None;
        }
        if part.maybe_sent && !self.may_repeat() {
            return Some(self.held("the window closed before its answer was clear", part));
        }
        part.end_outside_window(outcome_if_closed, self.new_request_id());
        part.contacts.is_empty().then(|| PartEnd::Settled(Vec::new(), None))
    }

    async fn attempt<P: AsRef<Contact>>(&self, campaign: &Campaign, part: &mut BatchPart<P>) -> Verdict {
        let contacts = part.contacts.iter().map(AsRef::as_ref).collect();
        let ids = BatchIds { run: self.run_id, request: part.request_id };
        let batch = Batch { ids, ..Batch::new(campaign.clone(), contacts, part.maybe_sent) };
        let (sent_at, sent) = (self.run.clock.now(), Instant::now());
        let request = self.provider.build_request(&batch, sent_at);
        part.is_away = true;
        let carried = tokio::select! {
            biased;
            carried = self.transport.send_request(request) => carried,
            () = self.run.until_cut_off() => {
                Err(TransportError::Lost("the run ended before the answer came".to_owned()))
            }
        };
        let verdict = match carried {
            Ok(reply) => {
                let off = reply.date.filter(|date| !Clock::fits(*date, sent_at, sent.elapsed()));
                self.blame_clock(self.provider.interpret(&batch, &reply), off)
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
    fn blame_clock(&self, verdict: Verdict, server_time: Option<Timestamp>) -> Verdict {
        let (Verdict::Halt { blame: Blame::User, why }, Some(date)) = (&verdict, server_time) else {
            return verdict;
        };
        match self.run.clock.too_far_from(date) {
            Some(clock) => {
                Verdict::Halt { blame: Blame::User, why: format!("{clock}. Its answer was: {why}") }
            }
            None => Verdict::ClockOff { server_time },
        }
    }

    /// Does what a verdict asks for; gives how the attempts ended, or nothing when there is to be another.
    async fn act_on<P>(
        &self,
        verdict: Verdict,
        part: &mut BatchPart<P>,
        history: &mut Attempts,
    ) -> Option<PartEnd> {
        if !matches!(verdict, Verdict::Unclear { .. }) {
            self.breaker.understood();
        }
        let vendor = self.provider.name();
        match verdict {
            Verdict::Settled(outcomes) => Some(self.settled(outcomes, part)),
            Verdict::Partly { verdicts, after, why } => {
                self.partly(verdicts, after, &why, part, history).await
            }
            // Halves are other requests.
            Verdict::Split { why } if part.maybe_sent && !self.may_repeat() => Some(self.held(&why, part)),
            Verdict::Split { why } => Some(self.split(why, part)),
            Verdict::Again { after, why } => self.again(after, why, history).await,
            Verdict::ClockOff { server_time } => self.clock_off(server_time, history),
            Verdict::Unclear { why } => self.unclear(why, part, history).await,
            Verdict::Astray { why } => Some(self.astray(&why, part)),
            Verdict::Halt { blame, why } => Some(PartEnd::Stopped(Some(match blame {
                Blame::User => Error::Refused { vendor, why },
                Blame::Network => Error::NoWay { vendor, why },
                Blame::Us => Error::Defect(why),
            }))),
        }
    }

    fn settled<P>(&self, outcomes: Vec<Outcome>, part: &mut BatchPart<P>) -> PartEnd {
        if let Err(defect) = self.check_answer(outcomes.len(), part) {
            return PartEnd::Stopped(Some(defect));
        }
        if outcomes.iter().any(|outcome| !outcome.counts_as_rejected()) {
            self.breaker.taken();
        }
        PartEnd::Settled(outcomes.into_iter().map(|outcome| part.proof(outcome)).collect(), None)
    }

    /// Who has ended has ended; the others were not taken and go out by themselves, within the same budget.
    async fn partly<P>(
        &self,
        verdicts: Vec<ContactVerdict>,
        after: Option<Duration>,
        why: &str,
        part: &mut BatchPart<P>,
        history: &Attempts,
    ) -> Option<PartEnd> {
        if let Err(defect) = self.check_answer(verdicts.len(), part) {
            return Some(PartEnd::Stopped(Some(defect)));
        }
        part.is_away = false;
        let counts = |verdict: &ContactVerdict| matches!(verdict, ContactVerdict::Ended(outcome) if !outcome.counts_as_rejected());
        if verdicts.iter().any(counts) {
            self.breaker.taken();
        }
        part.keep_unsettled(verdicts, self.new_request_id());
        let n_contacts = part.contacts.len();
        if n_contacts == 0 {
            return Some(PartEnd::Settled(Vec::new(), None));
        }
        let told = format!("{n_contacts} contacts were not taken yet: {why}");
        let end = self.again(after, told, history).await?;
        if part.ended.is_empty() || !matches!(end, PartEnd::Stopped(Some(_))) {
            return Some(end);
        }
        // A vendor that takes the others is well: these few are no reason to stop the run.
        let (attempts, seconds) = (history.attempts, self.retry_policy.retry_for.as_secs());
        let detail = format!("not taken in {attempts} attempts within {seconds} s: {why}");
        let outcome = part.proof(Outcome::Rejected(Reason::Other, Some(detail.into())));
        Some(PartEnd::Settled(vec![outcome; n_contacts], None))
    }

    /// Whether an answer speaks of each contact once, and what it says of the attempts before it.
    fn check_answer<P>(&self, n_answers: usize, part: &mut BatchPart<P>) -> Result<(), Error> {
        let n_contacts = part.contacts.len();
        if n_answers != n_contacts {
            // Whom the vendor took by this answer, nobody can say now: the part stays away.
            return Err(Error::Defect(format!("{n_answers} outcomes for {n_contacts} contacts")));
        }
        if self.provider.limits().repeats == Repeats::KnownByKey {
            part.is_answered_for();
        }
        Ok(())
    }

    /// Nobody was taken because of somebody in it; who is alone must be it.
    fn split<P>(&self, why: String, part: &BatchPart<P>) -> PartEnd {
        if part.contacts.len() > 1 {
            return PartEnd::Refused(why);
        }
        self.breaker.refused_alone();
        let outcome = part.proof(Outcome::Rejected(Reason::RefusedAlone, Some(why.into())));
        PartEnd::Settled(vec![outcome], None)
    }

    /// Nothing was taken: the whole account waits, then the same batch goes out again.
    async fn again(&self, after: Option<Duration>, mut why: String, history: &Attempts) -> Option<PartEnd> {
        let asked = after.unwrap_or_default();
        if !asked.is_zero() {
            why.push_str(&format!("; it asks for a wait of {}", in_words(asked)));
        }
        let until = clock::after(self.back_off.after(history.attempts).max(asked));
        if after.is_some() && until <= history.deadline {
            self.rate_limiter.pause_until(until);
        }
        self.wait_for_next(until, &why, history).await
    }

    fn clock_off(&self, server_time: Option<Timestamp>, history: &mut Attempts) -> Option<PartEnd> {
        let halt = |why| Some(PartEnd::Stopped(Some(Error::Refused { vendor: self.provider.name(), why })));
        let clock = &self.run.clock;
        let Some(server_time) = server_time else {
            return halt("the signature's time is refused, and the answer does not say the server's time: set this machine's clock".to_owned());
        };
        if let Some(why) = clock.too_far_from(server_time) {
            return halt(why);
        }
        let agrees = clock.agrees_with(server_time);
        if (agrees && history.clock_corrections > 0) || history.clock_corrections >= CLOCK_CORRECTIONS {
            let seconds = clock.correct(server_time);
            return halt(format!(
                "the signature's time is refused though it follows the server's clock, from which this machine's differs by {seconds} s: set this machine's clock (NTP), then ask the vendor"
            ));
        }
        history.clock_corrections = history.clock_corrections.saturating_add(1);
        let seconds = clock.correct(server_time);
        self.run.log_line(format!(
            "this machine's clock differs from the vendor's by {seconds} s; following the vendor's"
        ));
        None
    }

    /// It may have been taken. Goes out again only where that rings nobody twice, or the user said so.
    async fn unclear<P>(&self, why: String, part: &mut BatchPart<P>, history: &Attempts) -> Option<PartEnd> {
        if self.may_repeat_request() {
            part.maybe_sent = true;
            let until = clock::after(self.back_off.after(history.attempts));
            return self.wait_for_next(until, &why, history).await;
        }
        let in_a_row = self.breaker.unclear();
        self.rate_limiter.pause_until(clock::after(self.back_off.after(in_a_row)));
        Some(self.held(&why, part))
    }

    /// Nobody can say whether they were taken, and they cannot be sent again.
    fn held<P>(&self, why: &str, part: &BatchPart<P>) -> PartEnd {
        let n_contacts = part.contacts.len();
        self.run.log_line(format!("{n_contacts} contacts may have arrived or not, and are held: {why}"));
        PartEnd::Settled(vec![Outcome::Unknown(Some(why.into())); n_contacts], None)
    }

    /// Nothing more is sent. Whom the request was about goes out again only where that rings nobody twice.
    fn astray<P>(&self, why: &str, part: &BatchPart<P>) -> PartEnd {
        let n_contacts = part.contacts.len();
        let why = format!("{why}; {n_contacts} contacts of this request may have been added all the same");
        let unknown = Outcome::Unknown(Some(why.as_str().into()));
        let failure = Some(Error::Refused { vendor: self.provider.name(), why });
        if self.may_repeat() {
            PartEnd::Stopped(failure)
        } else {
            PartEnd::Settled(vec![unknown; n_contacts], failure)
        }
    }

    /// Waits for the next attempt, unless there is no time for one.
    async fn wait_for_next(&self, until: Instant, why: &str, history: &Attempts) -> Option<PartEnd> {
        if until > history.deadline {
            let (attempts, seconds) = (history.attempts, self.retry_policy.retry_for.as_secs());
            let why = format!(
                "{attempts} attempts within {seconds} s (delivery.retry_for_seconds); the last one: {why}"
            );
            return Some(PartEnd::Stopped(Some(Error::Unreachable { vendor: self.provider.name(), why })));
        }
        if let Some(closed) = self.run.closed_at(until) {
            return Some(PartEnd::Stopped(Some(closed)));
        }
        let wait = until.duration_since(Instant::now());
        let (seconds, next) = (wait.as_secs_f32(), history.attempts.saturating_add(1));
        let text = format!("waiting {seconds:.1} s before attempt {next}: {why}");
        self.run.log_wait(text, wait, why, true);
        self.run.wait_until(until).await.err().map(|_| PartEnd::Stopped(None))
    }
}

/// What is settled by now; of the parts, whether they may have been sent.
fn stopped<P>(
    mut ended: Vec<(P, ContactResult)>,
    parts: Vec<BatchPart<P>>,
    failure: Option<Error>,
) -> DeliveryResult<P> {
    ended.extend(parts.into_iter().rev().flat_map(BatchPart::left_open));
    DeliveryResult { contacts: ended, failure }
}

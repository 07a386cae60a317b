//! What the loop would decide about an input, for who sends nobody: a preview, a baseline.
//!
//! It asks what the loop asks, in its order: the input, what the ledger knows, the policy, a batch, a claim. With a ledger
//! that is only viewed, that claims nobody.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::batcher::{BatchKey, Batcher, PendingBatch};
use super::decisions::DecisionMaker;
use super::dedupe::Deduper;
use super::policy::{Policy, outcome_of_status};
use crate::domain::contact::Campaign;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::intake::{
    Event, EventBatch, EventReader, InputWarnings, Interval, LedgerStanding, PendingContact, RecordPosition,
    RefusedRecord, Router, StreamIndex, StreamNames,
};
use crate::ledger::{ClaimEntry, ContactStatus, Ledger, one_for_each};

/// What a sync would go by.
#[derive(Clone, Debug)]
pub(crate) struct ForesightPlan {
    /// Contacts in a batch.
    pub(crate) batch_size: usize,
    /// Contacts in the run; 0: no limit.
    pub(crate) max_contacts: u64,
    /// Who may have been sent before may be sent again.
    pub(crate) may_repeat: bool,
    /// To the ledger a person is one over all campaigns.
    pub(crate) once_over_all: bool,
    /// The catalog's streams, each with its generation where the platform says when it is complete. Announced ones
    /// follow.
    pub(crate) streams: Vec<(StreamName, Option<i64>)>,
    /// Records that are read at most; 0: all.
    pub(crate) limit: u64,
}

/// Foresees a run, read by read.
pub(crate) struct Foresight<'l, L> {
    input: EventReader,
    ledger: &'l L,
    now: Timestamp,
    policy: Policy,
    batcher: Batcher,
    /// Those who would have been sent, where a person is one over all campaigns.
    people: Option<Deduper>,
    may_repeat: bool,
    streams: StreamNames,
    incomplete: BTreeSet<StreamIndex>,
    /// Of the records that are read now.
    interval: Interval,
    warnings: InputWarnings,
    n_records: u64,
    limit: u64,
    end: End,
}

/// How far it is.
enum End {
    NotYet,
    /// The records before the end are told.
    Told {
        /// More records came.
        is_over_limit: bool,
    },
}

/// What one read of the input comes to.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    /// Refused records in their order; contacts when their batch is full.
    pub(crate) decided: Vec<Foretold>,
    /// Contacts among them that would be sent.
    pub(crate) n_sent: u64,
    /// Requests that this takes.
    pub(crate) n_requests: u64,
    /// Streams that nobody knew of, or that look different from here on.
    pub(crate) announced: Vec<Announced>,
}

/// How a record would end.
#[derive(Debug)]
pub(crate) enum Foretold {
    /// One of somebody who could be called; `Accepted` stands for whoever would be sent.
    Contact(PendingContact, Outcome),
    /// One of nobody who may be called.
    Refused(RefusedRecord),
}

/// A stream that the catalog does not have.
#[derive(Debug)]
pub(crate) struct Announced {
    /// Its place.
    pub(crate) stream: StreamIndex,
    /// The variables of its contacts.
    pub(crate) variables: Vec<Box<str>>,
    /// What the user should know before its records.
    pub(crate) warnings: Vec<String>,
}

impl<'l, L: Ledger> Foresight<'l, L> {
    /// Starts to read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn new(
        plan: ForesightPlan,
        input: impl Read + Send + 'static,
        router: Router,
        ledger: &'l L,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let awaited =
            plan.streams.iter().enumerate().filter(|(_, (_, generation_id))| generation_id.is_some());
        let incomplete = awaited.map(|(index, _)| StreamIndex::new(index)).collect();
        Ok(Self {
            input: EventReader::new(input, router)?,
            ledger,
            now,
            policy: Policy::new(plan.max_contacts, plan.may_repeat),
            // Nothing waits here: what makes a batch whole is its size.
            batcher: Batcher::new(plan.batch_size, Duration::MAX),
            people: plan.once_over_all.then(Deduper::default),
            may_repeat: plan.may_repeat,
            streams: plan.streams.into_iter().collect(),
            incomplete,
            interval: Interval::default(),
            warnings: InputWarnings::default(),
            n_records: 0,
            limit: plan.limit,
            end: End::NotYet,
        })
    }

    /// What the next records would come to; nothing after the end.
    ///
    /// # Errors
    /// When a sync would fail here. What it would not have sent by then is not told.
    pub(crate) async fn next(&mut self) -> Result<Option<Foreseen>, Error> {
        if let End::Told { is_over_limit } = self.end {
            return if is_over_limit || self.incomplete.is_empty() {
                Ok(None)
            } else {
                Err(self.cut_short())
            };
        }
        let mut foreseen = Foreseen::default();
        let mut sealed = Vec::new();
        match self.input.next().await? {
            Some(batch) => {
                let batch = self.looked_up(batch).await?;
                self.take(batch, &mut foreseen, &mut sealed)?;
            }
            None => self.end = End::Told { is_over_limit: false },
        }
        if let End::Told { is_over_limit } = self.end {
            if !is_over_limit && !self.incomplete.is_empty() {
                // As in a sync: what no STATE covers comes again.
                self.batcher.forget(self.interval);
            }
            sealed.extend(std::iter::from_fn(|| self.batcher.take_any()));
        }
        for batch in sealed {
            self.claim(batch, &mut foreseen).await?;
        }
        Ok(Some(foreseen))
    }

    /// The names of all streams so far.
    pub(crate) fn streams(&self) -> &StreamNames {
        &self.streams
    }

    /// All that is told of a record that was foretold.
    ///
    /// # Errors
    /// When its stream has no name, which is a defect.
    pub(crate) fn decision<'a>(
        &'a self,
        foretold: &'a Foretold,
        at: Timestamp,
    ) -> Result<Decision<'a>, Error> {
        let maker = DecisionMaker { streams: &self.streams, may_repeat: self.may_repeat, at };
        match foretold {
            Foretold::Contact(pending, outcome) => maker.of_contact(pending, outcome),
            Foretold::Refused(record) => maker.of_refused(record),
        }
    }

    /// Records that were read.
    pub(crate) fn n_records(&self) -> u64 {
        self.n_records
    }

    /// Whether more records came than were to be read.
    pub(crate) fn is_over_limit(&self) -> bool {
        matches!(self.end, End::Told { is_over_limit: true })
    }

    /// What was odd about the input, a line each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lines(&self.streams)
    }

    fn cut_short(&self) -> Error {
        let names = self.incomplete.iter().filter_map(|stream| self.streams.get(*stream));
        let names: Vec<_> = names.map(StreamName::to_string).collect();
        Error::Incomplete(names.join(", "))
    }

    async fn looked_up(&self, batch: EventBatch) -> Result<EventBatch, Error> {
        if self.ledger.remembers() { batch.look_up(self.ledger, self.now).await } else { Ok(batch) }
    }

    fn take(
        &mut self,
        batch: EventBatch,
        foreseen: &mut Foreseen,
        sealed: &mut Vec<PendingBatch>,
    ) -> Result<(), Error> {
        let now = Instant::now();
        self.warnings.add(batch.warnings);
        for event in batch.events {
            let is_record = matches!(event, Event::Contact(_) | Event::Refused(_));
            if is_record && self.limit > 0 && self.n_records >= self.limit {
                self.end = End::Told { is_over_limit: true };
                return Ok(());
            }
            self.n_records += u64::from(is_record);
            match event {
                Event::Contact(pending) => {
                    foreseen.decided.extend(self.decide(pending, sealed, now)?);
                }
                Event::Refused(record) => foreseen.decided.push(Foretold::Refused(record)),
                Event::State(..) => self.interval = self.interval.next(),
                Event::Stream { index, name, warnings, variables } => {
                    self.streams.announce(index, &name);
                    foreseen.announced.push(Announced { stream: index, variables, warnings });
                }
                Event::Complete(stream) => drop(self.incomplete.remove(&stream)),
            }
        }
        Ok(())
    }

    /// A contact waits in its batch, or has ended.
    fn decide(
        &mut self,
        mut pending: PendingContact,
        sealed: &mut Vec<PendingBatch>,
        now: Instant,
    ) -> Result<Option<Foretold>, Error> {
        if let LedgerStanding::Known(key, _) = pending.standing
            && self.is_sent(&pending)?
        {
            pending.standing = LedgerStanding::Known(key, ContactStatus::Accepted);
        }
        if let Some(outcome) = self.policy.skip_reason(&pending)? {
            return Ok(Some(Foretold::Contact(pending, outcome)));
        }
        let maybe_sent = matches!(pending.standing, LedgerStanding::Known(_, ContactStatus::Unknown));
        let key = BatchKey { campaign: pending.campaign.clone(), maybe_sent };
        sealed.extend(self.batcher.push(&key, pending, now));
        Ok(None)
    }

    /// What would become of a batch that goes out.
    async fn claim(&mut self, batch: PendingBatch, foreseen: &mut Foreseen) -> Result<(), Error> {
        let mut asked = Vec::with_capacity(batch.contacts.len());
        for pending in batch.contacts {
            if self.is_sent(&pending)? {
                let outcome = Outcome::Duplicate(Reason::AlreadyInLedger);
                foreseen.decided.push(Foretold::Contact(pending, outcome));
            } else {
                asked.push(pending);
            }
        }
        let statuses = self.claim_statuses(&asked).await?;
        let n_before = foreseen.n_sent;
        for (mut pending, status) in asked.into_iter().zip(statuses) {
            let outcome = match (outcome_of_status(status, self.may_repeat), status) {
                (Some(outcome), _) => outcome,
                (None, ContactStatus::Elsewhere) => Outcome::Duplicate(Reason::InAnotherRun),
                (None, _) => {
                    foreseen.n_sent += 1;
                    self.remember(&pending)?;
                    Outcome::Accepted { contact_id: None }
                }
            };
            if let LedgerStanding::Known(key, _) = pending.standing {
                pending.standing = LedgerStanding::Known(key, status);
            }
            foreseen.decided.push(Foretold::Contact(pending, outcome));
        }
        foreseen.n_requests += u64::from(foreseen.n_sent > n_before);
        Ok(())
    }

    async fn claim_statuses(&self, asked: &[PendingContact]) -> Result<Vec<ContactStatus>, Error> {
        if !self.ledger.remembers() || asked.is_empty() {
            return Ok(vec![ContactStatus::Free; asked.len()]);
        }
        let entries = asked.iter().map(|pending| pending.claim_entry(&self.streams));
        let entries: Vec<ClaimEntry> = entries.collect::<Result<_, _>>()?;
        one_for_each(asked.len(), self.ledger.claim(entries, self.may_repeat, self.now).await?)
    }

    /// Whether the ledger of a sync would know by now that somebody was sent, to whatever campaign.
    fn is_sent(&self, pending: &PendingContact) -> Result<bool, Error> {
        let Some(people) = &self.people else { return Ok(false) };
        people.contains(&everywhere(), &pending.contact.phone)
    }

    fn remember(&mut self, pending: &PendingContact) -> Result<(), Error> {
        let Some(people) = &mut self.people else { return Ok(()) };
        people.insert(&everywhere(), &pending.contact.phone).map(drop)
    }
}

impl Foretold {
    /// Where the record stands.
    pub(crate) fn position(&self) -> RecordPosition {
        match self {
            Self::Contact(pending, _) => pending.origin.position,
            Self::Refused(record) => record.origin.position,
        }
    }

    /// How it would end.
    pub(crate) fn outcome(&self) -> &Outcome {
        match self {
            Self::Contact(_, outcome) => outcome,
            Self::Refused(record) => &record.outcome,
        }
    }
}

/// In the place of a campaign, where it does not tell people apart.
fn everywhere() -> Campaign {
    Campaign::new("")
}

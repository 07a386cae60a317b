//! `report.json`: what a run tells, for programs. The page is made of the same.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// Raised when a field changes its meaning or goes; fields are added without it.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run of destination-ai-voice did, or would do. No phone number is in it but masked ones.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "report.json")]
pub struct Document {
    /// The version of this format.
    pub schema_version: u32,
    /// Which run it was, with what, and how it ended.
    pub run: RunSection,
    /// What happened, in one sentence.
    pub verdict: String,
    /// Records that were read, and how many of them have no outcome.
    pub records: Records,
    /// How many records ended in which way; with `records.not_sent` they add up to `records.read`.
    pub outcomes: Outcomes,
    /// How many records ended for which reason, by its stable code.
    pub reasons: BTreeMap<String, u64>,
    /// The reasons again, the commonest first, with what they mean and some of the records.
    pub reason_details: Vec<ReasonSection>,
    /// How many records were left after each step.
    pub funnel: Vec<FunnelStep>,
    /// When contacts ended, and what was waited for; not of a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeSection>,
    /// The rules of calling that were kept, those included that kept nobody back.
    pub rules: Vec<RuleRow>,
    /// By stream and campaign.
    pub streams: Vec<StreamRow>,
    /// By country and kind of line, as the first digits tell them; records with a usable number only.
    pub lines: Vec<LineRow>,
    /// Records of which nobody can say whether they arrived.
    pub unknown: UnknownSection,
    /// What to do next, the most urgent first.
    pub next_steps: Vec<String>,
    /// What only a preview has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewSection>,
}

/// Which run it was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunSection {
    /// The run's own name, by which the ledger knows it.
    pub id: String,
    /// The platform's number of the sync; blank where there is none.
    pub sync_id: String,
    /// Whether anybody was called.
    pub kind: RunKind,
    /// The way in which it ended.
    pub ending: EndingName,
    /// Why it ended before its time; blank otherwise.
    pub why: String,
    /// When it began, in UTC.
    pub started: String,
    /// When it ended, in UTC.
    pub ended: String,
    /// How long it took.
    pub milliseconds: u64,
    /// The version of this program.
    pub version: String,
    /// Whose campaigns they are.
    pub vendor: String,
    /// Host and port of a trial, whose requests did not go to the vendor's own address; blank otherwise.
    pub sent_to: String,
    /// Where contacts go unless a stream says otherwise.
    pub campaign: String,
    /// A hash by which one knows the same settings again.
    pub settings_digest: String,
    /// What remembers who was called: `none`, `sqlite` or `postgres`.
    pub ledger: String,
    /// What that guarantees.
    pub guarantee: String,
    /// Where rejected records are; blank where nowhere.
    pub rejects: String,
    /// Where receipts are; blank where nowhere.
    pub receipts: String,
}

/// Whether anybody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// A sync: people were handed to the vendor.
    Sync,
    /// A sync to an address that is no vendor's own, such as a sandbox: whether anybody is called, is known there.
    Trial,
    /// A sync with a vendor that is played: nobody was called.
    Rehearsal,
    /// Decisions only: nothing was sent.
    Preview,
}

/// The way in which a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndingName {
    /// The input was read to its end.
    Complete,
    /// A limit was reached; the rest is left for the next sync.
    LimitReached,
    /// Somebody stopped it.
    Interrupted,
    /// It cannot work until somebody changes the configuration.
    ConfigError,
    /// It may work the next time.
    TransientError,
    /// A defect, or input that is not the protocol.
    SystemError,
}

/// How much was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Records {
    /// Records that were read.
    pub read: u64,
    /// Those that were left alone: the next sync brings them again.
    pub not_sent: u64,
}

/// A count by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcomes {
    /// The vendor confirmed them; not of a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// They would be sent; of a preview only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_call: Option<u64>,
    /// Already in the campaign, in this run, or in the ledger.
    pub duplicate: u64,
    /// Kept back by policy.
    pub suppressed: u64,
    /// Refused by this program.
    pub invalid: u64,
    /// Refused by the vendor.
    pub rejected: u64,
    /// Perhaps sent; nobody can say.
    pub unknown: u64,
}

/// One reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReasonSection {
    /// The stable code.
    pub code: String,
    /// The outcome that it is a reason of.
    pub outcome: String,
    /// How many records.
    pub count: u64,
    /// What happened.
    pub meaning: String,
    /// What to do about it.
    pub remedy: String,
    /// The first of these records.
    pub samples: Vec<Person>,
}

/// One record, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Person {
    /// Its stream.
    pub stream: String,
    /// Its primary key; blank where it has none that may be shown.
    pub primary_key: String,
    /// Its line of the input.
    pub line: u64,
    /// Where it went, or would have gone.
    pub campaign: String,
    /// The masked number.
    pub phone_number: String,
    /// What is known beside the reason; the vendor's words, where it has any.
    pub detail: String,
    /// When that was known, in UTC.
    pub at: String,
}

/// One step of the funnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FunnelStep {
    /// `read`, `mapped`, `valid_number`, `allowed`, `new`, `sent` or `accepted`.
    pub step: String,
    /// Records that were left after it.
    pub left: u64,
}

/// A rule of calling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleRow {
    /// The setting that makes it, as a path.
    pub rule: String,
    /// What it says, in a sentence.
    pub says: String,
    /// Records that it kept back, and those that were left alone where it ended the run.
    pub count: u64,
    /// Whether it ended the run before its time.
    pub ended_the_run: bool,
}

/// When contacts ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimeSection {
    /// How long each span is.
    pub span_milliseconds: u64,
    /// Spans from the run's beginning on, without a gap.
    pub spans: Vec<Span>,
    /// What was waited for, the longest first.
    pub waits: Vec<Cause>,
    /// Why requests were repeated, the commonest first.
    pub retries: Vec<Cause>,
}

/// What happened in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Span {
    /// Contacts that the vendor confirmed.
    pub accepted: u64,
    /// Records that ended otherwise.
    pub other: u64,
    /// How long was waited.
    pub waited_milliseconds: u64,
    /// Requests that were repeated.
    pub retries: u64,
}

/// Why something was waited for or repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    /// In words.
    pub why: String,
    /// How often.
    pub count: u64,
    /// How long in all; 0 of repeats.
    pub milliseconds: u64,
}

/// How the records of a stream ended that went, or would have gone, to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StreamRow {
    /// The stream; blank in the row of all that have none of their own.
    pub stream: String,
    /// The campaign; blank for records that came to none.
    pub campaign: String,
    /// How many records.
    pub count: u64,
    /// By outcome.
    pub outcomes: Outcomes,
}

/// Numbers of one country and one kind of line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LineRow {
    /// Two letters; blank where it is not known.
    pub country: String,
    /// The kind of line.
    pub kind: String,
    /// Records with such a number.
    pub count: u64,
    /// Those of them that were accepted, or would be called.
    pub called: u64,
}

/// Records of which nobody can say whether they arrived.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnknownSection {
    /// How many there are.
    pub count: u64,
    /// Those of them that an earlier run may have sent; only that run's name settles them.
    pub held: u64,
    /// Lists all of this run with their keys: `--primary-keys` of the next two settles just some of these lines. Blank without a ledger.
    pub list_all: String,
    /// Settles those of this run as called; without `--yes` it only counts. Blank without a ledger.
    pub settle_as_accepted: String,
    /// Frees those of this run, so that the next sync sends them. Blank without a ledger.
    pub settle_as_not_delivered: String,
    /// Shows the names of earlier runs. Blank where nobody is held.
    pub find_earlier_runs: String,
    /// The first of them.
    pub people: Vec<Person>,
}

/// What a preview knows beside its decisions. Whoever fills it in has masked it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct PreviewSection {
    /// Requests that would be made.
    pub requests: u64,
    /// How fast they go out.
    pub pace: String,
    /// The least time that they take at this pace; what the vendor takes to answer comes on top.
    pub least_milliseconds: u64,
    /// Variables that stay empty, the commonest first.
    pub empty_variables: Vec<EmptyVariable>,
    /// The first record of each kind.
    pub examples: Vec<Example>,
    /// What a sync would warn of.
    pub warnings: Vec<String>,
}

/// A variable that stays empty.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EmptyVariable {
    /// The stream.
    pub stream: String,
    /// The variable.
    pub variable: String,
    /// In how many contacts.
    pub count: u64,
}

/// A record on its way to the vendor, masked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Example {
    /// What becomes of it: `would_call`, or the code of a reason.
    pub decision: String,
    /// The stream.
    pub stream: String,
    /// The record as JSON.
    pub record: String,
    /// The contact as JSON; blank where there is none.
    pub contact: String,
    /// What the vendor would be sent, as JSON; blank where nothing would be.
    pub request: String,
}

//! What the user fills in: one JSON object, drawn as a form by the platform.
//!
//! Doc comments of these types are the form's help texts; `schema` turns them into the form's
//! dialect and `reading` holds a configuration against that same schema, so that every mistake is
//! reported at once and the form can never promise what the program does not read.

mod ledger;
mod limits;
mod names;
mod phone;
mod reading;
mod rules;
pub mod schema;
mod storage;
mod strict;
mod unknown;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use ledger::{LedgerConfig, MemoryConfig, PostgresConfig, ScopeConfig, SqliteConfig};
pub use limits::{LimitsConfig, OnLimit};
pub(crate) use names::{NameFormat, Piece, Variable};
pub use phone::{Extension, PhoneConfig, SeveralNumbers, VnOldPrefix};
pub use reading::read_config;
pub(crate) use rules::TIME_ZONE_COLUMN;
pub use rules::{Day, DoNotCallConfig, RuleScope, RulesConfig, WindowConfig};
pub use storage::{
    CompressionConfig, Flattening, FormatConfig, KeepConfig, LocalConfig, ObjectStorageConfig,
    RejectedRecord, S3Config,
};

use crate::domain::error::Mistake;
use crate::providers;

/// Adds the records of your streams to an AI voice-call campaign. The vendor then phones these people.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "AI Voice", extend("groups" = [
    { "id": "vendor", "title": "Who calls" },
    { "id": "streams", "title": "Who is called" },
    { "id": "phone", "title": "Phone numbers" },
    { "id": "ledger", "title": "Calling nobody twice" },
    { "id": "rules", "title": "Rules of calling" },
    { "id": "limits", "title": "Limits" },
    { "id": "delivery", "title": "Delivery" },
]))]
pub struct Config {
    /// The service that phones your contacts.
    #[schemars(title = "Vendor", extend("group" = "vendor", "display_type" = "radio"))]
    pub vendor: providers::VendorConfig,

    /// One entry for each stream: which column fills which field of the contact. Leave it empty when your columns already have the contact's names: phone_number, and where the vendor has them name and gender; every other column becomes a variable of the call script.
    #[serde(default)]
    #[schemars(title = "Streams", extend("group" = "streams", "always_show" = true))]
    pub streams: Vec<StreamConfig>,

    /// The time zone of your days, by its IANA name such as Asia/Ho_Chi_Minh: what current_date means in conditions, and what dates and times without an offset mean.
    #[serde(default = "utc")]
    #[schemars(title = "Time zone", extend("group" = "streams", "examples" = ["Asia/Ho_Chi_Minh"]))]
    pub time_zone: String,

    /// How phone numbers are read.
    #[serde(default)]
    #[schemars(title = "Phone numbers", extend("group" = "phone"))]
    pub phone: PhoneConfig,

    /// How contacts are sent.
    #[serde(default)]
    #[schemars(title = "Delivery", extend("group" = "delivery"))]
    pub delivery: DeliveryConfig,

    /// The memory of who was sent to whom. Choose one before real people are called from a schedule: without it, a repeated sync can call them again.
    #[serde(default)]
    #[schemars(title = "Ledger", extend("group" = "ledger", "display_type" = "radio"))]
    pub ledger: LedgerConfig,

    /// Whom nobody may call, and when.
    #[serde(default)]
    #[schemars(title = "Rules of calling", extend("group" = "rules"))]
    pub rules: RulesConfig,

    /// Where rejected records and a report of each sync are put. Without it rejected records are counted, and some of each reason are logged with masked numbers.
    #[serde(default)]
    #[schemars(title = "Storage of rejected records", extend("group" = "limits", "display_type" = "radio"))]
    pub object_storage_config: ObjectStorageConfig,

    /// Guards against a mistake in the warehouse.
    #[serde(default)]
    #[schemars(title = "Limits", extend("group" = "limits"))]
    pub limits: LimitsConfig,
}

/// How the records of one stream become contacts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Stream")]
pub struct StreamConfig {
    /// The name of the stream, as in the connection.
    #[schemars(title = "Stream", extend("examples" = ["overdue_customers"]))]
    pub stream: String,

    /// The namespace (usually the database schema) of the stream. Leave it blank when the stream has none, or when its name is enough to tell it from the others.
    #[serde(default)]
    #[schemars(title = "Namespace")]
    pub namespace: String,

    /// Sends this stream to another campaign than the vendor section's: its id, or a template that gives the id for each record, such as {{ record.job }}. Blank: the vendor section's campaign.
    #[serde(default)]
    #[schemars(title = "Campaign", extend("examples" = ["12", "{{ record.job }}"]))]
    pub campaign: String,

    /// What its records are. contacts: people to be called. do_not_call: people who must not be; they go to the do-not-call list in the ledger, and nobody is called. Such a stream needs a connection of its own.
    #[serde(default)]
    #[schemars(title = "Role")]
    pub role: StreamRole,

    /// A condition in SQL, what stands behind WHERE: only records for which it is TRUE are called, for instance consent = 'yes' AND days_overdue < 30. The others, also those for which it is unknown because a column is missing, are counted as rejected (suppressed). Blank: every record.
    #[serde(default)]
    #[schemars(title = "Only when", extend("examples" = ["consent = 'yes'", "consent = 'yes' AND consent_at > current_date - INTERVAL '365 days'"]))]
    pub only_when: String,

    /// Which column or template fills which field. phone_number is needed. Leave the list empty when the columns already have the contact's names.
    #[serde(default)]
    #[schemars(title = "Fields", extend("always_show" = true))]
    pub fields: Vec<FieldConfig>,
}

/// What the records of a stream are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamRole {
    /// People to be called.
    #[default]
    Contacts,
    /// People who must not be called.
    DoNotCall,
}

/// What fills one field of the contact.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Field")]
pub struct FieldConfig {
    /// phone_number, name, gender, or the exact name of a variable of the call script.
    #[schemars(title = "Field", extend("examples" = ["phone_number", "name", "ho_ten"]))]
    pub field: String,

    /// The column's exact name, or a path with dots into a nested column. Fill in either this or the template.
    #[serde(default)]
    #[schemars(title = "Column", extend("always_show" = true, "examples" = ["mobile", "customer.full_name"]))]
    pub column: String,

    /// Text with {{ }} around columns, for instance {{ record.title }} {{ record.full_name }}. Text without braces is a constant.
    #[serde(default)]
    #[schemars(title = "Template", extend("always_show" = true, "examples" = ["{{ record.title }} {{ record.full_name }}"]))]
    pub template: String,

    /// Used when the value is missing, null or blank.
    #[serde(default)]
    #[schemars(title = "Default")]
    pub default: String,

    /// Refuses the record when the value is missing, null or blank and there is no default.
    #[serde(default)]
    #[schemars(title = "Required")]
    pub required: bool,

    /// This is a variable of the call script, even though its name is like one of the contact's own fields. Without it, a name such as nmae, Gender or phoneNumber is taken for a slip.
    #[serde(default)]
    #[schemars(title = "Variable")]
    pub variable: bool,
}

/// How contacts are sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "Delivery")]
pub struct DeliveryConfig {
    /// Contacts in one request at most. itnio takes up to 100, Vbee documents no limit.
    #[schemars(title = "Contacts per request", range(min = 1, max = 500))]
    pub batch_size: u16,

    /// A batch that is not full goes out when its first contact has waited this long.
    #[schemars(title = "Longest wait for a full batch (seconds)", range(min = 0, max = 3600))]
    pub max_batch_age_seconds: u32,

    /// Requests under way at once.
    #[schemars(title = "Requests at once", range(min = 1, max = 64))]
    pub max_requests_in_flight: u16,

    /// Requests started per second at most, over the whole account. 0: no limit.
    #[schemars(title = "Requests per second", range(min = 0, max = 1_000_000))]
    pub max_requests_per_second: u32,

    /// How long one request may take. An answer that comes later counts as lost.
    #[schemars(title = "Request timeout (seconds)", range(min = 1, max = 600))]
    pub request_timeout_seconds: u32,

    /// How long a batch is tried again while the vendor is busy, throttling or away. After that the sync fails and the platform tries it again later.
    #[schemars(title = "Retry for (seconds)", range(min = 0, max = 3600))]
    pub retry_for_seconds: u32,

    /// How long a sync may take to end after SIGTERM or SIGINT; many platforms kill what has not ended after ten seconds. Until two seconds before, answers to requests under way are awaited; then their contacts count as perhaps sent.
    #[schemars(title = "Time to end after a signal (seconds)", range(min = 3, max = 600))]
    pub shutdown_seconds: u32,

    /// What happens to contacts whose request may have arrived when the answer was lost and the vendor does not recognise repeats. hold: they are counted as rejected and never sent again by this sync. resend: they are sent again, and people may be called twice.
    #[schemars(title = "On unknown outcome")]
    pub on_unknown_outcome: OnUnknownOutcome,
}

/// What happens to contacts whose request may have arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknownOutcome {
    /// They are rejected, and never sent again by this sync.
    #[default]
    Hold,
    /// They are sent again, and people may be called twice.
    Resend,
}

impl Config {
    /// Whether its streams fill the do-not-call list, and nobody is called.
    #[must_use]
    pub fn fills_a_list(&self) -> bool {
        self.streams.first().is_some_and(|stream| stream.role == StreamRole::DoNotCall)
    }

    /// What cannot work in the rules of calling, the limits and the roles of streams.
    #[must_use]
    pub fn rule_mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = self.rules.mistakes(&self.ledger);
        mistakes.extend(self.limits.mistakes(&self.ledger));
        let first_role = self.streams.first().map(|stream| stream.role);
        for (index, stream) in self.streams.iter().enumerate() {
            let at = format!("streams[{index}].role");
            let is_list = stream.role == StreamRole::DoNotCall;
            mistakes.extend(rules::needs_ledger(&at, is_list, &self.ledger, rules::LIST_IS_IN_LEDGER));
        }
        if let Some(index) = self.streams.iter().position(|stream| Some(stream.role) != first_role) {
            let why = "differs from that of streams[0]: platforms give no order between streams, so that people could be called before the list that names them is complete; give the list a connection of its own";
            mistakes.push(Mistake::new(format!("streams[{index}].role"), why));
        }
        mistakes
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Default for DeliveryConfig {
    fn default() -> Self {
        Self {
            batch_size: 100,
            max_batch_age_seconds: 5,
            max_requests_in_flight: 4,
            max_requests_per_second: 10,
            request_timeout_seconds: 60,
            retry_for_seconds: 900,
            shutdown_seconds: 9,
            on_unknown_outcome: OnUnknownOutcome::Hold,
        }
    }
}

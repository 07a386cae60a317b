//! The form's section on how many are called at most.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ledger::LedgerConfig;
use super::rules::needs_ledger;
use crate::domain::error::Mistake;

/// Guards against a mistake in the warehouse.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "Limits")]
pub struct LimitsConfig {
    /// At most this many contacts are sent in one sync. 0: no limit.
    #[schemars(title = "Contacts per sync", range(min = 0))]
    pub max_contacts_per_sync: u64,

    /// At most this many contacts are sent to a campaign in one day of your time zone, by all syncs together that have this limit. Needs a ledger, which counts them. 0: no limit.
    #[schemars(title = "Contacts per day", range(min = 0))]
    pub max_contacts_per_day: u64,

    /// What happens to the records beyond a limit. stop: they are left alone, and so is everything after them; the next sync goes on there, and nobody is lost. suppress: they are counted as rejected (suppressed), and an incremental source never brings them again.
    #[schemars(title = "On limit")]
    pub on_limit: OnLimit,

    /// Fails the sync when more than this share of its records was rejected: (invalid + rejected + unknown) of all but those that only_when, a limit or a deletion in the source kept back (measured after the first 100 of them, and at the end). 100: never.
    #[schemars(title = "Rejected records allowed (percent)", range(min = 0, max = 100))]
    pub max_rejected_percent: u8,

    /// It is normal that nobody of a whole sync can be called. Off: a sync whose first 100 records hold nobody who can be, or was already, stops and passes none of them by, because a condition or a column is probably wrong.
    #[schemars(title = "Allow syncs that call nobody")]
    pub allow_nobody: bool,
}

/// What happens to the records beyond a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnLimit {
    /// They are left alone, and the next sync goes on with them.
    #[default]
    Stop,
    /// They are counted as rejected.
    Suppress,
}

impl LimitsConfig {
    /// What cannot work in values that were filled in.
    #[must_use]
    pub fn mistakes(&self, ledger: &LedgerConfig) -> Vec<Mistake> {
        let at = "limits.max_contacts_per_day";
        let why = "nothing else counts what other syncs have sent";
        needs_ledger(at, self.max_contacts_per_day > 0, ledger, why).into_iter().collect()
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_contacts_per_sync: 0,
            max_contacts_per_day: 0,
            on_limit: OnLimit::Stop,
            max_rejected_percent: 100,
            allow_nobody: false,
        }
    }
}

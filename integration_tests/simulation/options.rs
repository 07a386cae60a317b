//! When a scenario begins, and what its SQLite ledger is opened with.

use destination_ai_voice::ledger::{LedgerIdentity, LedgerOptions, LedgerRules, NumberKind, Scope};
use destination_ai_voice::phone::WireFormat;
use jiff::Timestamp;

/// The hash key of every scenario.
pub(crate) const HASH_KEY: &str = "simulation";

/// Whose people they are.
pub(crate) fn identity() -> LedgerIdentity {
    LedgerIdentity { account: "simulation".to_owned(), scope: Scope::Campaign, numbers: NumberKind::Phone }
}

/// What the runs of a scenario go by.
pub(crate) fn options(run: u64, call_again_after_days: u32, rules: LedgerRules) -> LedgerOptions {
    LedgerOptions {
        run: format!("run-{run}"),
        identity: identity(),
        phone_format: WireFormat::Digits,
        call_again_after_days,
        expect_existing: false,
        rules,
    }
}

/// When every scenario begins.
pub(crate) fn beginning() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

//! What every ledger must do, whatever it is made of.
//!
//! A backend implements `Home` in its tests and calls `ledger_suite!`, which makes one test of each
//! behaviour here; `model` adds random sequences.

mod daily_quota;
mod deaths;
mod identity;
mod inspection;
mod model;
mod people;
mod rules;
mod status;
mod viewing;

use std::ops::Range;

use crate::domain::reason::Reason;
use crate::ledger::list::{DoNotCallList, ListLoad, LoadKind, Loaded, Staging};

use super::*;

pub(super) use daily_quota::*;
pub(super) use deaths::*;
pub(super) use identity::*;
pub(super) use inspection::*;
pub(super) use model::{follows_the_model, plan};
pub(super) use people::*;
pub(super) use rules::*;
pub(super) use status::*;
pub(super) use viewing::{answers, answers_by_rules, by_rules, fill, fill_rules, n_places};

/// Where one test's ledger lives while its runs come and go. Every `Home` starts empty.
pub(super) trait Home {
    /// What is under test.
    type Ledger: Ledger + Inspect + DoNotCallList;
    /// The same, for a person to look into.
    type Records: Inspect;

    /// Whether two runs may live at once. If not, the second is refused.
    const SHARED: bool;

    /// Starts a run.
    async fn open(&self, options: LedgerOptions, now: Timestamp) -> Result<Self::Ledger, LedgerError>;

    /// Opens it for a person to look into.
    async fn inspect(&self, identity: LedgerIdentity) -> Self::Records;

    /// What its own clock shows when runs begin.
    fn today() -> Timestamp {
        day(0)
    }

    /// The run's process dies: nothing is closed, and its lease, if there is one, is over.
    async fn kill(&self, ledger: Self::Ledger);
}

/// Makes one test of each behaviour. The argument gives an `Option` of a fresh `Home`, and may
/// await; `None`: this machine has no such backend.
macro_rules! ledger_suite {
    ($home:expr) => {
        crate::ledger::suite::ledger_suite! { $home;
            never_seen_is_free claimed_is_held_and_unknown_after_death accepted_is_a_duplicate_for_ever
            accepted_is_free_again_after_the_days_of_call_again rejected_is_free_again
            unknown_is_held_until_it_is_retaken unknown_is_retaken_only_as_it_was_sent_before released_is_as_before subsets_settle
            answers_come_in_order keys_that_differ_in_one_bit_are_two_people empty_calls_do_nothing
            many_contacts_in_one_claim claims_of_one_run_exclude_each_other
            claims_of_two_runs_exclude_each_other a_closed_run_leaves_everything_to_the_next
            a_run_that_died_before_settling a_run_that_died_between_two_settles
            whatever_it_was_before_the_claim_it_dies_unknown restarting_twice_changes_nothing
            status_counts find_tells_everything deciding_settles_the_unknown_of_one_run
            a_dry_run_only_counts another_scope_is_refused_whatever_the_account_is_spelled_like
            two_accounts_share_a_ledger_each_within_its_scope
            people_are_brought_over_with_what_is_known_of_them
            of_two_keys_that_become_one_the_confirmed_call_counts the_campaign_of_each_person_is_known
            a_list_is_everybody_once_in_the_order_of_their_keys a_list_is_of_whom_it_was_asked_for
            people_are_settled_by_their_keys_or_nobody_is whom_the_rules_need_is_not_forgotten
            a_person_is_forgotten_and_may_be_called_again
            a_ledger_of_which_everybody_was_forgotten_is_no_lost_one
            a_campaigns_day_has_so_many_places_over_all_runs a_run_that_dies_leaves_its_places_taken
            those_who_race_for_places_have_no_more_together_than_there_are
            whoever_is_on_the_list_is_not_claimed_whatever_else_is_known
            who_comes_onto_the_list_while_a_sync_runs_is_not_in_its_next_claim
            a_source_is_changed_replaced_and_taken_away without_a_list_that_is_whole_and_new_no_run_begins
            one_hand_over_keeps_the_next_one_back_over_all_campaigns an_attempt_that_was_none_keeps_nobody_back
            whoever_was_being_handed_over_by_a_run_that_died_waits the_same_attempt_may_be_made_again
            who_was_not_delivered_need_not_wait nobody_is_taken_twice_in_one_claim
            who_waits_still_does_so_under_another_scope a_hand_over_and_a_list_survive_their_run
        }
    };
    ($home:expr; $($behaviour:ident)+) => {$(
        #[tokio::test]
        async fn $behaviour() {
            let home = $home;
            crate::ledger::suite::$behaviour(&home).await;
        }
    )+};
}
pub(super) use ledger_suite;

/// The options of a run with this name, which calls nobody again.
pub(super) fn options(run: &str) -> LedgerOptions {
    let run = run.to_owned();
    LedgerOptions {
        run,
        identity: identity(Scope::Campaign),
        phone_format: WireFormat::Digits,
        call_again_after_days: 0,
        expect_existing: false,
        rules: LedgerRules::default(),
    }
}

/// One account's people, within a scope.
pub(super) fn identity(scope: Scope) -> LedgerIdentity {
    LedgerIdentity { account: "itnio/INVENTED".to_owned(), scope, numbers: NumberKind::Phone }
}

/// A moment, so many days after some beginning.
pub(super) fn day(n_days: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + n_days * 86_400).unwrap()
}

/// The n-th person.
pub(super) fn key(n: u32) -> Key {
    let mut key = [0x5a; 16];
    key[4..8].copy_from_slice(&n.to_be_bytes());
    Key(key)
}

/// People whom no rule asks for.
pub(super) fn known_by(keys: impl IntoIterator<Item = Key>) -> Vec<PersonKeys> {
    keys.into_iter().map(PersonKeys::from).collect()
}

/// The n-th person as a contact of one campaign.
pub(super) fn entry(n: u32) -> ClaimEntry {
    ClaimEntry {
        key: key(n),
        rules: RuleKeys::default(),
        campaign: Campaign::new("spring"),
        stream: "public.customers".into(),
        primary_key: format!("[{n}]").into(),
    }
}

pub(super) fn accepted() -> Settlement {
    Settlement::Accepted { contact_id: None }
}

pub(super) fn rejected() -> Settlement {
    Settlement::Rejected { reason: Reason::InvalidNumber.code() }
}

/// Opens, or the test is over.
pub(super) async fn open<H: Home>(home: &H, run: &str) -> H::Ledger {
    home.open(options(run), day(0)).await.unwrap()
}

/// The status of the people in a range.
pub(super) async fn statuses(ledger: &impl Ledger, people: Range<u32>) -> Vec<ContactStatus> {
    ledger.status_of(known_by(people.map(key)), day(0)).await.unwrap()
}

/// Claims the people in a range.
pub(super) async fn claim(ledger: &impl Ledger, people: Range<u32>) -> Vec<ContactStatus> {
    ledger.claim(people.map(entry).collect(), false, day(0)).await.unwrap()
}

/// Settles the people in a range, all in one way.
pub(super) async fn settle(ledger: &impl Ledger, people: Range<u32>, settlement: Settlement) {
    let settlements = people.map(|n| (entry(n), settlement.clone())).collect();
    ledger.settle(settlements, day(0)).await.unwrap();
}

/// Claims and settles.
pub(super) async fn send(ledger: &impl Ledger, people: Range<u32>, settlement: Settlement) {
    claim(ledger, people.clone()).await;
    settle(ledger, people, settlement).await;
}

//! A destination that adds warehouse records to AI voice-call campaigns.
//!
//! # The path of a record
//!
//! ```text
//! stdin ─ intake: decode, map ─ ledger: look up ─ pipeline: policy, batch ─ ledger: claim ─ delivery ─ vendor
//!            │         │                                  │                                    │
//!            └ STATE ──┴──────────────────────────────────┴── outcomes ◀─ ledger: settle ◀─────┘
//!                                                             └─▶ archive ─▶ checkpoint ─ stdout
//! ```
//!
//! A thread (`intake::reader`) reads stdin, decodes (`protocol`) and maps (`mapping`) each record; a contact is one
//! struct from there on (`intake::pending_contact`). One loop (`pipeline::sync_loop`) listens to everything and takes
//! what came of the lines, in order (`pipeline::events`): it decides who must not be called (`pipeline::policy`), gathers
//! batches and has each claimed, delivered and settled (`pipeline::batch_task`). Delivery asks the vendor's two pure
//! functions (`providers`) what to send and what the reply means, and does what the verdict says (`delivery::deliverer`).
//! The `ledger` knows of each contact before its request leaves, and of its ending before a STATE does. Each ending is
//! counted once (`pipeline::record_outcomes`); a STATE waits in `pipeline::checkpoint`, and goes back when every record
//! before it has an outcome and `pipeline::archive` has put what is kept of it into the `storage`.
//!
//! Two ways do not go through the loop. Where the streams fill the do-not-call list, `listing` takes what came of the lines,
//! and nobody is called. What the loop would decide can be known without it (`pipeline::dry_run`): a `preview` shows it, and
//! a baseline remembers it. What a run tells of itself at its end is the `report`.
//!
//! # Where is it decided …
//!
//! | what | where |
//! | --- | --- |
//! | whom the user's condition lets pass | `conditions::evaluate`, asked by `mapping::contact` |
//! | whether a number may be called | `phone::normalise`, `phone::validate` |
//! | that a person is not called again | by the ledger: `status_of` and `claim`; in one run: `pipeline::dedupe`; what follows of both: `pipeline::policy` |
//! | that nobody is called now, or no more today | `rules::window`; `pipeline::daily_quota` |
//! | that a run which calls nobody stops | `pipeline::empty_run_guard` |
//! | what a reply means | each vendor's `interpret`; before the body is read, `providers::http_status` |
//! | what a verdict makes us do, and when a request goes out again | `delivery::deliverer` |
//! | what a crash leaves behind | claims without an ending: `ledger::sqlite::journal`, `ledger::postgres::queries` |
//! | when a STATE goes back | `pipeline::checkpoint` |
//! | how a run ends, and what is still waited for | `pipeline::run_end`, `pipeline::shutdown` |
//!
//! # Invariants, and the tests that prove them
//!
//! 1. A STATE leaves only when every record read before it is settled and that is durable, in the ledger and in what is
//!    kept of rejected records and receipts: `a_state_waits_for_the_records_before_it`,
//!    `a_state_waits_until_what_was_rejected_before_it_is_there`, the simulation.
//! 2. One STATE out for each STATE in, in order, as the text that came; only `destinationStats` is
//!    spliced in: `only_the_statistics_are_spliced_in`, `any_state_goes_back_as_the_text_that_came`,
//!    `any_state_of_a_tap_goes_back_as_the_text_that_came`,
//!    `itnio_with_every_fault`, `vbee_with_every_fault`.
//! 3. `recordCount + rejectedRecordCount` of a STATE = records since the previous STATE of that
//!    stream: `states_come_back_in_order_with_what_ended_before_them`, `a_state_finds_its_stream_as_its_records_do`.
//! 4. No contact is sent again when an earlier request may have arrived, unless the vendor is known
//!    to recognise it: `never_sends_twice_what_may_have_arrived`, the simulation, `kills`.
//! 5. After a failure nothing new is sent; what is under way is heard out and recorded:
//!    `after_a_failure_nothing_new_is_sent_and_what_is_under_way_is_heard_out`; and a run ends in time
//!    when it is asked to: `a_run_ends_in_time_whatever_does_not_answer`, `a_signal_ends_the_process_in_time`,
//!    `one_signal_ends_a_process_whose_stdout_nobody_reads_and_the_ledger_is_told`.
//! 6. No secret and no whole phone number in any log, error, trace, panic or snapshot; stdout holds
//!    protocol lines only, unless it is a terminal: `itnio_with_every_fault`, `vbee_with_every_fault`, `only_main_knows_stdout`,
//!    `states_come_back_bare_in_order_and_nothing_else_is_on_stdout`.
//! 7. Memory is bounded, whatever stdin holds: `memory_does_not_grow_with_the_input`,
//!    `a_campaign_for_each_record_does_not_cost_memory`.
//!
//! # The modules, bottom-up; each uses only those above it in this list
//!
//! | module | what it is |
//! | --- | --- |
//! | `domain`, `phone`, `nearest` | the words that every room shares: contact, campaign, batch, outcome, decision, reason, error, number |
//! | `values` | exact numbers, dates and times in a zone |
//! | `rules` | when nobody is called: the window, by the clock alone; rules that need a memory are the ledger's |
//! | `protocol` | the platforms' messages, Airbyte's and Singer's; the only writer of stdout |
//! | `providers` | the vendors, one folder each: requests, replies, codes, simulator |
//! | `config` | what the user fills in, and the form that is made of it |
//! | `conditions` | who is called: SQL with three truth values |
//! | `templates` | what is said to a person: Jinja's syntax, our values, bounds |
//! | `mapping` | a configured stream, compiled: record → contact or refusal |
//! | `ledger` | who was sent to whom, who cools off, whom nobody may call, how many a day: none, SQLite, PostgreSQL |
//! | `intake` | stdin → events: read, decoded, routed, mapped |
//! | `listing` | the do-not-call list, filled by a sync of its own or by a file |
//! | `delivery` | one loop that sends, judges, waits, repeats, halves |
//! | `storage` | where rejected records, reports and receipts are put: a bucket, a folder |
//! | `report` | what a run, or a preview, tells who owns the campaign: `report.json`, `report.html` |
//! | `pipeline` | the one loop over everything, and the same decisions without it: the dry run |
//! | `preview` | what a sync would do, told before anybody is called |
//! | `sandbox` | the simulators behind a socket, with faults |
//! | `cli`, `commands` | arguments, and one file a command |
//! | `fuzzing` | what `fuzz/` feeds with bytes; not in the programs |

pub mod cli;
pub mod commands;
mod conditions;
pub mod config;
pub mod delivery;
pub mod domain;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod intake;
pub mod ledger;
mod listing;
pub mod mapping;
mod nearest;
pub mod phone;
pub mod pipeline;
mod preview;
pub mod protocol;
pub mod providers;
pub mod report;
pub mod rules;
pub mod sandbox;
pub mod storage;
mod templates;
mod values;

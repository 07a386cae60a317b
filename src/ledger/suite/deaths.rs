//! What is left of a run that ends, or dies.

use super::ContactStatus::{Accepted, Elsewhere, Free, Unknown};
use super::*;

pub(in crate::ledger) async fn a_closed_run_leaves_everything_to_the_next(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..1, accepted()).await;
    ledger.close().await.unwrap();
    let second = open(home, "second").await;
    assert_eq!(statuses(&second, 0..2).await, [Accepted, Free]);
    drop(ledger);
    assert_eq!(claim(&second, 1..2).await, [Free], "the closed one is of no consequence");
    assert_eq!(statuses(&second, 1..2).await, [Elsewhere]);
}

pub(in crate::ledger) async fn a_run_that_died_before_settling(home: &impl Home) {
    let ledger = open(home, "first").await;
    claim(&ledger, 0..2).await;
    claim(&ledger, 2..3).await;
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    assert_eq!(statuses(&ledger, 0..4).await, [Unknown, Unknown, Unknown, Free]);
    let retaken = ledger.claim((0..3).map(entry).collect(), true, day(0)).await.unwrap();
    assert_eq!(retaken, [Unknown; 3]);
    settle(&ledger, 0..3, accepted()).await;
    assert_eq!(statuses(&ledger, 0..3).await, [Accepted; 3]);
}

pub(in crate::ledger) async fn a_run_that_died_between_two_settles(home: &impl Home) {
    let ledger = open(home, "first").await;
    claim(&ledger, 0..6).await;
    settle(&ledger, 1..2, accepted()).await;
    settle(&ledger, 2..3, rejected()).await;
    settle(&ledger, 3..4, Settlement::Released).await;
    settle(&ledger, 4..5, Settlement::Unknown).await;
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    assert_eq!(statuses(&ledger, 0..6).await, [Unknown, Accepted, Free, Free, Unknown, Unknown]);
}

/// An older row must not be mistaken for the ending of the claim that died.
pub(in crate::ledger) async fn whatever_it_was_before_the_claim_it_dies_unknown(home: &impl Home) {
    let again = |run: &str| LedgerOptions { call_again_after_days: 7, ..options(run) };
    let ledger = home.open(again("first"), day(0)).await.unwrap();
    send(&ledger, 0..1, accepted()).await;
    send(&ledger, 1..2, rejected()).await;
    send(&ledger, 2..3, Settlement::Unknown).await;
    // One of each kind once more: these are settled before the run dies.
    send(&ledger, 3..4, accepted()).await;
    send(&ledger, 4..5, rejected()).await;
    send(&ledger, 5..6, Settlement::Unknown).await;
    let claimed = ledger.claim((0..6).map(entry).collect(), true, day(8)).await.unwrap();
    assert_eq!(claimed, [Free, Free, Unknown, Free, Free, Unknown]);
    ledger.settle(vec![(entry(3), accepted()), (entry(4), rejected())], day(8)).await.unwrap();
    ledger.settle(vec![(entry(5), Settlement::Released)], day(8)).await.unwrap();
    home.kill(ledger).await;

    let ledger = home.open(again("second"), day(9)).await.unwrap();
    let status = ledger.status_of(known_by((0..6).map(key)), day(9)).await.unwrap();
    assert_eq!(status, [Unknown, Unknown, Unknown, Accepted, Free, Unknown]);
}

pub(in crate::ledger) async fn restarting_twice_changes_nothing(home: &impl Home) {
    let ledger = open(home, "first").await;
    claim(&ledger, 0..3).await;
    settle(&ledger, 0..1, accepted()).await;
    home.kill(ledger).await;
    for run in ["second", "third"] {
        let ledger = open(home, run).await;
        assert_eq!(statuses(&ledger, 0..4).await, [Accepted, Unknown, Unknown, Free], "{run}");
        home.kill(ledger).await;
    }
    let ledger = open(home, "fourth").await;
    for found in ledger.find_contacts((0..3).map(key).collect()).await.unwrap() {
        assert_eq!(found.run, "first", "opening is not writing about people");
    }
}

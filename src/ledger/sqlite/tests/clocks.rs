//! A machine's clock that is wrong calls nobody again.

use super::*;
use crate::ledger::suite::{accepted, day, entry, key, known_by, options};

fn again(run: &str) -> LedgerOptions {
    LedgerOptions { call_again_after_days: 30, ..options(run) }
}

async fn status(ledger: &Sqlite, n_days: i64) -> ContactStatus {
    ledger.status_of(known_by([key(0)]), day(n_days)).await.unwrap()[0]
}

async fn send(ledger: &Sqlite, n: u32, n_days: i64) {
    ledger.claim(vec![entry(n)], false, day(n_days)).await.unwrap();
    ledger.settle(vec![(entry(n), accepted())], day(n_days)).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_went_back_is_not_believed() {
    let folder = Folder::new();
    let ledger = folder.open(again("first"), day(100)).await.unwrap();
    send(&ledger, 0, 100).await;
    send(&ledger, 1, 140).await;
    drop(ledger);
    let ledger = folder.open(again("second"), day(0)).await.unwrap();
    // Forty days before what was seen: that thirty have passed cannot be known.
    for (n_days, want) in [
        (-20_000, ContactStatus::Accepted),
        (100, ContactStatus::Accepted),
        (139, ContactStatus::Accepted),
        (140, ContactStatus::Free),
    ] {
        assert_eq!(status(&ledger, n_days).await, want, "day {n_days}");
    }
    send(&ledger, 2, -40).await;
    let found = ledger.find_contacts(vec![key(2)]).await.unwrap();
    assert_eq!(found[0].at, day(140), "nothing is dated before what was there");
}

#[tokio::test]
async fn a_clock_that_was_ahead_lets_nobody_be_called_again() {
    let folder = Folder::new();
    let ledger = folder.open(again("first"), day(9_000)).await.unwrap();
    send(&ledger, 0, 9_000).await;
    drop(ledger);
    let ledger = folder.open(again("second"), day(31)).await.unwrap();
    assert_eq!(status(&ledger, 31).await, ContactStatus::Accepted);
    send(&ledger, 1, 31).await;
    assert_eq!(status(&ledger, 8_999).await, ContactStatus::Accepted);
}

/// People are decided by the ledger's time, too.
#[tokio::test]
async fn a_decision_is_dated_like_everything_else() {
    let folder = Folder::new();
    let ledger = folder.open(again("first"), day(50)).await.unwrap();
    ledger.claim(vec![entry(0)], false, day(50)).await.unwrap();
    drop(ledger);
    let records = folder.inspect(options("").identity).await;
    assert_eq!(records.settle_unknown("first", true, false, day(10)).await.unwrap(), 1);
    assert_eq!(records.find_contacts(vec![key(0)]).await.unwrap()[0].at, day(50));
}

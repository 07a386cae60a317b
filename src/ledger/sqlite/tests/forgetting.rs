//! A file of which people were forgotten.

use super::*;
use crate::ledger::suite::{accepted, claim, day, entry, key, options, settle, statuses};

#[tokio::test]
async fn a_file_of_which_people_were_forgotten_is_whole() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    claim(&ledger, 0..600).await;
    settle(&ledger, 0..600, accepted()).await;
    ledger.close().await.unwrap();
    drop(ledger);
    let ledger = folder.inspect(suite::identity(Scope::Campaign)).await;
    assert_eq!(ledger.forget_people((0..50).map(key).collect()).await.unwrap(), 50);
    drop(ledger);
    let ledger = folder.open(options("second"), day(0)).await.unwrap();
    assert_eq!(statuses(&ledger, 49..51).await, [ContactStatus::Free, ContactStatus::Accepted]);
}

/// Nobody's days have passed by a clock that is behind what was written.
#[tokio::test]
async fn a_clock_that_is_behind_forgets_nobody_who_was_called() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    claim(&ledger, 0..2).await;
    settle(&ledger, 0..1, accepted()).await;
    ledger.settle(vec![(entry(1), accepted())], day(100)).await.unwrap();
    let forgotten = |now: i64| Retention {
        account: suite::identity(Scope::Campaign),
        now: day(now),
        old: day(now - 10),
        called_again: Some(day(now - 10)),
        is_rejected_only: false,
    };
    for (now, unneeded, needed) in [(99, 0, 1), (100, 1, 0)] {
        let page = ledger.forget_old(forgotten(now), None, 10, false).await.unwrap();
        assert_eq!((page.unneeded, page.needed), (unneeded, needed), "day {now}");
    }
}

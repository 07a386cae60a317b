//! What is left of people in a file who were forgotten.

use super::*;
use crate::ledger::suite::{accepted, claim, day, entry, key, options, settle, statuses};

/// How often something stands in the file.
fn occurrences(folder: &Folder, text: &str) -> usize {
    let bytes = std::fs::read(folder.file()).unwrap();
    memchr::memmem::find_iter(&bytes, text).count()
}

#[tokio::test]
async fn rows_of_people_who_were_forgotten_are_overwritten_and_the_file_is_whole() {
    let folder = Folder::new();
    let name = |n: u32| format!("customer-of-yesterday-{n}");
    let named = |n: u32| ClaimEntry { primary_key: name(n).into(), ..entry(n) };
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    ledger.claim((0..50).map(named).collect(), false, day(0)).await.unwrap();
    ledger.settle((0..50).map(|n| (named(n), accepted())).collect(), day(0)).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    // What was in the journal is overwritten by the next one.
    let ledger = folder.open(options("second"), day(0)).await.unwrap();
    claim(&ledger, 100..600).await;
    settle(&ledger, 100..600, accepted()).await;
    ledger.close().await.unwrap();
    drop(ledger);
    let before = occurrences(&folder, &name(4));
    assert!(before > 0);

    let ledger = folder.inspect(suite::identity(Scope::Campaign)).await;
    assert_eq!(ledger.forget_people((0..50).map(key).collect()).await.unwrap(), 50);
    drop(ledger);
    assert_eq!(occurrences(&folder, "customer-of-yesterday"), 0, "{before} before");
    let ledger = folder.open(options("third"), day(0)).await.unwrap();
    assert_eq!(statuses(&ledger, 49..51).await, [ContactStatus::Free; 2]);
    assert_eq!(statuses(&ledger, 599..600).await, [ContactStatus::Accepted]);
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

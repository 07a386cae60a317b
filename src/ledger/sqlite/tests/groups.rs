//! Many callers, one transaction; and transactions that fail.

use std::sync::Arc;
use std::task::{Context, Waker};

use rusqlite::Connection;

use super::*;
use crate::domain::contact::Campaign;
use crate::ledger::suite::{accepted, claim, day, entry, key, options, rejected, settle, statuses};

#[tokio::test]
async fn many_callers_are_answered_each_with_its_own() {
    let folder = Folder::new();
    let ledger = Arc::new(folder.open(options("run"), day(0)).await.unwrap());
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..300_u32 {
        let ledger = Arc::clone(&ledger);
        callers.spawn(async move {
            let people = n * 10..n * 10 + 10;
            assert_eq!(claim(&*ledger, people.clone()).await, [ContactStatus::Free; 10]);
            settle(&*ledger, people.start..people.start + n % 10, accepted()).await;
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    for n in 0..300_u32 {
        let status = statuses(&*ledger, n * 10..n * 10 + 10).await;
        let n_accepted = status.iter().filter(|status| **status == ContactStatus::Accepted).count();
        assert_eq!(n_accepted, usize::try_from(n % 10).unwrap());
    }
}

#[tokio::test]
async fn a_caller_that_is_gone_has_claimed_all_the_same() {
    let folder = Folder::new();
    let ledger = folder.open(options("run"), day(0)).await.unwrap();
    {
        let mut call = std::pin::pin!(ledger.claim(vec![entry(0)], false, day(0)));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(claim(&ledger, 0..2).await, [ContactStatus::Elsewhere, ContactStatus::Free]);
}

/// The file cannot grow: what a full disk does, too.
fn fill(ledger: &Sqlite, is_full: bool) -> impl Future<Output = Result<(), LedgerError>> {
    ledger.worker.call(move |store| {
        let n_pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let limit = if is_full { n_pages } else { i64::from(i32::MAX) };
        store.connection.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))
    })
}

#[tokio::test]
async fn a_full_disk_undoes_the_whole_call() {
    let folder = Folder::new();
    let ledger = folder.open(options("run"), day(0)).await.unwrap();
    claim(&ledger, 0..2_000).await;
    fill(&ledger, true).await.unwrap();
    let settlements: Vec<_> = (0..2_000).map(|n| (entry(n), accepted())).collect();
    let LedgerError::Unusable(why) = ledger.settle(settlements.clone(), day(0)).await.unwrap_err() else {
        panic!("a full disk takes a person");
    };
    assert!(why.starts_with("there is no room for"), "{why}");
    assert_eq!(statuses(&ledger, 0..2_000).await, [ContactStatus::Elsewhere; 2_000], "all are claimed still");
    // A campaign that is new is forgotten with the rest.
    let autumn = |n| ClaimEntry { campaign: Campaign::new("autumn"), ..entry(n) };
    let refused = ledger.claim((5_000..9_000).map(autumn).collect(), false, day(0)).await;
    assert!(matches!(refused, Err(LedgerError::Unusable(_))));
    assert_eq!(statuses(&ledger, 5_000..5_003).await, [ContactStatus::Free; 3], "nobody was claimed");

    fill(&ledger, false).await.unwrap();
    ledger.settle(settlements, day(0)).await.unwrap();
    assert_eq!(statuses(&ledger, 0..2_000).await, [ContactStatus::Accepted; 2_000], "it can be said again");
    ledger.claim(vec![autumn(5_000)], false, day(0)).await.unwrap();
    let found = ledger.find_contacts(vec![key(0), key(5_000)]).await.unwrap();
    let texts: Vec<_> = found.iter().map(|found| (&*found.campaign, &*found.run)).collect();
    assert_eq!(texts, [("spring", "run"), ("autumn", "run")]);
}

#[tokio::test]
async fn nobody_is_freed_who_was_not_claimed() {
    let ledger = Memory::new().unwrap().open(options("run"), day(0)).await.unwrap();
    settle(&ledger, 0..2, accepted()).await;
    settle(&ledger, 1..3, Settlement::Unknown).await;
    settle(&ledger, 0..4, rejected()).await;
    settle(&ledger, 0..4, Settlement::Released).await;
    let want = [ContactStatus::Accepted, ContactStatus::Unknown, ContactStatus::Unknown, ContactStatus::Free];
    assert_eq!(statuses(&ledger, 0..4).await, want);
    assert_eq!(ledger.find_contacts(vec![key(3)]).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_that_is_damaged_stops_the_run() {
    let folder = Folder::new();
    let ledger = folder.open(options("run"), day(0)).await.unwrap();
    claim(&ledger, 0..1).await;
    drop(ledger);
    Connection::open(folder.file()).unwrap().execute("UPDATE intent SET body = x'00'", []).unwrap();
    let refused = folder.open(options("second"), day(0)).await.err().unwrap();
    assert!(matches!(&refused, LedgerError::Unusable(why) if why.contains("damaged")), "{refused}");
}

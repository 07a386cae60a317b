//! Two files that were one: where each went on, neither knows what the other one does.

use std::fs;

use super::*;
use crate::ledger::suite::{accepted, claim, day, options, send};

fn opened(path: &Path, run: &str) -> Result<Sqlite, LedgerError> {
    Sqlite::open(path, &options(run), None, day(0)).map(|(ledger, _)| ledger)
}

async fn ended(path: &Path, run: &str, people: std::ops::Range<u32>) {
    let ledger = opened(path, run).unwrap();
    send(&ledger, people, accepted()).await;
    ledger.close().await.unwrap();
}

fn is_refused(path: &Path) -> bool {
    matches!(opened(path, "next"), Err(LedgerError::Unusable(_)))
}

/// How a file comes to another name.
type Way<'a> = &'a dyn Fn(&Path, &Path);

#[tokio::test]
async fn a_file_that_was_left_open_is_not_believed_beside_an_older_mark() {
    let link: Way<'_> = &|from, to| {
        fs::remove_file(to).unwrap_or_default();
        fs::hard_link(from, to).unwrap();
    };
    let rename: Way<'_> = &|from, to| fs::rename(from, to).unwrap();
    for (name, there) in [("linked", link), ("renamed", rename)] {
        let folder = Folder::new();
        let other = folder.0.join("other.db");
        ended(&folder.file(), "first", 0..10).await;
        there(&folder.file(), &other);
        ended(&other, "second", 10..20).await;
        there(&other, &folder.file());
        let ledger = opened(&folder.file(), "third").expect("it was moved there and back");
        send(&ledger, 20..40, accepted()).await;
        claim(&ledger, 40..50).await;
        let left = copy(&folder.0);
        let other = left.0.join("other.db");
        if name == "linked" {
            fs::remove_file(&other).unwrap();
        }
        there(&left.file(), &other);
        assert!(is_refused(&other), "{name}, without its log");
    }
}

#[tokio::test]
async fn a_copy_that_went_its_own_way_is_refused_however_far_it_counted() {
    for n_syncs in [0, 1, 20] {
        let (folder, elsewhere) = (Folder::new(), Folder::new());
        ended(&folder.file(), "first", 0..10).await;
        fs::copy(folder.file(), elsewhere.file()).unwrap();
        ended(&folder.file(), "second", 10..20).await;
        for run in 0..n_syncs {
            ended(&elsewhere.file(), &format!("elsewhere {run}"), 100 + run..101 + run).await;
        }
        fs::copy(elsewhere.file(), folder.file()).unwrap();
        assert!(is_refused(&folder.file()), "after {n_syncs} syncs");
    }
}

#[tokio::test]
async fn a_ledger_that_comes_back_from_elsewhere_is_believed() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    ended(&folder.file(), "first", 0..10).await;
    fs::copy(folder.file(), elsewhere.file()).unwrap();
    for run in 0..20 {
        ended(&elsewhere.file(), &format!("elsewhere {run}"), 10 + run..11 + run).await;
    }
    fs::copy(elsewhere.file(), folder.file()).unwrap();
    assert!(!is_refused(&folder.file()), "it has everything that was written here");
}

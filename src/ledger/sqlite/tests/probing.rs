//! What `check` does with a file, and that it does not stay.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::ledger::suite::{claim, day, entry, send, stand, terms};

fn probe(folder: &Folder, terms: &LedgerOptions) -> Result<bool, LedgerError> {
    Sqlite::probe(&folder.file(), terms, None, &entry(99), day(0))
}

/// Each file of a folder, with what is in it.
fn files(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

#[test]
fn where_there_is_no_ledger_there_is_none_afterwards() {
    let folder = Folder::new();
    for _ in 0..10 {
        assert_eq!(probe(&folder, &terms("check")), Ok(false));
        assert_eq!(files(&folder), BTreeMap::new());
    }
    let nowhere = Folder(folder.0.join("nowhere"));
    let refused = probe(&nowhere, &terms("check")).unwrap_err().to_string();
    assert!(refused.contains("nowhere/ledger.db does not exist"), "{refused}");
    let expecting = LedgerOptions { expect_existing: true, ..terms("check") };
    let refused = probe(&folder, &expecting).unwrap_err().to_string();
    assert!(refused.contains("turn `expect_existing` off"), "{refused}");
    assert_eq!(files(&folder), BTreeMap::new());
}

#[tokio::test]
async fn a_ledger_is_afterwards_what_it_was() {
    let folder = Folder::new();
    let (ledger, _) = Sqlite::open(&folder.file(), &terms("first"), None, day(0)).unwrap();
    send(&ledger, 0..5, suite::accepted()).await;
    let refused = probe(&folder, &terms("check")).unwrap_err().to_string();
    assert!(refused.contains("another run is using"), "{refused}");
    ledger.close().await.unwrap();
    drop(ledger);
    let before = files(&folder);
    for _ in 0..10 {
        assert_eq!(probe(&folder, &terms("check")), Ok(true));
    }
    assert!(files(&folder) == before, "some byte is another");
}

/// Who was left by a dead run is the next run's news.
#[tokio::test]
async fn the_next_run_still_hears_what_a_dead_one_left() {
    let folder = Folder::new();
    let (dead, _) = Sqlite::open(&folder.file(), &terms("dead"), None, day(0)).unwrap();
    claim(&dead, 0..3).await;
    drop(dead);
    assert_eq!(probe(&folder, &terms("check")), Ok(true));
    let (next, opened) = Sqlite::open(&folder.file(), &terms("next"), None, day(0)).unwrap();
    assert_eq!((opened.recovered_unknown, stand(&next, 0..3).await), (3, vec![ContactStatus::Unknown; 3]));
}

#[test]
fn what_a_run_would_be_refused_for_is_refused() {
    let folder = Folder::new();
    drop(Sqlite::open(&folder.file(), &terms("first"), Some("a key"), day(0)).unwrap());
    let refused = probe(&folder, &terms("check")).unwrap_err().to_string();
    assert!(refused.contains("set the same one again"), "{refused}");
    fs::write(folder.file(), "phone,name\n".repeat(1_000)).unwrap();
    let refused = probe(&folder, &terms("check")).unwrap_err().to_string();
    assert!(refused.contains("is not a ledger"), "{refused}");
}

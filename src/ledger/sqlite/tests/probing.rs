//! What `check` does with a file, and that it does not stay.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::ledger::suite::{claim, day, entry, options, send, statuses};

fn probe(folder: &Folder, options: &LedgerOptions) -> Result<bool, LedgerError> {
    Sqlite::probe(&folder.file(), options, None, &entry(99), day(0)).map(|probed| probed.is_there)
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
        assert_eq!(probe(&folder, &options("check")), Ok(false));
        assert_eq!(files(&folder), BTreeMap::new());
    }
    let nowhere = Folder(folder.0.join("nowhere"));
    let refused = probe(&nowhere, &options("check")).unwrap_err().to_string();
    assert!(refused.contains("nowhere/ledger.db does not exist"), "{refused}");
    let expecting = LedgerOptions { expect_existing: true, ..options("check") };
    let refused = probe(&folder, &expecting).unwrap_err().to_string();
    assert!(refused.contains("turn `expect_existing` off"), "{refused}");
    assert_eq!(files(&folder), BTreeMap::new());
}

#[tokio::test]
async fn a_ledger_is_afterwards_what_it_was() {
    let folder = Folder::new();
    let (ledger, _) = Sqlite::open(&folder.file(), &options("first"), None, day(0)).unwrap();
    send(&ledger, 0..5, suite::accepted()).await;
    let refused = probe(&folder, &options("check")).unwrap_err().to_string();
    assert!(refused.contains("another run is using"), "{refused}");
    ledger.close().await.unwrap();
    drop(ledger);
    let before = files(&folder);
    for _ in 0..10 {
        assert_eq!(probe(&folder, &options("check")), Ok(true));
    }
    assert!(files(&folder) == before, "some byte is another");
}

/// Who was left by a dead run is the next run's news.
#[tokio::test]
async fn the_next_run_still_hears_what_a_dead_one_left() {
    let folder = Folder::new();
    let (dead, _) = Sqlite::open(&folder.file(), &options("dead"), None, day(0)).unwrap();
    claim(&dead, 0..3).await;
    drop(dead);
    assert_eq!(probe(&folder, &options("check")), Ok(true));
    let (next, opened) = Sqlite::open(&folder.file(), &options("next"), None, day(0)).unwrap();
    assert_eq!((opened.recovered_unknown, statuses(&next, 0..3).await), (3, vec![ContactStatus::Unknown; 3]));
}

#[test]
fn what_a_run_would_be_refused_for_is_refused() {
    let folder = Folder::new();
    drop(Sqlite::open(&folder.file(), &options("first"), Some("a key"), day(0)).unwrap());
    let refused = probe(&folder, &options("check")).unwrap_err().to_string();
    assert!(refused.contains("set the same one again"), "{refused}");
    fs::write(folder.file(), "phone,name\n".repeat(1_000)).unwrap();
    let refused = probe(&folder, &options("check")).unwrap_err().to_string();
    assert!(refused.contains("is not a ledger"), "{refused}");
}

/// What a check says of a place, a run says too.
fn both(folder: &Folder) -> [Option<String>; 2] {
    let opened = || Sqlite::open(&folder.file(), &options("run"), None, day(0)).map(drop);
    [probe(folder, &options("check")).map(drop), opened()]
        .map(|result| result.err().map(|error| error.to_string()))
}

#[cfg(unix)]
#[test]
fn a_mark_that_is_no_file_is_refused_by_a_check_and_by_a_run_and_nothing_is_begun() {
    type Place = fn(&Path);
    let places: [(&str, Place); 3] = [
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a device", |path| std::os::unix::fs::symlink("/dev/null", path).unwrap()),
        ("a pipe", |path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
    ];
    for (name, place) in places {
        let folder = Folder::new();
        drop(Sqlite::open(&folder.file(), &options("first"), None, day(0)).unwrap());
        let mark = folder.0.join("ledger.db-mark");
        fs::remove_file(&mark).unwrap();
        fs::remove_file(folder.0.join("ledger.db-wal")).unwrap_or_default();
        place(&mark);
        for told in both(&folder) {
            let told = told.unwrap_or_default();
            assert!(told.contains("-mark is no file"), "{name}: {told}");
        }
        assert!(!folder.0.join("ledger.db-wal").exists(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_whose_file_is_not_there_yet_leads_to_where_it_is_made() {
    let (folder, volume) = (Folder::new(), Folder::new());
    std::os::unix::fs::symlink(volume.0.join("real.db"), folder.file()).unwrap();
    assert_eq!(both(&folder), [None, None]);
    assert!(volume.0.join("real.db-mark").exists());
    let unmounted = Folder::new();
    std::os::unix::fs::symlink(volume.0.join("gone/real.db"), unmounted.file()).unwrap();
    for told in both(&unmounted) {
        let told = told.unwrap_or_default();
        assert!(told.contains("the folder of") && told.contains("does not exist"), "{told}");
    }
}

#[cfg(unix)]
#[test]
fn a_name_may_be_as_long_as_what_lies_beside_it_allows() {
    for (length, is_too_long) in [(230, false), (250, false), (251, true), (255, true)] {
        let folder = Folder::new();
        let path = folder.0.join("l".repeat(length));
        let probed = Sqlite::probe(&path, &options("check"), None, &entry(99), day(0)).map(drop);
        for result in [probed, Sqlite::open(&path, &options("run"), None, day(0)).map(drop)] {
            let told = result.err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(told.contains("is too long"), is_too_long, "{length}: {told}");
            assert!(is_too_long || told.is_empty(), "{length}: {told}");
        }
    }
}

#[test]
fn room_is_tried_and_given_back() {
    let folder = Folder::new();
    assert_eq!(Sqlite::want_of_room(&folder.file()), None);
    assert_eq!(files(&folder), BTreeMap::new());
    let nowhere = folder.0.join("nowhere/ledger.db");
    assert!(Sqlite::want_of_room(&nowhere).is_some_and(|told| told.contains("a megabyte more")));
}

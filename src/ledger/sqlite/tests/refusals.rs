//! Ledgers that a run must not use, and what it says then.

use std::fs;

use rusqlite::{Connection, ErrorCode, ffi};

use super::*;
use crate::ledger::sqlite::error::ledger_error;
use crate::ledger::suite::{accepted, day, identity, options, send};

/// Why a ledger does not open; its place is left out.
fn refusal(folder: &Folder, options: &LedgerOptions, hash_key: Option<&str>) -> String {
    let refused = Sqlite::open(&folder.file(), options, hash_key, day(0)).err().unwrap().to_string();
    refused.replace(&folder.0.display().to_string(), "…")
}

fn expecting() -> LedgerOptions {
    LedgerOptions { expect_existing: true, ..options("run") }
}

#[test]
fn a_folder_that_is_missing() {
    let folder = Folder::new();
    let nowhere = Folder(folder.0.join("nowhere"));
    insta::assert_snapshot!(refusal(&nowhere, &options("run"), None), @"the ledger cannot be used: the folder of …/ledger.db does not exist; create it, or check that its volume is mounted");
    fs::create_dir(folder.file()).unwrap();
    insta::assert_snapshot!(refusal(&folder, &options("run"), None), @"the ledger cannot be used: …/ledger.db is a folder; set `path` to a file in it");
}

#[test]
fn a_file_that_is_something_else() {
    let folder = Folder::new();
    fs::write(folder.file(), "phone,name\n".repeat(1_000)).unwrap();
    insta::assert_snapshot!(refusal(&folder, &options("run"), None), @"the ledger cannot be used: …/ledger.db is not a ledger; set `path` to a file of its own");

    let folder = Folder::new();
    Connection::open(folder.file()).unwrap().execute_batch("CREATE TABLE orders (id)").unwrap();
    assert!(
        refusal(&folder, &options("run"), None).ends_with("is not a ledger; set `path` to a file of its own")
    );
}

#[test]
fn a_path_means_one_thing() {
    let folder = Folder::new();
    let options = options("run");
    let inside = |name: &str| format!("{}/{name}", folder.0.display());
    fs::write(folder.0.join("file"), "a file").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("around", folder.0.join("around")).unwrap();
    for (path, says) in [
        (String::new(), "is blank"),
        ("  ".to_owned(), "is blank"),
        (":memory:".to_owned(), "notation"),
        ("file:".to_owned(), "notation"),
        ("FILE:x.sqlite?mode=memory".to_owned(), "notation"),
        ("file::memory:?cache=shared".to_owned(), "notation"),
        (inside("ledger.db/"), "as a folder's does"),
        ("/dev/null".to_owned(), "is no file"),
        ("/dev/full".to_owned(), "is no file"),
        (inside("a\0b"), "check `path`"),
        (inside("file/ledger.db"), "check `path`"),
        (inside("around"), "check `path`"),
        (inside(""), "as a folder's does"),
    ] {
        let refused = Sqlite::open(path.as_ref(), &options, None, day(0)).err();
        let Some(LedgerError::Unusable(why)) = refused else { panic!("{path:?}: {refused:?}") };
        assert!(why.contains(says), "{path:?}: {why}");
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2, "refusing makes no file");
    for name in ["ordinary", "with space and ü", "a?mode=memory", "%3Amemory%3A", ":memory:", "file:x"] {
        drop(Sqlite::open(inside(name).as_ref(), &options, None, day(0)).unwrap());
        let n_bytes = fs::metadata(inside(name)).unwrap().len();
        assert!(n_bytes > 4_096, "{name}: {n_bytes} bytes");
    }
}

#[test]
fn a_ledger_of_a_newer_version() {
    let folder = Folder::new();
    drop(Sqlite::open(&folder.file(), &options("run"), None, day(0)).unwrap());
    Connection::open(folder.file()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    insta::assert_snapshot!(refusal(&folder, &options("run"), None), @"the ledger cannot be used: …/ledger.db was made by a newer version (its format is 99, this program knows 4); update this program");
}

#[test]
fn one_that_was_expected_to_be_there() {
    let folder = Folder::new();
    insta::assert_snapshot!(refusal(&folder, &expecting(), None), @"the ledger cannot be used: there is none at …/ledger.db; check `path` and that its volume is mounted; if this is the first sync with it, turn `expect_existing` off");
    assert!(!folder.file().exists(), "refusing makes no file");
    fs::write(folder.file(), "").unwrap();
    insta::assert_snapshot!(refusal(&folder, &expecting(), None), @"the ledger cannot be used: …/ledger.db is new or empty although `expect_existing` is on; check `path` and that its volume is mounted; if this is the first sync with it, turn `expect_existing` off");
}

#[test]
fn one_that_a_person_asks_of_and_that_is_not_there() {
    let folder = Folder::new();
    for refused in [
        Sqlite::inspect(&folder.file(), &identity(Scope::Campaign), None).err(),
        Sqlite::accept_loss(&folder.file(), true).err(),
    ] {
        let refused = refused.unwrap().to_string().replace(&folder.0.display().to_string(), "…");
        assert_eq!(
            refused,
            "the ledger cannot be used: there is none at …/ledger.db; check `path` and that its volume is mounted; \
             the first sync makes it"
        );
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0, "asking makes no file");
}

#[tokio::test]
async fn one_that_was_emptied() {
    let folder = Folder::new();
    for run in ["first", "second"] {
        let ledger = folder.open(options(run), day(0)).await.unwrap();
        ledger.close().await.unwrap();
    }
    let ledger = folder.open(options("third"), day(0)).await.unwrap();
    send(&ledger, 0..1, accepted()).await;
    drop(ledger);
    assert!(folder.open(expecting(), day(0)).await.is_ok(), "one contact in the journal is not empty");
    assert!(folder.open(expecting(), day(0)).await.is_ok(), "one contact is not empty");
    Connection::open(folder.file()).unwrap().execute("DELETE FROM contact", []).unwrap();
    insta::assert_snapshot!(refusal(&folder, &options("run"), None), @"the ledger cannot be used: …/ledger.db is damaged: its content is not what was written; restore it from a backup; if that cannot be done, `ledger accept-loss` takes it as it is, and whoever it does not know of may be called again");
}

#[tokio::test]
async fn one_with_nobody_left_to_decide_is_not_empty() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    send(&ledger, 0..3, Settlement::Unknown).await;
    assert_eq!(ledger.settle_unknown("first", false, false, day(0)).await.unwrap(), 3);
    drop(ledger);
    assert!(folder.open(expecting(), day(0)).await.is_ok());
}

#[tokio::test]
async fn one_that_a_run_is_using() {
    let folder = Folder::new();
    let first = folder.open(options("first"), day(0)).await.unwrap();
    insta::assert_snapshot!(refusal(&folder, &options("run"), None), @"the ledger cannot be reached: another run is using …/ledger.db; wait for it, or give each connector its own file, or use `postgres`");
    assert!(matches!(
        Sqlite::inspect(&folder.file(), &identity(Scope::Campaign), None),
        Err(LedgerError::Unavailable(_))
    ));
    send(&first, 0..1, accepted()).await;
    assert!(matches!(first.close().await, Ok(())));
    assert!(folder.open(options("second"), day(0)).await.is_ok());
    let late = first.status_of(Vec::new(), day(0)).await.unwrap_err().to_string();
    assert!(late.contains("closed before this was done"), "{late}");
}

#[test]
fn another_hash_key() {
    for (name, made_with, opened_with, says) in [
        ("its own", None, None, ""),
        ("blank is none", None, Some(""), ""),
        ("the same", Some("a"), Some("a"), ""),
        ("another", Some("a"), Some("b"), "made with another `hash_key`, or with none"),
        ("one instead of its own", None, Some("b"), "made with another `hash_key`, or with none"),
        ("none instead of one", Some("a"), None, "made with a `hash_key`"),
    ] {
        let folder = Folder::new();
        let (_, made) = Sqlite::open(&folder.file(), &options("run"), made_with, day(0)).unwrap();
        match Sqlite::open(&folder.file(), &options("run"), opened_with, day(0)) {
            Ok((_, opened)) => {
                assert_eq!(made.hasher.key("s", "n"), opened.hasher.key("s", "n"), "{name}");
                assert_eq!(says, "", "{name}");
            }
            Err(error) => {
                assert!(!says.is_empty() && error.to_string().contains(says), "{name}: {error}");
                assert!(matches!(error, LedgerError::Unusable(_)), "{name}");
            }
        }
    }
    let two = [Folder::new(), Folder::new()];
    let keys = two.each_ref().map(|folder| {
        let (_, opened) = Sqlite::open(&folder.file(), &options("run"), None, day(0)).unwrap();
        opened.hasher.key("s", "n")
    });
    assert_ne!(keys[0], keys[1], "each ledger's own key is another");
}

#[test]
fn what_sqlite_says_is_said_in_our_words() {
    for (name, code, may_pass, says) in [
        ("busy", ffi::SQLITE_BUSY, true, "another run is using"),
        ("read-only", ffi::SQLITE_READONLY, false, "permission"),
        ("not opened", ffi::SQLITE_CANTOPEN, false, "permission"),
        ("full", ffi::SQLITE_FULL, false, "free some space"),
        ("corrupt", ffi::SQLITE_CORRUPT, false, "restore it from a backup"),
        ("not a database", ffi::SQLITE_NOTADB, false, "is not a ledger"),
        ("the disk fails", ffi::SQLITE_IOERR, true, "disk I/O error"),
        ("tables that are others", ffi::SQLITE_MISMATCH, false, "is damaged"),
    ] {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert_ne!(error.sqlite_error_code(), Some(ErrorCode::Unknown), "{name}");
        let complaint = ledger_error("/ledger.db", &error);
        assert_eq!(matches!(complaint, LedgerError::Unavailable(_)), may_pass, "{name}");
        let text = complaint.to_string();
        assert!(text.contains(says) && text.contains("/ledger.db"), "{name}: {text}");
    }
}

//! What is in the file, and what is not.

use std::fs;

use super::*;
use crate::domain::contact::Campaign;
use crate::ledger::suite::{accepted, claim, day, identity, key, options, rejected, send, settle, statuses};

/// Every byte in a folder.
fn bytes(folder: &Folder) -> Vec<u8> {
    let files = fs::read_dir(&folder.0).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn no_number_is_in_the_file() {
    let folder = Folder::new();
    let (ledger, opened) = Sqlite::open(&folder.file(), &options("run-of-may"), None, day(0)).unwrap();
    let numbers = ["+14155550123", "+84912345678", "+14155550199"];
    let entries = numbers.map(|number| ClaimEntry {
        rules: RuleKeys::default(),
        key: opened.hasher.key("campaign", number),
        campaign: Campaign::new("campaign-of-may"),
        stream: "public.customers".into(),
        primary_key: "[4711]".into(),
    });
    ledger.claim(entries.to_vec(), false, day(0)).await.unwrap();
    let [one, other, _claimed] = entries;
    let taken = Settlement::Accepted { contact_id: Some("c-0815".into()) };
    ledger.settle(vec![(one, taken), (other, rejected())], day(0)).await.unwrap();
    let while_open = bytes(&folder);
    drop(ledger);
    for (when, bytes) in [("open", while_open), ("closed", bytes(&folder))] {
        // What is looked for could be found, if it were there.
        for there in ["c-0815", "[4711]", "campaign-of-may", "run-of-may", "public.customers"] {
            assert!(contains(&bytes, there.as_bytes()), "{there} while {when}");
        }
        for number in numbers {
            for written in [number, &number[1..], &number[3..]] {
                assert!(!contains(&bytes, written.as_bytes()), "{written} while {when}");
                let binary: u64 = written.trim_start_matches('+').parse().unwrap();
                assert!(!contains(&bytes, &binary.to_be_bytes()[3..]), "{written} in binary while {when}");
                assert!(!contains(&bytes, &binary.to_le_bytes()[..5]), "{written} in binary while {when}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let _ledger = Sqlite::open(&folder.file(), &options("run"), None, day(0)).unwrap();
    for file in fs::read_dir(&folder.0).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn those_who_were_left_claimed_are_counted_once() {
    let folder = Folder::new();
    let (ledger, opened) = Sqlite::open(&folder.file(), &options("first"), None, day(0)).unwrap();
    assert_eq!(opened.recovered_unknown, 0);
    send(&ledger, 0..1, accepted()).await;
    claim(&ledger, 1..8).await;
    settle(&ledger, 1..3, accepted()).await;
    drop(ledger);
    for (run, want) in [("second", 5), ("third", 0)] {
        let (_, opened) = Sqlite::open(&folder.file(), &options(run), None, day(0)).unwrap();
        assert_eq!(opened.recovered_unknown, want, "{run}");
    }
}

/// The files as they are at some moment are what a killed process leaves.
#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    claim(&ledger, 0..4).await;
    settle(&ledger, 0..1, accepted()).await;
    settle(&ledger, 1..2, Settlement::Released).await;
    let left = copy(&folder.0);
    assert!(left.0.join("ledger.db-wal").exists(), "the last transactions are not in the file itself");
    let (next, opened) = Sqlite::open(&left.file(), &options("second"), None, day(0)).unwrap();
    assert_eq!(opened.recovered_unknown, 2);
    let want = [
        ContactStatus::Accepted,
        ContactStatus::Free,
        ContactStatus::Unknown,
        ContactStatus::Unknown,
        ContactStatus::Free,
    ];
    assert_eq!(statuses(&next, 0..5).await, want);
}

#[tokio::test]
async fn inspection_sees_what_a_dead_run_left() {
    let folder = Folder::new();
    assert!(matches!(
        Sqlite::inspect(&folder.file(), &identity(Scope::Campaign), None),
        Err(LedgerError::Unusable(_))
    ));
    assert!(!folder.file().exists());
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    claim(&ledger, 0..2).await;
    drop(ledger);
    let (ledger, _) = Sqlite::inspect(&folder.file(), &identity(Scope::Campaign), None).unwrap();
    let status = ledger.status().await.unwrap();
    assert_eq!((status.len(), status[0].outcome.as_str(), status[0].count), (1, "unknown", 2));
    assert_eq!(ledger.find_contacts(vec![key(0)]).await.unwrap()[0].run, "first");
    assert_eq!(ledger.settle_unknown("first", true, false, day(0)).await.unwrap(), 2);
    ledger.close().await.unwrap();
    let ledger = folder.open(options("second"), day(0)).await.unwrap();
    assert_eq!(statuses(&ledger, 0..2).await, [ContactStatus::Accepted; 2]);
}

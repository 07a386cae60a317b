//! What happens to files: each time it is found, or everybody is remembered; nobody is forgotten unseen.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::ledger::list::LoadKind;
use crate::ledger::list::Staging;
use crate::ledger::suite::{accepted, claim, day, key, options, send, settle, statuses};

pub(super) const N_PEOPLE: u32 = 60;

type Accident<'a> = &'a dyn Fn(&Folder);

/// What a killed run leaves: people in the table, in the journal, and claimed.
async fn crashed() -> Folder {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    send(&ledger, 0..30, accepted()).await;
    ledger.close().await.unwrap();
    let ledger = folder.open(options("second"), day(0)).await.unwrap();
    send(&ledger, 30..45, accepted()).await;
    claim(&ledger, 45..N_PEOPLE).await;
    settle(&ledger, 50..N_PEOPLE, Settlement::Unknown).await;
    copy(&folder.0)
}

async fn closed() -> Folder {
    closed_again(&crashed().await).await
}

/// What is left when a later run ends well.
async fn closed_again(folder: &Folder) -> Folder {
    let folder = copy(&folder.0);
    folder.open(options("third"), day(0)).await.unwrap().close().await.unwrap();
    folder
}

/// Opens what is left; gives whether that was refused. If not, everybody must be there.
pub(super) async fn is_refused(path: &Path, name: &str) -> bool {
    match Sqlite::open(path, &options("next"), None, day(0)) {
        Err(LedgerError::Unusable(_)) => true,
        Err(error) => panic!("{name}: {error}"),
        Ok((ledger, _)) => {
            let status = statuses(&ledger, 0..N_PEOPLE).await;
            assert!(!status.contains(&ContactStatus::Free), "{name}: somebody is forgotten");
            false
        }
    }
}

pub(super) fn log(folder: &Folder) -> PathBuf {
    folder.0.join("ledger.db-wal")
}

pub(super) fn mark(folder: &Folder) -> PathBuf {
    folder.0.join("ledger.db-mark")
}

pub(super) fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_crash_alone_is_no_damage() {
    let folder = crashed().await;
    assert!(log(&folder).exists() && mark(&folder).exists());
    assert!(!is_refused(&folder.file(), "a crash").await);
    assert!(!is_refused(&closed().await.file(), "an end").await);
}

#[tokio::test]
async fn a_ledger_whose_run_ended_is_whole_alone() {
    let (folder, backup) = (closed().await, Folder::new());
    fs::copy(folder.file(), backup.file()).unwrap();
    assert!(!is_refused(&backup.file(), "the ledger alone").await);
}

#[tokio::test]
async fn a_ledger_without_what_its_run_wrote_last_is_damaged() {
    let accidents: [(&str, &str, Accident<'_>); 10] = [
        ("the log deleted", "ledger.db", &|folder| fs::remove_file(log(folder)).unwrap()),
        ("the log emptied", "ledger.db", &|folder| fs::write(log(folder), "").unwrap()),
        ("log and mark deleted", "ledger.db", &|folder| {
            fs::remove_file(log(folder)).unwrap();
            fs::remove_file(mark(folder)).unwrap();
        }),
        ("the mark deleted", "ledger.db", &|folder| fs::remove_file(mark(folder)).unwrap()),
        ("moved", "other.db", &|folder| {
            fs::rename(folder.file(), folder.0.join("other.db")).unwrap();
        }),
        ("a hard link", "other.db", &|folder| {
            fs::hard_link(folder.file(), folder.0.join("other.db")).unwrap();
        }),
        ("copied alone", "other.db", &|folder| {
            fs::copy(folder.file(), folder.0.join("other.db")).unwrap();
        }),
        ("deleted", "ledger.db", &|folder| fs::remove_file(folder.file()).unwrap()),
        ("emptied", "ledger.db", &|folder| fs::write(folder.file(), "").unwrap()),
        ("another's journal", "ledger.db", &|folder| {
            fs::write(folder.0.join("ledger.db-journal"), "a journal").unwrap();
        }),
    ];
    for (name, file, accident) in accidents {
        let folder = crashed().await;
        let before = copy(&folder.0);
        accident(&folder);
        for attempt in 0..2 {
            assert!(is_refused(&folder.0.join(file), name).await, "{name}, attempt {attempt}");
        }
        // Refusing destroys nothing: what was lost can be put back.
        for file in fs::read_dir(&before.0).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.0.join(file.file_name())).unwrap();
        }
        fs::remove_file(folder.0.join("ledger.db-journal")).unwrap_or_default();
        assert!(!is_refused(&folder.file(), name).await, "{name}, put back");
    }
}

/// What the first run is killed in, it leaves so.
#[tokio::test]
async fn a_ledger_that_was_only_begun_is_begun_anew() {
    let empty = |folder: &Folder| fs::write(folder.file(), "").unwrap();
    let first_page = |folder: &Folder| {
        let connection = rusqlite::Connection::open(folder.file()).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    };
    let empty_mark = |folder: &Folder| fs::write(mark(folder), "").unwrap();
    let begun: [(&str, &[Accident]); 4] = [
        ("the file", &[&empty]),
        ("the file and its mark", &[&empty, &empty_mark]),
        ("the first page", &[&first_page]),
        ("the first page and the mark", &[&first_page, &empty_mark]),
    ];
    for (name, steps) in begun {
        let folder = Folder::new();
        for step in steps {
            step(&folder);
        }
        let opened = folder.open(options("first"), day(0)).await;
        assert!(opened.is_ok(), "{name}: {:?}", opened.err());
    }
}

/// One beside an empty file is taken for what is left of a ledger.
#[test]
fn a_new_file_never_has_a_journal_beside_it() {
    let folder = Folder::new();
    let place = location::Location::locate(&folder.file(), "here", location::Missing::Made).unwrap();
    // Where a folder is, no journal can be.
    fs::create_dir(folder.0.join("ledger.db-journal")).unwrap();
    let connected = open::connect(&place, "here");
    assert!(connected.is_ok(), "{:?}", connected.err());
    let mode: String = connected.unwrap().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_is_the_file_that_it_leads_to() {
    let folder = crashed().await;
    let link = folder.0.join("link.db");
    std::os::unix::fs::symlink(folder.file(), &link).unwrap();
    assert!(!is_refused(&link, "a link").await);
    fs::remove_file(log(&folder)).unwrap_or_default();
    assert!(!is_refused(&folder.file(), "by its name").await, "the last run ended well");
}

#[tokio::test]
async fn a_log_that_was_cut_or_is_older_or_anothers_is_not_believed() {
    let folder = crashed().await;
    let whole = fs::read(log(&folder)).unwrap();
    let other = fs::read(log(&crashed().await)).unwrap();
    let mut n_refused = 0;
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        let left = copy(&folder.0);
        fs::write(log(&left), &whole[..length]).unwrap();
        n_refused += u32::from(is_refused(&left.file(), &format!("cut to {length}")).await);
    }
    assert!(n_refused > 30, "{n_refused}");
    let left = copy(&folder.0);
    fs::write(log(&left), other).unwrap();
    assert!(is_refused(&left.file(), "another ledger's log").await);

    // An older copy of everything but the mark; and of all, which is what a backup is.
    let newer = copy(&folder.0);
    newer.open(options("third"), day(0)).await.unwrap().close().await.unwrap();
    fs::copy(folder.file(), newer.file()).unwrap();
    assert!(is_refused(&newer.file(), "an older file beside a newer mark").await);
    fs::copy(log(&folder), log(&newer)).unwrap();
    assert!(is_refused(&newer.file(), "an older file and log beside a newer mark").await);
}

/// Lets SQLite write a log, and gives it as a killed process leaves it.
fn log_of_another_database(page_size: u32) -> Vec<u8> {
    let folder = Folder::new();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other
        .execute_batch(&format!(
            "PRAGMA page_size = {page_size}; PRAGMA journal_mode = WAL; CREATE TABLE orders (id); \
             INSERT INTO orders VALUES (randomblob(20000))"
        ))
        .unwrap();
    fs::read(log(&folder)).unwrap()
}

#[tokio::test]
async fn a_log_that_is_not_its_own_is_never_taken_whatever_a_person_decides() {
    let (older, other) = (crashed().await, crashed().await);
    let strange = [fs::read(log(&older)).unwrap(), fs::read(log(&other)).unwrap()];
    let newer = closed_again(&older).await;
    let begun = Folder::new();
    begun.open(options("first"), day(0)).await.unwrap().close().await.unwrap();
    let cases: [(&str, &Folder, Vec<u8>, bool); 7] = [
        ("its own, but older", &newer, strange[0].clone(), false),
        ("another's", &newer, strange[1].clone(), false),
        ("another's, with its mark", &newer, strange[1].clone(), true),
        ("another's, after a crash", &older, strange[1].clone(), false),
        ("another's, beside a new one", &begun, strange[1].clone(), true),
        ("no ledger's", &newer, log_of_another_database(4_096), false),
        ("no ledger's, in other pages", &newer, log_of_another_database(8_192), false),
    ];
    for (name, folder, foreign, with_mark) in cases {
        let folder = copy(&folder.0);
        fs::write(log(&folder), &foreign).unwrap();
        if with_mark {
            fs::copy(mark(&other), mark(&folder)).unwrap();
        }
        let before = fs::read(folder.file()).unwrap();
        let refused = [
            Sqlite::open(&folder.file(), &options("next"), None, day(0)).err(),
            Sqlite::probe(&folder.file(), &options("check"), None, &suite::entry(99), day(0)).err(),
            Sqlite::accept_loss(&folder.file(), false).err(),
            Sqlite::accept_loss(&folder.file(), true).err(),
        ];
        for refused in refused {
            let why = refused.unwrap_or_else(|| panic!("{name}: taken")).to_string();
            assert!(why.contains("ledger.db-wal is not the log of"), "{name}: {why}");
        }
        assert!(fs::read(folder.file()).unwrap() == before, "{name}: something of it was taken");
        assert!(fs::read(log(&folder)).unwrap() == foreign, "{name}: it was not left alone");
        // What the refusal tells to do.
        fs::remove_file(log(&folder)).unwrap();
        Sqlite::accept_loss(&folder.file(), true).unwrap();
        let known = statuses(&folder.open(options("after"), day(0)).await.unwrap(), 0..N_PEOPLE).await;
        let n_known = known.iter().filter(|status| **status != ContactStatus::Free).count();
        assert_eq!(
            n_known,
            if name.ends_with("new one") {
                0
            } else if name.ends_with("crash") {
                30
            } else {
                60
            },
            "{name}"
        );
    }
}

#[tokio::test]
async fn flipped_bits_are_found() {
    let mut random = fastrand::Rng::with_seed(7);
    for (when, folder) in [("crashed", crashed().await), ("closed", closed().await)] {
        let files: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().file_name()).collect();
        let mut n_refused = 0;
        for round in 0..300 {
            let left = copy(&folder.0);
            let n_bits = if round < 200 { 1 } else { 50 };
            let file = if round % 4 == 0 { random.choice(&files).unwrap() } else { &files[0] };
            let path = left.0.join(if round % 4 == 0 { file.clone() } else { "ledger.db".into() });
            change(&path, |bytes| {
                for _ in 0..n_bits {
                    let at = random.usize(..bytes.len());
                    bytes[at] ^= 1 << random.u8(..8);
                }
            });
            let name = format!("{when}, round {round}, {}", path.display());
            n_refused += u32::from(is_refused(&left.file(), &name).await);
        }
        assert!(n_refused > 100, "{when}: {n_refused}");
    }
}

#[tokio::test]
async fn pages_that_are_cut_zeroed_or_swapped_are_found() {
    const PAGE: usize = 4_096;
    let folder = closed().await;
    let n_pages = fs::read(folder.file()).unwrap().len() / PAGE;
    for page in 0..n_pages {
        let zeroed = copy(&folder.0);
        change(&zeroed.file(), |bytes| bytes[page * PAGE..(page + 1) * PAGE].fill(0));
        is_refused(&zeroed.file(), &format!("page {page} zeroed")).await;
        let cut = copy(&folder.0);
        // SQLite takes the end of a last page that is away for zeros, and there may have been nothing else.
        let mut had_content = false;
        change(&cut.file(), |bytes| {
            had_content = bytes.drain(page * PAGE + page..).any(|byte| byte != 0);
        });
        let is_noticed = is_refused(&cut.file(), &format!("cut in page {page}")).await;
        assert!(is_noticed || !had_content, "cut in page {page}");
        for other in 0..page {
            let swapped = copy(&folder.0);
            change(&swapped.file(), |bytes| {
                let (low, high) = bytes.split_at_mut(page * PAGE);
                low[other * PAGE..(other + 1) * PAGE].swap_with_slice(&mut high[..PAGE]);
            });
            is_refused(&swapped.file(), &format!("pages {other} and {page} swapped")).await;
        }
    }
}

#[tokio::test]
async fn a_file_that_goes_away_under_a_run_ends_it() {
    let accidents: [(&str, Accident<'_>); 3] = [
        ("deleted", &|folder| fs::remove_file(folder.file()).unwrap()),
        ("moved", &|folder| fs::rename(folder.file(), folder.0.join("other.db")).unwrap()),
        ("replaced", &|folder| {
            fs::copy(folder.file(), folder.0.join("other.db")).unwrap();
            fs::rename(folder.0.join("other.db"), folder.file()).unwrap();
        }),
    ];
    for (name, accident) in accidents {
        let folder = Folder::new();
        let ledger = folder.open(options("first"), day(0)).await.unwrap();
        send(&ledger, 0..10, accepted()).await;
        claim(&ledger, 10..20).await;
        accident(&folder);
        let settlements = (10..20).map(|n| (crate::ledger::suite::entry(n), accepted())).collect();
        for refused in [ledger.settle(settlements, day(0)).await.err(), ledger.close().await.err()] {
            let Some(LedgerError::Unusable(why)) = refused else { panic!("{name}: {refused:?}") };
            assert!(why.contains("deleted, moved or replaced"), "{name}: {why}");
        }
        drop(ledger);
        // SQLite leaves its log for a file that took the place: then nobody is missing.
        if let Ok(ledger) = folder.open(options("second"), day(0)).await {
            assert_eq!(
                (name, statuses(&ledger, 0..20).await),
                ("replaced", vec![ContactStatus::Accepted; 20])
            );
        }
    }
}

#[tokio::test]
async fn a_loss_can_be_accepted() {
    let folder = crashed().await;
    assert_eq!(Sqlite::accept_loss(&folder.file(), true).unwrap(), None, "nothing is missing");
    assert!(!is_refused(&folder.file(), "as it was").await);

    let folder = crashed().await;
    fs::remove_file(log(&folder)).unwrap();
    for is_decided in [false, true] {
        assert!(is_refused(&folder.file(), "before the decision").await);
        let missing = Sqlite::accept_loss(&folder.file(), is_decided).unwrap().unwrap();
        assert!(missing.contains("written last"), "{missing}");
    }
    let ledger = folder.open(options("next"), day(0)).await.unwrap();
    let status = statuses(&ledger, 0..N_PEOPLE).await;
    assert_eq!(status[..30], [ContactStatus::Accepted; 30]);
    assert_eq!(status[30..], [ContactStatus::Free; 30], "these were in the log only");
    ledger.close().await.unwrap();
    assert!(folder.open(options("after"), day(0)).await.is_ok());
}

#[tokio::test]
async fn the_loss_of_everybody_can_be_accepted_too() {
    let folder = closed().await;
    let emptied = rusqlite::Connection::open(folder.file()).unwrap();
    emptied.execute("DELETE FROM contact", []).unwrap();
    drop(emptied);
    assert!(is_refused(&folder.file(), "emptied").await);
    assert!(Sqlite::accept_loss(&folder.file(), true).unwrap().is_some());
    let ledger = folder.open(options("next"), day(0)).await.unwrap();
    assert_eq!(statuses(&ledger, 0..N_PEOPLE).await, [ContactStatus::Free; 60]);
}

/// Nothing beside it knows more: this is what the docs say of restoring all three.
#[tokio::test]
async fn an_older_copy_of_all_three_files_is_an_older_ledger() {
    let folder = crashed().await;
    let older = copy(&folder.0);
    let ledger = folder.open(options("third"), day(0)).await.unwrap();
    send(&ledger, N_PEOPLE..70, accepted()).await;
    ledger.close().await.unwrap();
    let restored = older.open(options("next"), day(0)).await.unwrap();
    assert_eq!(statuses(&restored, N_PEOPLE..70).await, [ContactStatus::Free; 10]);
}

#[tokio::test]
async fn a_copy_from_before_an_accepted_loss_is_another_ledger() {
    let newer = closed().await;
    let folder = copy(&newer.0);
    // So that it reaches further than what is accepted below.
    newer.open(options("more"), day(0)).await.unwrap().close().await.unwrap();
    newer.open(options("still more"), day(0)).await.unwrap().close().await.unwrap();
    rusqlite::Connection::open(folder.file()).unwrap().execute("DELETE FROM word", []).unwrap();
    assert!(Sqlite::accept_loss(&folder.file(), true).unwrap().is_some());
    fs::copy(newer.file(), folder.file()).unwrap();
    assert!(is_refused(&folder.file(), "the copy").await);
}

#[tokio::test]
async fn after_an_accepted_loss_people_can_ask_what_is_left() {
    let folder = closed().await;
    rusqlite::Connection::open(folder.file()).unwrap().execute("DELETE FROM word", []).unwrap();
    assert!(is_refused(&folder.file(), "texts deleted").await);
    assert!(Sqlite::accept_loss(&folder.file(), true).unwrap().is_some());
    let ledger = folder.inspect(options("").identity).await;
    let found = ledger.find_contacts(vec![key(0)]).await.unwrap();
    assert_eq!((found[0].outcome.as_str(), found[0].campaign.as_str()), ("accepted", "(lost)"));
    let counted: u64 = ledger.status().await.unwrap().iter().map(|row| row.count).sum();
    assert_eq!(counted, u64::from(N_PEOPLE));
}

/// Whose accounts are not kept there yet: they are those of the first run.
#[tokio::test]
async fn a_ledger_of_an_older_version_is_sealed_when_it_is_opened() {
    let folder = closed().await;
    let old = rusqlite::Connection::open(folder.file()).unwrap();
    old.execute_batch(
        "DROP TABLE seal; DROP TABLE list; DROP TABLE listed; DROP TABLE hand_over; DROP TABLE intent_person;
         DELETE FROM meta WHERE name LIKE 'account %'; PRAGMA user_version = 2",
    )
    .unwrap();
    drop(old);
    fs::remove_file(mark(&folder)).unwrap();
    assert!(!is_refused(&folder.file(), "an older one").await);
    change(&folder.file(), |bytes| {
        let at = bytes.windows(4).position(|bytes| bytes == [0x5a; 4]).unwrap();
        bytes[at] ^= 1;
    });
    assert!(is_refused(&folder.file(), "a newer one, changed").await);
}

/// The seal covers the list as it covers people.
#[tokio::test]
async fn a_list_that_loses_a_bit_is_noticed() {
    let folder = closed().await;
    let ledger = folder.open(options("list"), day(0)).await.unwrap();
    let mut staged = Staging::new().unwrap();
    staged.add(Key([0xd7; 16]), true).unwrap();
    let owner = ListOwner::new(&crate::ledger::suite::identity(Scope::Campaign), Scope::Account);
    let load =
        ListLoad { owner, source: "register".to_owned(), staged, kind: LoadKind::Change, is_whole: true };
    ledger.load_list(load, day(0)).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(!is_refused(&folder.file(), "as it was left").await);
    let flipped = copy(&folder.0);
    change(&flipped.file(), |bytes| {
        let at = bytes.windows(16).position(|bytes| bytes == [0xd7; 16]).unwrap();
        bytes[at + 15] ^= 1;
    });
    assert!(is_refused(&flipped.file(), "a bit of a number").await);
    for emptied in ["DELETE FROM listed", "DELETE FROM list", "UPDATE list SET loaded_at = loaded_at + 1"] {
        let changed = copy(&folder.0);
        let outside = rusqlite::Connection::open(changed.file()).unwrap();
        outside.execute_batch(emptied).unwrap();
        drop(outside);
        assert!(is_refused(&changed.file(), emptied).await, "{emptied}");
    }
}

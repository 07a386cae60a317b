//! What a preview does with a file: nothing.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::ledger::suite::{
    Home, answers, answers_by_rules, by_rules, day, fill, fill_rules, n_places, open, options,
};

fn view(folder: &Folder, options: &LedgerOptions) -> Result<Option<SqliteView>, LedgerError> {
    Ok(Sqlite::view(&folder.file(), options, None, day(0))?.map(|(view, _)| view))
}

/// Each file of a folder, with what is in it.
fn files(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

#[tokio::test]
async fn a_view_foresees_the_next_run_and_changes_no_byte() {
    let folder = Folder::new();
    fill(&folder).await;
    // A run that died leaves a log, which the first who opens the file brings into it.
    open(&folder, "second").await.close().await.unwrap();
    let before = files(&folder);
    let mut foreseen = Vec::new();
    for _ in 0..2 {
        let view = view(&folder, &options("view")).unwrap().unwrap();
        let refused = Sqlite::open(&folder.file(), &options("beside"), None, day(0)).map(drop).unwrap_err();
        assert!(refused.to_string().contains("another run is using"), "{refused}");
        foreseen.push(answers(&view).await);
        assert_eq!(n_places(&view).await, [3, 3, 2], "those of a day, and its own");
        suite::settle(&view, 0..14, suite::accepted()).await;
        view.close().await.unwrap();
        drop(view);
        assert!(files(&folder) == before, "some byte is another");
    }
    let third = open(&folder, "third").await;
    let told = answers(&third).await;
    assert_eq!(n_places(&third).await, [3, 3, 2], "what a view takes is taken for itself only");
    assert_eq!(told[1].iter().filter(|status| **status == ContactStatus::Held).count(), 2, "{told:?}");
    assert_eq!(foreseen, [told.clone(), told]);
}

#[tokio::test]
async fn what_a_dead_run_left_is_seen_and_stays_the_next_runs_news() {
    let folder = Folder::new();
    fill(&folder).await;
    let (view, opened) = Sqlite::view(&folder.file(), &options("view"), None, day(0)).unwrap().unwrap();
    assert_eq!(opened.recovered_unknown, 3);
    let foreseen = answers(&view).await;
    drop(view);
    let (next, opened) = Sqlite::open(&folder.file(), &options("next"), None, day(0)).unwrap();
    assert_eq!((opened.recovered_unknown, answers(&next).await), (3, foreseen));
}

#[tokio::test]
async fn where_there_is_no_ledger_a_view_makes_none_and_everybody_is_free() {
    let folder = Folder::new();
    assert!(view(&folder, &options("view")).unwrap().is_none());
    assert_eq!(files(&folder), BTreeMap::new());
    let (empty, _) = SqliteView::empty(&options("view"), None, day(0)).unwrap();
    assert_eq!(answers(&empty).await, [vec![ContactStatus::Free; 14], vec![ContactStatus::Free; 14]]);
    let expecting = LedgerOptions { expect_existing: true, ..options("view") };
    let refused = view(&folder, &expecting).map(drop).unwrap_err().to_string();
    assert!(refused.contains("turn `expect_existing` off"), "{refused}");
    let nowhere = Folder(folder.0.join("nowhere"));
    let refused = view(&nowhere, &options("view")).map(drop).unwrap_err().to_string();
    assert!(refused.contains("the folder of") && refused.contains("does not exist"), "{refused}");
    fs::write(folder.file(), "phone,name\n".repeat(1_000)).unwrap();
    let refused = view(&folder, &options("view")).map(drop).unwrap_err().to_string();
    assert!(refused.contains("is not a ledger"), "{refused}");
}

#[tokio::test]
async fn a_view_goes_by_the_rules_of_calling_as_the_next_run_does() {
    let folder = Folder::new();
    let today = Folder::today();
    let see = || Sqlite::view(&folder.file(), &by_rules("view"), None, today).map(|found| found.unwrap().0);
    assert!(Sqlite::view(&folder.file(), &by_rules("view"), None, today).unwrap().is_none());
    let refused = SqliteView::empty(&by_rules("view"), None, today).map(drop).unwrap_err().to_string();
    assert!(refused.contains("there is no do-not-call list yet"), "{refused}");
    open(&folder, "before the list").await.close().await.unwrap();
    let refused = see().map(drop).unwrap_err().to_string();
    assert!(refused.contains("there is no do-not-call list yet"), "{refused}");
    fill_rules(&folder).await;
    let view = see().unwrap();
    let foreseen = answers_by_rules::<Folder>(&view).await;
    view.close().await.unwrap();
    let next = folder.open(by_rules("next"), today).await.unwrap();
    assert_eq!(foreseen, answers_by_rules::<Folder>(&next).await);
    assert_eq!(foreseen[1][..3], [ContactStatus::DoNotCall, ContactStatus::DoNotCall, ContactStatus::Free]);
    assert_eq!(foreseen[0][6..8], [ContactStatus::CoolingOff; 2]);
    let retaken_just_now = ContactStatus::Elsewhere;
    assert_eq!(foreseen[1][6..8], [ContactStatus::CoolingOff, retaken_just_now]);
}
